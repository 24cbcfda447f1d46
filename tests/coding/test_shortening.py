"""A conversation that the money or the model does not hold is shortened, always the same way."""

from dataclasses import replace
from pathlib import Path

import pytest

from builds.budgets import OverBudget, input_bound
from builds.ports import Interrupted, Refused, Reply, Request
from tests.coding.scripts import DONE, EDIT, Calls, script
from tests.coding.test_resuming import Dying, Journal
from tests.coding.world import LONG, build, make_context, make_workspace, memory_of

FILES = {
    "money.py": '"""Sums of money."""\n\n\ndef add(a, b):\n    """Add two amounts."""\n    return a + b\n'
}
LOOKS: tuple[Calls, ...] = tuple(
    [("read", {"path": "long.txt", "start": start, "end": start + 200})] for start in (1, 201, 401, 601)
)
TURNS = (*LOOKS, EDIT, DONE)


class Narrow:
    """Takes no request above so many bytes, unless it was answered before: that costs nothing."""

    def __init__(self, journal: Journal, most: int, error: Exception) -> None:
        self.journal, self.most, self.error = journal, most, error
        self.sizes: list[int] = []
        self.asked: list[Request] = []

    def complete(self, request: Request) -> Reply:
        """Answer, or say that it is too much."""
        self.sizes.append(input_bound(request))
        self.asked.append(request)
        if self.sizes[-1] > self.most:
            raise self.error
        return self.journal.complete(request)


OVER = OverBudget("The next call may cost more than is left.")
TOO_LONG = Refused("context_too_long", "The request is too long for this model.")


def narrowed(folder: Path, error: Exception) -> tuple[Narrow, Journal]:
    """A model in which the third look does not fit any more."""
    wide = Narrow(Journal(script(*TURNS)), 10**9, error)
    (folder / "wide").mkdir()
    build(make_context(folder / "wide", wide), make_workspace(folder / "wide", {**FILES, "long.txt": LONG}))
    journal = Journal(script(*TURNS))
    return Narrow(journal, wide.sizes[3] - 1, error), journal


@pytest.mark.parametrize("error", [OVER, TOO_LONG])
def test_older_results_are_left_out_and_the_item_goes_on(tmp_path: Path, error: Exception) -> None:
    narrow, _ = narrowed(tmp_path, error)
    context = make_context(tmp_path, narrow)
    item = build(context, make_workspace(tmp_path, {**FILES, "long.txt": LONG}))
    assert item.status == "done"
    last = narrow.asked[-1].messages
    assert any("left out to save room" in message.content for message in last)
    assert max(size for size in narrow.sizes if size <= narrow.most) > 0


@pytest.mark.parametrize("error", [OVER, TOO_LONG])
def test_what_cannot_be_shortened_is_passed_on(tmp_path: Path, error: Exception) -> None:
    narrow = Narrow(Journal(script(*TURNS)), 10, error)
    with pytest.raises(type(error)):
        build(make_context(tmp_path, narrow), make_workspace(tmp_path, {**FILES, "long.txt": LONG}))


def test_a_shortened_item_that_is_resumed_with_more_money_pays_for_no_turn_twice(tmp_path: Path) -> None:
    narrow, journal = narrowed(tmp_path, OVER)
    first = make_context(tmp_path, narrow)
    dying = Dying(journal, at=10**9)
    dying_narrow = Narrow(journal, narrow.most, OVER)
    dying_narrow.journal = dying  # type: ignore[assignment]  # it answers alike, until it dies
    dying.at = len(TURNS) - 1
    with pytest.raises(Interrupted):
        build(replace(first, model=dying_narrow), make_workspace(tmp_path, {**FILES, "long.txt": LONG}))
    paid = journal.paid
    assert paid == len(TURNS) - 2

    (tmp_path / "elsewhere").mkdir()
    rich = replace(make_context(tmp_path / "elsewhere", journal), progress=first.progress)
    item = build(rich, make_workspace(tmp_path / "elsewhere", {**FILES, "long.txt": LONG}))
    assert item.status == "done"
    assert journal.paid == len(TURNS)
    assert sorted(number for _, number in memory_of(rich).transcript) == list(range(1, len(TURNS) + 1))
