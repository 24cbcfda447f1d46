"""Reads SQL in four dialects: destructive if any of them says so, readable if any of them can read it."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import Token, TokenType
from sqlglot.errors import SqlglotError

from builds.gates.destructive.source import Hit, Source
from builds.gates.destructive.sql_statements import Statement, judge, opens_routine, tokenize, word

DIALECTS = ("postgres", "mysql", "sqlite", "")  # the last is sqlglot's own, the union of many
LONGEST = 500_000  # characters; a dump, which nobody reviews line by line either

EXECUTABLE_COMMENT = re.compile(r"/\*M?!\d*(.*?)\*/", re.DOTALL)  # MySQL and MariaDB run what is in it
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
KINDS = r"(?:TABLE|DATABASE|SCHEMA|INDEX|VIEW|ROLE|USER|TYPE|SEQUENCE|FUNCTION|PROCEDURE|TRIGGER|EXTENSION"
KINDS += r"|POLICY|OWNED|MATERIALIZED)"
OPENING = re.compile(
    rf"""
    (?:^|;)\s*(?:
        (?:DROP|ALTER|CREATE)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|TEMP(?:ORARY)?\s+|VIRTUAL\s+)?{KINDS}\b
        | TRUNCATE\s+\S+
        | DELETE\s+FROM\s+\S+
        | UPDATE\s+[^;]+?\s+SET\b
        | (?:INSERT|MERGE|REPLACE)\s+INTO\s+\S+
        | (?:GRANT|REVOKE)\s+[^;]+?\s+(?:ON|TO|FROM)\b
        | COPY\s+[^;]+?\s+(?:FROM|TO)\b
        | WITH\s+[^;]+?\s+AS\s*\(
        | SELECT\s+\S+
        | EXPLAIN\s+\S+
        | (?:BEGIN|COMMIT|START\s+TRANSACTION)\s*;
        | (?:SET|PRAGMA)\s+\w+
        | DO\s+\$
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def looks_like_sql(text: str) -> bool:
    """Whether a string begins as statements do. "Drop us a line" does not."""
    return OPENING.search(COMMENT.sub(" ", _uncomment(text))) is not None


def read_sql(source: Source) -> list[Hit]:
    """Every statement that this build touched; one that no dialect can read is a hit too."""
    return _read(source, fail_closed=True)


def read_loose_sql(source: Source) -> list[Hit]:
    """The same for a string that only looks like SQL: what no parser reads is taken for prose."""
    return _read(source, fail_closed=False)


def _read(source: Source, *, fail_closed: bool) -> list[Hit]:
    lines = Lines(source.text)
    if len(source.text) > LONGEST:
        return [source.hit("sql_unreadable", 1, lines.at(len(source.text)))]
    reading = Reading(guesses=fail_closed)
    for dialect in DIALECTS:
        reading.take(_uncomment(source.text), dialect, source=source, lines=lines)
    found = {(rule, first): last for (rule, first, last) in reading.destructive}
    if fail_closed:
        found |= {("sql_unreadable", first): last for first, last in reading.unreadable(lines)}
    return [source.hit(rule, first, last) for (rule, first), last in sorted(found.items())]


class Lines:
    """Which line an offset is on, counted from 1."""

    def __init__(self, text: str) -> None:
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def at(self, offset: int) -> int:
        return bisect_left(self.ends, offset) + 1

    def span(self, statement: Statement) -> tuple[int, int]:
        """First and last line. Without its semicolon a statement goes on: a cut behind it is a cut in it."""
        return self.at(statement.start), self.at(statement.end - 1) + (not statement.closed)


@dataclass
class Reading:
    """What the dialects made of one text. Spans are offsets."""

    guesses: bool
    destructive: set[tuple[str, int, int]] = field(default_factory=set)  # rule, first and last line
    readable: list[tuple[int, int]] = field(default_factory=list)
    failed: list[tuple[int, int]] = field(default_factory=list)
    tokenized: bool = False
    complete: bool = False  # one dialect could read everything

    def take(self, text: str, dialect: str, *, source: Source, lines: Lines) -> None:
        """Read all touched statements in one more dialect."""
        try:
            statements = list(split(text, tokenize(text, dialect)))
        except SqlglotError:
            return
        self.tokenized = True
        failures = len(self.failed)
        for statement in statements:
            first, last = lines.span(statement)
            rules = judge(statement, dialect) if source.touched(first, last) else frozenset()
            grave = (
                rules - {"sql_unreadable"} if self.guesses or "sql_unreadable" not in rules else frozenset()
            )
            self.destructive |= {(rule, first, last) for rule in grave}
            readable = grave or not rules
            (self.readable if readable else self.failed).append((statement.start, statement.end))
        self.complete |= len(self.failed) == failures

    def unreadable(self, lines: Lines) -> Iterator[tuple[int, int]]:
        """First and last lines of what no dialect could read."""
        if not self.tokenized:
            yield 1, len(lines.ends) + 1
        for start, end in self.failed:
            if not self.complete and not self.readable_at(start):
                yield lines.at(start), lines.at(end - 1)

    def readable_at(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self.readable)


def split(text: str, tokens: Iterable[Token]) -> Iterator[Statement]:
    """Cut at semicolons, but not inside the BEGIN ... END of a routine."""
    current: list[Token] = []
    words: list[str] = []
    depth = 0
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON and depth == 0:
            if current:
                yield Statement(text=text, tokens=tuple(current))
            current, words = [], []
            continue
        current.append(token)
        words.append(word(token))
        if opens_routine(tuple(words[:12])):
            depth = max(0, depth + _deeper(words))
    if current:
        yield Statement(text=text, tokens=tuple(current), whole=depth == 0, closed=False)


def _deeper(words: list[str]) -> int:
    """How the last word changes the depth of blocks. `END IF` and the like close what was never counted."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "END":
        return -1
    if before == "END":
        return 1 if last in {"IF", "LOOP", "WHILE", "REPEAT", "FOR"} else 0
    return 1 if last in {"BEGIN", "CASE"} else 0


def _uncomment(text: str) -> str:
    """MySQL's executable comments without their marks, every offset kept.

    A lone carriage return ends a comment in Postgres, so here it ends a line.
    """

    def opened(match: re.Match[str]) -> str:
        whole, inner = match[0], match[1]
        return " " * (len(whole) - len(inner) - 2) + inner + "  "

    return EXECUTABLE_COMMENT.sub(opened, text).replace("\r", "\n")
