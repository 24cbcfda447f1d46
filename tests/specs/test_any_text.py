"""No text breaks the parser, the lint or the rendering, and none takes long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.criteria import MAX_CRITERIA, MAX_LENGTH, criteria
from specs.lint import MAX_NOTES, lint
from specs.parsed import BadSpec, ParsedSpec
from specs.parser import MAX_CHARACTERS, parse
from specs.render import render

MARKS = [
    "\n",
    "\r\n",
    "# ",
    "## ",
    "- ",
    "  - ",
    "1. ",
    "> ",
    "```",
    "~~~\n",
    "|",
    "|-|\n",
    "[",
    "](",
    ")",
    "<!--",
    "-->",
]
WORDS = [
    "Requirements",
    "Step 1: x",
    "Files to change",
    "Out of scope",
    "**a**",
    "`b.py`",
    "---\n",
    "a: b\n",
    "\u200b",
    "§1",
]
marked_up = st.lists(st.sampled_from(MARKS + WORDS) | st.text(max_size=5), max_size=60).map("".join)


def read(text: str) -> ParsedSpec | None:
    try:
        return parse(text)
    except BadSpec:
        return None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400) | marked_up)
def test_any_text_is_a_spec_or_is_refused(text: str) -> None:
    render(text)
    parsed = read(text)
    if parsed is None:
        return
    lines = len(parsed.document.lines)
    found = criteria(parsed)
    assert parsed.title.strip()
    assert parsed.slug
    assert len(found) <= MAX_CRITERIA
    assert all(one and len(one) <= MAX_LENGTH and one == " ".join(one.split()) for one in found)
    assert all(0 <= note.line <= lines and note.message for note in lint(parsed))
    assert all(1 <= section.line <= lines for section in parsed.all_sections())


HOSTILE = {
    "brackets": "[" * MAX_CHARACTERS,
    "images": "![" * (MAX_CHARACTERS // 2),
    "quotes": "> " * (MAX_CHARACTERS // 2),
    "lists": "- " * (MAX_CHARACTERS // 2),
    "numbered lists": "1. " * (MAX_CHARACTERS // 3),
    "a list in a list": "".join("  " * (number % 30) + "- a\n" for number in range(6_000)),
    "brackets in items": "## Requirements\n" + "- [[[[[[[[[[[[[[[[\n" * 9_000,
    "brackets in lines": "## Requirements\n" + ("- " + "[" * 1_900 + "\n") * 100,
    "many items": "## Plan\n" + "".join(f"- item {number} **x**\n" for number in range(9_900)),
    "many headings": "## Requirements\n- aaaa\n" * 4_000,
    "many plans": "# Plan\n- a\n" * 4_900,
    "a wide table": "|a" * 1_000 + "|\n" + "|-" * 1_000 + "|\n" + "|b\n" * 9_000,
    "emphasis": "*a_ " * (MAX_CHARACTERS // 4),
    "references": "".join(f"[a{number}]: b\n" for number in range(9_000)),
    "invisible": "a" + "\u200b" * (MAX_CHARACTERS - 1),
    "backticks": "".join("`" * number + " " for number in range(600)),
    "comments": "<!--" * (MAX_CHARACTERS // 4),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_read_within_two_seconds_of_work(text: str) -> None:
    started = time.process_time()
    parsed = parse(text)
    assert time.process_time() - started < 2
    assert len(lint(parsed)) <= MAX_NOTES
    criteria(parsed)
    assert time.process_time() - started < 4
