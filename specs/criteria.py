"""Numbered acceptance criteria out of a parsed spec: what it says itself, never prose or code."""

from collections.abc import Iterable
from typing import Literal

from specs.parsed import Entry, ParsedSpec
from specs.plain import shorten

MAX_CRITERIA = 50
MAX_LENGTH = 300  # characters of one

Source = Literal["acceptance", "requirements", "steps", "none"]


def criteria(parsed: ParsedSpec) -> tuple[str, ...]:
    """One line of plain text each, in the order of their numbers. A spec that states none gives ()."""
    return tuple(entry.text for entry in criteria_entries(parsed))


def criteria_entries(parsed: ParsedSpec) -> tuple[Entry, ...]:
    """The criteria with their lines."""
    return all_criteria(parsed)[:MAX_CRITERIA]


def criteria_source(parsed: ParsedSpec) -> Source:
    """Which part of the spec serves: explicit criteria, else what it requires, else its steps and files."""
    if parsed.acceptance:
        return "acceptance"
    if _required(parsed):
        return "requirements"
    return "steps" if parsed.steps or parsed.files else "none"


def all_criteria(parsed: ParsedSpec) -> tuple[Entry, ...]:
    """The criteria before they are cut to MAX_CRITERIA."""
    source = criteria_source(parsed)
    if source == "acceptance":
        return _once(parsed.acceptance)
    if source == "requirements":
        return _once(_required(parsed))
    return _once(_steps_and_files(parsed))


def _required(parsed: ParsedSpec) -> list[Entry]:
    """In the old format the routes, tables and components are work too, not only the requirements."""
    return [
        *parsed.requirements,
        *_labelled("API route", parsed.api_routes),
        *_labelled("Database change", parsed.database_changes),
        *_labelled("UI component", parsed.ui_components),
    ]


def _labelled(label: str, entries: Iterable[Entry]) -> list[Entry]:
    return [Entry(text=f"{label}: {entry.text}", line=entry.line, done=entry.done) for entry in entries]


def _steps_and_files(parsed: ParsedSpec) -> list[Entry]:
    """A file that some step already speaks of is not asked for twice."""
    steps = "\n".join(
        f"{section.heading}\n{section.text}"
        for section in parsed.all_sections()
        if section.kind in {"step", "steps", "detail"}
    )
    files = [
        Entry(text=change.text, line=change.line)
        for change in parsed.files
        if not (change.path and change.path in steps)
    ]
    return sorted([*parsed.steps, *files], key=lambda entry: entry.line)


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for entry in entries:
        text = shorten(entry.text, MAX_LENGTH)
        found.setdefault(text.casefold(), Entry(text=text, line=entry.line, done=entry.done))
    return tuple(found.values())
