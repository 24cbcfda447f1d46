"""How a job went: its stations with time and money, what people decided, and everything that happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from builds.models import Approval, Event, Job, StationRun

EVENTS = 100


@dataclass(frozen=True, kw_only=True)
class Step:
    """One station of an attempt."""

    run: StationRun
    symbol: str

    @property
    def lasted(self) -> timedelta | None:
        """From its start to its end; None while it has none."""
        run = self.run
        return run.finished_at - run.started_at if run.started_at and run.finished_at else None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The stations of one go at the job."""

    number: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The present attempt, those before it, and the history; the newest event first."""

    steps: tuple[Step, ...]
    earlier: tuple[Attempt, ...]
    decisions: tuple[Approval, ...]
    events: tuple[Event, ...]
    events_left_out: int


SYMBOLS = {
    "succeeded": "✓",
    "failed": "✕",
    "canceled": "✕",
    "paused": "‖",
    "running": "▸",
    "skipped": "\N{EN DASH}",
    "pending": "○",
}


def timeline(job: Job) -> Timeline:
    """Read it, at most the last `EVENTS` events."""
    attempts = [
        Attempt(number=number, steps=steps(list(runs)))
        for number, runs in groupby(
            job.station_runs.order_by("attempt", "ordinal"), key=lambda run: run.attempt
        )
    ]
    now = next((attempt.steps for attempt in attempts if attempt.number == job.attempt), ())
    events = tuple(job.events.order_by("-sequence")[:EVENTS])
    return Timeline(
        steps=now,
        earlier=tuple(attempt for attempt in reversed(attempts) if attempt.number < job.attempt),
        decisions=tuple(job.approvals.exclude(state=Approval.State.OPEN).order_by("-id")),
        events=events,
        events_left_out=max(0, job.last_sequence - len(events)),
    )


def steps(runs: Sequence[StationRun]) -> tuple[Step, ...]:
    """Stations with their signs."""
    return tuple(Step(run=run, symbol=SYMBOLS.get(run.status, "○")) for run in runs)
