"""When a job that may wait for the night starts: windows on a zone's wall clock, summer time included."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_JITTER = timedelta(minutes=5)
"""Jobs of one window start spread over so long: at 22:00 sharp all would ask the same provider."""

ROOM = timedelta(hours=2)
"""A job with a deadline starts so long before it at the latest, window or not."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """The hours of each day in which jobs that may wait are started; over midnight when `end` is not later.

    A time that the clock skips in spring counts as the first moment after the gap; one that it shows twice in
    autumn counts the first time.
    """

    start: time
    end: time
    zone: ZoneInfo

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}"

    def of(self, day: date) -> tuple[datetime, datetime]:
        """The window that begins on a day, as two moments in UTC; empty when the clock skips all of it."""
        last = day if self.end > self.start else day + DAY
        return moment_of(day, self.start, self.zone), moment_of(last, self.end, self.zone)

    def holding(self, now: datetime) -> tuple[datetime, datetime] | None:
        """The window that is open now."""
        today = now.astimezone(self.zone).date()
        windows = (self.of(day) for day in (today - DAY, today))
        return next(((start, end) for start, end in windows if start <= now < end), None)

    def following(self, now: datetime) -> tuple[datetime, datetime]:
        """The next window that opens after now."""
        today = now.astimezone(self.zone).date()
        windows = (self.of(today + days * DAY) for days in range(-1, 4))
        return next((start, end) for start, end in windows if now < start < end)


def start_of(
    window: Window, *, now: datetime, jitter: timedelta, deadline: datetime | None = None
) -> datetime | None:
    """When a job that may wait starts; None is at once. The window governs starting only.

    Inside the window it is at once, else at its next start plus `jitter`, which stays inside the window. A
    deadline overrides: the job starts ROOM before it at the latest.
    """
    if window.holding(now):
        return None
    start, end = window.following(now)
    start += min(jitter, (end - start) / 2)
    if deadline is not None:
        start = min(start, deadline - ROOM)
    return start if start > now else None


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the wall clock of a zone first shows that time of that day, or has passed it; in UTC."""
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # The clock skips it. Read with the two offsets, the time lies before and after the gap: halve between.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
