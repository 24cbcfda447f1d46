"""What the outside sees of a job: derived from its rows at every look, never stored."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from builds import halts
from builds.evidence import Finding
from builds.models import Approval, Halt, Job, Priority
from builds.operations import actions_with, can_decide, open_question
from builds.people import Person
from builds.public_pull import pull_request
from builds.public_results import (
    artifact,
    checks,
    criteria,
    dollars,
    finding,
    moment,
    newest_items,
    plan,
    review,
    stations,
)
from builds.scopes import ACTIONS, DECIDE
from builds.states import JobStatus
from builds.values import load

MOST_ARTIFACTS = 100
"""The newest ones are in a job's document, all of them at its `links.artifacts`."""

EVERYTHING = frozenset(ACTIONS)
NOT_FOR_DECISIONS = f"This token lacks the scope {DECIDE[0]}."

RETRYABLE = frozenset(
    {
        "unavailable", "internal_error", "worker_killed", "approval_expired", "canceled", "waited_too_long",
        "station_timeout",
    }
)  # fmt: skip
"""Codes where the same order may well succeed when it runs again unchanged."""


def public_status(job: Job) -> str:
    """The word for Storia; `/v1` says `succeeded` where this is `complete`."""
    return job.public_status


def scheduled_for(job: Job) -> datetime | None:
    """When a waiting job goes on; None when that is now, or nothing waits."""
    waits = job.status == JobStatus.QUEUED and job.run_after > timezone.now()
    return job.run_after if waits else None


def halted(halt: Halt | None) -> dict[str, Any] | None:
    """Who stopped everything and why; None while nothing is halted."""
    return {"by": halt.by, "reason": halt.reason, "since": moment(halt.at)} if halt else None


def base_path(job: Job) -> str:
    """The job's place at the door, with its name quoted."""
    return f"/api/dream-build/{quote(job.job_id, safe='')}"


def address(job: Job) -> str:
    """The job's absolute address."""
    return f"{settings.PUBLIC_URL}{base_path(job)}"


def links(job: Job, may: Iterable[str]) -> dict[str, str]:
    """Absolute addresses: of the job and what belongs to it, and of what the caller may do with it."""
    here = address(job)
    found = {name: f"{here}/{name}" for name in ("events", "artifacts", *may)}
    found = {"self": here, **found}
    return {**found, "pullRequest": job.pr_url} if job.pr_url else found


def detail(job: Job, by: Person, *, allowed: frozenset[str] = EVERYTHING) -> dict[str, Any]:
    """Everything of a job as JSON data: camelCase, times in ISO-8601 UTC, dollars as numbers.

    `allowed` are the actions that the caller's token is for: no other is offered.
    """
    question = open_question(job)
    items = newest_items(job)
    return {
        **summary(job, by, question, allowed=allowed),
        "gate": gate(job, by, question, allowed=allowed, findings=True),
        "baseSha": job.base_sha or None,
        "headSha": job.head_sha or None,
        "pullRequest": pull_request(job),
        "plan": plan(job, items),
        "completedItems": [item.title for item in items if item.status == "done"],
        "criteria": criteria(job),
        "checks": checks(job),
        **review(job),
        "stations": stations(job),
        "artifacts": [artifact(row, address(job)) for row in job.artifacts.order_by("-id")[:MOST_ARTIFACTS]],
        "halted": halted(halts.current()),
    }


def summary(
    job: Job, by: Person, question: Approval | None, *, allowed: frozenset[str] = EVERYTHING
) -> dict[str, Any]:
    """A job as a row of a list: all that needs no other rows than its own and its open question."""
    may = [action for action in actions_with(question, job, by) if action in allowed]
    return {
        **asked(job),
        "requestId": job.request_id or None,
        "status": public_status(job),
        "station": job.station,
        "attempts": job.attempt,
        "title": job.title,
        "branch": job.branch or None,
        "prUrl": job.pr_url or None,
        "prNumber": job.pr_number,
        "deployUrl": job.deploy_url or None,
        "error": error(job),
        **money(job),
        "gate": gate(job, by, question, allowed=allowed),
        "scheduledFor": moment(scheduled_for(job)),
        "waitReason": job.wait_reason or None,
        "waitCause": job.wait_cause or None,
        "waitingSince": moment(job.waits_since),
        "actions": may,
        "links": links(job, may),
        "createdAt": moment(job.created_at),
        "startedAt": moment(job.started_at),
        "updatedAt": moment(job.updated_at),
        "finishedAt": moment(job.finished_at),
    }


def asked(job: Job) -> dict[str, Any]:
    """The order, without its spec and its callback address."""
    return {
        "jobId": job.job_id,
        "specId": job.spec_name,
        "userId": job.user_id,
        "repo": str(job.repo),
        "targetRepoType": job.target_repo_type,
        "baseBranch": job.base_branch,
        "branchPrefix": job.branch_prefix,
        "priority": Priority(job.priority).name.lower(),
        "estimatedEffort": job.estimated_effort or None,
        "queueName": job.queue_name or None,
        "deadline": moment(job.deadline),
        "planApproval": job.plan_approval,
        "metadata": job.metadata,
    }


def error(job: Job) -> dict[str, Any] | None:
    """Why the attempt ended without success; None while it has not."""
    if not job.error_code:
        return None
    return {
        "code": job.error_code,
        "message": job.error_message,
        "station": job.error_station or None,
        "retryable": job.error_code in RETRYABLE,
    }


def money(job: Job) -> dict[str, Any]:
    """The ledger in dollars and tokens."""
    return {
        "tokensUsed": job.tokens_used,
        "costEstimate": dollars(job.spent_usd),
        "budget": {
            "maxTokens": job.max_tokens,
            "maxDollars": dollars(job.max_dollars),
            "spent": dollars(job.spent_usd),
            "reserved": dollars(job.reserved_usd),
            "left": dollars(job.dollars_left),
        },
    }


def gate(
    job: Job, by: Person, question: Approval | None, *, allowed: frozenset[str], findings: bool = False
) -> dict[str, Any] | None:
    """The open question; `whyNot` says why this caller may not answer it, and is null when they may.

    `findings` is false for lists: a question may have hundreds.
    """
    if question is None:
        return None
    found: dict[str, Any] = {
        "name": ", ".join(question.gates),
        "station": question.station,
        "reason": question.reason,
        "onApprove": question.on_approve,
        "onReject": question.on_reject,
        "contentHash": question.content_hash,
        "mayDecide": question.may_decide,
        "whyNot": can_decide(job, question, by) or (None if "approve" in allowed else NOT_FOR_DECISIONS),
        "askedAt": moment(question.asked_at),
        "expiresAt": moment(question.expires_at),
    }
    if findings:
        found["findings"] = [finding(vars(load(Finding, each))) for each in question.findings]
    return found
