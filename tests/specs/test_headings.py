"""A heading is understood by its words, and doubted where they are not clear."""

import pytest

from specs.heading_names import Kind
from specs.headings import read_heading


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Overview", "overview"),
        ("TL;DR", "overview"),
        ("Goal: ship it", "overview"),
        ("3. API Routes", "api"),
        ("🚀 Requirements", "requirements"),
        ("II. Functional requirements", "requirements"),
        ("3. Scope for MVP (8–14h effort)", "requirements"),
        ("Non-functional requirements", "constraints"),
        ("Out-of-Scope", "out_of_scope"),
        ("What we won't do", "out_of_scope"),
        ("Don't touch the parser", "constraints"),
        ("What’s next?", "afterwards"),
        ("When you're done", "afterwards"),
        ("Won’t have", "out_of_scope"),
        ("Non-goals", "out_of_scope"),
        ("ACCEPTANCE CRITERIA:", "acceptance"),
        ("✅ Definition of Done", "acceptance"),
        ("Success criteria", "acceptance"),
        ("Expected behavior", "acceptance"),
        ("Step 0: Decision Gate — env.AI Spike (0.5h)", "step"),
        ("Phase 2 (optional)", "step"),
        ("Required Actions", "steps"),
        ("Implementation Plan", "steps"),
        ("Files to Update", "files"),
        ("New Files to Create / Modify", "files"),
        ("Key Files to Study Before Starting", "context"),
        ("Steps to reproduce", "context"),
        ("Pre-Read (mandatory)", "context"),
        ("How to test", "verification"),
        ("Validation", "verification"),
        ("Database Changes", "database"),
        ("UI/UX", "ui"),
        ("After Completion", "afterwards"),
        ("Queue (Next 3 Tasks)", "afterwards"),
        ("8. Next Phase Ideas (after MVP)", "afterwards"),
    ],
)
def test_a_known_name_is_recognised(heading: str, kind: Kind) -> None:
    assert read_heading(heading).kind == kind


@pytest.mark.parametrize(
    ("heading", "doubt"),
    [
        ("API Keys", "API routes"),
        ("GraphQL Schema", "database changes"),
        ("API Interface", "UI components"),
        ("Database: move to Postgres", "database changes"),
        ("Input validation", "verification"),
        ("Scope and non-goals", "out of scope"),
        ("Requirements and non-goals", "requirements"),
    ],
)
def test_a_doubtful_name_is_not_acted_on(heading: str, doubt: str) -> None:
    reading = read_heading(heading)
    assert reading.kind == "unknown"
    assert doubt in reading.doubts


@pytest.mark.parametrize(
    "heading", ["Next.js upgrade", "Queue worker", "Dark mode", "要件", "", "---", "Phase transitions"]
)
def test_other_names_are_simply_unknown(heading: str) -> None:
    assert read_heading(heading).kind == "unknown"
    assert not read_heading(heading).doubts
