"""The guards of the loop: what ends an item that goes nowhere, and what the model is told before."""

from pathlib import Path

from builds.coding import limits
from tests.coding.scripts import WRONG, Calls, script
from tests.coding.world import FILES, build, make_context, make_workspace


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
