"""The tools that change, edit, write and remove: what each does, and what each teaches when it does not."""

import os
from pathlib import Path

import pytest

from builds.coding import limits
from builds.coding.desk import ToolError
from tests.coding.world import FILES, LONG, MONEY, make_desk, use

# --- Editing -------------------------------------------------------------------------------------


def test_an_exact_unique_text_is_replaced(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    assert use(desk, "edit", path="money.py", old="a + b", new="b + a") == "Done: money.py changed at line 6."
    assert desk.workspace.read("money.py") == MONEY.replace("a + b", "b + a").encode()


@pytest.mark.parametrize(
    ("old", "new", "lesson"),
    [
        ("a", "b", "times in money.py, at lines 4, "),
        ("    return a+b", "x", "The nearest lines are:"),
        ("\treturn a + b", "x", "Only the white space differs."),
        ("return a - b", "return a + b", "`new` is, at line 6. It seems applied already."),
        ("zzzzzzzzzz", "y", "Nothing in the file resembles it."),
        ("", "y", "`old` is empty"),
        ("a + b", "a + b", "are the same"),
        ("return a + b", "return (a + b", "it would add a syntax error to money.py at line 6"),
        ("    return a + b", "return a + b", "'return' outside function"),
    ],
)
def test_an_edit_that_is_not_done_teaches_and_changes_nothing(
    tmp_path: Path, old: str, new: str, lesson: str
) -> None:
    desk = make_desk(tmp_path)
    with pytest.raises(ToolError) as refusal:
        use(desk, "edit", path="money.py", old=old, new=new)
    assert lesson in str(refusal.value)
    assert desk.workspace.tree() == desk.workspace.base_tree


def test_at_most_twelve_real_lines_are_shown_for_a_missed_edit(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"long.txt": LONG})
    wanted = "".join(f"line {number}\n" for number in range(500, 540)).replace("520", "5x20")
    with pytest.raises(ToolError) as refusal:
        use(desk, "edit", path="long.txt", old=wanted, new="x")
    shown = [line for line in str(refusal.value).split("\n") if "| line" in line]
    assert shown[0].strip() == "500| line 500"
    assert len(shown) == limits.NEAREST_LINES


def test_a_second_miss_says_what_was_done_and_what_to_try(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    use(desk, "edit", path="money.py", old="a + b", new="b + a")
    with pytest.raises(ToolError, match="1 earlier edits of this file were done; do not send them again"):
        use(desk, "edit", path="money.py", old="nowhere", new="x")
    with pytest.raises(ToolError, match=r"failed edit 2 on money\.py: read these lines again, or write"):
        use(desk, "edit", path="money.py", old="nowhere", new="x")


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_are_kept_whatever_the_model_sends(tmp_path: Path, ends: str) -> None:
    desk = make_desk(tmp_path, {"a.txt": ends.join(["one", "two", "three", ""]).encode()})
    use(desk, "edit", path="a.txt", old="one\ntwo", new="1\n2\n2b")
    use(desk, "edit", path="a.txt", old="2b\r\nthree", new="2b\r\n3")
    assert desk.workspace.read("a.txt") == ends.join(["1", "2", "2b", "3", ""]).encode()
    use(desk, "read", path="a.txt")
    use(desk, "write", path="a.txt", content="x\ny\n")
    assert desk.workspace.read("a.txt") == ends.join(["x", "y", ""]).encode()


def test_an_edit_keeps_the_mode_of_a_file(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"run.sh": "echo 1\n"})
    place = desk.workspace.root / "run.sh"
    place.chmod(0o755)
    use(desk, "edit", path="run.sh", old="1", new="2")
    assert os.access(place, os.X_OK)
    use(desk, "remove", path="run.sh", new_path="bin/run.sh")
    assert os.access(desk.workspace.root / "bin" / "run.sh", os.X_OK)


def test_a_file_that_was_broken_may_be_mended_step_by_step(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"a.py": "x = (\ny = (\n"})
    use(desk, "edit", path="a.py", old="x = (", new="x = 1")
    use(desk, "edit", path="a.py", old="y = (", new="y = 1")
    with pytest.raises(ToolError):
        use(desk, "edit", path="a.py", old="y = 1", new="y = (")


# --- Writing and removing ------------------------------------------------------------------------


def test_a_new_file_is_made_with_its_folders_and_a_last_line_end(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    assert use(desk, "write", path="a/b/c.py", content="x = 1") == "Done: a/b/c.py made, 1 lines."
    assert desk.workspace.read("a/b/c.py") == b"x = 1\n"
    assert use(desk, "write", path="a/b/c.py", content="x = 2\n") == "Done: a/b/c.py replaced, 1 lines."


@pytest.mark.parametrize(
    ("path", "content", "lesson"),
    [
        ("money.py", "x = 1\n", "you have not read all of it"),
        ("long.txt", "x\n", "has 1000 lines"),
        ("new.py", "def f(:\n", "The file was not made."),
        ("new.json", "{'a': 1}", "syntax error"),
        ("new.toml", "a = \n", "syntax error"),
        ("pkg", "x", "is a folder"),
        (".env", "KEY=1", "looks like a file of secrets"),
    ],
)
def test_a_write_that_is_not_done_teaches(tmp_path: Path, path: str, content: str, lesson: str) -> None:
    desk = make_desk(tmp_path, {**FILES, "long.txt": LONG, "pkg/a.py": ""})
    with pytest.raises(ToolError, match=lesson):
        use(desk, "write", path=path, content=content)
    assert desk.workspace.tree() == desk.workspace.base_tree


def test_reading_a_part_is_not_enough_to_overwrite(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    use(desk, "read", path="money.py", end=3)
    with pytest.raises(ToolError, match="not read all"):
        use(desk, "write", path="money.py", content="x = 1\n")
    use(desk, "read", path="money.py")
    use(desk, "write", path="money.py", content="x = 1\n")
    with pytest.raises(ToolError, match="exactly this content"):
        use(desk, "write", path="money.py", content="x = 1\n")


def test_a_file_is_removed_or_moved(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {**FILES, "pkg/a.py": "a = 1\n"})
    assert use(desk, "remove", path="pkg/a.py", new_path="b.py") == "Done: pkg/a.py moved to b.py."
    assert [file.path for file in desk.workspace.files()] == ["b.py", "money.py", "test_money.py"]
    assert use(desk, "remove", path="b.py") == "Done: b.py removed."
    with pytest.raises(ToolError, match="is there already"):
        use(desk, "remove", path="money.py", new_path="test_money.py")
