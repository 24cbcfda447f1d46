"""How an attempt ends: state, station run, open question and the one terminal event, in one transaction."""

from django.db.models.functions import Now

from builds.journal import record
from builds.models import Approval, Job
from builds.runs import mark
from builds.secrets import mask
from builds.states import JobStatus, StationStatus

TERMINAL = {
    JobStatus.SUCCEEDED: ("run.succeeded", "complete", StationStatus.SUCCEEDED),
    JobStatus.FAILED: ("run.failed", "failed", StationStatus.FAILED),
    JobStatus.CANCELED: ("run.canceled", "canceled", StationStatus.CANCELED),
}


def end(job: Job, status: JobStatus, *, code: str = "", why: str = "", actor: str = "") -> None:
    """End the attempt, inside the caller's transaction. Raises LostRace when somebody was faster."""
    name, callback, station = TERMINAL[status]
    job.move(
        status,
        error_code=code,
        error_message=mask(why),
        error_station=job.station if code else "",
        wait_reason="",
        wait_cause="",
        waits_since=None,
        cancel_requested_at=None,
    )
    mark(job, station, why)
    void_question(job)
    message = f"Build failed: {why}" if status is JobStatus.FAILED else why
    record(
        job,
        name,
        message,
        station=job.station,
        callback_status=callback,
        actor=actor,
        data={"code": code, "prUrl": job.pr_url},
    )


def void_question(job: Job) -> None:
    """An open question of a job that ends is nobody's any more."""
    questions = job.approvals.filter(state=Approval.State.OPEN)
    questions.update(state=Approval.State.VOID, decided_at=Now())
