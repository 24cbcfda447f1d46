"""Jobs with a callback address, and what happens to them as the engine would write it."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from builds.deliveries import claim, deliver
from builds.endings import end
from builds.journal import record
from builds.models import Event, Job
from builds.ports import CallbackSender
from builds.states import JobStatus
from tests import factories

URL = "https://storia.example/callbacks"


def told_job(url: str = URL, **more: Any) -> Job:
    """A running job of Alice's that is to be told."""
    return factories.job(callback_url=url, status=JobStatus.RUNNING, request_id="r-1", **more)


def happen(job: Job, *statuses: str) -> list[Event]:
    """Events that are told (or not, for an empty status), each in a transaction of its own."""
    made = []
    for status in statuses:
        with transaction.atomic():
            made.append(record(job, "station.started", callback_status=status, station="plan"))
    return made


def finish(job: Job, status: JobStatus = JobStatus.SUCCEEDED, **more: Any) -> None:
    """End the attempt."""
    with transaction.atomic():
        end(job, status, **more)


def deliver_due(sender: CallbackSender) -> int:
    """Deliver all that is due now, one after the other; how many tries that took."""
    count = 0
    while claimed := claim():
        deliver(claimed, sender)
        count += 1
    return count


def time_passes(delta: timedelta) -> None:
    """As if all clocks had gone on: what waits is nearer, what happened is older."""
    Job.objects.filter(next_callback_at__isnull=False).update(next_callback_at=F("next_callback_at") - delta)
    Event.objects.update(created_at=F("created_at") - delta)


def waits(job: Job) -> timedelta | None:
    """How long until the next try; None when nothing waits."""
    row = Job.objects.annotate(now=Now()).get(pk=job.pk)
    return row.next_callback_at - row.now if row.next_callback_at else None
