"""How an attempt ends: state, station run, open question and the one terminal event, in one transaction."""

import structlog
from django.db import Error, connections, transaction
from django.db.models.functions import Now

from builds.journal import names_of, record
from builds.models import Approval, DeadLetter, Job
from builds.runs import mark
from builds.secrets import mask
from builds.states import FINAL, JobStatus, StationStatus

log = structlog.get_logger()

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
    names = names_of(job) | ({"code": code} if code else {})
    transaction.on_commit(lambda: log.info(name, **names), robust=True)


def give_up(job: Job, *, code: str, why: str, tries: int) -> None:
    """End an attempt that trying again did not help, with a dead letter that an operator can replay."""
    station = job.station
    end(job, JobStatus.FAILED, code=code, why=why)
    DeadLetter.objects.create(
        job=job, attempt=job.attempt, station=station, code=code, error=mask(why), tries=tries
    )


def blame(job: Job, station: str, why: str, *, done: str = "") -> None:
    """Say which station a failed attempt goes on from, inside the caller's transaction.

    The present one keeps its success where it is not the one and its work is `done`.
    """
    if station == job.station:
        return
    Job.objects.filter(pk=job.pk).update(error_station=station)
    job.error_station = station
    runs = job.station_runs.filter(attempt=job.attempt, station=station)
    runs.update(status=StationStatus.FAILED.value, note=mask(why))
    if done:
        mark(job, StationStatus.SUCCEEDED, done)


def void_question(job: Job) -> None:
    """An open question of a job that ends is nobody's any more."""
    questions = job.approvals.filter(state=Approval.State.OPEN)
    questions.update(state=Approval.State.VOID, decided_at=Now())


def has_ended(job: Job) -> bool:
    """Whether somebody else ended the job meanwhile; no where the database does not say."""
    try:
        return Job.objects.filter(pk=job.pk, status__in=FINAL).exists()
    except Error:
        connections.close_all()
        return False
