"""Markdown tokens as a flat list of blocks that know their line."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

# Deeper lists and quotes are not read (lint says so); it bounds the time and the stack.
MAX_NESTING = 40
MAX_UNDERLINED = 100

# Inline text is read later and only where it is needed: hostile inline text costs quadratic time.
_MARKDOWN = (
    MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"]).disable("inline")
)
_WITH_FRONT_MATTER = (
    MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
    .enable(["table", "strikethrough"])
    .disable("inline")
    .use(front_matter_plugin)
)
# `---` on the first line may also be a rule; only `key: value` under it makes it front matter.
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[\w-]+[ \t]*:(?:\s|$)")
# Word processors paste these instead of Markdown's own bullets.
_PASTED_BULLET = re.compile(r"[•◦▪‣·☐☑☒✅✔✓]\ufe0f?\s*")

BlockType = Literal["heading", "paragraph", "item", "row", "fence", "code", "html", "rule", "front_matter"]


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block. `line` and `last_line` count from 1; `text` is inline Markdown, or a fence's content.

    `level` is 1 to 6 for a heading, 0 and up for an item (its depth), 0 otherwise.
    """

    type: BlockType
    line: int
    last_line: int
    text: str
    level: int = 0
    parent: str = ""  # an item's parent item, as inline Markdown
    has_items: bool = False  # whether an item has items below it
    cells: tuple[str, ...] = ()  # of a row
    header: bool = False  # the row of a table's head
    info: str = ""  # of a fence
    nested: bool = False  # inside a list or a quote


@dataclass(frozen=True, kw_only=True)
class Document:
    """The whole text: its lines, its blocks, its link references, and whether something lies too deep."""

    text: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    references: MutableMapping[str, Any]
    too_deep: bool


def read(markdown: str) -> Document:
    """Read text of any line ending, with or without a byte order mark."""
    text = normalized(markdown)
    parser = _WITH_FRONT_MATTER if starts_with_front_matter(text) else _MARKDOWN
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)
    return Document(
        text=text,
        lines=tuple(text.split("\n")),
        blocks=tuple(_Walk(tokens).blocks()),
        references=environment.get("references", {}),
        too_deep=any(token.level >= MAX_NESTING - 1 for token in tokens),
    )


def normalized(markdown: str) -> str:
    """Without a byte order mark, and with one kind of line ending."""
    return markdown.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def starts_with_front_matter(text: str) -> bool:
    """Whether the first `---` opens front matter and not just draws a line."""
    return bool(_FRONT_MATTER.match(text))


@dataclass
class _Item:
    line: int
    text: str | None = None
    index: int = -1  # of its block


@dataclass
class _Walk:
    """One pass over the tokens."""

    tokens: list[Token]
    items: list[_Item] = field(default_factory=list)
    quotes: int = 0
    heading: Token | None = None
    row: Token | None = None
    cells: list[str] = field(default_factory=list)
    in_head: bool = False
    found: list[Block] = field(default_factory=list)

    def blocks(self) -> list[Block]:
        for token in self.tokens:
            self._visit(token)
        return self.found

    def _visit(self, token: Token) -> None:
        if token.type == "inline":
            self._inline(token)
        elif token.type in _LEAVES:
            self._add(token, _LEAVES[token.type], token.content, info=token.info.strip())
        elif token.type == "list_item_open":
            self.items.append(_Item(line=_first(token)))
        elif token.type == "list_item_close":
            self.items.pop()
        elif token.type in {"heading_open", "heading_close"}:
            self.heading = token if token.nesting == 1 else None
        else:
            self._visit_outer(token)

    def _visit_outer(self, token: Token) -> None:
        if token.type in {"blockquote_open", "blockquote_close"}:
            self.quotes += token.nesting
        elif token.type in {"thead_open", "thead_close"}:
            self.in_head = token.nesting == 1
        elif token.type == "tr_open":
            self.row, self.cells = token, []
        elif token.type == "tr_close" and self.row is not None:
            cells = tuple(self.cells)
            self._add(self.row, "row", " | ".join(cells), cells=cells, header=self.in_head)
            self.row = None

    def _inline(self, token: Token) -> None:
        if self.row is not None:
            self.cells.append(token.content)
        elif self.heading is not None and self._is_heading(token):
            self._add(self.heading, "heading", token.content, level=int(self.heading.tag[1]))
        elif self.items and self.items[-1].text is None:
            self._item(token)
        else:
            self._paragraph(token)

    def _is_heading(self, token: Token) -> bool:
        """Only the document's own headings count. A long paragraph above `---` was not meant as one."""
        underlined = self.heading is not None and not self.heading.markup.startswith("#")
        long = "\n" in token.content or len(token.content) > MAX_UNDERLINED
        return token.level == 1 and not (underlined and long)

    def _item(self, token: Token) -> None:
        item, depth = self.items[-1], len(self.items) - 1
        item.text, item.index = token.content, len(self.found)
        above = self.items[-2] if depth else None
        if above and above.index >= 0:
            self.found[above.index] = replace(self.found[above.index], has_items=True)
        self.found.append(
            Block(
                type="item",
                line=item.line,
                last_line=_last(token),
                text=token.content,
                level=depth,
                parent=(above.text or "") if above else "",
                nested=depth > 0,
            )
        )

    def _paragraph(self, token: Token) -> None:
        lines = token.content.split("\n")
        if not all(_PASTED_BULLET.match(line) for line in lines):
            self._add(token, "paragraph", token.content)
            return
        for number, line in enumerate(lines, start=_first(token)):
            text = _PASTED_BULLET.sub("", line, count=1)
            self.found.append(Block(type="item", line=number, last_line=number, text=text))

    def _add(self, token: Token, kind: BlockType, text: str, **more: Any) -> None:
        self.found.append(
            Block(
                type=kind,
                line=_first(token),
                last_line=_last(token),
                text=text,
                nested=bool(self.items or self.quotes),
                **more,
            )
        )


_LEAVES: dict[str, BlockType] = {
    "fence": "fence",
    "code_block": "code",
    "html_block": "html",
    "hr": "rule",
    "front_matter": "front_matter",
}


def _first(token: Token) -> int:
    return (token.map[0] if token.map else 0) + 1


def _last(token: Token) -> int:
    return token.map[1] if token.map else 1
