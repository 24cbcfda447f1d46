"""A Markdown text becomes a ParsedSpec, however people write their headings, lists and tables."""

import pytest

from specs.parsed import ParsedSpec, Section
from specs.parser import parse

CANONICAL = """\
# Dark mode

## Overview
A **dark** theme for [night owls](https://example.com).

## Requirements
- Add a switch to the header
* Keep the choice
1. Follow the system

## API Routes
- GET /api/theme — the choice

## Database Changes
- Add column `theme` to users

## UI Components
- ThemeSwitch component

## Notes
Not urgent.
"""


def texts(entries: tuple[object, ...]) -> list[str]:
    return [str(getattr(entry, "text")) for entry in entries]  # noqa: B009 - entries and files alike


def section(parsed: ParsedSpec, heading: str) -> Section:
    (found,) = [one for one in parsed.all_sections() if one.heading == heading]
    return found


def test_the_old_format_is_read_whole() -> None:
    parsed = parse(CANONICAL)
    assert (parsed.title, parsed.slug, parsed.title_line) == ("Dark mode", "dark-mode", 1)
    assert parsed.overview == "A dark theme for night owls."
    assert texts(parsed.requirements) == [
        "Add a switch to the header",
        "Keep the choice",
        "Follow the system",
    ]
    assert texts(parsed.api_routes) == ["GET /api/theme — the choice"]
    assert texts(parsed.database_changes) == ["Add column theme to users"]
    assert texts(parsed.ui_components) == ["ThemeSwitch component"]


def test_every_entry_knows_its_line() -> None:
    parsed = parse(CANONICAL)
    lines = CANONICAL.split("\n")
    assert [lines[entry.line - 1] for entry in parsed.requirements] == [
        "- Add a switch to the header",
        "* Keep the choice",
        "1. Follow the system",
    ]
    assert all(lines[one.line - 1].lstrip("# ") == one.heading for one in parsed.all_sections())


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_a_byte_order_mark_change_nothing(ending: str, mark: str) -> None:
    assert parse(mark + CANONICAL.replace("\n", ending)) == parse(CANONICAL)


@pytest.mark.parametrize("level", range(1, 7))
def test_a_section_is_found_at_any_heading_level(level: int) -> None:
    parsed = parse(f"{'#' * level} Acceptance criteria\n- It works\n\n{'#' * level} Out of scope\n- Speed\n")
    assert texts(parsed.acceptance) == ["It works"]
    assert texts(parsed.out_of_scope) == ["Speed"]


def test_sections_keep_their_nesting_and_their_own_text() -> None:
    parsed = parse("# A\nIntro\n## B\nbody\n\nmore\n### C\n- c\n## D\n")
    (top,) = parsed.sections
    assert [below.heading for below in top.sections] == ["B", "D"]
    assert section(parsed, "B").text == "body\n\nmore"
    assert section(parsed, "B").sections == (section(parsed, "C"),)
    assert section(parsed, "C").level == 3


def test_headings_in_code_fences_quotes_and_lists_are_no_headings() -> None:
    parsed = parse(
        "# A\n```md\n## API routes\n- GET /no\n```\n> ## Requirements\n\n- # Files\n\n"
        "    ## Acceptance criteria\n"
    )
    assert [one.heading for one in parsed.all_sections()] == ["A"]
    assert not parsed.api_routes


def test_prose_fences_and_table_rules_are_never_entries() -> None:
    parsed = parse(
        "# A\n## Requirements\nSome prose.\n\n- real\n\n```\n- code\n```\n---\n|a|b|\n|-|-|\n|x|y|\n"
    )
    assert texts(parsed.requirements) == ["real", "x — y"]


def test_task_lists_lose_their_box_and_keep_the_tick() -> None:
    parsed = parse("# A\n## Acceptance criteria\n- [ ] open\n- [x] done\n- [X] also done\n")
    assert [(entry.text, entry.done) for entry in parsed.acceptance] == [
        ("open", False),
        ("done", True),
        ("also done", True),
    ]


def test_nested_items_carry_the_words_of_their_parent() -> None:
    parsed = parse(
        "# A\n## Requirements\n1. Users log in:\n   - with a password\n     that is long\n2. They log out\n"
    )
    assert texts(parsed.requirements) == [
        "Users log in: with a password that is long",
        "They log out",
    ]


def test_a_table_gives_its_rows_without_head_and_running_numbers() -> None:
    parsed = parse(
        "# A\n## Acceptance criteria\n| # | Criterion |\n|---|---|\n| 1 | **Build** `a\\|b` passes |\n"
    )
    assert texts(parsed.acceptance) == ["Build a|b passes"]


def test_bullets_pasted_from_a_word_processor_are_bullets() -> None:
    parsed = parse("# A\n## Requirements\n• one\n• two\n\n## Done when\n✅ three\n")
    assert (texts(parsed.requirements), texts(parsed.acceptance)) == (["one", "two"], ["three"])


def test_duplicate_headings_are_merged_and_their_items_kept_once() -> None:
    parsed = parse("# A\n## Requirements\n- one\n- two\n## Features\n- Two\n- three\n")
    assert texts(parsed.requirements) == ["one", "two", "three"]


def test_out_of_scope_is_kept_apart_wherever_it_is_said() -> None:
    parsed = parse(
        "# A\n## Scope\n- in\n- Out of scope: sync\n- ~~struck~~\n### Non-goals\n- out\n"
        "#### API routes\n- GET /no\n"
        "\n**Out of scope for now**\n- bold\n"
    )
    assert texts(parsed.requirements) == ["in"]
    assert texts(parsed.out_of_scope) == ["Out of scope: sync", "struck", "out", "GET /no", "bold"]
    assert not parsed.api_routes


def test_what_comes_after_the_work_is_no_part_of_it() -> None:
    parsed = parse(
        "# A\n## Step 1: Do\nx\n## After Completion\n1. Update `log.md`\n## Queue (Next 3 Tasks)\n1. More\n"
    )
    assert texts(parsed.steps) == ["Do"]
    assert not parsed.requirements


@pytest.mark.parametrize(
    ("markdown", "steps"),
    [
        ("## Step 1: Add a table (2h)\nx\n## Step 2 — Fill it\n", ["Add a table", "Fill it"]),
        ("## Required Actions\n### Step 1: Add\n- detail\n#### Deeper\n### Step 2: Fill\n", ["Add", "Fill"]),
        ("## Implementation Plan\n### 1. Add `a.py`\n- x\n### 2. Security\n- y\n", ["Add a.py", "Security"]),
        ("## Plan\n1. Add\n2. Fill\n", ["Add", "Fill"]),
        ("## Phase 1: Base\n- a\n## Phase 2: Top\n", ["Base", "Top"]),
        ("## Step 3\nx\n", ["Step 3"]),
    ],
)
def test_steps_are_headings_or_the_items_of_a_plan(markdown: str, steps: list[str]) -> None:
    assert texts(parse(f"# A\n{markdown}").steps) == steps


def test_criteria_under_a_step_are_still_criteria() -> None:
    parsed = parse("# A\n## Step 1: Do\n### Acceptance criteria\n- ok\n### Wire it\n- detail\n")
    assert texts(parsed.acceptance) == ["ok"]
    assert section(parsed, "Wire it").kind == "detail"


FILES_TABLE = """\
# A
## Files to change
### Priority 1 — core
| File | Current | Change |
|---|---|---|
| `src/a.py` | old | **Rewrite** it |
| `src/b.tsx` or the layout | old | Mount |
### Cleanup
| Item | Action |
|---|---|
| `OLD_KEY` env var | Remove |
### New files
- `docs/c.md` (new)
- Update `wrangler.toml` to include d
- src/d.py: add e
## Key Files to Study Before Starting
- `src/read.py`
"""


def test_files_come_from_tables_and_lists_with_what_happens_to_them() -> None:
    assert [(change.path, change.action, change.line) for change in parse(FILES_TABLE).files] == [
        ("src/a.py", "Rewrite it", 6),
        ("src/b.tsx", "Mount", 7),
        ("", "OLD_KEY env var — Remove", 11),
        ("docs/c.md", "(new)", 13),
        ("wrangler.toml", "Update wrangler.toml to include d", 14),
        ("src/d.py", "add e", 15),
    ]


def test_commands_come_from_shell_fences_without_prompts_and_comments() -> None:
    parsed = parse(
        "# A\n## Verification\n```bash\n$ npm run build   # must pass\n# all of it:\n"
        "grep -r '#x' src \\\n  lib\n```\n"
        "```python\nassert 1\n```\n## Setup\n```bash\nrm x\n```\n"
    )
    assert [(entry.text, entry.line) for entry in parsed.verification] == [
        ("npm run build", 4),
        ("grep -r '#x' src lib", 6),
    ]


def test_front_matter_gives_flat_values_and_a_title() -> None:
    parsed = parse("---\ntitle: 'Dark mode'\ntags:\n  - ui\nowner: ann # x\n---\n\n## Overview\nHi\n")
    assert (parsed.title, parsed.title_line, parsed.overview) == ("Dark mode", 0, "Hi")
    assert parsed.front_matter == {"title": "Dark mode", "tags": "", "owner": "ann # x"}


def test_a_rule_on_the_first_line_is_no_front_matter() -> None:
    parsed = parse("---\n\n# Dark mode\n\n## Requirements\n- one\n\n---\n\n- two\n")
    assert (parsed.title, parsed.front_matter) == ("Dark mode", {})
    assert texts(parsed.requirements) == ["one", "two"]


def test_a_title_and_a_list_are_a_spec() -> None:
    assert texts(parse("# Dark mode\n- switch\n- memory\n").requirements) == ["switch", "memory"]
    assert not parse("# Dark mode\n- switch\n## Step 1: x\n").requirements


def test_a_long_paragraph_above_a_rule_is_no_heading() -> None:
    parsed = parse("# A\n\nFirst line\nof a paragraph\n---\n\n## Requirements\n- r\n")
    assert [one.heading for one in parsed.all_sections()] == ["A", "Requirements"]
    assert parsed.overview == "First line of a paragraph"


def test_plain_text_shows_what_a_reader_sees() -> None:
    parsed = parse(
        "# A\n## Requirements\n"
        "- a<!-- hidden --> **b** [c](http://x) ![d](e) [f][g] `h<T>` List<i32>\u200b &#8203;j\n\n"
        "[g]: http://y\n"
    )
    assert texts(parsed.requirements) == ["a b c d f h<T> List<i32> j"]
