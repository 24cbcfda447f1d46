"""Source code as lines of coloured pieces; whole files are read, so that long strings stay strings."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from builds.admin.invisible import visible

Piece = tuple[str, str]
"""A CSS class (or nothing) and the text that has it."""

CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "c"),
    (Token.Keyword, "k"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "m"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Decorator, "d"),
    (Token.Name.Tag, "k"),
    (Token.Name.Attribute, "f"),
    (Token.Name.Builtin, "b"),
    (Token.Operator.Word, "k"),
    (Token.Generic.Heading, "k"),
)
MOST_CHARACTERS = 200_000
WORDS = re.compile(r"\w+|\s+|.")


def highlighted(path: str, lines: Sequence[str]) -> list[list[Piece]]:
    """One list of pieces for each line. What Pygments cannot read, or is too long to, stays plain."""
    plain = [[("", line)] for line in lines]
    lexer = lexer_for(path.rpartition("/")[2])
    text = "\n".join(lines) + "\n"
    if lexer is None or len(text) > MOST_CHARACTERS:
        return plain
    coloured: list[list[Piece]] = [[]]
    # Not `lex()`: it drops a byte order mark and turns carriage returns into lines.
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        for index, part in enumerate(value.split("\n")):
            if index:
                coloured.append([])
            if part:
                coloured[-1].append((css_class(kind), part))
    same = ["".join(part for _, part in pieces) for pieces in coloured[:-1]] == list(lines)
    return coloured[:-1] if same else plain


@cache
def lexer_for(name: str) -> Lexer | None:
    """The lexer for a file of that name."""
    try:
        return get_lexer_for_filename(name)
    except ClassNotFound:
        return None


@cache
def css_class(kind: _TokenType) -> str:
    """Our class for a kind of token; Pygments has ninety, the skin ten."""
    return next((name for parent, name in CLASSES if str(kind).startswith(str(parent))), "")


def changed_parts(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where two versions of a line differ, as (start, end) in each; nothing when all of it does."""
    if max(len(old), len(new)) > 400:
        return [], []
    before, after = WORDS.findall(old), WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.5:
        return [], []
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        [(offset(before, start), offset(before, end)) for _, start, end, _, _ in changes if start < end],
        [(offset(after, start), offset(after, end)) for _, _, _, start, end in changes if start < end],
    )


def offset(words: Sequence[str], index: int) -> int:
    """Where the word of that index begins."""
    return sum(len(word) for word in words[:index])


def emphasised(pieces: Sequence[Piece], parts: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """The pieces, cut so that the changed parts of the line have the class `word` as well."""
    edges = sorted({edge for part in parts for edge in part})
    at = 0
    for css, text in pieces:
        cuts = [at, *(edge for edge in edges if at < edge < at + len(text)), at + len(text)]
        for start, end in pairwise(cuts):
            inside = any(first <= start < last for first, last in parts)
            yield (f"{css} word".strip() if inside else css), text[start - at : end - at]
        at += len(text)


def html(pieces: Sequence[Piece]) -> SafeString:
    """The pieces as escaped HTML, classes only."""
    spans = ((f' class="{css}"' if css else "", visible(text)) for css, text in pieces)
    return format_html_join("", "<span{}>{}</span>", ((mark_safe(css), text) for css, text in spans))  # noqa: S308
