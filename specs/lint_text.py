"""Lint of a spec's raw text: hidden characters, broken fences, chats, and documents that are not here."""

import re
from collections.abc import Iterator
from html import unescape

from specs.blocks import MAX_NESTING, Block
from specs.extract import metadata
from specs.heading_names import Kind
from specs.notes import Note, info, warning
from specs.parsed import ParsedSpec
from specs.plain import HIDDEN, code_spans, shorten

VERY_LONG = 30_000  # characters; the longest spec that people were seen to write has 12 000
MAX_SAME = 8  # notes of one sort

_COMMENT = re.compile(r"<!--")
_UNSEEN_REFERENCE = re.compile(r" {0,3}\[[^\]]{1,200}\]:\s*(?:#|<>)")
_CODE_SPAN = re.compile(r"`[^`\n]*`")
_OPENING_FENCE = re.compile(r" {0,3}(?:```+|~~~+)[A-Za-z]")
_URL = re.compile(r"https?://[^\s<>()\[\]`\"']+")
_DOCUMENT = re.compile(r"[\w./-]+\.(?:md|mdx|rst|txt|docx?|pdf)", re.IGNORECASE)
_PARAGRAPH_SIGN = re.compile(r"§\s*\d[\d.]*")
_REQUEST_KEYS = {"repo", "repository", "branch", "base", "base branch", "budget"}
_TURN = re.compile(
    r"(?:\*\*)?(?P<speaker>user|human|you|assistant|chatgpt|claude|gpt|gemini|grok|copilot)(?:\*\*)?\s*:(?:\*\*)?(?:\s|$)",
    re.IGNORECASE,
)
_CHAT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bwant me to\b",
        r"\bjust say the word\b",
        r"\blet me know if\b",
        r"\bhere(?:'s|\u2019s| is| are) (?:the|your|a) [^.\n]{0,60}(?:copy-paste|ready|below|updated)",
        r"\bcopy-paste\b[^.\n]{0,40}\b(?:directly|ready|code)\b",
        r"\bping me when\b",
        r"\bi(?:'ll|\u2019ll| will) (?:revise|give you|update it|rewrite)\b",
        r"\byes,? please\b",
        r"\b(?:great|good) question\b",
        r"\bas an ai\b",
        r"\bhope (?:this|that) helps\b",
        r"\bcheck h[io]w this\b",
    )
)
# Files named there are read for ideas, written afterwards or changed: no document that the work depends on.
_NOT_A_SOURCE: frozenset[Kind] = frozenset({"files", "afterwards", "out_of_scope"})


def hidden_text(parsed: ParsedSpec) -> Iterator[Note]:
    """A reviewer and a model must see the same text."""
    for block in parsed.document.blocks:
        text = _CODE_SPAN.sub(lambda match: " " * len(match.group()), block.text)
        if block.type not in {"fence", "code"} and (match := _COMMENT.search(text)):
            line = block.line + text.count("\n", 0, match.start())
            yield warning(
                line, "An HTML comment is hidden and is not read. Say it in the open, or remove it."
            )
    for number, written in enumerate(parsed.document.lines, start=1):
        if _UNSEEN_REFERENCE.match(written):
            yield warning(number, "A link to nowhere hides this text. Say it in the open, or remove it.")
        if match := HIDDEN.search(unescape(written) if "&#" in written else written):
            code = f"U+{ord(match.group()[0]):04X}"
            yield warning(number, f"An invisible character ({code}) stands here and is left out. Remove it.")


def fences(parsed: ParsedSpec) -> Iterator[Note]:
    """One missing closing fence hides the rest of the spec."""
    lines = parsed.document.lines
    for block in parsed.document.blocks:
        if block.type != "fence":
            continue
        marker = _marker(lines[block.line - 1])
        last = lines[min(block.last_line, len(lines)) - 1]
        if block.last_line == block.line or not marker or not _closes(last, marker):
            yield warning(
                block.line, "This code fence is never closed: all that follows was taken as code. Close it."
            )
        for offset, text in enumerate(block.text.split("\n"), start=1):
            if block.info.lower() not in {"md", "markdown"} and _OPENING_FENCE.match(text):
                yield warning(
                    block.line + offset,
                    f"A code fence opens here while that of line {block.line} is open. Close that first.",
                )
                break


def chat(parsed: ParsedSpec) -> Iterator[Note]:
    """Two different turns of phrase of a conversation, or its speakers in turn, make it one."""
    signs: dict[str, int] = {}
    speakers: dict[str, int] = {}
    turns = 0
    for number, line in _prose_lines(parsed):
        if match := _TURN.match(line):
            turns += 1
            speakers.setdefault(match["speaker"].casefold(), number)
        for pattern in _CHAT:
            if pattern.search(line):
                signs.setdefault(pattern.pattern, number)
    lines = [*signs.values()] if len(signs) >= 2 else []
    if turns >= 3 and len(speakers) >= 2:
        lines.extend(speakers.values())
    if lines:
        yield warning(
            min(lines),
            "This reads like a chat transcript, not like a spec. Keep only what shall be built.",
        )


def outside(parsed: ParsedSpec) -> Iterator[Note]:
    """Only this text, the repository and its instructions are read."""
    seen: dict[str, int] = {}
    for passage in parsed.passages:
        if passage.kind in _NOT_A_SOURCE:
            continue
        for block in passage.blocks:
            for name in _sources(block):
                seen.setdefault(name, block.line)
    for name, line in list(seen.items())[:MAX_SAME]:
        text = shorten(name, 120)
        yield info(
            line,
            f"{text} is not here: only the spec and the repository are read. Copy in what is needed.",
        )
    if len(seen) > MAX_SAME:
        yield info(0, f"{len(seen) - MAX_SAME} more outside documents are named.")


def cited_elsewhere(parsed: ParsedSpec) -> Iterator[Note]:
    """`Copy verbatim from spec §8.1` cannot be done without that spec."""
    found = 0
    for passage in parsed.passages:
        for block in passage.blocks:
            match = None if passage.kind in _NOT_A_SOURCE else _PARAGRAPH_SIGN.search(block.text[:5_000])
            if match and block.type in {"paragraph", "item", "row"} and found < MAX_SAME:
                found += 1
                cited = match.group().rstrip(".")
                yield warning(
                    block.line,
                    f"{cited} of another document is cited, which is not here. Copy in what it says.",
                )


def request_facts(parsed: ParsedSpec) -> Iterator[Note]:
    """Repository, branch and budget come from the request; the text cannot change them."""
    for block in parsed.document.blocks:
        keys = [key for key, _ in metadata(block) if key.casefold() in _REQUEST_KEYS]
        if keys:
            yield info(block.line, f"{', '.join(keys)}: taken from the request, not from this text.")


def size(parsed: ParsedSpec) -> Iterator[Note]:
    """What is too long or too deep to be read well."""
    length = len(parsed.document.text)
    if length > VERY_LONG:
        yield info(
            0, f"The spec has {length:,} characters. Smaller specs are built better: consider splitting it."
        )
    if parsed.document.too_deep:
        yield warning(
            0,
            f"Lists or quotes deeper than {MAX_NESTING // 2} levels were not read. Nest them less.",
        )


def _sources(block: Block) -> Iterator[str]:
    if block.type not in {"paragraph", "item", "row"}:
        return
    text = block.text[:5_000]
    yield from (url.rstrip(".,;:!*") for url in _URL.findall(text))
    yield from (span for span in code_spans(text) if _DOCUMENT.fullmatch(span))
    for target in re.findall(r"\]\(\s*<?([^\s()<>]+)", text):
        if _DOCUMENT.fullmatch(target.split("#", 1)[0]):
            yield target


def _prose_lines(parsed: ParsedSpec) -> Iterator[tuple[int, str]]:
    """The lines outside code, bounded."""
    code = {
        number
        for block in parsed.document.blocks
        if block.type in {"fence", "code"}
        for number in range(block.line, block.last_line + 1)
    }
    for number, line in enumerate(parsed.document.lines, start=1):
        if number not in code:
            yield number, line[:5_000]


def _marker(line: str) -> str:
    match = re.search(r"(?:`{3,}|~{3,})", line)
    return match.group() if match else ""


def _closes(line: str, marker: str) -> bool:
    text = line.strip().lstrip("> \t")
    return len(text) >= len(marker) and set(text) == {marker[0]}
