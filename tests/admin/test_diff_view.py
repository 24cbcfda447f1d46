"""The diff on the page: marks at their lines, risk first, nothing hidden silently, nothing invisible."""

import pytest

from builds.admin.diff_view import MOST_ROWS, DiffView, FileView, Mark, diff_view
from builds.admin.highlight import changed_parts, highlighted
from builds.admin.invisible import visible
from builds.admin.templatetags.skin import lasted
from builds.diffs import ChangeSet
from builds.evidence import Finding, Severity
from tests.factories import patch


def laid_out(before: dict[str, str], after: dict[str, str], *marks: Mark) -> DiffView:
    return diff_view(ChangeSet.parse(patch(before, after)), marks)


def marked(path: str, line: int, severity: Severity = "high") -> Mark:
    return Mark(
        finding=Finding(rule="drops_data", reason="It is gone.", severity=severity, path=path, line=line)
    )


def new_side(view: FileView) -> list[str]:
    return [str(row.new.code) for block in view.blocks for row in block.rows if row.new]


def lines(count: int, word: str = "line") -> str:
    return "".join(f"{word} {number}\n" for number in range(count))


def test_a_mark_stands_at_its_line() -> None:
    (view,) = laid_out({}, {"a.py": "x = 1\ny = 2\n"}, marked("a.py", 2)).files
    rows = view.blocks[0].rows
    assert [len(row.marks) for row in rows] == [0, 1]
    assert view.marks == ()


def test_a_mark_whose_line_is_folded_away_stands_at_the_head_of_its_file() -> None:
    before = lines(60)
    (view,) = laid_out(
        {"a.txt": before}, {"a.txt": "new\n" + before}, marked("a.txt", 50), marked("a.txt", 0)
    ).files
    assert len(view.marks) == 2


def test_a_mark_about_no_file_is_kept() -> None:
    assert len(laid_out({}, {"a.py": "x\n"}, marked("gone.py", 1)).elsewhere) == 1


def test_the_riskiest_file_comes_first_and_lock_files_last() -> None:
    after = {"a.lock": "1\n", "b.py": "x\n", "c.py": "x\n", "d.py": "x\n"}
    found = laid_out({}, after, marked("c.py", 1, "low"), marked("d.py", 1, "critical"))
    assert [view.file.path for view in found.files] == ["d.py", "c.py", "b.py", "a.lock"]


def test_long_files_and_lock_files_are_folded_and_say_so() -> None:
    found = laid_out({}, {"long.txt": lines(401), "yarn.lock": lines(3), "short.txt": lines(3)})
    told = {view.file.path: (view.is_open, view.note) for view in found.files}
    assert told == {
        "long.txt": (False, "long, 401 rows folded"),
        "yarn.lock": (False, "written by a program, 3 rows folded"),
        "short.txt": (True, ""),
    }


def test_what_does_not_fit_on_the_page_is_named_with_its_size() -> None:
    found = laid_out({}, {"a.txt": lines(1500), "b.txt": lines(1500), "c.txt": lines(10)})
    assert sum(len(block.rows) for view in found.files for block in view.blocks) == MOST_ROWS
    assert found.not_shown.startswith("3 files, 2 not shown in full: b.txt (1,000 lines), c.txt (10 lines).")


def test_a_binary_file_and_a_new_mode_are_said() -> None:
    found = laid_out({}, {"a.bin": "\0\1\2"})
    assert found.files[0].note == "binary file, its content cannot be shown"


def test_a_string_over_many_lines_stays_a_string() -> None:
    (view,) = laid_out({}, {"a.py": 'x = """one\nimport os\n"""\n'}).files
    assert new_side(view)[1] == '<span class="s">import os</span>'


def test_of_a_changed_line_the_changed_words_stand_out() -> None:
    (view,) = laid_out({"a.txt": "the price is 10 euro\n"}, {"a.txt": "the price is 12 euro\n"}).files
    assert '<span class="word">12</span>' in new_side(view)[0]


def test_lines_with_little_in_common_are_not_compared_by_word() -> None:
    assert changed_parts("import os", "return 7 * x") == ([], [])


def test_code_is_escaped() -> None:
    (view,) = laid_out(
        {},
        {
            "a.unknown": "<script>alert(1)</script>\n",
        },
    ).files
    assert "<script>" not in new_side(view)[0]


def test_controls_that_turn_text_around_are_shown_in_code() -> None:
    (view,) = laid_out({}, {"a.py": 'if role != "user\u202e \u2066# admin\u2069 \u2066":\n    pass\n'}).files
    assert "⟨U+202E⟩" in new_side(view)[0]
    assert "\u202e" not in new_side(view)[0]


@pytest.mark.parametrize(
    "character", ["\u202a", "\u202e", "\u2066", "\u2069", "\u200b", "\ufeff", "\xad", "\x1b", "\U000e0041"]
)
def test_characters_that_take_no_room_become_visible(character: str) -> None:
    assert f"⟨U+{ord(character):04X}⟩" in visible(f"a{character}b")


@pytest.mark.parametrize("text", ["plain", "tab\there", "two\nlines", "añb", "日本", "👍🏽"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_carriage_return_that_came_is_visible() -> None:
    (view,) = laid_out({"a.txt": "one\n"}, {"a.txt": "one\r\n"}).files
    assert "␍" in new_side(view)[0]


def test_a_line_that_is_very_long_is_cut_and_says_so() -> None:
    (view,) = laid_out({}, {"a.min.txt": "x" * 5000 + "\n"}).files
    assert "3,000 more characters" in new_side(view)[0]


@pytest.mark.parametrize(
    "text",
    ["", "x = 1", "'unclosed", "\ufeffx = 1", "a\x0bb\x0cc\x85d\u2028e", "`" * 50, "\\", "{{{{", "é" * 99],
)
@pytest.mark.parametrize("path", ["a.py", "b.js", "c.md", "d.html", "Makefile", "e.sql", "f.yml", "g"])
def test_colouring_never_changes_a_character(path: str, text: str) -> None:
    given = [text, "", text]
    assert ["".join(part for _, part in pieces) for pieces in highlighted(path, given)] == given


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.42, "0.4 s"),
        (41, "41 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
        (None, ""),
    ],
)
def test_durations_have_at_most_two_units(seconds: float | None, words: str) -> None:
    assert lasted(seconds) == words
