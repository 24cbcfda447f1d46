"""Cancel and run now: stop a job, or start one that waits."""

from django.db import transaction
from django.db.models.functions import Least, Now

from builds import refusals
from builds.endings import end
from builds.journal import record
from builds.models import Job
from builds.operations.looking import owned
from builds.people import Person
from builds.queue import ring_on_commit
from builds.states import JobStatus, LostRace


def cancel(job_id: str, *, by: Person, reason: str = "") -> Job:
    """Stop a job: at once where no worker has it, else within 10 s by its worker. Raises WrongState."""
    job = owned(job_id, by)
    why = reason or f"Canceled by {by.name}."
    for _ in range(3):  # a job may change hands while we look
        if job.is_final:
            raise refusals.WrongState(
                f"Job {job.job_id} has ended ({job.status}); there is nothing to cancel."
            )
        try:
            with transaction.atomic():
                if job.status == JobStatus.RUNNING.value:
                    ask_to_cancel(job, by, why)
                else:
                    end(job, JobStatus.CANCELED, code="canceled", why=why, actor=by.name)
        except LostRace:
            job.refresh_from_db()
            continue
        job.refresh_from_db()
        return job
    raise refusals.WrongState(f"Job {job.job_id} is changing state; try again.")


def ask_to_cancel(job: Job, by: Person, why: str) -> None:
    """Tell the worker. Raises LostRace when the job is no longer running."""
    running = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING.value, fence=job.fence)
    if not running.update(cancel_requested_at=Now(), cancel_reason=why[:1000]):
        raise LostRace("the job is no longer running")
    record(job, "run.cancel_requested", why, station=job.station, actor=by.name)


def run_now(job_id: str, *, by: Person, reason: str = "") -> Job:
    """Let a job that waits for its window, a quota or its next try be due at once. Raises WrongState.

    Limits and a halt hold for it as for any other.
    """
    job = owned(job_id, by)
    waiting = Job.objects.filter(pk=job.pk, status=JobStatus.QUEUED.value, attempt=job.attempt)
    with transaction.atomic():
        if not waiting.update(run_after=Least("run_after", Now()), wait_reason="", updated_at=Now()):
            job.refresh_from_db()
            raise refusals.WrongState(f"Job {job.job_id} waits for no clock; it is {job.status}.")
        record(job, "run.now_requested", reason, station=job.station, actor=by.name, data={"via": by.via})
    ring_on_commit()
    job.refresh_from_db()
    return job
