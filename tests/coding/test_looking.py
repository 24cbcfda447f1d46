"""The tools that look, list_files, search, outline and read: what each shows, and what each teaches."""

from pathlib import Path

import pytest

from builds.coding import limits
from builds.coding.desk import ToolError
from tests.coding.world import FILES, LONG, make_desk, use


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
