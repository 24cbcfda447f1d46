"""What people do to jobs: decide, cancel, rerun; who may, once, and for exactly what they saw."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from builds import refusals
from builds.models import Approval, Job, ModelCall
from builds.operations import approve, cancel, find, reject, rerun
from builds.sweep import sweep
from tests.world import ALICE, CAROL, OLGA, PAPERBOY, RAUL, RITA, World


@pytest.fixture
def paused(world: World) -> Job:
    """A build of Alice's that waits for a yes to a dropped column."""
    job = world.run(world.submit("drop-fax"))
    assert job.status == "paused"
    return job


def hash_of(job: Job) -> str:
    """What the open question is bound to."""
    return job.approvals.get(state=Approval.State.OPEN).content_hash


def test_of_two_reviewers_at_once_one_decides(paused: Job) -> None:
    asked = hash_of(paused)
    start = threading.Barrier(2)
    said: list[str] = []

    def decide(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            said.append("done")
        except refusals.NotDone as error:
            said.append(error.code)
        finally:
            connection.close()

    acts = [
        lambda: approve(paused.job_id, by=RITA, content_hash=asked),
        lambda: reject(paused.job_id, by=RAUL, content_hash=asked, comment="No."),
    ]
    threads = [threading.Thread(target=decide, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["already_decided", "done"]
    decided = paused.events.filter(name__in=["run.approved", "run.failed"])
    assert decided.count() == 1
    assert paused.approvals.filter(state__in=["approved", "rejected"]).count() == 1


def test_the_same_yes_of_the_same_person_again_changes_nothing(paused: Job) -> None:
    asked = hash_of(paused)
    approve(paused.job_id, by=RITA, content_hash=asked)
    again = approve(paused.job_id, by=RITA, content_hash=asked)
    assert again.status == "queued"
    assert paused.events.filter(name="run.approved").count() == 1


def test_a_yes_names_the_content_it_is_for(paused: Job) -> None:
    with pytest.raises(refusals.HashMissing):
        approve(paused.job_id, by=RITA, content_hash="")
    with pytest.raises(refusals.ContentChanged):
        approve(paused.job_id, by=RITA, content_hash="0" * 64)


def test_a_destructive_change_wants_a_reviewer_other_than_the_requester(paused: Job) -> None:
    with pytest.raises(refusals.MayNotDecide, match="reviewer"):
        approve(paused.job_id, by=ALICE, content_hash=hash_of(paused))


def test_a_no_says_why_and_ends_the_job(paused: Job) -> None:
    asked = hash_of(paused)
    with pytest.raises(refusals.CommentMissing):
        reject(paused.job_id, by=RITA, content_hash=asked, comment=" ")
    job = reject(paused.job_id, by=RITA, content_hash=asked, comment="We still need them.")
    assert (job.status, job.error_code) == ("failed", "rejected")
    assert "We still need them." in job.error_message


def test_a_question_that_nobody_answers_expires(paused: Job) -> None:
    Approval.objects.filter(job=paused).update(expires_at=Now() - timedelta(seconds=1))
    assert sweep("tests").expired == 1
    paused.refresh_from_db()
    assert (paused.status, paused.error_code) == ("failed", "approval_expired")


def test_asking_again_gives_the_same_hash_and_another_policy_another_one(paused: Job, world: World) -> None:
    asked = hash_of(paused)
    cancel(paused.job_id, by=ALICE)
    rerun(paused.job_id, by=ALICE, from_station="create_pr")
    job = world.run(paused)
    assert (job.status, hash_of(job)) == ("paused", asked)
    cancel(job.job_id, by=ALICE)
    world.repo.policy = {"approval_days": 3}
    world.repo.save()
    rerun(job.job_id, by=ALICE, from_station="create_pr")
    assert hash_of(world.run(job)) != asked


def test_cancel_of_a_waiting_job_is_at_once(world: World) -> None:
    job = world.submit()
    assert cancel(job.job_id, by=ALICE).status == "canceled"
    with pytest.raises(refusals.WrongState):
        cancel(job.job_id, by=ALICE)
    assert not world.step()


def test_other_peoples_jobs_are_not_there(world: World) -> None:
    job = world.submit()
    with pytest.raises(refusals.NoSuchJob):
        find(job.job_id, CAROL)
    with pytest.raises(refusals.NoSuchJob):
        cancel(job.job_id, by=CAROL)
    assert cancel(job.job_id, by=OLGA).status == "canceled"


def test_a_rerun_from_create_pr_keeps_everything_and_costs_nothing(world: World) -> None:
    job = world.run(world.submit())
    calls, spent = ModelCall.objects.count(), job.spent_usd
    rerun(job.job_id, by=ALICE, from_station="create_pr", reason="Once more.")
    job = world.run(job)
    assert (job.status, job.attempt, ModelCall.objects.count(), job.spent_usd) == (
        "succeeded",
        2,
        calls,
        spent,
    )
    pull = world.forge.find_pull(PAPERBOY, job.branch)
    assert pull is not None
    assert pull.number == 1


@pytest.mark.campaign
def test_a_rerun_from_plan_is_refused_while_the_pull_request_is_open(world: World) -> None:
    job = world.run(world.submit())
    with pytest.raises(refusals.PullRequestOpen):
        rerun(job.job_id, by=ALICE, from_station="plan")
    with pytest.raises(refusals.UnknownStation):
        rerun(job.job_id, by=ALICE, from_station="merge")


def test_a_plan_waits_for_a_yes_where_the_order_wants_it(world: World) -> None:
    job = world.run(world.submit(plan_approval=True))
    question = job.approvals.get()
    assert (job.status, job.station, question.gates) == ("paused", "implement", ["PlanApproved"])
    approve(job.job_id, by=ALICE, content_hash=question.content_hash)
    assert world.run(job).status == "succeeded"
