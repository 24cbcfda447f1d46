"""One spec, one pull request: the whole length of the product, in one process."""

from decimal import Decimal

import pytest

from builds.models import Approval, Job, ModelCall
from builds.operations import approve
from tests.world import PAPERBOY, RITA, World


def test_a_spec_becomes_a_pull_request_with_evidence(world: World) -> None:
    job = world.run(world.submit())
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    runs = job.station_runs.values_list("station", "status")
    assert list(runs) == [
        ("intake", "succeeded"),
        ("plan", "succeeded"),
        ("implement", "succeeded"),
        ("verify", "succeeded"),
        ("review", "succeeded"),
        ("create_pr", "succeeded"),
        ("deploy", "skipped"),
    ]
    pull = world.forge.find_pull(PAPERBOY, job.branch)
    assert pull is not None
    assert (pull.head_sha, pull.draft, pull.state) == (job.head_sha, False, "open")
    assert [c.status for c in job.criteria.all()] == ["met"] * 4
    assert "ExportTest.test_those_who_left_are_left_out" in pull.body
    assert len(pull.body.splitlines()) <= 80
    assert not job.approvals.exists()


def test_events_are_numbered_without_gaps_and_end_once(world: World) -> None:
    job = world.run(world.submit())
    events = list(job.events.all())
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    told = [event.callback_status for event in events if event.callback_status]
    assert told[:2] == ["started", "planning"]
    assert told[-2:] == ["pr_open", "complete"]
    assert told.count("complete") == 1


def test_money_is_reserved_before_and_settled_after_each_call(world: World) -> None:
    job = world.run(world.submit())
    calls = ModelCall.objects.filter(job=job)
    assert {call.state for call in calls} == {"answered"}
    assert sum((call.cost_usd for call in calls), Decimal(0)) == job.spent_usd > 0
    assert job.reserved_usd == 0
    assert all(call.reservation.usd >= call.cost_usd for call in calls.select_related("reservation"))


def test_a_dropped_column_asks_a_person_and_goes_on_without_another_call(world: World) -> None:
    job = world.run(world.submit("drop-fax"))
    assert (job.status, job.station) == ("paused", "create_pr")
    question = job.approvals.get()
    assert question.state == Approval.State.OPEN
    told = {(finding["rule"], finding["path"]) for finding in question.findings}
    assert told == {
        ("sql_alter_drop", "migrations/003_drop_fax.sql"),  # what the rules see
        ("second_model_pause", ""),  # and what the second model says
    }
    assert world.forge.branch_head(PAPERBOY, job.branch) is None
    before = len(world.model.requests)
    approve(job.job_id, by=RITA, content_hash=question.content_hash, comment="Backed up.")
    job = world.run(job)
    assert job.status == "succeeded"
    assert len(world.model.requests) == before
    pull = world.forge.find_pull(PAPERBOY, job.branch)
    assert pull is not None
    assert "rita approved create_pr" in pull.body
    assert "(medium, migration)" in pull.body
    assert job.approvals.count() == 1


def test_a_missing_base_branch_ends_at_intake_and_costs_nothing(world: World) -> None:
    job = world.run(world.submit(base_branch="nowhere"))
    assert (job.status, job.error_code, job.error_station) == ("failed", "base_branch_missing", "intake")
    assert job.spent_usd == 0
    assert not ModelCall.objects.filter(job=job).exists()


@pytest.mark.campaign
def test_two_jobs_for_one_title_have_two_branches(world: World) -> None:
    first, second = world.submit(), world.submit()
    world.run(first)
    second = world.run(second)
    branches = set(Job.objects.values_list("branch", flat=True))
    assert len(branches) == 2
    assert second.status == "succeeded"
