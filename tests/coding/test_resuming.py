"""A loop that goes on in another worker: nothing is paid for, run or told twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.coding.transcript import request_hash
from builds.ports import Interrupted, LeaseLost, Reply, Request
from tests.coding.scripts import DONE, EDIT, WRONG, Calls, script
from tests.coding.world import FILES, ITEM, build, make_context, make_workspace, memory_of


class Journal:
    """Answers an identical request from what was already paid for, as the engine does."""

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        self.known: dict[str, Reply] = {}
        self.paid = 0

    def complete(self, request: Request) -> Reply:
        name = request_hash(request)
        if name not in self.known:
            self.known[name] = self.model.complete(request)
            self.paid += 1
        return self.known[name]


class Dying:
    """A model in whose n-th call the worker loses its lease."""

    def __init__(self, journal: Journal, *, at: int) -> None:
        self.journal = journal
        self.at = at
        self.asked = 0

    def complete(self, request: Request) -> Reply:
        self.asked += 1
        if self.asked == self.at:
            raise LeaseLost
        return self.journal.complete(request)


TURNS: tuple[Calls, ...] = (
    [("read", {"path": "test_money.py"}), ("check", {"name": "tests"})],
    [*WRONG, ("write", {"path": "docs/a.md", "content": "# A\n"})],
    DONE,
    [("edit", {"path": "money.py", "old": "return a * b", "new": "return a + b"}), *EDIT],
    [("remove", {"path": "docs/a.md", "new_path": "docs/b.md"})],
    DONE,
)


@pytest.mark.parametrize("at", range(1, len(TURNS) + 1))
def test_a_worker_lost_in_any_call_pays_for_no_call_twice_and_runs_no_check_twice(
    tmp_path: Path, at: int
) -> None:
    journal = Journal(script(*TURNS))
    first = make_context(tmp_path, Dying(journal, at=at))
    with pytest.raises(Interrupted):
        build(first, make_workspace(tmp_path))

    (tmp_path / "elsewhere").mkdir()
    second = replace(make_context(tmp_path / "elsewhere", journal), progress=first.progress)
    item = build(second, make_workspace(tmp_path / "elsewhere"))

    assert item.status == "done"
    assert item.patch.count(b"\ndiff --git") + item.patch.startswith(b"diff --git") == 2
    assert journal.paid == len(TURNS)
    memory = memory_of(second)
    assert [run.outcome for run in memory.checks] == ["passed", "failed", "passed"]
    assert sorted(number for _, number in memory.transcript) == list(range(1, len(TURNS) + 1))
    assert [note for note, step in memory.notes if step] == ["Writing money.py", "Writing docs/a.md"]
    assert [note[:15] for note, step in memory.notes if not step] == ["finish not done"]


def test_a_transcript_whose_effects_do_not_come_out_alike_is_dropped_from_there(tmp_path: Path) -> None:
    journal = Journal(script(*TURNS))
    first = make_context(tmp_path, Dying(journal, at=4))
    with pytest.raises(Interrupted):
        build(first, make_workspace(tmp_path))
    memory = memory_of(first)
    memory.save_turn(replace(memory.transcript[ITEM.key, 2], tree_after="0" * 40))

    (tmp_path / "elsewhere").mkdir()
    second = replace(make_context(tmp_path / "elsewhere", journal), progress=memory)
    item = build(second, make_workspace(tmp_path / "elsewhere"))
    assert item.status == "done"
    assert memory.transcript[ITEM.key, 2].tree_after != "0" * 40
    assert journal.paid == len(TURNS)


def test_a_transcript_of_other_requests_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(script(*TURNS))
    first = make_context(tmp_path, Dying(journal, at=4))
    with pytest.raises(Interrupted):
        build(first, make_workspace(tmp_path))

    (tmp_path / "elsewhere").mkdir()
    model = script(EDIT, DONE)
    second = replace(make_context(tmp_path / "elsewhere", model), progress=first.progress)
    item = build(second, make_workspace(tmp_path / "elsewhere", {**FILES, "new.txt": "x\n"}))
    assert item.status == "done"
    assert sorted(number for _, number in memory_of(second).transcript) == [1, 2]


def test_an_item_that_ended_before_it_was_saved_ends_alike(tmp_path: Path) -> None:
    journal = Journal(script(EDIT, DONE))
    first = make_context(tmp_path, journal)
    before = build(first, make_workspace(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    again = build(replace(first, scratch=tmp_path), make_workspace(tmp_path / "elsewhere"))
    assert again == before
    assert journal.paid == 2
    assert len(memory_of(first).checks) == 1
