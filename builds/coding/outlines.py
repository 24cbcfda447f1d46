"""The symbols of a file with their line ranges: a map for files too long to be shown."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from tree_sitter import Node, Parser

from builds.coding import limits
from builds.coding.grammars import GRAMMARS
from builds.coding.text_files import split_lines

SYMBOLS = {
    "class_definition": "class",
    "function_definition": "def",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "method_definition": "method",
    "interface_declaration": "interface",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
}
VALUES = frozenset({"arrow_function", "function_expression", "class"})
HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")


@dataclass(frozen=True)
class Symbol:
    """A named piece of a file; lines count from 1 and both ends belong to it."""

    kind: str
    name: str
    first: int
    last: int
    depth: int

    def __str__(self) -> str:
        return f"{'  ' * self.depth}{self.kind} {self.name}  lines {self.first}-{self.last}"


def symbols_of(path: str, text: str) -> tuple[Symbol, ...]:
    """Classes, functions, methods and types in order; headings for Markdown; nothing for other kinds."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in {".md", ".markdown"}:
        return _headings(split_lines(text))
    if language := GRAMMARS.get(suffix):
        found: list[Symbol] = []
        _collect(Parser(language).parse(text.encode()).root_node, found, depth=0, level=0)
        return tuple(found)
    return ()


def outline_text(path: str, text: str) -> str:
    """The outline as a model reads it."""
    count = len(split_lines(text))
    symbols = symbols_of(path, text)
    if not symbols:
        return f"{path}: {count} lines, no outline for this kind of file. Read what you need."
    shown = [str(symbol) for symbol in symbols[: limits.OUTLINE_SYMBOLS]]
    if len(symbols) > len(shown):
        shown.append(f"[{len(symbols) - len(shown)} more left out]")
    return "\n".join([f"{path}: {count} lines", *shown])


def _collect(node: Node, found: list[Symbol], *, depth: int, level: int) -> None:
    if level > 60 or len(found) > 2 * limits.OUTLINE_SYMBOLS:  # deep generated code is no map
        return
    for child in node.children:
        symbol = _symbol(child, depth)
        if symbol:
            found.append(symbol)
        _collect(child, found, depth=depth + (symbol is not None), level=level + 1)


def _symbol(node: Node, depth: int) -> Symbol | None:
    kind = SYMBOLS.get(node.type)
    if node.type == "variable_declarator":
        value = node.child_by_field_name("value")
        kind = "const" if value is not None and value.type in VALUES else None
    name = node.child_by_field_name("name") if kind else None
    if kind is None or name is None or name.text is None:
        return None
    return Symbol(kind, name.text.decode(), node.start_point.row + 1, node.end_point.row + 1, depth)


def _headings(lines: list[str]) -> tuple[Symbol, ...]:
    starts: list[tuple[int, int, str]] = []
    fenced = False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and (match := HEADING.match(line)):
            starts.append((number, len(match[1]), match[2]))
    ends = [start - 1 for start, _, _ in starts[1:]] + [len(lines)]
    return tuple(
        Symbol("#" * level, name, start, end, level - 1)
        for (start, level, name), end in zip(starts, ends, strict=True)
    )
