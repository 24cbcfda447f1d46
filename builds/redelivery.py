"""What operators can do about callbacks: send them again, from one event on."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from builds import refusals
from builds.journal import record
from builds.models import CallbackDelivery, Event, Job
from builds.operations import find
from builds.people import Person


def redeliver(job_id: str, *, by: Person, sequence: int | None = None) -> Event:
    """Tell a job's events again, from one on and in order, under the names they had; returns that one.

    Everything after it follows, because a receiver that keeps the last status it was told would otherwise go
    back in time; one that has seen a name already passes over it. Without a sequence it starts at the first
    event that was never delivered, else with the newest. Also lifts what a 410 had switched off.
    Raises NoSuchJob, MayNotDecide, WrongState.
    """
    job = find(job_id, by)
    check(job, by)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        event = first_again(job, sequence)
        Job.objects.filter(pk=job.pk).update(
            delivered_sequence=event.sequence - 1,
            callback_tries=0,
            callback_fence=F("callback_fence") + 1,  # whoever is sending now no longer speaks for the job
            callback_disabled_at=None,
            next_callback_at=Now(),
        )
        data = {"sequence": event.sequence, "via": by.via}
        record(job, "callback.redelivery_requested", actor=by.name, data=data)
    return event


def check(job: Job, by: Person) -> None:
    """Raise why nothing can be sent again."""
    if not by.operates:
        raise refusals.MayNotDecide("Only an operator sends callbacks again.")
    if not job.callback_url:
        raise refusals.WrongState(f"Job {job.job_id} has no callback address.")
    if not job.events.exclude(callback_status="").exists():
        raise refusals.WrongState(f"Nothing of job {job.job_id} has been told yet.")


def first_again(job: Job, sequence: int | None) -> Event:
    """Where to start; never behind an event that still waits. Raises WrongState for one that is not told."""
    told = job.events.exclude(callback_status="").order_by("sequence")
    if sequence is None:
        delivered = CallbackDelivery.objects.filter(outcome=CallbackDelivery.Outcome.DELIVERED)
        never = told.exclude(pk__in=delivered.filter(event__job=job).values("event"))
        chosen = never.first() or told.last()
    else:
        chosen = told.filter(sequence=sequence).first()
    if chosen is None:
        raise refusals.WrongState(f"Event {sequence} of job {job.job_id} is none that is told.")
    waiting = told.filter(sequence__gt=job.delivered_sequence).first()
    return waiting if waiting and waiting.sequence < chosen.sequence else chosen
