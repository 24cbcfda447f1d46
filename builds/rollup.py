"""Reads new rows of events, model calls and deliveries once, and adds them to the tallies of `/metrics`."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from builds.models import CallbackDelivery, Event, TallyMark
from builds.rollup_rows import APPROVALS, CALLS, DELIVERIES, EVENTS, GOES, fetch
from builds.tallies import Sum, Sums, keep

MOST = 5000  # rows at one look: a scrape that comes late catches up over the next ones
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

WORK = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
WAIT = (60, 300, 900, 3600, 14400, 28800, 86400, 259200, 604800)
CALL = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900)

ENDINGS = {"run.succeeded": "succeeded", "run.failed": "failed", "run.canceled": "canceled"}
OUTCOMES = {
    "station.succeeded": "succeeded",
    "station.retry": "retried",
    "station.waiting": "waited",
    "station.sent_back": "sent_back",
    "run.handed_over": "handed_over",
    "run.resumed": "lost",
    "run.failed": "failed",
    "run.canceled": "canceled",
}
"""How a go at a station ended, by the event that ended it."""

BOUNDARIES = ["station.started", "station.skipped", "run.paused", "run.succeeded", *OUTCOMES]
READ = [*BOUNDARIES, "run.approved"]
DECISIONS = {"rejected": "rejected", "approval_expired": "expired"}

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Source:
    """A table that grows: its newest number, and how rows between two numbers are added up.

    `read` returns the number up to which it came.
    """

    name: str
    newest: Callable[[], int]
    read: Callable[[int, int, Sums], int]


def roll_up() -> None:
    """Add up what is new and settled. Two that come at once do not wait for each other."""
    for source in SOURCES:
        with transaction.atomic():
            advance(source)


def advance(source: Source) -> None:
    """One look at a source; the first one only notes where it stands: totals begin there."""
    mark = TallyMark.objects.select_for_update(skip_locked=True).filter(source=source.name).first()
    if mark is None:
        now = source.newest()
        fresh = TallyMark(source=source.name, done=now, seen=now, horizon=snapshot()[1])
        TallyMark.objects.bulk_create([fresh], ignore_conflicts=True)
        return
    oldest_open, _ = snapshot()
    if oldest_open < mark.horizon:
        return  # a transaction of that time may still bring rows that we would pass over
    sums: Sums = defaultdict(Sum)
    if mark.seen > mark.done:
        mark.done = source.read(mark.done, mark.seen, sums)
    keep(sums)
    if mark.done >= mark.seen:
        mark.seen = max(mark.seen, source.newest())
        mark.horizon = snapshot()[1]
    mark.save()


def snapshot() -> tuple[int, int]:
    """The oldest transaction that is open, and the first that has not begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
            "FROM pg_current_snapshot() AS s"
        )
        oldest, following = cursor.fetchone()
    return int(oldest), int(following)


def came_to(rows: Rows, upto: int) -> int:
    """Where a look ended: at the last row when there may be more, else at the end."""
    return int(rows[-1]["at"]) if len(rows) == MOST else upto


# --- events ------------------------------------------------------------------------------------------


def read_events(after: int, upto: int, sums: Sums) -> int:
    """Stations, endings, decisions and caps."""
    rows = fetch(EVENTS, {"after": after, "upto": upto, "read": READ, "bounds": BOUNDARIES, "most": MOST})
    for row in rows:
        if row["before"] == "station.started" and row["name"] in OUTCOMES:
            labels = (row["station"], OUTCOMES[row["name"]])
            sums["dream_station_duration_seconds", labels].add(row["seconds"], WORK)
            sums["dream_station_attempts_total", labels].add(1)
        if row["cause"] == "cap":
            sums["dream_budget_blocked_total", (row["scope"] or "global",)].add(1)
        if row["name"] == "run.failed" and row["code"] == "budget_exhausted":
            sums["dream_budget_blocked_total", ("job",)].add(1)
    add_endings([row for row in rows if row["name"] in ENDINGS], sums)
    add_decisions([row for row in rows if decision(row)], sums)
    return came_to(rows, upto)


def add_endings(rows: Rows, sums: Sums) -> None:
    """Attempts that ended, and how long they were worked on."""
    if not rows:
        return
    worked = {
        (row["job_id"], row["attempt"]): row["seconds"]
        for row in fetch(GOES, {"jobs": [row["job_id"] for row in rows], "bounds": BOUNDARIES})
    }
    for row in rows:
        outcome = (ENDINGS[row["name"]],)
        sums["dream_jobs_finished_total", outcome].add(1)
        sums["dream_job_duration_seconds", outcome].add(worked.get((row["job_id"], row["attempt"]), 0), WORK)


def decision(row: dict[str, Any]) -> str:
    """What an event says that became of a question; empty when it says nothing of one."""
    return "approved" if row["name"] == "run.approved" else DECISIONS.get(row["code"] or "", "")


def add_decisions(rows: Rows, sums: Sums) -> None:
    """Answers, for each gate that asked."""
    if not rows:
        return
    answers = fetch(APPROVALS, {"jobs": [row["job_id"] for row in rows]})
    for row in rows:
        mine = [
            answer
            for answer in answers
            if (answer["job_id"], answer["attempt"], answer["state"])
            == (row["job_id"], row["attempt"], decision(row))
            and answer["decided_at"] <= row["created_at"]
        ]
        if not mine:
            continue
        answer = max(mine, key=lambda each: each["decided_at"])
        waited = (answer["decided_at"] - answer["asked_at"]).total_seconds()
        for gate in json.loads(answer["gates"]):
            sums["dream_approval_wait_seconds", (gate,)].add(waited, WAIT)
            sums["dream_approvals_total", (gate, answer["state"])].add(1)


# --- model calls and callbacks -------------------------------------------------------------------------


def read_calls(after: int, upto: int, sums: Sums) -> int:
    """Calls in the order in which they were settled; their numbers are the times of that."""
    times = {"after": EPOCH + after * MICROSECOND, "upto": EPOCH + upto * MICROSECOND}
    rows = fetch(CALLS, {**times, "most": MOST})
    if len(rows) == MOST and rows[0]["at"] != rows[-1]["at"]:
        last = rows[-1]["at"]
        rows = [row for row in rows if row["at"] != last]  # it may have more of that moment
        upto = (rows[-1]["at"] - EPOCH) // MICROSECOND
    provider = settings.PROVIDER
    for row in rows:
        of_model = (provider, row["model"])
        sums["dream_llm_cost_usd_total", (*of_model, row["station"])].add(row["cost_usd"])
        for kind, tokens in tokens_of(row).items():
            sums["dream_llm_tokens_total", (*of_model, kind)].add(tokens)
        if row["seconds"] is not None:
            sums["dream_llm_request_duration_seconds", (*of_model, row["state"])].add(row["seconds"], CALL)
    return upto


def tokens_of(row: dict[str, Any]) -> dict[str, Decimal]:
    """Cached tokens are counted by themselves, and not as input too."""
    cached = min(row["cached_tokens"], row["input_tokens"])
    found = {"input": row["input_tokens"] - cached, "cached": cached, "output": row["output_tokens"]}
    return {kind: Decimal(count) for kind, count in found.items()}


def read_deliveries(after: int, upto: int, sums: Sums) -> int:
    """Every try to tell an event."""
    rows = fetch(DELIVERIES, {"after": after, "upto": upto, "most": MOST})
    for row in rows:
        sums["dream_callback_deliveries_total", (row["status"], row["outcome"])].add(1)
    return came_to(rows, upto)


def newest_event() -> int:
    """The highest number."""
    return Event.objects.aggregate(at=Max("pk"))["at"] or 0


def newest_delivery() -> int:
    """The highest number."""
    return CallbackDelivery.objects.aggregate(at=Max("pk"))["at"] or 0


def now() -> int:
    """The database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return (moment - EPOCH) // MICROSECOND


SOURCES = (
    Source("events", newest_event, read_events),
    Source("calls", now, read_calls),
    Source("deliveries", newest_delivery, read_deliveries),
)
