"""How the service is right now, in as many queries however much there is; for operators and metrics."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Now

from builds.breaker import troubled
from builds.caps import now_and_day, taken, window
from builds.models import Approval, Breaker, DeadLetter, Halt, Job, Sweep
from builds.rollup_rows import fetch
from builds.spans import night_of
from builds.states import JobStatus

MOST_PENDING = 10_000

OLDEST_UNTOLD = """
SELECT count(*) AS jobs, min(untold.created_at) AS oldest
FROM (
    SELECT id, delivered_sequence FROM builds_job WHERE next_callback_at IS NOT NULL
    ORDER BY next_callback_at LIMIT %(most)s
) AS job
CROSS JOIN LATERAL (
    SELECT e.created_at FROM builds_event AS e
    WHERE e.job_id = job.id AND e.sequence > job.delivered_sequence AND e.callback_status <> ''
    ORDER BY e.sequence LIMIT 1
) AS untold
"""
PENDING = "SELECT count(*) AS jobs FROM builds_job WHERE next_callback_at IS NOT NULL"
SPENT_TODAY = """
SELECT job.{column} AS who, sum(CASE WHEN r.state = 'open' THEN r.usd ELSE r.settled_usd END) AS usd
FROM builds_reservation AS r JOIN builds_job AS job ON job.id = r.job_id
WHERE r.reserved_at >= %(start)s
GROUP BY job.{column}
"""


@dataclass(frozen=True, kw_only=True)
class Age:
    """How many there are, and since when the oldest of them."""

    count: int
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """Everything on the database's clock. `due` are the queued that could start now."""

    now: datetime
    queued: int
    due: Age
    running: Age
    abandoned: Age
    paused: Age
    callbacks: Age
    dead_letters: int
    halt: Halt | None
    troubled: tuple[Breaker, ...]
    swept: datetime | None

    def seconds(self, since: datetime | None) -> float | None:
        """How long ago that was."""
        return None if since is None else max(0.0, (self.now - since).total_seconds())


def vitals() -> Vitals:
    """Nine queries, each over what is active only."""
    now, _ = now_and_day()
    queued = Job.objects.filter(status=JobStatus.QUEUED).order_by()
    is_due = Q(run_after__lte=Now())
    found = queued.aggregate(
        all=Count("run_after"), due=Count("run_after", filter=is_due), since=Min("run_after", filter=is_due)
    )
    pending = fetch(OLDEST_UNTOLD, {"most": MOST_PENDING})[0]
    return Vitals(
        now=now,
        queued=found["all"],
        due=Age(count=found["due"], since=found["since"]),
        running=age(Job.objects.filter(status=JobStatus.RUNNING), "started_at"),
        abandoned=age(Job.objects.filter(status=JobStatus.RUNNING, lease_until__lt=Now()), "lease_until"),
        paused=age(Approval.objects.filter(state=Approval.State.OPEN), "asked_at"),
        callbacks=Age(count=pending_callbacks(pending["jobs"]), since=pending["oldest"]),
        dead_letters=DeadLetter.objects.filter(replayed_at=None).order_by().count(),
        halt=Halt.objects.filter(lifted_at=None).first(),
        troubled=tuple(troubled()),
        swept=Sweep.objects.aggregate(at=Max("at"))["at"],
    )


def age(rows: Any, column: str) -> Age:
    """Of a set of rows."""
    found = rows.order_by().aggregate(count=Count(column), since=Min(column))
    return Age(count=found["count"], since=found["since"])


def pending_callbacks(looked_at: int) -> int:
    """All of them, also where only the first ones were looked at."""
    return looked_at if looked_at < MOST_PENDING else int(fetch(PENDING, {})[0]["jobs"])


def budgets_left() -> dict[str, float]:
    """Dollars left of each kind of cap that is set: of users and repos, those of whom has the least."""
    now, day = now_and_day()
    found: dict[str, float] = {}
    if settings.USER_DAY_USD is not None:
        found["user"] = float(settings.USER_DAY_USD) - most_spent("user_id", day.start)
    if settings.REPO_DAY_USD is not None:
        found["repo"] = float(settings.REPO_DAY_USD) - most_spent("repo_id", day.start)
    night = night_of(now, window())
    if settings.NIGHT_USD is not None and night is not None:
        found["global"] = float(settings.NIGHT_USD - taken(Q(), night))
    return found


def most_spent(column: str, start: datetime) -> float:
    """By one user or repo since then."""
    rows = fetch(SPENT_TODAY.format(column=column), {"start": start})
    return max((float(row["usd"] or 0) for row in rows), default=0.0)
