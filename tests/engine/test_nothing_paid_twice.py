"""A build that goes on pays for no answer again, in this attempt or the next; one that starts over does."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.models import Job, ModelCall, Reservation
from builds.operations import cancel, rerun
from builds.ports import LeaseLost, Model, Reply, Request, ShuttingDown
from builds.sessions import ScriptedTurn
from tests.engine.parts import SPEC, session
from tests.world import ALICE, World, make_world

Named = tuple[str, str, int]
WHOLE: list[Named] = [
    ("plan", "", 1),
    *(("implement", item, turn) for item in "123" for turn in (1, 2)),
    ("review", "", 1),
]


def often_or_with_all(at: Named) -> Any:
    """One call of each kind in every run of the tests, the others with --all."""
    return pytest.param(at, marks=() if at[2] == 1 and at[1] in {"", "2"} else pytest.mark.campaign)


class Watched:
    """A model that counts what it is asked, and lets something happen in one call."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.asked: list[Named] = []
        self.at: Named | None = None
        self.happens: Callable[[], None] = lambda: None

    def complete(self, request: Request) -> Reply:
        """Count, and answer unless something happens."""
        named = (request.purpose, request.item, request.turn)
        self.asked.append(named)
        if named == self.at:
            self.at = None
            self.happens()
        return self.model.complete(request)


@pytest.fixture
def watched(transactional_db: None, tmp_path: Path) -> tuple[World, Watched]:
    """The build in three parts."""
    model = Watched(ScriptedModel((session(),)))
    return make_world(tmp_path, model=model, sandbox=NoSandbox()), model


def raising(error: BaseException) -> Callable[[], None]:
    """Something that goes wrong."""

    def now() -> None:
        raise error

    return now


@pytest.mark.parametrize("at", [often_or_with_all(at) for at in WHOLE])
@pytest.mark.sampled(3)
def test_after_a_killed_worker_at_most_the_call_in_flight_is_paid_again(
    watched: tuple[World, Watched], at: Named
) -> None:
    world, model = watched
    job = world.submit(spec_markdown=SPEC)
    model.at, model.happens = at, raising(LeaseLost("the worker is gone"))
    world.run(job)
    Job.objects.filter(pk=job.pk, status="running").update(lease_until=Now() - timedelta(seconds=1))
    job = world.run(job)
    assert job.status == "succeeded", job.error_message
    assert Counter(model.asked) == Counter(WHOLE) + Counter([at])
    lost = ModelCall.objects.get(job=job, state="lost")
    assert (lost.purpose, lost.item, lost.turn) == at
    assert lost.cost_usd == Reservation.objects.get(call=lost).usd
    assert job.reserved_usd == 0


@pytest.mark.parametrize(
    "at", [("plan", "", 1), ("implement", "1", 2), ("implement", "3", 1), ("review", "", 1)]
)
@pytest.mark.sampled(3)
def test_a_canceled_build_that_is_run_again_goes_on_from_its_transcript(
    watched: tuple[World, Watched], at: Named
) -> None:
    world, model = watched
    job = world.submit(spec_markdown=SPEC)
    model.at, model.happens = at, raising(ShuttingDown("this worker was asked to stop"))
    while model.at:
        world.step()
    cancel(job.job_id, by=ALICE)
    job = world.run(rerun(job.job_id, by=ALICE))
    assert (job.status, job.attempt) == ("succeeded", 2), job.error_message
    assert Counter(model.asked) == Counter(WHOLE) + Counter([at])


def test_a_call_of_every_kind_is_reserved_and_settled(watched: tuple[World, Watched]) -> None:
    world, model = watched
    usual = session()
    plan = usual.turn[0]
    first, second = plan.text[:40], plan.text[40:]
    turns = (
        plan.model_copy(update={"text": first, "finish": "length"}),  # cut off,
        plan.model_copy(update={"text": second + " {broken", "turn": 2}),  # gone on with,
        *usual.turn[1:-1],
        usual.turn[-1].model_copy(update={"text": "I like it."}),  # and one that cannot be read,
        usual.turn[-1].model_copy(update={"turn": 2}),  # and is asked for again
    )
    model.model = ScriptedModel((usual.model_copy(update={"turn": turns}),))
    job = world.run(world.submit(spec_markdown=SPEC))
    assert job.status == "succeeded", job.error_message
    assert Counter(model.asked) == Counter([*WHOLE, ("plan", "", 2), ("review", "", 2)])
    settled = Reservation.objects.filter(job=job, state=Reservation.State.SETTLED)
    assert settled.count() == job.model_calls.count() == len(model.asked)
    assert job.spent_usd == sum(call.cost_usd for call in job.model_calls.all()) > 0


def test_who_runs_a_finished_station_again_gets_another_answer(watched: tuple[World, Watched]) -> None:
    world, model = watched
    job = world.run(world.submit(spec_markdown=SPEC))
    model.asked.clear()
    job = world.run(rerun(job.job_id, by=ALICE, from_station="review"))
    assert model.asked == [("review", "", 1)]
    model.asked.clear()
    job = world.run(rerun(job.job_id, by=ALICE, from_station="verify"))
    assert model.asked == []  # the same tree, asked in the same words
    assert job.status == "succeeded"


def test_an_item_that_failed_by_its_answers_is_worked_on_afresh(watched: tuple[World, Watched]) -> None:
    world, model = watched
    (usual,) = (session(),)
    stuck = ScriptedTurn(purpose="implement", item="2", turn=1, text="I cannot.")
    answers = [stuck.model_copy(update={"turn": turn}) for turn in (1, 2, 3)]
    turns = tuple(turn for turn in usual.turn if turn.item != "2")
    broken = usual.model_copy(update={"turn": (*turns, *answers)})
    model.model = ScriptedModel((broken,))
    job = world.run(world.submit(spec_markdown=SPEC))
    assert (job.status, job.error_code) == ("failed", "format_errors")
    model.model = ScriptedModel((usual,))
    model.asked.clear()
    job = world.run(rerun(job.job_id, by=ALICE))
    assert job.status == "succeeded", job.error_message
    assert [each for each in model.asked if each[0] == "implement"] == [
        ("implement", item, turn) for item in "23" for turn in (1, 2)
    ]
