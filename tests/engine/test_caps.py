"""Caps over many jobs: exact under concurrency, waited for until they begin anew, and seen by the gate."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from builds import caps, ledger
from builds.budgets import Cap, CapReached, OverBudget, Worst
from builds.gates import WithinBudget
from builds.models import Job, ModelCall, Repo, Reservation
from builds.outcomes import Pass, Wait
from builds.ports import RepoName
from builds.schedule import Window
from builds.spans import day_of, night_of
from tests.clock import Clock
from tests.engine.parts import SPEC
from tests.engine.test_provider_trouble import small
from tests.gates.world import changed, facts
from tests.world import World

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(time(22), time(6), BERLIN)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_day_is_as_long_as_the_calendar_says(day: tuple[int, int, int], hours: int) -> None:
    span = day_of(utc(*day, 11), BERLIN)
    assert span.end - span.start == timedelta(hours=hours)
    assert span.start <= utc(*day, 11) < span.end == span.resets
    assert span.start.astimezone(BERLIN).hour == 0


@pytest.mark.parametrize(
    ("now", "start", "hours"),
    [
        (utc(2026, 6, 1, 21), utc(2026, 6, 1, 20), 8),  # 23:00 in Berlin
        (utc(2026, 6, 2, 1), utc(2026, 6, 1, 20), 8),  # 03:00 there
        (utc(2026, 3, 29, 0, 30), utc(2026, 3, 28, 21), 7),  # clocks go ahead
        (utc(2026, 10, 25, 4), utc(2026, 10, 24, 20), 9),  # and back
    ],
)
def test_a_night_that_contains_now(now: datetime, start: datetime, hours: int) -> None:
    span = night_of(now, NIGHT)
    assert span is not None
    assert (span.start, span.end - span.start) == (start, timedelta(hours=hours))
    assert span.resets > span.end


def test_by_day_there_is_no_night() -> None:
    assert night_of(utc(2026, 6, 1, 12), NIGHT) is None
    assert night_of(utc(2026, 6, 1, 4), NIGHT) is None  # 06:00 there: it has just ended
    within = night_of(utc(2026, 6, 1, 2), Window(time(1), time(5), ZoneInfo("UTC")))
    assert within is not None
    assert within.end == utc(2026, 6, 1, 5)


def take(job: Job, usd: str) -> None:
    """Reserve for a call of this job, as Metered does."""
    worst = Worst(input_tokens=1, output_tokens=1, usd=Decimal(usd))
    with transaction.atomic():
        caps.hold(job, worst.usd)
        names = {"station": "review", "purpose": "plan", "model": "m", "request_hash": ""}
        call = ModelCall.objects.create(job=job, attempt=1, turn=1, **names)
        ledger.reserve(job, call, worst)


def test_sixteen_jobs_of_one_user_never_take_more_than_the_day_holds(world: World, settings: Any) -> None:
    settings.USER_DAY_USD = Decimal("0.10")
    jobs = [world.submit() for _ in range(16)]
    start, waits = threading.Barrier(16), []

    def reserve(job: Job) -> None:
        start.wait()
        try:
            take(job, "0.011")
        except CapReached as reached:
            waits.append(reached.wait)
        finally:
            connection.close()

    threads = [threading.Thread(target=reserve, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 7
    assert sum(Reservation.objects.values_list("usd", flat=True)) == Decimal("0.099")
    assert all(timedelta(0) < wait <= timedelta(hours=24) for wait in waits)


def test_each_cap_counts_its_own_and_what_was_not_used_is_free_again(world: World, settings: Any) -> None:
    settings.USER_DAY_USD, settings.REPO_DAY_USD = Decimal("0.03"), Decimal("0.05")
    alice, bob = world.submit(), world.submit(user_id="bob")
    take(alice, "0.03")
    with pytest.raises(CapReached, match="the day of alice is reached"):
        take(alice, "0.01")
    take(bob, "0.02")
    with pytest.raises(CapReached, match=r"the day of dream/paperboy .* \$0.05 of \$0.05"):
        take(bob, "0.01")
    held = Reservation.objects.get(job=alice)
    ledger.settle(held, 2, Decimal("0.001"))
    take(alice, "0.01")
    other = Repo.objects.create(owner="other", name="repo", policy={"day_usd": 0.01})
    Job.objects.filter(pk=bob.pk).update(repo=other, user_id="carol")
    bob = Job.objects.get(pk=bob.pk)
    Reservation.objects.filter(job=bob).delete()
    with pytest.raises(OverBudget, match=r"the cap on the day of other/repo is \$0.01"):
        take(bob, "0.02")
    assert other.ref == RepoName("other", "repo")


def test_the_night_has_its_own_cap(world: World, settings: Any) -> None:
    settings.NIGHT_USD = Decimal("0.02")
    job = world.submit()
    now = Job.objects.values_list(Now(), flat=True)[0]
    settings.OFFPEAK = (time((now.hour + 23) % 24), time((now.hour + 1) % 24))
    take(job, "0.02")
    with pytest.raises(CapReached, match="this night"):
        take(job, "0.01")
    settings.OFFPEAK = (time((now.hour + 2) % 24), time((now.hour + 4) % 24))
    take(job, "0.01")  # by day it holds nobody


def test_the_gate_waits_for_a_cap_before_any_work() -> None:
    cap = Cap(
        name="the day of ada",
        usd=Decimal(5),
        taken=Decimal(5),
        resets_at=utc(2026, 6, 2),
        resets_in=timedelta(hours=3),
        scope="user",
    )
    verdict = WithinBudget().ask(changed(facts(), "money", caps=(cap,)))
    assert verdict == Wait(timedelta(hours=3), cap.reached, cause="cap", scope="user")
    assert "$5.00 of $5.00. It goes on at 2026-06-02 00:00 UTC" in cap.reached
    assert WithinBudget().ask(changed(facts(), "money", caps=(replace(cap, taken=Decimal(4)),))) == Pass()


def test_a_job_at_its_users_cap_waits_for_midnight_and_then_ends_well(
    clock: Clock, tmp_path: Any, settings: Any
) -> None:
    world = small(tmp_path)
    settings.USER_DAY_USD = Decimal("0.30")
    earlier = world.submit(spec_markdown=SPEC)
    take(earlier, "0.25")
    Job.objects.filter(pk=earlier.pk).update(status="canceled")
    second = world.run(world.submit(spec_markdown=SPEC))
    assert (second.status, second.station, second.tries) == ("queued", "plan", 0), second.error_message
    assert "The cap on the day of alice is reached: $0.25 of $0.30" in second.wait_reason
    midnight = day_of(clock.now(), ZoneInfo("UTC")).end
    assert second.run_after >= midnight
    clock.forward_to(second.run_after)
    second = world.run(second)
    assert second.status == "succeeded", second.error_message
    assert second.reserved_usd == 0
