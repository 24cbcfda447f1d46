"""Days and nights, in UTC: what a cap counts, and when it begins anew."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from builds.schedule import DAY, Window, moment_of


@dataclass(frozen=True)
class Span:
    """From `start` until before `end`; what is capped in it may go on at `resets`."""

    start: datetime
    end: datetime
    resets: datetime


def day_of(now: datetime, zone: ZoneInfo) -> Span:
    """The day that contains now, of 23, 24 or 25 hours."""
    today = now.astimezone(zone).date()
    start, end = moment_of(today, time(), zone), moment_of(today + DAY, time(), zone)
    return Span(start, end, end)


def night_of(now: datetime, window: Window) -> Span | None:
    """The night that contains now, None by day; what a night's cap stops goes on when the next one begins."""
    found = window.holding(now)
    if found is None:
        return None
    return Span(*found, window.following(now)[0])
