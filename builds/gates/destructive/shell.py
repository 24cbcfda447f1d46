"""Reads shell scripts: comments and printed text do not count, commands inside commands do."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builds.gates.destructive.commands import judge_command, runs_its_text
from builds.gates.destructive.source import Hit, Source
from builds.gates.destructive.sql import looks_like_sql, read_loose_sql

LONGEST_COMMAND = 80  # lines; a quote that is still open then was never meant as one
DEEPEST = 4  # commands inside commands

# A quoted or escaped piece, which is kept, or a comment, which is not.
QUOTE_OR_COMMENT = re.compile(
    r"""(\\.|'[^']*'|"(?:\\.|[^"\\])*"|\$\#|\$\{[^}]*\})|((?:^|(?<=[\s;&|()`]))\#[^\n]*)""",
    re.DOTALL | re.MULTILINE,
)
SEPARATOR = re.compile(r"[;&|()]+")
REDIRECT = re.compile(r"[<>&|]*[<>][<>&|]*")
SUBSTITUTION = re.compile(r"\$\(|`")
HEREDOC = re.compile(r"<<(-?)\s*(\\?[A-Za-z_]\w*|'[^'\n]+'|\"[^\"\n]+\")")
SQL_CLIENTS = {"psql", "mysql", "mariadb", "sqlite3"}
PRINTERS = {"echo", "printf"}


@dataclass(frozen=True)
class Command:
    """The words of one line of a script, from its first to its last line, and the text it is fed with."""

    first: int
    last: int
    words: tuple[str, ...]
    heredoc: str = ""


def read_shell(source: Source) -> Iterator[Hit]:
    """Every command that this build touched."""
    yield from _read(source, depth=0)


def _read(source: Source, *, depth: int) -> Iterator[Hit]:
    if depth > DEEPEST:
        return
    for command in commands(source.text):
        if source.touched(command.first, command.last):
            for words in segments(command.words):
                yield from _read_segment(source, command, words, depth=depth)
            yield from _read_heredoc(source, command, depth=depth)


def read_words(source: Source, words: Sequence[str], *, first: int, last: int) -> Iterator[Hit]:
    """One command that is already in words, as in `subprocess.run(["rm", "-rf", "x"])`."""
    yield from _read_segment(source, Command(first, last, tuple(words)), words, depth=0)


def _read_segment(source: Source, command: Command, words: Sequence[str], *, depth: int) -> Iterator[Hit]:
    for rule in judge_command(words):
        yield source.hit(rule, command.first, command.last)
    runs_text = runs_its_text(words)
    prints = words[0] in PRINTERS and SQL_CLIENTS.isdisjoint(command.words)
    for word in words:
        if (runs_text and re.search(r"\s", word)) or SUBSTITUTION.search(word):
            inner = _everything_new(source, command, SUBSTITUTION.sub(" ; ", word))
            yield from _on(command, source, _read(inner, depth=depth + 1))
        if not prints and looks_like_sql(word):
            yield from _on(command, source, read_loose_sql(_everything_new(source, command, word)))


def _read_heredoc(source: Source, command: Command, *, depth: int) -> Iterator[Hit]:
    if not command.heredoc:
        return
    heads = [words[0].rpartition("/")[2] for words in segments(command.words)]
    part = source.part(command.heredoc, line=command.last - command.heredoc.count("\n") - 1)
    if not heads or any(runs_its_text(words) for words in segments(command.words)):
        yield from _read(part, depth=depth + 1)
    if not SQL_CLIENTS.isdisjoint(heads) or looks_like_sql(command.heredoc):
        yield from read_loose_sql(part)


def _everything_new(source: Source, command: Command, text: str) -> Source:
    """A command that was touched is read whole; where in it something stands is not known any more."""
    lines = range(text.count("\n") + 1)
    first = source.at + command.first - 1
    return Source(text=text, at=first, added=frozenset(first + line for line in lines))


def _on(command: Command, source: Source, hits: Iterator[Hit] | list[Hit]) -> Iterator[Hit]:
    for hit in hits:
        yield source.hit(hit.rule, command.first, command.last)


def commands(text: str) -> Iterator[Command]:
    """A script as commands: continued lines and open quotes joined, comments gone, here-documents apart."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        first = index
        words, index, code = _whole_command(lines, first)
        heredoc: list[str] = []
        for dash, name in HEREDOC.findall(code):
            body, index = _until(lines, index, name.strip("\\'\""), tabs=bool(dash))
            heredoc += body
        if words:
            yield Command(first + 1, index, tuple(words), "\n".join(heredoc))


def _whole_command(lines: list[str], first: int) -> tuple[list[str], int, str]:
    """The words of the command that begins on a line, the index of the line behind it, and its code."""
    for end in range(first + 1, min(len(lines), first + LONGEST_COMMAND) + 1):
        code = _uncommented("\n".join(lines[first:end]))
        if re.search(r"(?<!\\)(?:\\\\)*\\\s*$", code) and end < len(lines):
            continue
        try:
            return _words(code), end, code
        except ValueError:  # a quote is open
            continue
    code = _uncommented(lines[first])
    return re.sub(r"[\"'\\]", " ", code).split(), first + 1, code


def _uncommented(code: str) -> str:
    return QUOTE_OR_COMMENT.sub(lambda found: found[1] or "", code)


def _words(code: str) -> list[str]:
    """Words as the shell cuts them. Raises ValueError when a quote is open."""
    lexer = shlex.shlex(re.sub(r"\\\r?\n", " ", code), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _until(lines: list[str], index: int, name: str, *, tabs: bool) -> tuple[list[str], int]:
    for end in range(index, len(lines)):
        line = lines[end].rstrip("\r")
        if (line.lstrip("\t") if tabs else line) == name:
            return lines[index:end], end + 1
    return [], index


def segments(words: Sequence[str]) -> Iterator[list[str]]:
    """Single commands of a line, without redirections and the files they name."""
    current: list[str] = []
    names_file = False
    for word in words:
        if names_file:
            names_file = False
            continue
        names_file = REDIRECT.fullmatch(word) is not None
        before, tick, behind = word.partition("`")
        if SEPARATOR.fullmatch(word) or (tick and not re.search(r"\s", word)):
            if tick and before:
                current.append(before)
            if current:
                yield current
            current = [behind] if behind else []
        elif not names_file:
            current.append(word)
    if current:
        yield current
