"""The money is gone in the middle: what is finished is verified, reviewed and shown, the rest has a price."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.budgets import LEAST_OUTPUT, WORK_SHARE
from builds.models import Job, ModelCall
from builds.operations import approve, rerun
from builds.sessions import ScriptedCall
from builds.states import StationStatus
from tests.engine.parts import FILE, SPEC, session
from tests.world import ALICE, PAPERBOY, RITA, World, make_world


@dataclass
class Known:
    """A world, and what each call of this job costs and may cost at least."""

    world: World
    calls: list[ModelCall]

    def budget_before(self, item: str, turn: int) -> Decimal:
        """A budget in which exactly this call does not fit any more, a millionth short."""
        spent = Decimal(0)
        for call in self.calls:
            reserved = call.reservation
            least = (
                reserved.usd - Decimal(15) * (reserved.tokens - call.request_bytes - LEAST_OUTPUT) / 1_000_000
            )
            if (call.item, call.turn) == (item, turn):
                return ((spent + least) / WORK_SHARE).quantize(Decimal("0.000001")) - Decimal("0.000002")
            spent += call.cost_usd
        raise AssertionError(f"there is no call {item} {turn}")


@pytest.fixture
def known(transactional_db: None, tmp_path: Path) -> Known:
    """The whole job once, with money enough."""
    world = make_world(tmp_path, model=ScriptedModel((session(),)))
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=Decimal(20)))
    assert job.status == "succeeded", job.error_message
    return Known(world, list(job.model_calls.select_related("reservation").order_by("id")))


def statuses(job: Job) -> list[str]:
    """How each item stands."""
    return [item.status for item in job.work_items.order_by("ordinal")]


def test_the_finished_part_is_a_draft_and_the_rest_has_a_price(known: Known) -> None:
    world = known.world
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=known.budget_before("3", 1)))
    assert (job.status, job.error_code, job.error_station) == ("failed", "budget_exhausted", "implement")
    assert statuses(job) == ["done", "done", "left_out"]
    assert job.spent_usd <= job.max_dollars
    assert job.reserved_usd == 0
    pull = world.forge.find_pull(PAPERBOY, job.branch)
    assert pull is not None
    assert pull.draft
    assert "Left out: the budget is used up" in pull.body
    assert "Part 3" in pull.body
    assert "`scripted-reviewer` (approve" in pull.body
    runs = {run.station: run.status for run in job.station_runs.all()}
    assert (runs["implement"], runs["create_pr"]) == (StationStatus.FAILED, StationStatus.SUCCEEDED)
    assert runs["deploy"] == StationStatus.PENDING
    assert job.events.filter(name__in=["run.failed", "run.succeeded"]).count() == 1
    assert {row.number: row.status for row in job.criteria.all()}[2] == "needs_human"


def test_the_offer_of_a_job_finishes_it_and_pays_nothing_twice(known: Known) -> None:
    world = known.world
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=known.budget_before("3", 1)))
    assert "would cost about $" in job.error_message
    budget = Decimal(job.error_message.split("--budget ")[1])
    paid = job.model_calls.count()
    number = job.pr_number
    job = world.run(rerun(job.job_id, by=ALICE, max_dollars=budget))
    assert job.status == "succeeded", job.error_message
    assert statuses(job) == ["done", "done", "done"]
    assert job.pr_number == number
    assert "Left out" not in (job.pull or {})["body"]
    again = [(call.purpose, call.item, call.turn) for call in job.model_calls.order_by("id")][paid:]
    assert [each for each in again if each[0] == "implement"] == [("implement", "3", turn) for turn in (1, 2)]
    assert job.spent_usd <= budget


@pytest.mark.campaign
def test_a_job_with_nothing_finished_opens_no_pull_request(known: Known) -> None:
    world = known.world
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=known.budget_before("1", 1)))
    assert (job.status, job.error_code) == ("failed", "budget_exhausted")
    assert "dream rerun" in job.error_message
    assert job.pr_number is None
    assert world.forge.branch_head(PAPERBOY, job.branch) is None


def test_a_part_that_breaks_the_checks_opens_no_pull_request(known: Known) -> None:
    (usual,) = known.world.model.sessions
    wrong = {"path": FILE, "old": 'name, fax=""):', "new": "name, fax):"}
    turns = [
        turn.model_copy(update={"calls": (ScriptedCall(tool="edit", arguments=wrong),)})
        if (turn.item, turn.turn) == ("2", 1)
        else turn
        for turn in usual.turn
    ]
    known.world.model.sessions = (usual.model_copy(update={"turn": tuple(turns)}),)
    job = known.world.submit(spec_markdown=SPEC, max_dollars=known.budget_before("3", 1))
    job = known.world.run(job)
    assert statuses(job) == ["done", "done", "left_out"]
    assert (job.status, job.error_code, job.error_station) == ("failed", "budget_exhausted", "implement")
    assert "no pull request" in job.error_message
    assert known.world.forge.branch_head(PAPERBOY, job.branch) is None


@pytest.mark.campaign
def test_what_no_check_could_verify_opens_no_pull_request(known: Known) -> None:
    world = replace(known.world, ports=replace(known.world.ports, sandbox=NoSandbox()))
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=known.budget_before("3", 1)))
    assert (job.status, job.error_code) == ("failed", "budget_exhausted")
    assert "no check could verify" in job.error_message
    assert job.pr_number is None


@pytest.mark.parametrize("left_out", [True, False])
@pytest.mark.sampled(2)
def test_a_review_that_is_not_affordable_is_said_and_never_green(known: Known, left_out: bool) -> None:
    world = known.world
    budget = known.budget_before("3", 1) if left_out else Decimal(20)
    job = world.submit(spec_markdown=SPEC, max_dollars=budget)
    for _ in ("intake", "plan", "implement", "verify"):
        world.step()
    Job.objects.filter(pk=job.pk).update(spent_usd=budget)
    job = world.run(job)
    if not left_out:  # a person stands in for the reviewer
        assert job.status == "paused", job.error_message
        question = job.approvals.get(state="open")
        approve(job.job_id, by=RITA, content_hash=question.content_hash)
        job = world.run(job)
    assert job.status == ("failed" if left_out else "succeeded")
    assert job.pull is not None
    assert job.pull["draft"] is True
    assert "Not reviewed: the budget does not pay for it" in job.pull["body"]
    assert job.spent_usd == budget
