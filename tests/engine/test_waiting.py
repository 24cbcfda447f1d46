"""Waits are typed: each knows what it is for and since when, and none goes on for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from builds import engine
from builds.claims import claim
from builds.models import Job, ModelCall
from builds.outcomes import Retry, Wait, WaitCause
from builds.public import public_status
from builds.states import StationStatus
from builds.waiting import back_off
from tests import factories

LEASE = timedelta(seconds=30)
pytestmark = pytest.mark.django_db


def waiting(
    cause: WaitCause = "provider", delay: timedelta = timedelta(minutes=5), job: Job | None = None
) -> Job:
    """A job at plan that a worker had, and that now waits."""
    made = job or factories.job(station="plan")
    factories.runs(made, "plan", "pending") if job is None else None
    Job.objects.filter(pk=made.pk).update(run_after=Now())
    taken = claim("tests", LEASE)
    assert taken is not None
    engine.settle(taken, Wait(delay, f"{cause} says later", cause))
    return taken


def waits_for(job: Job, **ago: float) -> None:
    """Let the wait have begun so long ago."""
    Job.objects.filter(pk=job.pk).update(waits_since=timezone.now() - timedelta(**ago))


def test_a_wait_keeps_its_cause_its_start_and_the_sentence(settings: Any) -> None:
    job = waiting()
    assert (job.status, job.tries, job.wait_cause, job.wait_reason) == (
        "queued", 0, "provider", "provider says later",
    )  # fmt: skip
    assert job.waits_since is not None
    assert timedelta(minutes=4) < job.run_after - job.waits_since < timedelta(minutes=6)
    event = job.events.get(name="station.waiting")
    assert event.data == {"cause": "provider"}


def test_the_same_wait_again_goes_on_from_its_first_start() -> None:
    job = waiting()
    waits_for(job, hours=2)
    again = waiting(job=job)
    assert again.waits_since is not None
    assert timezone.now() - again.waits_since > timedelta(hours=1)


def test_another_cause_starts_another_clock() -> None:
    job = waiting()
    waits_for(job, hours=2)
    again = waiting("outside", job=job)
    assert (again.wait_cause, again.status) == ("outside", "queued")
    assert again.waits_since is not None
    assert timezone.now() - again.waits_since < timedelta(minutes=1)


def test_a_model_that_answered_meanwhile_ended_the_wait() -> None:
    job = waiting()
    waits_for(job, hours=25)
    names = {"station": "plan", "purpose": "plan", "model": "m", "request_hash": "", "turn": 1}
    ModelCall.objects.create(job=job, attempt=1, state="answered", answered_at=timezone.now(), **names)
    assert waiting(job=job).status == "queued"


@pytest.mark.parametrize("cause", ["outside", "provider", "deployment"])
def test_a_wait_that_is_too_old_ends_with_a_reason_and_may_be_rerun(cause: WaitCause) -> None:
    job = waiting(cause)
    waits_for(job, hours=24, minutes=1)
    job = waiting(cause, job=job)
    assert (job.status, job.error_code, job.error_station) == ("failed", "waited_too_long", "plan")
    assert "the longest is" in job.error_message
    assert (job.wait_cause, job.waits_since) == ("", None)
    assert job.events.filter(callback_status="failed").count() == 1


@pytest.mark.parametrize("cause", ["cap", "halted"])
def test_what_people_or_the_calendar_end_never_grows_too_old(cause: WaitCause) -> None:
    job = waiting(cause)
    waits_for(job, days=30)
    job = waiting(cause, job=job)
    assert (job.status, public_status(job)) == ("queued", "queued")


def test_a_long_delay_is_cut_so_that_the_last_look_is_in_time(settings: Any) -> None:
    settings.LONGEST_WAITS = {"provider": timedelta(hours=1)}
    job = waiting(delay=timedelta(days=3))
    assert job.waits_since is not None
    assert job.run_after == job.waits_since + timedelta(hours=1)


def test_the_next_station_waits_for_nothing() -> None:
    job = waiting()
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    taken = claim("tests", LEASE)
    assert taken is not None
    with transaction.atomic():
        engine.advance(taken, StationStatus.SUCCEEDED, "planned")
    assert (taken.station, taken.wait_cause, taken.waits_since, taken.wait_reason) == (
        "implement",
        "",
        None,
        "",
    )


def test_tries_wait_30_seconds_and_2_minutes_give_or_take_a_fifth() -> None:
    for tries, seconds in ((1, 30), (2, 120)):
        found = {back_off(tries).total_seconds() for _ in range(200)}
        assert seconds * 0.8 <= min(found) < seconds * 0.9
        assert seconds * 1.1 < max(found) <= seconds * 1.2


def test_a_try_that_waits_in_between_is_given_back() -> None:
    job = factories.job(station="plan")
    factories.runs(job, "plan", "pending")
    for outcome in (Retry("502"), Wait(timedelta(0), "quota", "provider"), Retry("502")):
        Job.objects.filter(pk=job.pk).update(run_after=Now())
        taken = claim("tests", LEASE)
        assert taken is not None
        engine.settle(taken, outcome)
    job.refresh_from_db()
    assert (job.status, job.tries, job.wait_cause) == ("queued", 2, "")
