"""One item's loop: from a plan to a checked change, or to a reason why there is none."""

from pathlib import Path

import pytest

from builds.adapters.sandbox_none import NoSandbox
from builds.coding.closing import FAILURES
from builds.ports import Refused
from tests.coding.scripts import DONE, EDIT, WRONG, Calls, script
from tests.coding.world import FILES, ITEM, TEST_MONEY, build, make_context, make_workspace, memory_of


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


def test_what_the_ports_refuse_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="none of 1 fitting sessions"):
        build(make_context(tmp_path, script()), make_workspace(tmp_path))


def test_every_failure_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in FAILURES.values())
