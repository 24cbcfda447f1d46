"""Lint says what was not understood, where, and how to mend it; a good spec gets no warning."""

import pytest

from specs.lint import MAX_NOTES, lint, not_understood
from specs.parser import parse

GOOD = """\
# Dark mode

## Goal
A dark theme.

## Context
Eyes hurt at night.

## Files to change
| File | Action |
|---|---|
| `src/theme.py` | Add the switch |

## Acceptance criteria
- The header has a switch
- `<!-- -->` in code is no comment

## Out of scope
- Sync

## Verification
```bash
make test
```
"""


def test_a_good_spec_has_nothing_to_note() -> None:
    assert lint(parse(GOOD)) == ()


@pytest.mark.parametrize(
    ("markdown", "line", "words"),
    [
        ("## Requirements\n- a\n", 0, "no title"),
        ("# A\nNice.\n", 0, "Nothing says when the work is done"),
        ("# A\n## Tiers\n- free\n", 2, "list under “Tiers” was read as background"),
        ("# A\n## API keys\n- k\n", 2, "If it means API routes"),
        ("# A\n## Scope and non-goals\n- k\n", 2, "name it `Out of scope`"),
        ("# A\n## Requirements\nFast.\n", 2, "has no list or table"),
        ("# A\n## Notes\n```\nx\n\n## Requirements\n- a\n", 3, "never closed"),
        ("# A\n```ts\nx\n```bash\ny\n```\n", 4, "while that of line 2 is open"),
        ("- loose\n\n# A\n## Requirements\n- r\n", 1, "before the first heading"),
        ("only words", 1, "no heading at all"),
        ("# A\n## Requirements\n- a <!-- x -->\n", 3, "HTML comment"),
        ("# A\n\n<!--\nx\n-->\n", 3, "HTML comment"),
        ("# A\n\n[//]: # (x)\n", 3, "link to nowhere hides"),
        ("# A\n## Requirements\n- a\u200b\n", 3, "U+200B"),
        ("# A\n## Requirements\n- a &#8238;b\n", 3, "U+202E"),
        ("# A\n## Requirements\n- b\u202ec\n", 3, "U+202E"),
        ("# A\n## Requirements\n- Copy from spec §8.1 verbatim\n", 3, "§8.1 of another document"),
        ("# A\n## Files to change\n- `../b.py`: x\n", 3, "not inside the repository"),
        ("# A\n## Files to change\n- `/etc/passwd`: x\n", 3, "not inside the repository"),
        ("# A\n## Requirements\n" + "- " * 30 + "x\n", 0, "deeper than"),
        ("# A\n## Done when\n- " + "x" * 400 + "\n", 3, "cut at 300"),
        ("# A\n## Done when\n" + "".join(f"- {n}a\n" for n in range(51)), 53, "first 50"),
    ],
)
def test_a_warning_says_where_and_what(markdown: str, line: int, words: str) -> None:
    found = [(note.line, note.message) for note in lint(parse(markdown)) if note.severity == "warning"]
    assert any(at == line and words in message for at, message in found), found


@pytest.mark.parametrize(
    ("markdown", "line", "words"),
    [
        ("# A\n## Requirements\n- a\n", 0, "the requirements serve instead"),
        ("# A\n## Step 1: a\n", 0, "the steps and files serve instead"),
        ("# A\n## Why not\nx\n## Tiers\nprose\n", 4, "no section that is known"),
        ("# A\n## Requirements\n- a\n## Requirements\n- b\n", 4, "at line 2 too"),
        (
            "# A\n## Context\nSee [it](docs/b.md) and https://c.example/d.\n",
            3,
            "https://c.example/d is not here",
        ),
        ("# A\n## Context\nSee [it](docs/b.md) and https://c.example/d.\n", 3, "docs/b.md is not here"),
        ("# A\n> **Repo**: a/b\n> **Branch**: c\n", 2, "Repo, Branch: taken from the request"),
        ("# A\nlong\npara\n---\n", 4, "empty line between"),
        ("# A\n## Done when\n- [x] a\n- [ ] b\n", 3, "1 of the criteria are ticked"),
        ("---\ntitle: a\ntags:\n  - b\n---\n## Done when\n- a\n", 4, "passed over"),
        ("# A\n" + "word " * 7_000, 0, "consider splitting"),
    ],
)
def test_info_says_where_and_what(markdown: str, line: int, words: str) -> None:
    found = [(note.line, note.message) for note in lint(parse(markdown)) if note.severity == "info"]
    assert any(at == line and words in message for at, message in found), found


CHAT = """\
check how this can be useful:

Here are the two ready-to-use documents.

# Plan
- a

Want me to adjust anything? Just say the word.
"""


@pytest.mark.parametrize(
    "text",
    [
        CHAT,
        "User: make it dark\n\nAssistant: sure, here it is\n\nUser: thanks\n",
        "**You:** a\n\n**ChatGPT:** b\n\n**You:** c\n",
    ],
)
def test_a_chat_transcript_is_told_from_a_spec(text: str) -> None:
    assert any("chat transcript" in warning for warning in not_understood(parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "# Chat\n## Requirements\n- Show “Let me know if it helps” under each answer\n",
        "# Chat\n```\nUser: a\nAssistant: b\nUser: c\n```\n",
        "# Roles\nUser: can read\n",
    ],
)
def test_a_spec_about_chats_is_no_transcript(text: str) -> None:
    assert not any("chat transcript" in warning for warning in not_understood(parse(text)))


def test_a_decision_paper_is_told_from_a_spec() -> None:
    paper = "# Prices\n## Decision\nTwo tiers.\n## Rationale\nOne is too few.\n"
    files = "## Files to change\n- `a.py`: x\n"
    assert any("decision paper (Decision, Rationale)" in one for one in not_understood(parse(paper + files)))
    assert not any("decision paper" in one for one in not_understood(parse(paper + "## Requirements\n- a\n")))


def test_ordinary_scripts_and_emoji_have_nothing_hidden() -> None:
    text = GOOD.replace("A dark theme.", "می\u200cخواهم 👩\u200d💻 ❤\ufe0f हिन्\u200dदी")
    assert lint(parse(text)) == ()


def test_documents_to_write_afterwards_are_not_depended_on() -> None:
    assert lint(parse(GOOD + "\n## After completion\n- Update `docs/roadmap.md` §4\n")) == ()


def test_not_understood_holds_the_warnings_as_sentences_with_their_line() -> None:
    assert not_understood(parse(GOOD + "\n## Tiers\n- free\n")) == (
        "Line 26: The list under “Tiers” was read as background. If it is wanted, call it `Requirements`.",
    )


def test_the_notes_are_bounded_and_say_what_is_left_out() -> None:
    notes = lint(parse("# A\n" + "".join(f"## Tier {number}x\n- a\n" for number in range(500))))
    assert len(notes) == MAX_NOTES
    assert "more notes are left out" in notes[-1].message
