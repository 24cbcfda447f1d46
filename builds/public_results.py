"""What stations left behind, as the outside sees it: plan, criteria, checks, review, timeline, artifacts."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from builds.evidence import CheckRun, Plan, Review
from builds.models import Artifact, CheckResult, Job, WorkItem
from builds.values import load


def newest_items(job: Job) -> list[WorkItem]:
    """The work items of the newest plan, repairs among them, in order."""
    items = list(job.work_items.order_by("-attempt", "ordinal"))
    return [item for item in items if item.attempt == items[0].attempt]


def plan(job: Job, items: list[WorkItem]) -> dict[str, Any] | None:
    """The plan with each item's state; None before there is one."""
    if not job.plan:
        return None
    found = load(Plan, job.plan)
    return {
        "sha": job.plan_sha,
        "summary": found.summary,
        "items": [
            {
                "key": item.key,
                "title": item.title,
                **{name: item.planned.get(name) for name in ("why", "criteria", "paths", "check", "depends")},
                "risk": item.planned.get("risk"),
                "origin": item.planned.get("origin"),
                "status": item.status,
                "summary": item.summary or None,
                "failure": item.failure or None,
            }
            for item in items
        ],
        "leftOut": [{"id": left.number, "why": left.why} for left in found.left_out],
        "quote": {
            "lowUsd": found.quote.low_usd,
            "highUsd": found.quote.high_usd,
            "lowMinutes": found.quote.low_minutes,
            "highMinutes": found.quote.high_minutes,
            "basis": found.quote.basis,
        }
        if found.quote
        else None,
    }


def criteria(job: Job) -> list[dict[str, Any]]:
    """The acceptance criteria; `met` only with evidence."""
    return [
        {
            "id": row.number,
            "text": row.text,
            "status": row.status,
            "evidence": row.evidence or None,
            "proposed": row.proposed,
        }
        for row in job.criteria.order_by("number")
    ]


def checks(job: Job) -> dict[str, Any]:
    """The newest run of each check on the base, and on exactly the tree that the job holds now."""
    rows = job.check_results.filter(phase__in=["baseline", "after"]).order_by("id")
    before = {row.check_name: row for row in rows if row.phase == "baseline"}
    after = {row.check_name: row for row in rows if row.phase == "after" and row.tree_sha == job.tree_sha}
    return {
        "before": [check(row) for row in before.values()],
        "after": [check(row) for row in after.values()],
    }


def check(row: CheckResult) -> dict[str, Any]:
    """One run of a check, its tests counted."""
    run = load(CheckRun, row.run)
    tests = list(run.tests.values())
    return {
        "check": row.check_name,
        "outcome": row.outcome,
        "reason": run.reason or None,
        "exitCode": run.exit_code,
        "seconds": run.seconds,
        "tests": {status: tests.count(status) for status in ("passed", "failed", "skipped")},
        "treeSha": row.tree_sha,
    }


def review(job: Job) -> dict[str, Any]:
    """The second model's view of the present tree, and its three words for the old clients."""
    found = load(Review, job.review) if job.review else None
    if found is None or found.tree_sha != job.tree_sha:
        return {"review": None, "vexReview": None}
    return {
        "review": {
            "verdict": found.verdict,
            "summary": found.summary,
            "model": found.model or None,
            "treeSha": found.tree_sha,
            "findings": [finding(vars(each)) for each in found.findings],
        },
        "vexReview": None
        if found.verdict == "not_run"
        else {
            "riskLevel": found.risk,
            "recommendation": found.recommendation,
            "flaggedCount": len(found.findings),
        },
    }


def finding(found: dict[str, Any]) -> dict[str, Any]:
    """One thing that a rule or a reviewer noticed."""
    names = ("rule", "reason", "severity", "path", "line", "text")
    return {name: found.get(name) for name in names}


def stations(job: Job) -> list[dict[str, Any]]:
    """All stations of the present attempt, in order, also those to come."""
    return [
        {
            "station": run.station,
            "status": run.status,
            "note": run.note or None,
            "tries": run.tries,
            "startedAt": moment(run.started_at),
            "finishedAt": moment(run.finished_at),
            "durationMs": milliseconds(run.started_at, run.finished_at),
            "cost": dollars(run.cost_usd),
            "tokens": run.tokens,
        }
        for run in job.station_runs.filter(attempt=job.attempt).order_by("ordinal")
    ]


def artifact(row: Artifact, base: str) -> dict[str, Any]:
    """One thing that is kept of a job; `url` has its bytes, which are known by their sha256."""
    return {
        "id": row.pk,
        "attempt": row.attempt,
        "station": row.station or None,
        "kind": row.kind,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "mediaType": row.media_type,
        "createdAt": moment(row.created_at),
        "url": f"{base}/artifacts/{row.pk}",
    }


def dollars(value: Decimal) -> float:
    """As a number, to a millionth."""
    return round(float(value), 6)


def moment(value: datetime | None) -> str | None:
    """ISO-8601 in UTC, to the millisecond."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    """How long something took; None while it goes on."""
    return int((end - start).total_seconds() * 1000) if start and end else None
