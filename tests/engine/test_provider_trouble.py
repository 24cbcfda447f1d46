"""A provider in trouble: builds wait and burn no try, one probe at a time, another model may stand in."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from builds import breaker
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.models import Breaker, Job, ModelCall
from builds.operations import approve
from builds.ports import Model, Price, Refused, Reply, Request, Unavailable
from tests.clock import Clock
from tests.engine.parts import SPEC, session
from tests.world import RITA, World, make_world

LIMITED = Unavailable("the model answered 429.", charged=False, kind="quota")
BROKEN = Unavailable("the model answered 500.")
Judge = Callable[[Request], Exception | None]


class Sometimes:
    """A model that fails as long as `judge` says so, and counts how often it was asked by whom."""

    def __init__(self, model: Model, judge: Judge) -> None:
        self.model, self.judge = model, judge
        self.asked: list[str] = []

    def complete(self, request: Request) -> Reply:
        """Fail or answer."""
        self.asked.append(request.model)
        error = self.judge(request)
        if error is not None:
            raise error
        return self.model.complete(request)


def with_judge(world: World, judge: Judge, fallback: str = "") -> tuple[World, Sometimes]:
    """The world with such a model."""
    model = Sometimes(world.model, judge)
    price = Price(input=Decimal(1), output=Decimal(2))
    prices = {**world.ports.prices, "backup": price}
    return replace(world, ports=replace(world.ports, model=model, prices=prices, fallback=fallback)), model


def at_plan(world: World) -> Job:
    """A job that is about to ask its first question."""
    job = world.submit()
    world.step()
    return job


def wait_of(job: Job) -> timedelta:
    """How long the job waits."""
    found = Job.objects.annotate(now=Now()).get(pk=job.pk)
    wait: timedelta = found.run_after - found.now
    return wait


def pass_time(job: Job) -> None:
    """Let what the job and the breakers wait for pass."""
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    Breaker.objects.filter(open_until__isnull=False).update(open_until=Now())


@pytest.mark.parametrize("error", [LIMITED, BROKEN])
@pytest.mark.sampled(2)
def test_trouble_parks_the_build_and_burns_no_try(world: World, error: Unavailable) -> None:
    errors = [error] * 6
    world, model = with_judge(world, lambda _: errors.pop() if errors else None)
    job = at_plan(world)
    for _ in range(6):
        world.step()
        job.refresh_from_db()
        assert (job.status, job.tries) == ("queued", 0)
        pass_time(job)
    assert str(error) in job.wait_reason
    assert len(model.asked) == 6
    assert world.run(job).status == "succeeded"
    assert not breaker.troubled().exists()


def test_what_a_provider_asks_for_is_never_cut_short(world: World) -> None:
    asked = Unavailable("429", retry_after=timedelta(minutes=17), charged=False, kind="quota")
    world, _ = with_judge(world, lambda _: asked)
    job = at_plan(world)
    world.step()
    assert timedelta(minutes=17) - timedelta(seconds=5) < wait_of(job) <= timedelta(minutes=17) * 1.2


def test_an_open_breaker_holds_every_other_build_without_a_call(world: World) -> None:
    world, model = with_judge(world, lambda _: LIMITED)
    jobs = [at_plan(world) for _ in range(4)]
    while world.step():
        pass
    assert len(model.asked) == 1
    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.tries, job.spent_usd + job.reserved_usd) == ("queued", 0, Decimal(0))
        assert wait_of(job) > timedelta(seconds=3)
    assert ModelCall.objects.count() == 1


def test_one_failure_of_another_kind_opens_nothing_three_in_a_row_do(world: World) -> None:
    for failures in (1, 2):
        breaker.failed("a", BROKEN)
        assert breaker.held("a") is None, failures
    breaker.answered("a")
    for _ in range(3):
        assert breaker.held("a") is None
        breaker.failed("a", BROKEN)
    assert breaker.held("a") is not None


def test_after_its_time_one_call_is_the_probe(world: World) -> None:
    breaker.failed("a", LIMITED)
    Breaker.objects.update(open_until=Now())
    start, let_through = threading.Barrier(16), []

    def ask() -> None:
        start.wait()
        if breaker.held("a") is None:
            let_through.append(1)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_through) == 1
    breaker.withdrawn("a")  # it was canceled, or its budget was gone
    assert breaker.held("a") is None
    assert breaker.held("a") is not None
    Breaker.objects.update(probe_until=Now())  # its worker was killed
    assert breaker.held("a") is None
    breaker.answered("a")
    assert [breaker.held("a") for _ in range(3)] == [None] * 3


def test_waits_double_up_to_ten_minutes_and_never_undercut_the_provider() -> None:
    seconds = [breaker.pause_after(failures, None).total_seconds() for failures in range(1, 10)]
    assert seconds == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert breaker.pause_after(1, timedelta(minutes=3)) == timedelta(minutes=3)
    assert breaker.pause_after(9, timedelta(seconds=1)) == timedelta(minutes=10)
    assert breaker.pause_after(1, timedelta(days=900)) == breaker.LONGEST_ASKED
    assert all(breaker.spread(timedelta(minutes=1)) >= timedelta(minutes=1) for _ in range(50))


def test_a_refused_key_ends_the_build_with_the_mend_and_costs_nothing(world: World) -> None:
    refusal = Refused(
        "auth_or_config", "The provider answered 401. Check the key, the base URL and the model."
    )
    world, model = with_judge(world, lambda _: refusal)
    job = world.run(at_plan(world))
    assert (job.status, job.error_code) == ("failed", "auth_or_config")
    assert "Check the key" in job.error_message
    assert (job.spent_usd + job.reserved_usd, len(model.asked)) == (Decimal(0), 1)


def test_another_model_stands_in_and_the_pull_request_says_so(world: World) -> None:
    world, model = with_judge(
        world, lambda request: LIMITED if request.model == "scripted-writer" else None, fallback="backup"
    )
    job = world.run(world.submit())
    assert job.status == "succeeded", job.error_message
    assert Counter(model.asked)["scripted-writer"] == 1
    written = ModelCall.objects.filter(job=job, state="answered").exclude(purpose="review")
    assert {(call.model, call.instead_of) for call in written} == {("backup", "scripted-writer")}
    assert "`backup` stood in for `scripted-writer`" in (job.pull or {})["body"]


def test_what_stood_in_as_a_writer_does_not_review_its_own_work(world: World) -> None:
    world, model = with_judge(
        world, lambda request: None if request.model == "backup" else LIMITED, fallback="backup"
    )
    job = world.run(world.submit())
    assert (job.status, job.station) == ("queued", "review")
    assert Counter(model.asked)["scripted-reviewer"] == 1
    assert not ModelCall.objects.filter(job=job, purpose="review", model="backup").exists()


def small(folder: Path) -> World:
    """A world whose builds are three comments, with nothing to check."""
    return make_world(folder, model=ScriptedModel((session(),)), sandbox=NoSandbox())


def next_waking() -> datetime | None:
    """When the next build goes on."""
    found = Job.objects.filter(status="queued").order_by("run_after").first()
    return found.run_after if found else None


@pytest.mark.campaign
def test_two_hours_of_too_many_requests_and_then_all_complete(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = [True]
    world, _ = with_judge(small(tmp_path), lambda _: LIMITED if storm[0] else None)
    jobs = [world.submit(spec_markdown=SPEC) for _ in range(10)]
    over = clock.now() + timedelta(hours=2)
    while (waking := next_waking()) is not None:
        clock.forward_to(waking)
        storm[0] = waking < over
        while world.step():
            pass
        for paused in Job.objects.filter(status="paused"):  # no check could run, so a person looks
            question = paused.approvals.get(state="open")
            approve(paused.job_id, by=RITA, content_hash=question.content_hash)
    refused = Counter(ModelCall.objects.filter(state="refused").values_list("job__job_id", flat=True))
    calls = sorted(refused[job.job_id] for job in jobs)
    took = clock.now() - over
    with capsys.disabled():
        print(f"\ncalls a build in two hours of 429: {calls}; all complete {took} after")  # noqa: T201
    assert sum(calls) >= 10
    assert max(calls) <= 20
    assert {Job.objects.get(pk=job.pk).status for job in jobs} == {"succeeded"}
