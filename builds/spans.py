"""Days and nights of a time zone, in UTC: what a cap counts, and when it begins anew."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From `start` until before `end`; what is capped in it may go on at `resets`."""

    start: datetime
    end: datetime
    resets: datetime


def day_of(now: datetime, zone: tzinfo) -> Span:
    """The day that contains now, of 23, 24 or 25 hours."""
    today = now.astimezone(zone).date()
    start, end = at(today, time(), zone), at(today + DAY, time(), zone)
    return Span(start, end, end)


def night_of(now: datetime, window: tuple[time, time], zone: tzinfo) -> Span | None:
    """The night that contains now, None by day; what a night's cap stops goes on when the next one begins."""
    opens, closes = window
    today = now.astimezone(zone).date()
    for day in (today, today - DAY):
        start = at(day, opens, zone)
        end = at(day + DAY if closes <= opens else day, closes, zone)
        if start <= now < end:
            return Span(start, end, at(day + DAY, opens, zone))
    return None


def at(day: date, moment: time, zone: tzinfo) -> datetime:
    """A time of day, in UTC so that two of them compare by what passes between them."""
    return datetime.combine(day, moment, tzinfo=zone).astimezone(UTC)
