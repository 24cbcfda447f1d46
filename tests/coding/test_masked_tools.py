"""What tools and checks say is masked, and the mark of a secret is never written into a file."""

from pathlib import Path

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.coding.checks import run_check
from builds.coding.desk import ToolError
from builds.evidence import Check
from tests.coding.scripts import DONE, EDIT, Calls, script
from tests.coding.world import FILES, MONEY, build, make_context, make_desk, make_workspace, memory_of, use
from tests.gates.tables.secrets import DRAWN

KEY = f"{'ghp'}_{DRAWN[:36]}"
KEYED = {**FILES, "money.py": f'KEY = "{KEY}"\n{MONEY}'}
LOOK: Calls = [("search", {"pattern": "KEY", "mode": "lines"})]
MARK = "[masked: github_token]"


def test_what_a_check_prints_is_masked_before_anybody_reads_it(tmp_path: Path) -> None:
    check = Check(name="lint", argv=("python3", "-c", f"print('{KEY}')"))
    run = run_check(BwrapSandbox(), check, make_workspace(tmp_path), phase="after")
    assert run.output.strip() == MARK


def test_a_mark_is_not_written_into_a_file(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, KEYED)
    with pytest.raises(ToolError, match="stands for something that looks like a secret"):
        use(desk, "edit", path="money.py", old="def add(a, b):", new=f'def add(a, b, key="{MARK}"):')
    with pytest.raises(ToolError, match="Read it from the environment"):
        use(desk, "write", path="docs/new.md", content=f"The key is {MARK}\n")
    assert desk.workspace.tree() == desk.workspace.base_tree


def test_other_lines_of_a_file_with_a_secret_or_a_mark_can_be_edited(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"a.py": f'KEY = "{KEY}"\nx = 1\n', "b.md": f"We write {MARK}.\nOne.\n"})
    use(desk, "edit", path="a.py", old="x = 1", new="x = 2")
    use(desk, "edit", path="b.md", old="One.", new="Two.")
    assert desk.workspace.read("a.py") == f'KEY = "{KEY}"\nx = 2\n'.encode()


def test_transcript_and_patch_of_an_item_hold_no_secret_of_the_lines_around_it(tmp_path: Path) -> None:
    context = make_context(tmp_path, script(LOOK, EDIT, DONE))
    item = build(context, make_workspace(tmp_path / "work", KEYED))
    assert item.status == "done"
    told = [result.text for turn in memory_of(context).transcript.values() for result in turn.results]
    assert any(MARK in text for text in told)
    assert not any(KEY in text for text in told)
    assert KEY.encode() not in item.patch
