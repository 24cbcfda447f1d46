"""Markdown in, ParsedSpec out: the one entry to everything that is read from a spec."""

import re

from specs.blocks import Document, read
from specs.extract import Extractor
from specs.outline import BOLD_LEVEL, Passage, outline
from specs.parsed import EmptySpec, Entry, ParsedSpec, Section, SpecNotText, SpecTooLong
from specs.plain import one_line, plain, shorten, visible
from specs.slugs import slugify

MAX_CHARACTERS = 200_000
MAX_LINES = 10_000
MAX_TITLE = 200
UNTITLED = "Untitled spec"

_LINE_END = re.compile(r"\r\n?|\n")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # no database and no UTF-8 can hold these
_FRONT_MATTER_LINE = re.compile(r"(?P<key>[\w-]{1,40})[ \t]*:(?:[ \t]+(?P<value>.*))?")


def parse(markdown: str) -> ParsedSpec:
    """Read a spec. Raises EmptySpec, SpecTooLong or SpecNotText; any other text parses in two seconds."""
    _refuse(markdown)
    document = read(markdown)
    passages, title_index = outline(document)
    front_matter = _front_matter(document)
    title, title_line = _title(passages, title_index, front_matter)
    extractor = Extractor(document, passages)
    requirements = extractor.entries("requirements")
    steps = extractor.steps()
    files = extractor.files()
    acceptance = extractor.entries("acceptance")
    return ParsedSpec(
        title=title,
        slug=slugify(title),
        title_line=title_line,
        overview=extractor.overview(),
        sections=_tree(document, passages),
        requirements=requirements
        if requirements or steps or files or acceptance
        else _under_the_title(extractor),
        steps=steps,
        files=files,
        api_routes=extractor.entries("api"),
        database_changes=extractor.entries("database"),
        ui_components=extractor.entries("ui"),
        constraints=extractor.entries("constraints"),
        out_of_scope=extractor.excluded(),
        acceptance=acceptance,
        verification=extractor.commands(),
        front_matter=front_matter,
        document=document,
        passages=passages,
    )


def _refuse(markdown: str) -> None:
    if len(markdown) > MAX_CHARACTERS:
        raise SpecTooLong(len(markdown), MAX_CHARACTERS, "characters")
    broken = _NOT_TEXT.search(markdown)
    if broken:
        raise SpecNotText(_lines(markdown[: broken.start()]))
    if not visible(markdown).strip():
        raise EmptySpec
    if _lines(markdown) > MAX_LINES:
        raise SpecTooLong(_lines(markdown), MAX_LINES, "lines")


def _lines(text: str) -> int:
    return len(_LINE_END.findall(text)) + 1


def _under_the_title(extractor: Extractor) -> tuple[Entry, ...]:
    """The smallest spec is a title and a list."""
    return extractor.entries("title")


def _front_matter(document: Document) -> dict[str, str]:
    """Flat `key: value` lines. YAML proper is not read: a spec needs none of its types, tags and anchors."""
    first = document.blocks[0] if document.blocks else None
    if first is None or first.type != "front_matter":
        return {}
    found: dict[str, str] = {}
    for line in first.text.split("\n"):
        match = _FRONT_MATTER_LINE.fullmatch(line.rstrip())
        if match:
            found[match["key"]] = one_line(match["value"] or "").strip("\"'")
    return found


def _title(passages: tuple[Passage, ...], index: int, front_matter: dict[str, str]) -> tuple[str, int]:
    heading = passages[index] if index >= 0 else None
    if heading and heading.heading and heading.level == 1:
        return shorten(heading.heading, MAX_TITLE), heading.line
    named = next((plain(value) for key, value in front_matter.items() if key.casefold() == "title"), "")
    if named:
        return shorten(named, MAX_TITLE), 0
    if heading and heading.heading:
        return shorten(heading.heading, MAX_TITLE), heading.line
    return UNTITLED, 0


def _tree(document: Document, passages: tuple[Passage, ...]) -> tuple[Section, ...]:
    below: dict[int, list[Section]] = {}
    for index in range(len(passages) - 1, 0, -1):
        passage = passages[index]
        end = passages[index + 1].line - 1 if index + 1 < len(passages) else len(document.lines)
        section = Section(
            heading=passage.heading,
            level=min(passage.level, BOLD_LEVEL),
            line=passage.line,
            kind=passage.kind,
            text="\n".join(document.lines[passage.body_line - 1 : end]).strip("\n"),
            sections=tuple(reversed(below.get(index, ()))),
        )
        below.setdefault(passage.parent, []).append(section)
    return tuple(reversed(below.get(-1, ())))
