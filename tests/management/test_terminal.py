"""The screen: plain lines for programs, boxes for people, and text that stays text."""

from typing import Any

import pytest
from rich.text import Text

from builds.management.terminal import Screen, stop, visible


def shown(screen: Screen, *what: Any) -> str:
    """What is printed."""
    with screen.capture() as capture:
        for each in what:
            screen.print(each)
    return capture.get()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A screen on a terminal of 60 columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_square_brackets_and_colons_are_text(terminal: Screen) -> None:
    for screen in (Screen(), terminal):
        assert "[/red] [bold]x :smile:" in shown(screen, "[/red] [bold]x :smile:")


@pytest.mark.parametrize(
    "sign", ["\x1b", "\x07", "\x9b", "\x00", "\r", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028"]
)
def test_what_steers_a_terminal_is_shown_and_not_sent(terminal: Screen, sign: str) -> None:
    assert visible(f"a{sign}b") == f"a⟨U+{ord(sign):04X}⟩b"
    for screen in (Screen(), terminal):
        assert sign not in shown(screen, Text(f"a{sign}b")).replace("\x1b[0m", "")


@pytest.mark.parametrize("text", ["Größe", "日本語", "🦎", "tab\there", "two\nlines"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_elsewhere_than_on_a_terminal_a_line_is_a_line_without_colour_or_padding() -> None:
    screen = Screen()
    with screen.capture() as capture:
        screen.box("Why", Text("word " * 100, style="red"), style="red")
        screen.table("Rows", ("a", "b"), [["1", "x"], ["22", "y" * 300]])
    lines = capture.get().splitlines()
    assert lines[0] == "Why"
    assert lines[1] == "  " + ("word " * 100).rstrip()
    assert lines[-1] == "22  " + "y" * 300
    assert not any(line != line.rstrip() or "\x1b" in line or "│" in line for line in lines)


def test_on_a_terminal_there_are_boxes_and_colours(terminal: Screen) -> None:
    with terminal.capture() as capture:
        terminal.box("Why", Text("word " * 100, style="red"))
    assert "╭" in capture.get()
    assert "\x1b[31m" in capture.get()


def test_no_colour_is_honoured(terminal: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    with screen.capture() as capture:
        screen.box("Why", Text("word", style="red"), style="green")
    assert "\x1b[3" not in capture.get()
    assert "╭" in capture.get()


def test_a_table_without_rows_is_nothing() -> None:
    screen = Screen()
    with screen.capture() as capture:
        screen.table("Rows", ("a",), [])
    assert capture.get() == ""


def test_stopping_is_one_line_whatever_the_reason_holds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        stop("dream", "two\nlines \x1b[2J", 5)
    assert end.value.code == 5
    assert capsys.readouterr().err == "dream: two lines ⟨U+001B⟩[2J\n"
