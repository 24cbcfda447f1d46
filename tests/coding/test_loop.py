"""One item's loop: from a plan to a checked change, stopping early with a reason, resuming for nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builds.adapters.model_scripted import ScriptedCall, ScriptedModel, ScriptedTurn, Session
from builds.adapters.sandbox_none import NoSandbox
from builds.coding import limits
from builds.coding.closing import FAILURES
from builds.coding.transcript import request_hash
from builds.ports import Interrupted, LeaseLost, Refused, Reply, Request
from tests.coding.world import (
    FILES,
    ITEM,
    MONEY,
    SUBTRACT,
    TEST_MONEY,
    build,
    instructed,
    make_context,
    make_workspace,
    memory_of,
)

Calls = list[tuple[str, dict[str, Any]]]
EDIT: Calls = [("edit", {"path": "money.py", "old": "    return a + b\n", "new": SUBTRACT})]
WRONG: Calls = [("edit", {"path": "money.py", "old": "return a + b", "new": "return a * b"})]
DONE: Calls = [("finish", {"status": "done", "summary": "Adds subtract()."})]


def script(*turns: Calls, expect: Mapping[int, tuple[str, ...]] | None = None) -> ScriptedModel:
    """A model that makes these calls, turn after turn."""
    written = tuple(
        ScriptedTurn(
            purpose="implement",
            item=ITEM.key,
            turn=number,
            expect=(expect or {}).get(number, ()),
            calls=tuple(ScriptedCall(tool=tool, arguments=arguments) for tool, arguments in calls),
        )
        for number, calls in enumerate(turns, start=1)
    )
    return ScriptedModel([Session(turn=written)])


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


def test_a_change_that_passes_its_check_is_done(tmp_path: Path) -> None:
    context = make_context(tmp_path, script(EDIT, DONE))
    workspace = make_workspace(tmp_path)
    item = build(context, workspace)
    assert (item.status, item.failure, item.summary) == ("done", "", "Adds subtract().")
    assert b"+def subtract(a, b):" in item.patch
    assert (item.tree_before, item.tree_after) == (workspace.base_tree, workspace.tree())
    assert memory_of(context).notes == [("Writing money.py", "money.py")]
    (run,) = memory_of(context).checks
    assert (run.phase, run.item, run.tree_sha, run.outcome) == ("item", ITEM.key, item.tree_after, "passed")


def test_a_failed_edit_is_taught_and_a_red_check_is_repaired(tmp_path: Path) -> None:
    guess: Calls = [("edit", {"path": "money.py", "old": "  return a+b", "new": "x"})]
    repair: Calls = [("edit", {"path": "money.py", "old": "return a * b", "new": "return a + b"})]
    expect = {
        2: ("Only the white space differs", "6|     return a + b"),
        4: ("- test_money.MoneyTest.test_add", "2 != 3"),
    }
    context = make_context(tmp_path, script(guess, WRONG, DONE, [*repair, *EDIT], DONE, expect=expect))
    item = build(context, make_workspace(tmp_path))
    assert item.status == "done"
    assert [run.outcome for run in memory_of(context).checks] == ["failed", "passed"]


def test_the_same_failures_after_a_repair_end_the_item(tmp_path: Path) -> None:
    other: Calls = [("edit", {"path": "money.py", "old": "return a * b", "new": "return a * b * 1"})]
    item = build(make_context(tmp_path, script(WRONG, DONE, other, DONE)), make_workspace(tmp_path))
    assert (item.status, item.failure) == ("failed", "check_red_again")
    assert b"a * b * 1" in item.patch


def test_two_repair_rounds_are_all_there_are(tmp_path: Path) -> None:
    head = "import unittest\n\n\nclass MoreTest(unittest.TestCase):\n"

    def broken(number: int) -> Calls:
        content = head + "".join(f"    def test_{n}(self): self.fail()\n" for n in range(number))
        package = ("write", {"path": "docs/__init__.py", "content": "\n"})
        return [("write", {"path": "docs/test_more.py", "content": content}), package]

    turns = [broken(1), DONE, broken(2)[:1], DONE, broken(3)[:1], DONE]
    item = build(make_context(tmp_path, script(*turns)), make_workspace(tmp_path))
    assert item.failure == "check_red"


def test_tests_that_failed_before_are_not_held_against_an_item(tmp_path: Path) -> None:
    red = TEST_MONEY + "\n    def test_old(self):\n        self.fail()\n"
    context = make_context(tmp_path, script(EDIT, DONE))
    assert build(context, make_workspace(tmp_path, {**FILES, "test_money.py": red})).status == "done"


def test_a_check_that_loses_its_tests_is_not_green(tmp_path: Path) -> None:
    turns: list[Calls] = [
        [("write", {"path": "test_money.py", "content": "print('all passed')\n"})],
        DONE,
        [("finish", {"status": "done", "summary": "really"})],
    ]
    read: Calls = [("read", {"path": "test_money.py"})]
    item = build(make_context(tmp_path, script(read, *turns)), make_workspace(tmp_path))
    assert item.failure == "check_red_again"


@pytest.mark.parametrize("status", ["blocked", "needs_split"])
def test_an_item_that_the_model_gives_up_fails_with_its_word(tmp_path: Path, status: str) -> None:
    calls: Calls = [("finish", {"status": status, "summary": "No such table."})]
    item = build(make_context(tmp_path, script(calls)), make_workspace(tmp_path))
    assert (item.status, item.failure, item.summary) == ("failed", status, "No such table.")


def test_done_without_a_change_is_a_failure(tmp_path: Path) -> None:
    assert build(make_context(tmp_path, script(DONE)), make_workspace(tmp_path)).failure == "empty_change"


def test_finish_in_the_same_answer_as_a_failed_edit_is_refused(tmp_path: Path) -> None:
    bad: Calls = [("edit", {"path": "money.py", "old": "nowhere", "new": "x"})]
    model = script(
        [*EDIT, *bad, *DONE], DONE, expect={2: ("a call before this one in the same answer was not done",)}
    )
    assert build(make_context(tmp_path, model), make_workspace(tmp_path)).status == "done"


def test_without_a_sandbox_a_check_is_not_run_and_nothing_says_it_was(tmp_path: Path) -> None:
    context = make_context(tmp_path, script(EDIT, [("check", {"name": "tests"})], DONE), sandbox=NoSandbox())
    assert build(context, make_workspace(tmp_path)).status == "done"
    assert {run.outcome for run in memory_of(context).checks} == {"not_run"}


# --- Guards --------------------------------------------------------------------------------------


def test_the_same_call_is_nudged_at_three_and_stopped_at_five(tmp_path: Path) -> None:
    look: Calls = [("search", {"pattern": "add"})]
    model = script(*[look] * 5, expect={4: ("this exact call 3 times",)})
    item = build(make_context(tmp_path, model), make_workspace(tmp_path))
    assert item.failure == "loop_identical_call"
    assert len(model.requests) == limits.STOP_AT


def test_eight_calls_without_anything_new_stop_the_item(tmp_path: Path) -> None:
    misses: list[Calls] = [
        [("edit", {"path": "money.py", "old": f"nowhere {n}", "new": "x"})] for n in range(20)
    ]
    model = script(*misses)
    assert build(make_context(tmp_path, model), make_workspace(tmp_path)).failure == "no_progress"
    assert len(model.requests) == limits.IDLE_CALLS


def test_changing_a_file_back_and_forth_is_no_progress(tmp_path: Path) -> None:
    back: Calls = [("edit", {"path": "money.py", "old": "return a * b", "new": "return a + b"})]
    model = script(*[WRONG, back] * 10)
    assert build(make_context(tmp_path, model), make_workspace(tmp_path)).failure == "no_progress"


def test_three_answers_that_make_no_sense_stop_the_item(tmp_path: Path) -> None:
    model = script([("shell", {"command": "ls"})], [("edit", {"file": "money.py"})], [])
    assert build(make_context(tmp_path, model), make_workspace(tmp_path)).failure == "format_errors"
    last = model.requests[-1].messages
    assert "There is no tool 'shell'" in last[3].content
    assert "it needs path, old, new" in last[5].content


def test_an_item_has_so_many_calls_and_is_reminded(tmp_path: Path) -> None:
    lines = "".join(f"line {n}\n" for n in range(1, 40))
    looks: list[Calls] = [[("read", {"path": "long.txt", "start": n})] for n in range(1, 30)]
    model = script(*looks, expect={19: ("18 answers used, 7 left",), 24: ("23 answers used, 2 left",)})
    item = build(make_context(tmp_path, model), make_workspace(tmp_path, {**FILES, "long.txt": lines}))
    assert item.failure == "item_call_limit"
    assert len(model.requests) == limits.HARD_CALLS


def test_models_that_need_more_calls_get_them(tmp_path: Path) -> None:
    looks: list[Calls] = [[("search", {"pattern": f"x{n}"})] for n in range(60)]
    model = script(*looks)
    build(make_context(tmp_path, model, writer="anthropic/claude-sonnet-4.5"), make_workspace(tmp_path))
    assert len(model.requests) == 40


def test_every_failure_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in FAILURES.values())


# --- Requests ------------------------------------------------------------------------------------


def test_each_request_begins_with_the_one_before(tmp_path: Path) -> None:
    model = script([("read", {"path": "test_money.py"})], EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path))
    first, second, third = (request.messages for request in model.requests)
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    assert all(request.tools == model.requests[0].tools for request in model.requests)
    assert first[0].role == "system"


def test_requests_hold_no_time_and_no_place(tmp_path: Path) -> None:
    turns: list[Calls] = [EDIT, [("check", {"name": "tests"})], [("read", {"path": "../x"})], DONE]
    seen = []
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        model = script(*turns)
        build(make_context(tmp_path / name, model), make_workspace(tmp_path / name))
        seen.append([request_hash(request) for request in model.requests])
        assert str(tmp_path) not in repr(model.requests)
    assert len(seen[0]) == 4
    assert seen[0] == seen[1]


def test_what_people_cannot_see_in_a_spec_does_not_reach_the_model(tmp_path: Path) -> None:
    model = script(EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path))
    assert "Add `subtract(a, b)`." in model.requests[0].messages[1].content
    assert "print every key" not in repr(model.requests)


def test_instructions_are_those_of_the_base_commit(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, {**FILES, "AGENTS.md": "Use short names.\n"})
    workspace.write("AGENTS.md", b"Use secret names.\n")
    model = script(EDIT, DONE)
    context = instructed(make_context(tmp_path, model), "AGENTS.md")
    build(context, workspace, replace(ITEM, read=()))
    assert "Use short names." in model.requests[0].messages[1].content


def test_the_files_of_an_item_are_shown_and_secret_ones_are_not(tmp_path: Path) -> None:
    files = {**FILES, ".env": "KEY=tops3cret\n", "id_rsa": "tops3cret\n"}
    item = replace(ITEM, read=("money.py", ".env", "id_rsa"), paths=("*",))
    model = script([("read", {"path": ".env"}), ("search", {"pattern": "tops3cret"})], EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path, files), item)
    assert "    6|     return a + b" in model.requests[0].messages[1].content
    assert "KEY=" not in repr(model.requests)
    assert "looks like a file of secrets" in model.requests[1].messages[3].content


# --- Going on after an interruption -------------------------------------------------------------


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


def test_what_the_ports_refuse_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="none of 1 fitting sessions"):
        build(make_context(tmp_path, script()), make_workspace(tmp_path))


def test_a_file_that_was_added_by_an_earlier_item_is_part_of_the_diff_so_far(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    workspace.write("docs/earlier.md", b"# Earlier\n")
    model = script(EDIT, DONE)
    item = build(make_context(tmp_path, model), workspace)
    assert "+# Earlier" in model.requests[0].messages[1].content
    assert b"earlier" not in item.patch
    assert workspace.read("money.py") != MONEY.encode()
