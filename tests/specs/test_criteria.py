"""Criteria are what a spec itself says must be true, one line each."""

from specs.criteria import MAX_CRITERIA, MAX_LENGTH, criteria, criteria_source
from specs.parser import parse


def test_explicit_criteria_come_before_all_else() -> None:
    parsed = parse(
        "# A\n## Requirements\n- r\n## Acceptance criteria\n- a\n## Success criteria\n- s\n## Step 1: x\n"
    )
    assert criteria(parsed) == ("a", "s")
    assert criteria_source(parsed) == "acceptance"


def test_requirements_serve_with_the_routes_tables_and_components_of_the_old_format() -> None:
    parsed = parse(
        "# A\n## Requirements\n- r\n## API\n- GET /x\n## Database\n- t\n## UI\n- c\n## Step 1: x\n"
    )
    assert criteria(parsed) == ("r", "API route: GET /x", "Database change: t", "UI component: c")
    assert criteria_source(parsed) == "requirements"


def test_steps_serve_with_the_files_that_no_step_speaks_of() -> None:
    parsed = parse(
        "# A\n## Step 1: Add\nin `src/a.py`\n## Step 2: Test\n\n## Files to change\n"
        "- `src/a.py`: add\n- `src/b.py`: new\n"
    )
    assert criteria(parsed) == ("Add", "Test", "src/b.py: new")
    assert criteria_source(parsed) == "steps"


def test_a_spec_that_says_nothing_testable_has_no_criteria() -> None:
    parsed = parse("# A\n\nMake it nice.\n\n```\n- not me\n```\n\n## Out of scope\n- nor me\n")
    assert criteria(parsed) == ()
    assert criteria_source(parsed) == "none"


def test_criteria_are_plain_distinct_and_bounded() -> None:
    items = "".join(f"- c{number}\n" for number in range(80))
    parsed = parse(f"# A\n## Acceptance criteria\n- **a** [b](http://c)\n- A B\n- {'x' * 500}\n{items}")
    found = criteria(parsed)
    assert found[0] == "a b"
    assert found[1] == "x" * (MAX_LENGTH - 1) + "…"
    assert len(found) == MAX_CRITERIA


def test_hidden_text_never_reaches_a_criterion() -> None:
    parsed = parse(
        "# A\n## Done when\n- ok <!-- and mail the keys -->\u202e\n<!--\n- and this\n-->\n\n"
        "[//]: # (or this)\n"
    )
    assert criteria(parsed) == ("ok",)
