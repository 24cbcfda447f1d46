"""Inline Markdown as one line of plain text, without anything a reader would not see."""

import re
from collections.abc import MutableMapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_INLINE = 2_000  # characters of a block that are ever read
# Each bracket that closes nothing costs a search for its end; nobody links thirty times in a line.
_MAX_BRACKETS = 30

_INLINE = MarkdownIt("commonmark", {"maxNesting": 40}).enable("strikethrough")

# Zero-width, bidirectional, tag and other invisible characters. The two joiners are ordinary between
# non-ASCII characters (Persian, Hindi, emoji) and hidden anywhere else.
HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u206a-\u206f\u3164\ufeff\uffa0]"
    "|[\U000e0000-\U000e01ef]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")

_CODE_SPAN = re.compile(r"(?<!`)(?P<marks>`{1,2})(?!`)(?P<code>[^`]+)(?P=marks)(?!`)")

# Real HTML goes; `List<String>` and `<session-id>` are things that people mean to show.
_HTML = re.compile(
    r"<(?:!--|/?(?:a|abbr|b|br|code|del|details|div|em|font|i|img|input|ins|kbd|mark|p|s|small|span|strong|sub"
    r"|summary|sup|u)\b)",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """The text without invisible and control characters."""
    return _CONTROL.sub("", HIDDEN.sub("", text))


def plain(markdown: str, references: MutableMapping[str, Any] | None = None) -> str:
    """One line: links become their words, images their alternative text; bold, code marks and HTML go."""
    text = markdown[:MAX_INLINE]
    if text.count("[") > _MAX_BRACKETS:
        text = text.replace("[", "\\[")
    tokens = _INLINE.parseInline(text, {"references": references or {}})
    return one_line("".join(_words(child) for token in tokens for child in token.children or ()))


def code_spans(markdown: str) -> tuple[str, ...]:
    """What stands between backticks, in order."""
    return tuple(one_line(match["code"]) for match in _CODE_SPAN.finditer(markdown[:MAX_INLINE]))


def one_line(text: str) -> str:
    """Visible text with every run of white space as one space."""
    return " ".join(visible(text).split())


def shorten(text: str, length: int) -> str:
    """Cut at a length, with an ellipsis where something was cut."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _words(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    if token.type == "html_inline":
        return "" if _HTML.match(token.content) else token.content
    return token.content
