"""When a callback is tried again: a pure function, played through on a simulated clock."""

from datetime import timedelta

import pytest

from builds.callbacks import delay_after

H, M, S = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
FRESH = timedelta(0)


@pytest.mark.parametrize(
    ("tries", "delay"),
    [
        (1, 5 * S),
        (2, 30 * S),
        (3, 5 * M),
        (4, 30 * M),
        (5, 2 * H),
        (6, 5 * H),
        (7, 10 * H),
        (8, 10 * H),
        (30, 10 * H),
    ],
)
def test_the_waits_are_those_of_the_contract(tries: int, delay: timedelta) -> None:
    assert delay_after(tries, FRESH) == delay


def played(*, age: timedelta = FRESH, spread: float = 1.0) -> list[timedelta]:
    """When a receiver that is never there is tried, counted from the event, until it is given up."""
    tried = []
    clock = age
    while True:
        tried.append(clock)
        delay = delay_after(len(tried), clock, spread=spread)
        if delay is None:
            return tried
        clock += delay


@pytest.mark.parametrize("spread", [0.8, 1.0, 1.2])
def test_a_receiver_that_is_never_there_is_tried_for_up_to_72_hours(spread: float) -> None:
    tried = played(spread=spread)
    assert tried[0] == FRESH
    assert 60 * H < tried[-1] <= 72 * H
    assert 11 <= len(tried) <= 15


def test_an_event_that_waited_its_turn_for_days_is_still_tried_three_times() -> None:
    assert [at - 80 * H for at in played(age=80 * H)] == [FRESH, 5 * S, 35 * S]


def test_jitter_changes_each_wait() -> None:
    assert delay_after(1, FRESH, spread=0.8) == 4 * S
    assert delay_after(7, FRESH, spread=1.2) == 12 * H
