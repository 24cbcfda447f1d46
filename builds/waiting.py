"""How a job waits: again after a failure, or for something outside; neither goes on for ever."""

import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Least, Now

from builds.endings import give_up
from builds.journal import record
from builds.models import Job, ModelCall
from builds.outcomes import Retry, Wait, WaitCause
from builds.runs import mark
from builds.states import JobStatus, StationStatus

NO_WAIT: dict[str, Any] = {"wait_reason": "", "wait_cause": "", "waits_since": None}
"""The columns of a job that waits for nothing."""

SPREAD = 0.2  # of a back-off, either way, so that jobs that failed together do not come back together


def retry(job: Job, outcome: Retry) -> None:
    """Again after a while; after the last try the attempt has failed, and leaves a dead letter."""
    why, code = outcome.why, outcome.code
    if job.tries >= settings.TRIES:
        give_up(job, code=code, why=f"{why} (tried {job.tries} times)", tries=job.tries)
        return
    mark(job, StationStatus.PENDING, why)
    record(job, "station.retry", why, station=job.station, data={"code": code, "try": job.tries})
    changes = NO_WAIT | {"wait_reason": f"Trying again: {why}"[:500]}
    job.move(JobStatus.QUEUED, run_after=Now() + back_off(job.tries), **changes)


def back_off(tries: int) -> timedelta:
    """How long to leave a station alone that has failed so many times."""
    pause: timedelta = settings.BACKOFF[min(tries, len(settings.BACKOFF)) - 1]
    return pause * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311  spreads retries, hides nothing


def wait(job: Job, outcome: Wait) -> None:
    """A wait gives the try back. One that is older than its cause may get ends the attempt.

    Causes that only people or the calendar end, a cap and a halt, never grow too old.
    """
    begin(job, outcome.cause)
    longest = settings.LONGEST_WAITS.get(outcome.cause)
    if longest is not None and Job.objects.filter(pk=job.pk, waits_since__lte=Now() - longest).exists():
        why = f"{outcome.why} (waited since {job.waits_since:%Y-%m-%d %H:%M} UTC, the longest is {longest})"
        give_up(job, code="waited_too_long", why=why, tries=job.tries)
        return
    mark(job, StationStatus.PENDING, outcome.why)
    data = {"cause": outcome.cause} | ({"scope": outcome.scope} if outcome.scope else {})
    record(job, "station.waiting", outcome.why, station=job.station, data=data)
    until: Any = Now() + outcome.delay
    if longest is not None:
        until = Least(until, F("waits_since") + longest)  # to look once more when its time is over
    tries = max(0, job.tries - 1)
    job.move(JobStatus.QUEUED, run_after=until, tries=tries, wait_reason=outcome.why[:500])


def begin(job: Job, cause: WaitCause) -> None:
    """Start the clock of a wait, unless it goes on: the same cause, and no model answered since then."""
    if job.wait_cause == cause and job.waits_since is not None:
        answered = ModelCall.objects.filter(job=job, attempt=job.attempt, state=ModelCall.State.ANSWERED)
        if not answered.filter(answered_at__gt=job.waits_since).exists():
            return
    Job.objects.filter(pk=job.pk).update(wait_cause=cause, waits_since=Now())
    job.refresh_from_db(fields=["wait_cause", "waits_since"])
