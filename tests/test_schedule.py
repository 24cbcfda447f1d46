"""Windows of the night: over midnight, in every zone, on the nights when the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.schedule import MOST_JITTER, ROOM, Window, moment_of, start_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NIGHT = Window(time(22), time(6), BERLIN)
NONE = timedelta(0)


def utc(text: str) -> datetime:
    """A moment in UTC, such as `2026-03-29 01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "starts"),
    [
        ("2026-07-01 10:00", "2026-07-01 20:00"),  # noon in Berlin: tonight at 22:00
        ("2026-07-01 19:59", "2026-07-01 20:00"),
        ("2026-07-01 20:00", None),  # the first moment is inside
        ("2026-07-01 23:30", None),  # after midnight
        ("2026-07-02 03:59", None),
        ("2026-07-02 04:00", "2026-07-02 20:00"),  # 06:00 is outside
        ("2026-01-01 12:00", "2026-01-01 21:00"),  # in winter it is an hour later in UTC
        ("2026-12-31 23:59", None),
    ],
)
def test_a_window_over_midnight(now: str, starts: str | None) -> None:
    found = start_of(NIGHT, now=utc(now), jitter=NONE)
    assert found == (utc(starts) if starts else None)


@pytest.mark.parametrize(
    ("now", "starts"), [("2026-07-01 08:00", "2026-07-01 10:00"), ("2026-07-01 11:00", None)]
)
def test_a_window_within_a_day(now: str, starts: str | None) -> None:
    found = start_of(Window(time(12), time(14), BERLIN), now=utc(now), jitter=NONE)
    assert found == (utc(starts) if starts else None)


@pytest.mark.parametrize(
    ("window", "day", "start", "end"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00. The night is an hour shorter.
        (NIGHT, "2026-03-28", "2026-03-28 21:00", "2026-03-29 04:00"),
        # A start or an end that the clock skips counts as the first moment after the gap.
        (Window(time(2, 30), time(6), BERLIN), "2026-03-29", "2026-03-29 01:00", "2026-03-29 04:00"),
        (Window(time(22), time(2, 30), BERLIN), "2026-03-28", "2026-03-28 21:00", "2026-03-29 01:00"),
        # A window that is skipped whole is empty.
        (Window(time(2, 10), time(2, 50), BERLIN), "2026-03-29", "2026-03-29 01:00", "2026-03-29 01:00"),
        # Berlin, 25 October 2026: 03:00 becomes 02:00. The night is an hour longer.
        (NIGHT, "2026-10-24", "2026-10-24 20:00", "2026-10-25 05:00"),
        # A time that comes twice counts the first time.
        (Window(time(2, 30), time(6), BERLIN), "2026-10-25", "2026-10-25 00:30", "2026-10-25 05:00"),
        (Window(time(22), time(2, 30), BERLIN), "2026-10-24", "2026-10-24 20:00", "2026-10-25 00:30"),
        (Window(time(2, 10), time(2, 50), BERLIN), "2026-10-25", "2026-10-25 00:10", "2026-10-25 00:50"),
        # New York changes at 02:00 too, on other days; Lord Howe by half an hour; Apia once left out a day.
        (Window(time(2, 30), time(6), NEW_YORK), "2026-03-08", "2026-03-08 07:00", "2026-03-08 10:00"),
        (
            Window(time(2, 15), time(6), ZoneInfo("Australia/Lord_Howe")),
            "2026-10-04", "2026-10-03 15:30", "2026-10-03 19:00",
        ),
        (
            Window(time(22), time(6), ZoneInfo("Pacific/Apia")),
            "2011-12-30", "2011-12-30 10:00", "2011-12-30 16:00",
        ),
    ],
)  # fmt: skip
def test_nights_on_which_the_clock_is_changed(window: Window, day: str, start: str, end: str) -> None:
    assert window.of(date.fromisoformat(day)) == (utc(start), utc(end))


def test_a_window_that_is_skipped_opens_the_next_day() -> None:
    window = Window(time(2, 10), time(2, 50), BERLIN)
    assert start_of(window, now=utc("2026-03-29 00:30"), jitter=NONE) == utc("2026-03-30 00:10")


def test_between_the_two_half_past_twos_of_autumn_a_night_goes_on() -> None:
    for minute in range(8 * 60):
        assert start_of(NIGHT, now=utc("2026-10-24 20:00") + timedelta(minutes=minute), jitter=NONE) is None


def test_jitter_spreads_the_start_and_stays_inside_the_window() -> None:
    now = utc("2026-07-01 10:00")
    assert start_of(NIGHT, now=now, jitter=MOST_JITTER) == utc("2026-07-01 20:05")
    short = Window(time(22), time(22, 2), BERLIN)
    assert start_of(short, now=now, jitter=MOST_JITTER) == utc("2026-07-01 20:01")


@pytest.mark.parametrize(
    ("deadline", "starts"),
    [
        ("2026-07-02 05:00", "2026-07-01 20:00"),  # tonight is early enough
        ("2026-07-01 21:00", "2026-07-01 19:00"),  # two hours of room
        ("2026-07-01 11:00", None),
        ("2026-06-01 11:00", None),  # it is over already
    ],
)
def test_a_deadline_overrides_the_window(deadline: str, starts: str | None) -> None:
    found = start_of(NIGHT, now=utc("2026-07-01 10:00"), jitter=NONE, deadline=utc(deadline))
    assert found == (utc(starts) if starts else None)
    assert timedelta(hours=2) == ROOM


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(start=TIMES, end=TIMES, zone=ZONES, now=MOMENTS)
def test_whatever_the_window_a_start_is_soon_inside_it_and_stays(
    start: time, end: time, zone: str, now: datetime
) -> None:
    window = Window(start, end, ZoneInfo(zone))
    found = start_of(window, now=now, jitter=NONE)
    if found is None:
        assert window.holding(now)
        return
    assert now < found < now + timedelta(days=2, hours=2)
    assert window.holding(found)
    assert not window.holding(found - timedelta(seconds=1))
    assert start_of(window, now=found, jitter=NONE) is None


@given(day=st.dates(date(2025, 1, 1), date(2028, 1, 1)), at=TIMES, zone=ZONES)
def test_a_time_of_day_is_the_first_moment_at_which_the_clock_shows_or_has_passed_it(
    day: date, at: time, zone: str
) -> None:
    found = moment_of(day, at, ZoneInfo(zone))
    wall = datetime.combine(day, at)
    assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= wall
    just_before = (found - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert just_before < wall
