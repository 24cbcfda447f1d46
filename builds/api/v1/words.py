"""Runs as the outside sees them: the same rows as jobs, in the words of the old run factory."""

from typing import Any
from urllib.parse import quote

from django.conf import settings

from builds import public_lists
from builds.models import Artifact, Job
from builds.operations import actions_with, open_question
from builds.people import Person
from builds.public import base_path, error, gate, money, public_status, scheduled_for
from builds.public_results import moment, stations
from builds.states import JobStatus

SUMMARY = 500
MOST_INLINE = 256 * 1024
TEXTS = ("text/", "application/json")


def spelled(status: str) -> str:
    """The word of Storia's door, but for the one of success."""
    return "succeeded" if status == "complete" else status


STATUSES = {spelled(status): rows for status, rows in public_lists.STATUSES.items()}
"""The public words, by what they are in rows."""


def run_status(job: Job) -> str:
    """How a run stands."""
    return spelled(public_status(job))


def run_path(job: Job) -> str:
    """The run's place, with its name quoted."""
    return f"/v1/runs/{quote(job.job_id, safe='')}"


def run(job: Job) -> dict[str, Any]:
    """All of a run that needs no other rows than its own and its repository's."""
    at_work = job.status not in {JobStatus.SUCCEEDED.value, JobStatus.CANCELED.value}
    begun = job.started_at is not None or job.is_final
    links = {"self": run_path(job), "events": f"{run_path(job)}/events", "job": base_path(job)}
    return {
        "id": job.job_id,
        "repoId": f"repo_{job.repo.uid}",
        "repo": {"owner": job.repo.owner, "name": job.repo.name},
        "issueNumber": job.issue_number,
        "title": job.title,
        "goal": job.goal or None,
        "status": run_status(job),
        "currentStation": job.station if at_work and begun else None,
        "requestor": job.user_id,
        "baseBranch": job.base_branch,
        "workBranch": job.branch or None,
        "prMode": job.pr_mode,
        "prUrl": job.pr_url or None,
        "prNumber": job.pr_number,
        "attempt": job.attempt,
        **money(job),
        "waitReason": job.wait_reason or None,
        "scheduledFor": moment(scheduled_for(job)),
        "createdAt": moment(job.created_at),
        "startedAt": moment(job.started_at),
        "finishedAt": moment(job.finished_at),
        "failureReason": job.error_message if job.status == JobStatus.FAILED.value else None,
        "error": error(job),
        "links": {name: f"{settings.PUBLIC_URL}{path}" for name, path in links.items()},
    }


def whole_run(job: Job, by: Person, *, allowed: frozenset[str]) -> dict[str, Any]:
    """The same with its open question, and what of it this caller could do, whose token is for `allowed`."""
    words = {"rerun": "retry"}
    question = open_question(job)
    may = [words.get(action, action) for action in actions_with(question, job, by) if action in allowed]
    asks = gate(job, by, question, allowed=allowed, findings=True)
    return {**run(job), "gate": asks, "actions": may}


def run_stations(job: Job) -> list[dict[str, Any]]:
    """All stations of the present attempt in canonical order, also those to come."""
    return [
        {
            "id": f"station_{job.job_id}_{each['station']}",
            "runId": job.job_id,
            **{name: each[name] for name in SAME},
            "summary": (each["note"] or "")[:SUMMARY] or None,
        }
        for each in stations(job)
    ]


SAME = ("station", "status", "startedAt", "finishedAt", "durationMs", "tries", "cost", "tokens")


def artifact(row: Artifact, job: Job) -> dict[str, Any]:
    """One thing that a station left behind. What is small and text is `inline` and has a payload."""
    return {
        "id": f"artifact_{row.pk}",
        "runId": job.job_id,
        "type": row.kind,
        "name": row.name,
        "station": row.station or None,
        "attempt": row.attempt,
        "storage": "inline" if is_inline(row) else "store",
        "size": row.size,
        "sha256": row.sha256,
        "mediaType": row.media_type,
        "createdAt": moment(row.created_at),
        "url": f"{settings.PUBLIC_URL}{base_path(job)}/artifacts/{row.pk}",
    }


def is_inline(row: Artifact) -> bool:
    """Whether its content is part of the answer."""
    return row.size <= MOST_INLINE and row.media_type.startswith(TEXTS)
