"""Rerun: the next attempt on the same row, from a station, keeping what came before."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from builds import refusals
from builds.adapters import connect
from builds.journal import record
from builds.models import Job
from builds.naming import branch_name
from builds.operations.looking import owned
from builds.operations.repos import check_budget
from builds.people import Person
from builds.pipeline import STATIONS
from builds.ports import Refused, Unavailable
from builds.queue import ring_on_commit
from builds.runs import begin_attempt
from builds.states import FINAL, JobStatus, LostRace
from builds.waiting import NO_WAIT
from specs.slugs import slugify

BEFORE_THE_BRANCH = ("intake", "plan")
"""Starting again from these makes other commits, which an open pull request forbids."""


def rerun(
    job_id: str, *, by: Person, from_station: str = "", max_dollars: Decimal | None = None, reason: str = ""
) -> Job:
    """Start the next attempt on the same row from a station, keeping what came before.

    Without a station it starts where the attempt stopped. Raises WrongState, UnknownStation, PullRequestOpen,
    BudgetTooLarge.
    """
    job = owned(job_id, by)
    start = from_station or job.error_station or job.station
    check_rerun(job, start)
    branch = other_branch(job, start)
    if max_dollars is not None:
        check_money(job, max_dollars)
    changes: dict[str, Any] = {"attempt": F("attempt") + 1, "tries": 0, "crashes": 0}
    changes |= {"verify_returns": 0, "review_returns": 0, "station": start, "run_after": Now()}
    changes |= {"error_code": "", "error_message": "", "error_station": "", **NO_WAIT}
    changes |= branch
    changes |= {"finished_at": None, "started_at": None, "cancel_requested_at": None, "cancel_reason": ""}
    if max_dollars is not None:
        changes["max_dollars"] = max_dollars
    try:
        with transaction.atomic():
            job.move(JobStatus.QUEUED, **changes)
            begin_attempt(job, STATIONS, start)
            job.dead_letters.filter(replayed_at=None).update(replayed_at=Now(), replayed_by=by.name)
            data = {"from": start, "via": by.via, "budget": str(job.max_dollars)}
            record(job, "run.rerun", reason, station=start, actor=by.name, data=data)
    except LostRace:
        raise refusals.WrongState(f"Job {job.job_id} was started again by somebody else.") from None
    ring_on_commit()
    return job


def check_money(job: Job, max_dollars: Decimal) -> None:
    """Raise why a budget does not do: it is spent already, or more than the repository's policy allows."""
    if max_dollars <= job.spent_usd:
        raise refusals.WrongState(
            f"${job.spent_usd:.4f} are spent already; give more than ${max_dollars:.2f}."
        )
    check_budget(job.repo, dollars=max_dollars)


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
        raise refusals.WrongState(f"It cannot start from {start}: {missing[0]} has not been done.")


def other_branch(job: Job, start: str) -> dict[str, Any]:
    """The columns of an attempt that takes a branch of its own, because it may not add to the one there is.

    That is so once a person closed or merged its pull request, and for other commits on a branch that has
    none. Raises PullRequestOpen for other commits while it is open.
    """
    begun = job.pull or job.station_runs.filter(station="create_pr", started_at__isnull=False).exists()
    if start == "deploy" or not begun:
        return {}
    forge = connect().forge
    other_commits = start in BEFORE_THE_BRANCH
    try:
        pull = forge.find_pull(job.repo.ref, job.branch)
        taken = other_commits and forge.branch_head(job.repo.ref, job.branch) is not None
    except (Refused, Unavailable):
        pull, taken = None, False  # then what was stored of it counts
    state = pull.state if pull else (job.pull or {}).get("state", "")
    if other_commits and state == "open":
        number = pull.number if pull else job.pr_number
        raise refusals.PullRequestOpen(
            f"Pull request #{number} is open; close it first, or start from implement or later."
        )
    if not job.intake or (state not in {"closed", "merged"} and not taken):
        return {}
    name = branch_name(job.branch_prefix, slugify(job.spec.title), job.job_id, job.attempt + 1)
    nothing = {"head_sha": "", "pull": None, "pr_number": None, "pr_url": ""}
    return {"branch": name, "intake": {**job.intake, "branch": name}, **nothing}
