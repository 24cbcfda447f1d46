"""What a spec says that was not understood: each note says what, where, and how to mend it."""

from collections.abc import Callable, Iterable, Iterator

from specs.blocks import MAX_UNDERLINED, Block
from specs.criteria import MAX_CRITERIA, MAX_LENGTH, all_criteria, criteria_source
from specs.extract import MAX_ENTRIES, MAX_ENTRY, is_metadata
from specs.heading_names import Kind
from specs.lint_text import chat, cited_elsewhere, fences, hidden_text, outside, request_facts, size
from specs.notes import Note, info, warning
from specs.outline import BOLD_LEVEL, Passage
from specs.parsed import ParsedSpec
from specs.plain import shorten

MAX_NOTES = 60

_LISTED = {"item", "row"}
_MUST_LIST: dict[Kind, str] = {
    "acceptance": "one criterion per bullet",
    "requirements": "one requirement per bullet",
    "files": "one file per row or bullet",
    "api": "one route per bullet",
    "database": "one change per bullet",
    "ui": "one component per bullet",
}
_DECISION_WORDS = (
    "decision",
    "rationale",
    "alternatives",
    "projection",
    "risk",
    "pricing model",
    "conversion",
)


def lint(parsed: ParsedSpec) -> tuple[Note, ...]:
    """All notes: those on the whole spec first, then by line."""
    notes = sorted({note: None for rule in RULES for note in rule(parsed)}, key=lambda note: note.line)
    if len(notes) <= MAX_NOTES:
        return tuple(notes)
    notes.sort(key=lambda note: note.severity == "info")
    kept = sorted(notes[: MAX_NOTES - 1], key=lambda note: note.line)
    return (*kept, info(0, f"{len(notes) - MAX_NOTES + 1} more notes are left out."))


def not_understood(parsed: ParsedSpec) -> tuple[str, ...]:
    """The warnings, one sentence each with its line, for the job, the plan and the pull request."""
    return tuple(str(note) for note in lint(parsed) if note.severity == "warning")


def untitled(parsed: ParsedSpec) -> Iterator[Note]:
    """The title names the branch and the pull request."""
    if not parsed.title_line and not any(key.casefold() == "title" for key in parsed.front_matter):
        yield warning(0, "The spec has no title. Begin it with a line such as `# Dark mode`.")


def no_criteria(parsed: ParsedSpec) -> Iterator[Note]:
    """A build is only as good as what it is measured by."""
    source = criteria_source(parsed)
    mend = "Add a heading `## Acceptance criteria` with one bullet for each thing that must be true."
    if source == "none":
        yield warning(
            0, f"Nothing says when the work is done: no criteria, requirements, steps or files. {mend}"
        )
    elif source == "steps":
        yield info(0, f"There are no acceptance criteria; the steps and files serve instead. {mend}")
    elif source == "requirements":
        yield info(0, f"There are no acceptance criteria; the requirements serve instead. {mend}")


def decision_paper(parsed: ParsedSpec) -> Iterator[Note]:
    """A paper that argues for something is not yet a task."""
    told = [
        section
        for section in parsed.all_sections()
        if section.kind in {"context", "unknown"} and section.heading.casefold().startswith(_DECISION_WORDS)
    ]
    if len(told) >= 2 and not (parsed.acceptance or parsed.requirements or parsed.steps):
        names = ", ".join(shorten(section.heading, 40) for section in told[:3])
        yield warning(
            told[0].line,
            f"This reads like a decision paper ({names}), not like a spec: it has no requirement or step. "
            "Write a spec that says what shall be built because of it.",
        )


def unknown_sections(parsed: ParsedSpec) -> Iterator[Note]:
    """A list under an unknown heading may well be what was wanted."""
    for passage in parsed.passages[1:]:
        if passage.kind != "unknown" or passage.level == BOLD_LEVEL or passage.reading.doubts:
            continue
        name = shorten(passage.heading, 80) or "(empty heading)"
        if any(block.type in _LISTED for block in passage.blocks):
            yield warning(
                passage.line,
                f"The list under “{name}” was read as background. If it is wanted, call it `Requirements`.",
            )
        elif passage.blocks:
            yield info(passage.line, f"“{name}” is no section that is known here; it was read as background.")


def ambiguous_sections(parsed: ParsedSpec) -> Iterator[Note]:
    """Better asked than guessed."""
    for passage in parsed.passages[1:]:
        if passage.kind == "unknown" and passage.reading.doubts and passage.level < BOLD_LEVEL:
            name, meant = shorten(passage.heading, 80), passage.reading.doubts
            names = " or ".join(f"`{words[0].upper()}{words[1:]}`" for words in meant)
            yield warning(
                passage.line,
                f"“{name}” was read as background. If it means {' or '.join(meant)}, name it {names}.",
            )


def lists_that_are_prose(parsed: ParsedSpec) -> Iterator[Note]:
    """Criteria are taken from lists and tables, never from prose."""
    listing = _listing(parsed.passages)
    for index, passage in enumerate(parsed.passages):
        wanted = _MUST_LIST.get(passage.kind)
        if wanted and passage.level < BOLD_LEVEL and index not in listing:
            name = shorten(passage.heading, 80)
            yield warning(
                passage.line, f"“{name}” has no list or table, so nothing was taken from it. Write {wanted}."
            )


def outside_headings(parsed: ParsedSpec) -> Iterator[Note]:
    """What stands before any heading has no name."""
    first = parsed.passages[0]
    told = [
        block for block in first.blocks if block.type in {*_LISTED, "paragraph"} and not is_metadata(block)
    ]
    if not told:
        return
    if len(parsed.passages) == 1:
        yield warning(
            told[0].line, "There is no heading at all. Name the parts: `## Overview`, `## Requirements`."
        )
    elif _has_list(told) or parsed.title_line:
        yield warning(
            told[0].line, "This stands before the first heading. Put it under a heading of its own."
        )


def duplicates(parsed: ParsedSpec) -> Iterator[Note]:
    """Nothing is lost, but a reader may have meant one of them."""
    seen: dict[tuple[int, str], int] = {}
    for passage in parsed.passages[1:]:
        key = (passage.parent, passage.heading.casefold())
        if key in seen and passage.heading and passage.level < BOLD_LEVEL:
            name = shorten(passage.heading, 80)
            yield info(
                passage.line,
                f"“{name}” is a heading at line {seen[key]} too; both were read, one after the other.",
            )
        seen.setdefault(key, passage.line)


def underlined_paragraphs(parsed: ParsedSpec) -> Iterator[Note]:
    """A rule right below a paragraph makes a heading of it, by the letter of Markdown."""
    blocks, lines = parsed.document.blocks, parsed.document.lines
    for block in blocks:
        below = lines[block.last_line].strip() if block.last_line < len(lines) else ""
        long = "\n" in block.text or len(block.text) > MAX_UNDERLINED
        if block.type == "paragraph" and not block.nested and long and below and set(below) <= {"-"}:
            line = block.last_line + 1
            yield info(line, "A rule stands right below a paragraph. Put an empty line between them.")


def cut(parsed: ParsedSpec) -> Iterator[Note]:
    """What was too much, or too long."""
    found = all_criteria(parsed)
    if len(found) > MAX_CRITERIA:
        line = found[MAX_CRITERIA].line
        yield warning(
            line,
            f"Of {len(found)} criteria those after the first {MAX_CRITERIA} are left out. Split the spec.",
        )
    for entry in found[:MAX_CRITERIA]:
        if entry.text.endswith("…") and len(entry.text) >= MAX_LENGTH:
            yield warning(
                entry.line,
                f"This criterion is cut at {MAX_LENGTH} characters. Say it shorter, or as several.",
            )
    lists = (parsed.requirements, parsed.steps, parsed.acceptance, parsed.files, parsed.api_routes)
    if any(len(entries) >= MAX_ENTRIES for entries in lists):
        yield warning(0, f"A list has more than {MAX_ENTRIES} entries; only those were read. Split the spec.")


def foreign_paths(parsed: ParsedSpec) -> Iterator[Note]:
    """Nothing outside the repository is ever written."""
    for change in parsed.files:
        if change.path.startswith(("/", "~")) or ".." in change.path.split("/"):
            path = shorten(change.path, MAX_ENTRY // 4)
            yield warning(
                change.line,
                f"{path} is not inside the repository and will not be touched. Write it from its root.",
            )


def ticked(parsed: ParsedSpec) -> Iterator[Note]:
    """A tick in a spec proves nothing."""
    done = [entry for entry in all_criteria(parsed) if entry.done]
    if done:
        yield info(
            done[0].line, f"{len(done)} of the criteria are ticked already; they are checked all the same."
        )


def front_matter(parsed: ParsedSpec) -> Iterator[Note]:
    """Only flat lines are read."""
    block = parsed.document.blocks[0] if parsed.document.blocks else None
    if block and block.type == "front_matter":
        for number, line in enumerate(block.text.split("\n"), start=2):
            if line.startswith((" ", "\t", "-")) and line.strip():
                yield info(
                    number, "Only `key: value` lines of the front matter are read; this one was passed over."
                )
                return


RULES: tuple[Callable[[ParsedSpec], Iterator[Note]], ...] = (
    untitled,
    no_criteria,
    decision_paper,
    chat,
    unknown_sections,
    ambiguous_sections,
    lists_that_are_prose,
    outside_headings,
    duplicates,
    underlined_paragraphs,
    fences,
    hidden_text,
    outside,
    cited_elsewhere,
    request_facts,
    foreign_paths,
    ticked,
    front_matter,
    cut,
    size,
)


def _listing(passages: tuple[Passage, ...]) -> set[int]:
    """The passages that hold a list, in themselves or below."""
    found: set[int] = set()
    for index in range(len(passages) - 1, -1, -1):
        if index in found or _has_list(passages[index].blocks):
            found |= {index, passages[index].parent}
    return found


def _has_list(blocks: Iterable[Block]) -> bool:
    return any(block.type in _LISTED for block in blocks)
