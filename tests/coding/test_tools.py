"""The nine tools: what each does, and what each teaches when it does not."""

import os
from pathlib import Path

import pytest

from builds.coding import limits
from builds.coding.desk import ToolError
from builds.coding.paths import PathRefused
from builds.coding.tools import TOOLS
from tests.coding.world import FILES, MONEY, make_desk, use

LONG = "".join(f"line {number}\n" for number in range(1, 1001))


def test_the_table_holds_nine_tools_and_their_arguments() -> None:
    names = "list_files search outline read edit write remove check finish"
    assert " ".join(tool.name for tool in TOOLS) == names
    for tool in TOOLS:
        assert tool.schema["additionalProperties"] is False
        assert all("description" in facts for facts in tool.schema["properties"].values())


# --- Looking -------------------------------------------------------------------------------------


def test_files_are_listed_with_sizes_and_without_binaries(tmp_path: Path) -> None:
    desk = make_desk(
        tmp_path, {"a.py": "x = 1\n", "b/c.py": "y\n", "logo.png": b"\x89PNG\0", ".env": "KEY=1\n"}
    )
    assert use(desk, "list_files").split("\n") == [
        ".env  (looks secret, not readable)",
        "a.py  6 bytes",
        "b/c.py  2 bytes",
    ]
    assert use(desk, "list_files", glob="b/**") == "b/c.py  2 bytes"
    assert "b/  1 files" in use(desk, "list_files", depth=1)
    assert use(desk, "list_files", glob="*.go") == "No file fits *.go."


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {f"f{number:03}.txt": "x" for number in range(250)})
    shown = use(desk, "list_files").split("\n")
    assert len(shown) == limits.LIST_ENTRIES + 1
    assert shown[-1] == "[50 more entries: use a narrower glob or a depth]"


def test_search_counts_by_file_and_shows_lines(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {**FILES, ".env": "add=1\n", "bin": b"add\0"})
    assert use(desk, "search", pattern="add").split("\n") == ["money.py  2", "test_money.py  3"]
    assert use(desk, "search", pattern="def add", mode="lines") == "money.py:4: def add(a, b):"
    assert use(desk, "search", pattern="add", glob="test_*") == "test_money.py  3"
    assert (
        use(desk, "search", pattern=r"def \w+\(a", regex=True, mode="lines") == "money.py:4: def add(a, b):"
    )
    assert use(desk, "search", pattern="nowhere").startswith("Nothing matches")


def test_search_finds_what_was_just_written(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    use(desk, "write", path="new.py", content="fresh = 1\n")
    assert use(desk, "search", pattern="fresh") == "new.py  1"


def test_a_pattern_that_is_no_expression_is_taught(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="The search did not work"):
        use(make_desk(tmp_path), "search", pattern="add(", regex=True)


def test_search_shows_forty_short_lines(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"a": f"{'x' * 999}\n" * 30, "b": "x\n" * 30})
    shown = use(desk, "search", pattern="x", mode="lines").split("\n")
    assert len(shown) == limits.SEARCH_LINES + 1
    assert len(shown[0]) == len("a:1: ") + limits.SEARCH_WIDTH


def test_an_outline_names_symbols_and_their_lines(tmp_path: Path) -> None:
    desk = make_desk(
        tmp_path,
        {"a.py": "class A:\n    def f(self):\n        pass\n\n\ndef g():\n    pass\n", "x.csv": "1\n"},
    )
    assert use(desk, "outline", path="a.py").split("\n")[1:] == [
        "class A  lines 1-3",
        "  def f  lines 2-3",
        "def g  lines 6-7",
    ]
    assert "no outline" in use(desk, "outline", path="x.csv")


def test_reading_numbers_lines_and_stops_at_its_limit(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"long.txt": LONG, "wide.txt": f"{'x' * 5000}\n" * 9, "empty": ""})
    shown = use(desk, "read", path="long.txt")
    assert "long.txt lines 1-250 of 1000" in shown
    assert "\n  250| line 250\n[750 more lines: read from 251]" in shown
    assert "    7| line 7\n    8| line 8" in use(desk, "read", path="long.txt", start=7, end=8)
    assert "lines 1-2 of 9" in use(desk, "read", path="wide.txt")
    assert use(desk, "read", path="empty") == "empty is empty."


def test_an_unchanged_range_is_not_repeated_while_it_is_in_sight(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.memory.turn = 3
    assert "return a + b" in use(desk, "read", path="money.py")
    assert use(desk, "read", path="money.py").endswith("unchanged since it was shown in your answer 3.")
    desk.memory.forget_shown({3})
    assert "return a + b" in use(desk, "read", path="money.py")
    use(desk, "edit", path="money.py", old="a + b", new="b + a")
    assert "return b + a" in use(desk, "read", path="money.py")


@pytest.mark.parametrize(
    ("arguments", "lesson"),
    [
        (
            {"path": "mony/money.py"},
            "There is no file mony/money.py. Files with that name: money.py, test_money.py",
        ),
        ({"path": "nothing.py"}, "Use list_files"),
        ({"path": "pkg"}, "is a folder"),
        ({"path": "money.py", "start": 99}, "has 6 lines"),
        ({"path": "money.py", "start": 3, "end": 2}, "is before the first"),
        ({"path": "logo.png"}, "binary"),
        ({"path": "latin.txt"}, "not UTF-8"),
        ({"path": ".env"}, "looks like a file of secrets"),
        ({"path": "deploy/server.PEM"}, "looks like a file of secrets"),
    ],
)
def test_what_cannot_be_read_is_taught(tmp_path: Path, arguments: dict[str, object], lesson: str) -> None:
    more: dict[str, str | bytes] = {
        "pkg/a.py": "",
        "logo.png": b"\0",
        "latin.txt": b"\xe9t\xe9",
        ".env": "A=1",
        "deploy/server.PEM": "x",
    }
    with pytest.raises(ToolError, match=lesson.replace(".", r"\.")):
        use(make_desk(tmp_path, FILES | more), "read", **arguments)


@pytest.mark.parametrize("path", ["../money.py", "/etc/passwd", ".git/config", "a\\b", "link"])
@pytest.mark.parametrize(
    ("tool", "more"),
    [("read", {}), ("edit", {"old": "a", "new": "b"}), ("write", {"content": "x"}), ("remove", {})],
)
def test_no_tool_leaves_the_work_tree(tmp_path: Path, path: str, tool: str, more: dict[str, str]) -> None:
    desk = make_desk(tmp_path)
    (desk.workspace.root / "link").symlink_to("/etc/passwd")
    with pytest.raises(PathRefused):
        use(desk, tool, path=path, **more)


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


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("money.py", True),
        ("src/a/b.py", True),
        ("tests/test_a.py", True),
        ("tests/deep/test_a.py", False),
        ("other/money.py", False),
        ("docs/readme.md", False),
    ],
)
def test_only_the_item_s_paths_may_be_changed(tmp_path: Path, path: str, inside: bool) -> None:
    desk = make_desk(tmp_path, {}, globs=("money.py", "src/", "./tests/*.py"))
    if inside:
        use(desk, "write", path=path, content="")
        return
    with pytest.raises(
        ToolError, match=r"is outside this item. It may change: money.py, src/, ./tests/\*.py"
    ):
        use(desk, "write", path=path, content="")


def test_a_move_may_not_leave_the_item_s_paths(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, globs=("money.py",))
    with pytest.raises(ToolError, match="outside this item"):
        use(desk, "remove", path="money.py", new_path="else.py")
    assert desk.workspace.tree() == desk.workspace.base_tree
