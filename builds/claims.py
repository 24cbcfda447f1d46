"""Takes the best due job: one transaction, one row, a fence that grows."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from builds.endings import end
from builds.journal import record
from builds.ledger import settle_lost
from builds.models import Job
from builds.states import JobStatus

log = structlog.get_logger()

DUE = Q(status=JobStatus.QUEUED.value, run_after__lte=Now())
ABANDONED = Q(status=JobStatus.RUNNING.value, lease_until__lt=Now())


def due() -> QuerySet[Job]:
    """All that a worker could take now: new work, due retries and waits, abandoned jobs."""
    return Job.objects.filter(DUE | ABANDONED)


def claim(owner: str, lease: timedelta) -> Job | None:
    """Take the best due job for `owner`, or None when nothing is due.

    Abandoned jobs go first: their work is half done. One that has crashed too often, or that a person
    canceled meanwhile, is ended instead, and the next one is taken.
    """
    while True:
        with transaction.atomic():
            job = pick(ABANDONED) or pick(DUE)
            if job is None:
                return None
            abandoned = job.status == JobStatus.RUNNING.value
            take(job, owner, lease, abandoned=abandoned)
            settle_lost(job)
            if not ended(job, abandoned=abandoned):
                name = "run.resume.stale_running" if abandoned else "run.claimed"
                log.info(name, job_id=job.job_id, attempt=job.attempt, station=job.station, fence=job.fence)
                return job


def pick(which: Q) -> Job | None:
    """Lock the best row that nobody else is looking at."""
    rows = Job.objects.select_for_update(skip_locked=True, of=("self",)).filter(which)
    return rows.order_by("priority", "run_after", "id").first()


def take(job: Job, owner: str, lease: timedelta, *, abandoned: bool) -> None:
    """Grow the fence, burn a try, start the lease."""
    job.move(
        JobStatus.RUNNING,
        fence=F("fence") + 1,
        tries=F("tries") + 1,
        crashes=F("crashes") + (1 if abandoned else 0),
        lease_until=Now() + lease,
        lease_owner=owner,
        started_at=Coalesce("started_at", Now()),
        wait_reason="",
    )


def ended(job: Job, *, abandoned: bool) -> bool:
    """End a job that is canceled, or whose workers keep dying; whether it was ended."""
    if job.cancel_requested_at:
        end(job, JobStatus.CANCELED, code="canceled", why=job.cancel_reason or "Canceled by a person.")
        return True
    if job.crashes >= settings.CRASHES or (abandoned and job.tries > settings.TRIES):
        why = f"The worker died {job.crashes} times in this attempt, last at {job.station}."
        end(job, JobStatus.FAILED, code="worker_killed", why=why)
        return True
    if abandoned:
        record(job, "run.resumed", "Another worker goes on", station=job.station, data={"fence": job.fence})
    return False
