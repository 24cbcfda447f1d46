"""Finds existing files that lose most of what they held, unless it moved to other files of the change."""

import keyword
import re
from collections.abc import Iterable, Iterator

from builds.diffs import ChangeSet, FileDiff, Line
from builds.evidence import Finding
from builds.gates.files import is_code, is_lock, is_prose, is_test
from builds.gates.lost.rules import lost

FEWEST_LINES = 10  # what is shorter is rewritten more often than lost
FEWEST_NAMES = 15
FEWEST_TEXTS = 6
LEFT_LINES, LEFT_NAMES, LEFT_TEXTS = 0.20, 0.40, 0.50
MOVED = 0.70
NET_LINES, NET_SHARE = 100, 0.40

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
TEXT = re.compile(r"\"((?:[^\"\\\n]|\\.){3,200})\"|'((?:[^'\\\n]|\\.){3,200})'|`([^`\\\n]{3,200})`")
KEYWORDS = {*keyword.kwlist, "const", "export", "function", "let", "new", "self", "this", "var", "void"}


def in_changes(changes: ChangeSet) -> Iterator[Finding]:
    """One finding for each file that lost too much, and one for the whole when it mostly deletes."""
    for file in changes.files:
        if file.kind != "added" and not file.binary and not is_lock(file.path):
            yield from in_file(file, changes)
    yield from net_deletion(changes)


def in_file(file: FileDiff, changes: ChangeSet) -> Iterator[Finding]:
    """The gravest loss of one file; a removed test is told by its name elsewhere."""
    before, after = filled(file.old_lines), filled(file.new_lines)
    if len(before) < FEWEST_LINES or (is_test(file.path) and file.kind == "removed"):
        return
    if file.kind == "removed":
        if not has_moved(file, changes):
            yield lost("file_removed", file.path, more=f"({len(before)} lines)")
    elif len(after) < LEFT_LINES * len(before):
        if not has_moved(file, changes):
            yield lost("file_shrunk", file.path, more=f"({len(before)} lines before, {len(after)} now)")
    elif not is_prose(file.path) and is_code(file.path):
        yield from in_code(file, changes)


def in_code(file: FileDiff, changes: ChangeSet) -> Iterator[Finding]:
    """Names, then texts, that a file had and has no more."""
    rest = "\n".join(line.text for other in others(file, changes) for line in other.added)
    for rule, find, fewest, left in (
        ("identifiers_lost", names_of, FEWEST_NAMES, LEFT_NAMES),
        ("literals_lost", texts_of, FEWEST_TEXTS, LEFT_TEXTS),
    ):
        before, after = find(file.old_text), find(file.new_text)
        gone = before - after
        if len(before) < fewest or len(before & after) >= left * len(before):
            continue
        if len(gone & find(rest)) <= MOVED * len(gone):
            yield lost(rule, file.path, more=f"({len(before & after)} of {len(before)})")
            return


def net_deletion(changes: ChangeSet) -> Iterator[Finding]:
    """More than 100 lines net, and more than 40 % of the files it touches."""
    files = [file for file in changes.files if not is_lock(file.path)]
    net = sum(len(filled(file.removed)) - len(filled(file.added)) for file in files)
    before = sum(len(filled(file.old_lines)) for file in files)
    if net > NET_LINES and net > NET_SHARE * before:
        yield lost("net_deletion", "", more=f"({net} lines less, of {before} in the files it touches)")


def has_moved(file: FileDiff, changes: ChangeSet) -> bool:
    """Whether more than 70 % of the lines that went came in other files."""
    gone = filled(file.removed)
    came = {text for other in others(file, changes) for text in filled(other.added)}
    return sum(text in came for text in gone) > MOVED * len(gone)


def others(file: FileDiff, changes: ChangeSet) -> list[FileDiff]:
    """The other files of the change."""
    return [other for other in changes.files if other.path != file.path]


def filled(lines: Iterable[Line]) -> list[str]:
    """Lines that hold something, without the space around it."""
    return [text for line in lines if (text := line.text.strip())]


def names_of(text: str) -> set[str]:
    """The words of a program that are not the language's own."""
    return set(NAME.findall(text)) - KEYWORDS


def texts_of(text: str) -> set[str]:
    """The string literals of a program."""
    return {"".join(found) for found in TEXT.findall(text)}
