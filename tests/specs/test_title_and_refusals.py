"""What a spec is called, what it says in short, and which texts are no spec at all."""

import pytest

from specs.parsed import EmptySpec, SpecNotText, SpecTooLong
from specs.parser import MAX_CHARACTERS, UNTITLED, parse


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        ("# Overview\n# Dark mode\n", "Dark mode"),
        ("# Smoke Test\n## Requirements\n- a\n", "Smoke Test"),
        ("## Context\nx\n## Dark mode\n", "Dark mode"),
        ("### Dark mode\nx\n", "Dark mode"),
        ("Dark mode\n=========\n", "Dark mode"),
        ("#  **Dark** `mode` <!-- x --> ##\n", "Dark mode"),
        ("## Overview\nx\n", UNTITLED),
        ("## 1. Introduction\nx\n", UNTITLED),
        ("just words\n", UNTITLED),
        ("#\n\nx", UNTITLED),
        ("# ダークモード\n", "ダークモード"),
    ],
)
def test_the_title_is_the_first_heading_that_is_no_section(markdown: str, title: str) -> None:
    assert parse(markdown).title == title


def test_the_overview_falls_back_to_the_preamble_without_title_and_metadata() -> None:
    parsed = parse(
        "# A\n\n> **Repo**: x/y\n> **Branch**: `z`\n\nWhat it is.\n\n- a list\n\n## Requirements\n- r\n"
    )
    assert parsed.overview == "What it is."


def test_the_overview_falls_back_to_the_first_context() -> None:
    assert parse("# A\n## Context\nWhy.\n- x\n## Notes\nNo.\n").overview == "Why."


@pytest.mark.parametrize("blank", ["", " \n\t\r\n", "\ufeff", "\u200b\n\u2060"])
def test_a_blank_spec_is_refused(blank: str) -> None:
    with pytest.raises(EmptySpec, match="empty"):
        parse(blank)


@pytest.mark.parametrize("text", ["x" * (MAX_CHARACTERS + 1), "x\n" * 10_001])
def test_a_spec_too_long_is_refused_with_its_length(text: str) -> None:
    with pytest.raises(SpecTooLong, match=r"The spec has [\d,]+ (characters|lines)"):
        parse(text)


@pytest.mark.parametrize("broken", ["\x00", "\ud800"])
def test_what_is_not_text_is_refused_with_its_line(broken: str) -> None:
    with pytest.raises(SpecNotText, match="Line 3 "):
        parse(f"# A\r\n\r{broken}")
