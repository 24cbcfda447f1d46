"""Cancel and rerun: stop a job, start it again from a station."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from builds import refusals
from builds.endings import end
from builds.journal import record
from builds.models import Job
from builds.operations.looking import owned
from builds.people import Person
from builds.pipeline import STATIONS
from builds.queue import ring_on_commit
from builds.runs import begin_attempt
from builds.states import FINAL, JobStatus, LostRace
from builds.waiting import NO_WAIT

BEFORE_THE_BRANCH = ("intake", "plan")
"""Starting again from these makes other commits, which an open pull request forbids."""


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


def rerun(
    job_id: str, *, by: Person, from_station: str = "", max_dollars: Decimal | None = None, reason: str = ""
) -> Job:
    """Start the next attempt on the same row from a station, keeping what came before.

    Without a station it starts where the attempt stopped. Raises WrongState, UnknownStation, PullRequestOpen.
    """
    job = owned(job_id, by)
    start = from_station or job.error_station or job.station
    check_rerun(job, start)
    if max_dollars is not None and max_dollars <= job.spent_usd:
        raise refusals.WrongState(
            f"${job.spent_usd:.4f} are spent already; give more than ${max_dollars:.2f}."
        )
    changes: dict[str, Any] = {"attempt": F("attempt") + 1, "tries": 0, "crashes": 0}
    changes |= {"verify_returns": 0, "review_returns": 0, "station": start, "run_after": Now()}
    changes |= {"error_code": "", "error_message": "", "error_station": "", **NO_WAIT}
    changes |= {"finished_at": None, "started_at": None, "cancel_requested_at": None, "cancel_reason": ""}
    if max_dollars is not None:
        changes["max_dollars"] = max_dollars
    try:
        with transaction.atomic():
            job.move(JobStatus.QUEUED, **changes)
            begin_attempt(job, STATIONS, start)
            data = {"from": start, "via": by.via, "budget": str(job.max_dollars)}
            record(job, "run.rerun", reason, station=start, actor=by.name, data=data)
    except LostRace:
        raise refusals.WrongState(f"Job {job.job_id} was started again by somebody else.") from None
    ring_on_commit()
    return job


def check_rerun(job: Job, start: str) -> None:
    """Raise why a job cannot start again from a station."""
    if job.status not in FINAL:
        raise refusals.WrongState(f"Only a job that has ended can run again; this one is {job.status}.")
    if start not in STATIONS:
        raise refusals.UnknownStation(f"There is no station {start}; there are {', '.join(STATIONS)}.")
    reached = job.station_runs.filter(attempt=job.attempt, status__in=["succeeded", "skipped"])
    missing = [
        name for name in STATIONS[: STATIONS.index(start)] if not reached.filter(station=name).exists()
    ]
    if missing:
        raise refusals.UnknownStation(f"It cannot start from {start}: {missing[0]} has not been done.")
    pull_is_open = (job.pull or {}).get("state") == "open"
    if pull_is_open and start in BEFORE_THE_BRANCH:
        raise refusals.PullRequestOpen(
            f"Pull request #{job.pr_number} is open; close it first, or start from implement or later."
        )
