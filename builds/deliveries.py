"""Tells events to receivers, in order for each job: claim one, send it outside any transaction, settle."""

import random
import time
from collections.abc import Collection
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Lower, Now
from django.utils import timezone

from builds import callbacks
from builds.journal import names_of, record
from builds.models import CallbackDelivery, Event, Job
from builds.ports import CallbackSender, Refused, Unavailable

log = structlog.get_logger()

LEASE = settings.CALLBACK_LEASE
"""A sender that is silent for so long was killed: six times what one delivery may take."""

Outcome = CallbackDelivery.Outcome
HOST = Lower(
    Func(
        F("callback_url"),
        Value(r"^[A-Za-z]+://([^/?#]*)", output_field=TextField()),
        function="substring",
        output_field=TextField(),
    )
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One event that this process, and no other, tells now. `fence` says whether that is still so."""

    event: Event
    fence: int
    number: int
    host: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a try went."""

    outcome: CallbackDelivery.Outcome
    status: int | None = None
    error: str = ""
    seconds: float = 0


def due() -> QuerySet[Job]:
    """Jobs with an event to tell now; the longest waiting first."""
    return Job.objects.filter(next_callback_at__lte=Now()).order_by("next_callback_at", "pk")


def untold(job: Job) -> QuerySet[Event]:
    """The events that are still to be told, in order."""
    later = job.events.filter(sequence__gt=job.delivered_sequence)
    return later.exclude(callback_status="").order_by("sequence")


def claim(*, busy: Collection[str] = (), job_pk: int | None = None) -> Claim | None:
    """Take the best due event of a host that is not busy; of one job only when it is named.

    Any number of senders may claim at once: the row is locked only while its fence grows and its time moves
    to the end of the lease, and rows that others hold are passed over.
    """
    jobs = due().annotate(host=HOST).exclude(host__in=list(busy))
    if job_pk is not None:
        jobs = jobs.filter(pk=job_pk)
    while True:
        with transaction.atomic():
            job = jobs.select_for_update(skip_locked=True, of=("self",)).first()
            if job is None:
                return None
            event = untold(job).first()
            changes = {
                "callback_fence": F("callback_fence") + 1,
                "callback_tries": F("callback_tries") + 1,
                "next_callback_at": Now() + LEASE if event else None,
            }
            Job.objects.filter(pk=job.pk).update(**changes)
            if event:
                event.job = job
                return Claim(
                    event=event, fence=job.callback_fence + 1, number=job.callback_tries + 1, host=job.host
                )


def deliver(claimed: Claim, sender: CallbackSender) -> bool:
    """Tell one event and settle. Whether the job's next one may be told at once."""
    event = claimed.event
    names = names_of(event.job) | {"request_id": event.request_id, "sequence": event.sequence}
    with structlog.contextvars.bound_contextvars(**names):
        return settle(claimed, tell(event, sender))


def tell(event: Event, sender: CallbackSender) -> Told:
    """Sign and send, and put everything that can come of it into a word."""
    said = callbacks.body(event)
    name = callbacks.webhook_id(event)
    signed = callbacks.headers(name, said, at=timezone.now(), secrets=settings.CALLBACK_SECRETS)
    if event.request_id:
        signed["x-request-id"] = event.request_id
    began = time.monotonic()
    try:
        answer = sender.send(event.job.callback_url, said, signed)
    except Unavailable as error:
        return Told(outcome=Outcome.FAILED, error=str(error), seconds=time.monotonic() - began)
    except Refused as error:
        return Told(outcome=Outcome.REFUSED, error=str(error), seconds=time.monotonic() - began)
    seconds = time.monotonic() - began
    if 200 <= answer.status < 300:
        return Told(outcome=Outcome.DELIVERED, status=answer.status, seconds=seconds)
    outcome = Outcome.GONE if answer.status == 410 else Outcome.FAILED
    why = f"HTTP {answer.status}. {answer.excerpt}".strip()
    return Told(outcome=outcome, status=answer.status, error=why, seconds=seconds)


def settle(claimed: Claim, told: Told) -> bool:
    """Log the try; then, only when the claim still holds, move on, try later, or stop.

    The job's row is locked before its events are read: an event that is being written meanwhile either waits
    for us or is seen by us, so none is left behind without a time.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=claimed.event.job_id)
        CallbackDelivery.objects.create(
            event=claimed.event,
            number=claimed.number,
            outcome=told.outcome,
            status=told.status,
            error=told.error,
            duration_ms=round(told.seconds * 1000),
        )
        if job.callback_fence != claimed.fence:
            return False  # another sender has it, or a person wants it sent again
        match told.outcome:
            case Outcome.DELIVERED:
                return move_on(job, claimed.event)
            case Outcome.FAILED:
                return try_later(job, claimed, told)
            case _:
                disable(job, claimed.event, told)
                return False


def move_on(job: Job, event: Event) -> bool:
    """The event is done with; whether another one waits."""
    job.delivered_sequence = event.sequence
    more = untold(job).exists()
    Job.objects.filter(pk=job.pk).update(
        delivered_sequence=event.sequence, callback_tries=0, next_callback_at=Now() if more else None
    )
    return more


def try_later(job: Job, claimed: Claim, told: Told) -> bool:
    """Wait as the schedule says; at its end, give this event up and go on with the next."""
    event = claimed.event
    spread = random.uniform(0.8, 1.2)  # noqa: S311  spreads retries, hides nothing
    age = timezone.now() - event.created_at
    delay = callbacks.delay_after(claimed.number, age, spread=spread)
    if delay is None:
        transaction.on_commit(lambda: log.warning("callback.given_up", error=told.error), robust=True)
        why = f"Callback {event.sequence} ({event.callback_status}) was given up: {told.error}"
        record(job, "callback.given_up", why, data={"sequence": event.sequence, "tries": claimed.number})
        return move_on(job, event)
    said = {"tries": claimed.number, "error": told.error, "again_in": round(delay.total_seconds())}
    transaction.on_commit(lambda: log.info("callback.failed", **said), robust=True)
    Job.objects.filter(pk=job.pk).update(next_callback_at=Now() + delay)
    return False


def disable(job: Job, event: Event, told: Told) -> None:
    """Nothing more is told of this job until a person sends again."""
    Job.objects.filter(pk=job.pk).update(callback_disabled_at=Now(), next_callback_at=None, callback_tries=0)
    transaction.on_commit(lambda: log.warning("callback.disabled", error=told.error), robust=True)
    why = f"No more callbacks: {told.error}"
    record(job, "callback.disabled", why, data={"sequence": event.sequence})
