"""Blocks gathered under headings, each heading with the kind it has in its place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from specs.blocks import Block, Document
from specs.heading_names import Kind
from specs.headings import Reading, read_heading
from specs.plain import plain

# A line in bold that serves as a heading hangs below every real one.
BOLD_LEVEL = 7

_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<words>[^*_\n]{1,80}?):?(?:\*\*|__):?")
_PLAIN_LINE = re.compile(r"(?P<words>[^\n.!?:]{1,40}):")
_LISTED = {"item", "row", "fence"}

# Whatever is headed inside one of these belongs to it.
_SWALLOWS: frozenset[Kind] = frozenset({"out_of_scope", "afterwards"})
# Inside one of these an unknown heading or a "Priority 2" is a part of it.
_LENDS: frozenset[Kind] = frozenset(
    {"requirements", "acceptance", "files", "verification", "constraints", "api", "database", "ui"}
)
# Inside a step only these are something of their own; a line in bold only where it is one of the first.
_STANDS_IN_STEP: frozenset[Kind] = frozenset(
    {"acceptance", "verification", "out_of_scope", "files", "afterwards"}
)
_STANDS_WITH_HEADING: frozenset[Kind] = _STANDS_IN_STEP | {"step", "requirements", "api", "database", "ui"}


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A heading and the blocks up to the next one. `parent` is an index into the passages, -1 for none.

    The first passage is what stands before any heading: its level is 0 and its heading empty.
    """

    heading: str
    level: int
    line: int
    body_line: int
    kind: Kind
    reading: Reading
    parent: int
    blocks: tuple[Block, ...]


@dataclass
class _Start:
    heading: str
    level: int
    line: int
    body_line: int
    reading: Reading
    parent: int = -1
    kind: Kind = "unknown"
    blocks: list[Block] = field(default_factory=list)


def outline(document: Document) -> tuple[tuple[Passage, ...], int]:
    """The passages, and the index of the one whose heading is the title (-1 for none)."""
    starts = _starts(document)
    title = _title(starts)
    _set_parents(starts)
    for index, start in enumerate(starts):
        parent = starts[start.parent] if start.parent >= 0 else None
        start.kind = "title" if index in {0, title} else _kind(start, parent)
    return tuple(_passage(start) for start in starts), title


def _starts(document: Document) -> list[_Start]:
    starts = [_Start(heading="", level=0, line=1, body_line=1, reading=Reading(kind="unknown"))]
    blocks = document.blocks
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        start = _start(block, following, document)
        if start:
            starts.append(start)
        else:
            starts[-1].blocks.append(block)
    return starts


def _start(block: Block, following: Block | None, document: Document) -> _Start | None:
    if block.type == "heading":
        heading, level = plain(block.text, document.references), block.level
        reading = read_heading(heading)
    elif block.type == "paragraph" and not block.nested:
        bold = _BOLD_LINE.fullmatch(block.text)
        words = bold or _PLAIN_LINE.fullmatch(block.text)
        listed = following is not None and following.type in _LISTED
        if not words or not listed or words["words"].endswith((".", "!", "?")):
            return None
        heading, level = plain(words["words"]), BOLD_LEVEL
        reading = read_heading(heading)
        if not bold and (reading.kind in {"unknown", "step"} or not reading.whole):
            return None
    else:
        return None
    return _Start(
        heading=heading, level=level, line=block.line, body_line=block.last_line + 1, reading=reading
    )


def _title(starts: list[_Start]) -> int:
    """The first h1, else the first h2, that is not the name of a section. A lone h1 on top is it anyhow.

    `## 1. Introduction` is a part of something and never its title.
    """
    headings = [index for index, start in enumerate(starts) if 1 <= start.level < BOLD_LEVEL]
    tops = [index for index in headings if starts[index].level == 1]
    if (
        len(tops) == 1
        and tops[0] == headings[0]
        and (len(headings) > 1 or starts[tops[0]].reading.kind == "unknown")
    ):
        return tops[0]
    named = [index for index in headings if _names_the_whole(starts[index])]
    for level in (1, 2):
        for index in named:
            if starts[index].level == level:
                return index
    return named[0] if named and named[0] == headings[0] else -1


def _names_the_whole(start: _Start) -> bool:
    return (
        bool(start.heading)
        and start.reading.kind == "unknown"
        and (start.level == 1 or not start.reading.numbered)
    )


def _set_parents(starts: list[_Start]) -> None:
    above: list[int] = []
    for index, start in enumerate(starts[1:], start=1):
        while above and starts[above[-1]].level >= start.level:
            above.pop()
        start.parent = above[-1] if above else -1
        above.append(index)


def _kind(start: _Start, parent: _Start | None) -> Kind:
    own: Kind = start.reading.kind
    if start.level == BOLD_LEVEL and own == "step":
        own = "unknown"
    if parent is None:
        return own
    if parent.kind in _SWALLOWS:
        return parent.kind
    if parent.kind == "steps":
        return _kind_among_steps(start, own)
    if parent.kind in {"step", "detail"}:
        stands = _STANDS_IN_STEP if start.level == BOLD_LEVEL else _STANDS_WITH_HEADING
        return own if own in stands else "detail"
    if parent.kind in _LENDS:
        return parent.kind if own in {"unknown", "step"} else own
    return parent.kind if own == "unknown" and parent.kind in {"overview", "context"} else own


def _kind_among_steps(start: _Start, own: Kind) -> Kind:
    if start.level == BOLD_LEVEL and own == "unknown":
        return "steps"
    if own in _SWALLOWS or (own not in {"unknown", "steps"} and not start.reading.numbered):
        return own
    return "step"


def _passage(start: _Start) -> Passage:
    return Passage(
        heading=start.heading,
        level=start.level,
        line=start.line,
        body_line=start.body_line,
        kind=start.kind,
        reading=start.reading,
        parent=start.parent,
        blocks=tuple(start.blocks),
    )


def of_kind(passages: Iterable[Passage], *kinds: Kind) -> list[Passage]:
    """Those of the given kinds, in order."""
    return [passage for passage in passages if passage.kind in kinds]
