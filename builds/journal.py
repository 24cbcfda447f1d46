"""Writes events: numbered without gaps, in the transaction that changed the state."""

from typing import Any

import structlog
from django.db import connection, models
from django.db.models.functions import Coalesce, Now

from builds.announcing import announce_on_commit
from builds.models import Event, Job
from builds.secrets import mask, mask_all

MESSAGES = {
    "started": "Dream build started",
    "planning": "Parsing spec and planning work items",
    "testing": "Running validation checks",
    "pr_open": "Pull request created",
    "deploying": "Deploying the pull request's head",
    "deployed": "Deployment succeeded",
    "complete": "Dream build complete",
}
"""The plain wording of the old system, by callback status."""

CALLBACK_DUE = models.Case(
    models.When(callback_disabled_at=None, then=Coalesce("next_callback_at", Now())),
    default=models.F("next_callback_at"),
)
"""Now, unless an earlier event waits for its turn or the receiver wants no more."""


def names_of(job: Job) -> dict[str, Any]:
    """What every log line about a job begins with."""
    return {
        "request_id": job.request_id,
        "job_id": job.job_id,
        "attempt": job.attempt,
        "station": job.station,
    }


def record(job: Job, name: str, message: str = "", **more: Any) -> Event:
    """Write the next event of a job; must be called inside a transaction.

    `more` may hold station, callback_status, step, actor and data. The number comes from an UPDATE of the job
    row, whose lock orders concurrent writers, so numbers have no gaps and no doubles.
    """
    need_transaction()
    status = more.get("callback_status", "")
    changes: dict[str, Any] = {"last_sequence": models.F("last_sequence") + 1}
    if status and job.callback_url:
        changes["next_callback_at"] = CALLBACK_DUE
    Job.objects.filter(pk=job.pk).update(**changes)
    job.refresh_from_db(fields=["last_sequence"])
    return written(job, name, message, **more)


def record_first(job: Job, name: str, message: str = "", **more: Any) -> Event:
    """Write the first event of a job that this transaction made with `last_sequence` 1; unseen yet."""
    need_transaction()
    return written(job, name, message, **more)


def need_transaction() -> None:
    """Raise RuntimeError outside one."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is written in the transaction that changed the state")


def written(job: Job, name: str, message: str, **more: Any) -> Event:
    """The row of the job's event of that number, announced to who watches once it is committed."""
    announce_on_commit(job.pk)
    known = structlog.contextvars.get_contextvars()
    return Event.objects.create(
        job=job,
        sequence=job.last_sequence,
        attempt=job.attempt,
        name=name,
        message=mask(message or MESSAGES.get(more.get("callback_status", ""), "")),
        request_id=str(known.get("request_id", job.request_id)),
        **mask_all(more),
    )
