"""A git diff as values: which files, which lines came, which went."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Literal, Self

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as ParsedHunk
from unidiff.patch import PatchSet

Kind = Literal["added", "modified", "removed", "renamed"]

NO_NEWLINE = "\\ No newline at end of file"
ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, without its end; `number` counts from 1. A carriage return is part of the text."""

    number: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a side-by-side view; a side that has no line there is None."""

    old: Line | None
    new: Line | None
    changed: bool  # two equal texts may differ in the newline at the end of the file


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """Changed rows and the unchanged ones around them; above it `skipped_before` rows are folded away."""

    skipped_before: int
    rows: tuple[Row, ...]

    @property
    def header(self) -> str:
        """The line that says where it is, as in a unified diff."""
        old = [row.old.number for row in self.rows if row.old]
        new = [row.new.number for row in self.rows if row.new]
        return f"@@ -{min(old, default=0)},{len(old)} +{min(new, default=0)},{len(new)} @@"


@dataclass(frozen=True, kw_only=True)
class FileDiff:
    """One file of a change set. Made with full context, both sides can be read from its rows.

    A mode is "" on the side where there is no file. A binary file has no rows.
    """

    path: str
    old_path: str
    kind: Kind
    binary: bool
    old_mode: str
    new_mode: str
    rows: tuple[Row, ...]
    old_newline: bool = True  # whether that side ends with one
    new_newline: bool = True

    @cached_property
    def old_lines(self) -> tuple[Line, ...]:
        """The whole file as it was."""
        return tuple(row.old for row in self.rows if row.old)

    @cached_property
    def new_lines(self) -> tuple[Line, ...]:
        """The whole file as it is now."""
        return tuple(row.new for row in self.rows if row.new)

    @cached_property
    def removed(self) -> tuple[Line, ...]:
        """The lines that went, with their old numbers."""
        return tuple(row.old for row in self.rows if row.changed and row.old)

    @cached_property
    def added(self) -> tuple[Line, ...]:
        """The lines that came, with their new numbers."""
        return tuple(row.new for row in self.rows if row.changed and row.new)

    @property
    def old_text(self) -> str:
        """The whole file as it was."""
        return _text(self.old_lines, newline=self.old_newline)

    @property
    def new_text(self) -> str:
        """The whole file as it is now."""
        return _text(self.new_lines, newline=self.new_newline)

    def hunks(self, context: int = 3) -> tuple[Hunk, ...]:
        """The changed rows with `context` unchanged ones around them, the rest folded away."""
        shown: list[list[int]] = []
        for index, row in enumerate(self.rows):
            if not row.changed:
                continue
            start, end = max(0, index - context), min(len(self.rows), index + context + 1)
            if shown and start <= shown[-1][1]:
                shown[-1][1] = end
            else:
                shown.append([start, end])
        ends = [0, *(end for _, end in shown)]
        return tuple(
            Hunk(skipped_before=start - before, rows=self.rows[start:end])
            for before, (start, end) in zip(ends, shown, strict=False)
        )

    def unified(self, context: int = 3) -> str:
        """The diff of this file as people and models read it."""
        lines = [f"--- {'/dev/null' if self.kind == 'added' else 'a/' + self.old_path}"]
        lines.append(f"+++ {'/dev/null' if self.kind == 'removed' else 'b/' + self.path}")
        if self.old_mode and self.new_mode and self.old_mode != self.new_mode:
            lines.append(f"mode {self.old_mode} -> {self.new_mode}")
        if self.binary:
            lines.append("Binary file, not shown")
        for hunk in self.hunks(context):
            lines.append(hunk.header)
            lines.extend(self._printed(hunk))
        return "\n".join(lines) + "\n"

    def _printed(self, hunk: Hunk) -> Iterator[str]:
        for changed, run in groupby(hunk.rows, key=lambda row: row.changed):
            rows = list(run)
            if changed:
                yield from self._side("-", [row.old for row in rows if row.old])
                yield from self._side("+", [row.new for row in rows if row.new])
            else:
                yield from self._side(" ", [row.new for row in rows if row.new])

    def _side(self, sign: str, lines: list[Line]) -> Iterator[str]:
        whole, newline = (
            (self.old_lines, self.old_newline) if sign == "-" else (self.new_lines, self.new_newline)
        )
        for line in lines:
            yield sign + line.text
            if not newline and line is whole[-1]:
                yield NO_NEWLINE


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """The files of one diff, in git's order."""

    files: tuple[FileDiff, ...] = ()

    @classmethod
    def parse(cls, patch: bytes) -> Self:
        """Read a diff that git made with full context; anything else is a ValueError.

        Bytes that are not UTF-8, and NUL, become U+FFFD, so that every text here can be stored and shown.
        """
        before, *sections = re.split(rb"^(?=diff --git )", patch, flags=re.MULTILINE)
        if before.strip():
            raise ValueError("This is not a diff that git made.")
        return cls(files=tuple(_file(section) for section in sections))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it touches, the old name of a renamed file too."""
        return tuple(sorted({path for file in self.files for path in (file.old_path, file.path)}))

    @property
    def added_count(self) -> int:
        """How many lines came."""
        return sum(len(file.added) for file in self.files)

    @property
    def removed_count(self) -> int:
        """How many lines went."""
        return sum(len(file.removed) for file in self.files)

    def unified(self, context: int = 3) -> str:
        """The whole diff as people and models read it."""
        return "".join(file.unified(context) for file in self.files)


def _text(lines: tuple[Line, ...], *, newline: bool) -> str:
    return "\n".join(line.text for line in lines) + ("\n" if lines and newline else "")


def _file(section: bytes) -> FileDiff:
    # git's header is read here and not by unidiff, which neither unquotes names nor knows that
    # `a/x b/y b/x b/y` is one name twice.
    head, mark, hunks = section.partition(b"\n@@ -")
    fields = _fields(head)
    old_path, path = _names(head, fields)
    kind = _kind(fields)
    rows, old_newline, new_newline = _rows(mark[1:] + hunks) if mark else ((), True, True)
    same_mode = fields.get("index", " ").partition(" ")[2]
    return FileDiff(
        path=path,
        old_path=old_path,
        kind=kind,
        binary="GIT binary patch" in fields or "Binary files" in fields,
        old_mode=fields.get("old mode")
        or fields.get("deleted file mode")
        or ("" if kind == "added" else same_mode),
        new_mode=fields.get("new mode")
        or fields.get("new file mode")
        or ("" if kind == "removed" else same_mode),
        rows=rows,
        old_newline=old_newline,
        new_newline=new_newline,
    )


HEADER = re.compile(
    rb"^(old mode|new mode|deleted file mode|new file mode|rename from|rename to|index"
    rb"|Binary files|GIT binary patch)(?: (.*))?$",
    re.MULTILINE,
)


def _fields(head: bytes) -> dict[str, str]:
    return {key.decode(): _unquoted(value) for key, value in HEADER.findall(head)}


def _names(head: bytes, fields: dict[str, str]) -> tuple[str, str]:
    if "rename to" in fields:
        return fields["rename from"], fields["rename to"]
    both = head.partition(b"\n")[0].removeprefix(b"diff --git ")
    half = len(both) // 2  # `a/name b/name`: without a rename the two are the same
    old, new = _unquoted(both[:half]), _unquoted(both[half + 1 :])
    if not (old.startswith("a/") and new.startswith("b/") and old[2:] == new[2:]):
        raise ValueError("This diff names its files in a way that git does not.")
    return old[2:], new[2:]


def _kind(fields: dict[str, str]) -> Kind:
    if "new file mode" in fields:
        return "added"
    if "deleted file mode" in fields:
        return "removed"
    return "renamed" if "rename to" in fields else "modified"


def _unquoted(name: bytes) -> str:
    """A name as git wrote it: quoted as in C where it holds quotes, backslashes or control characters."""
    if name.startswith(b'"') and name.endswith(b'"'):
        name = re.sub(rb"\\([0-7]{3}|.)", _unescaped, name[1:-1])
    return name.decode("utf-8", "replace").replace("\0", "\ufffd")


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1].decode("latin-1")
    return bytes([int(code, 8)]) if len(code) == 3 else bytes([ESCAPES.get(code, ord(code))])


def _rows(hunks: bytes) -> tuple[tuple[Row, ...], bool, bool]:
    """The rows of one file, and whether each side ends with a newline."""
    text = hunks.decode("utf-8", "replace").replace("\0", "\ufffd")
    try:
        parsed = PatchSet(f"--- a/file\n+++ b/file\n{text}")
    except UnidiffParseError as error:
        raise ValueError(f"This diff is damaged: {error}") from error
    rows: list[Row] = []
    newline = {"-": True, "+": True}
    for hunk in parsed[0]:
        _add_rows(hunk, rows, newline)
    return tuple(rows), newline["-"], newline["+"]


def _add_rows(hunk: ParsedHunk, rows: list[Row], newline: dict[str, bool]) -> None:
    removed: list[Line] = []
    added: list[Line] = []
    previous = " "
    for line in hunk:
        text = line.value.removesuffix("\n")
        if line.line_type == "-":
            removed.append(Line(line.source_line_no or 0, text))
        elif line.line_type == "+":
            added.append(Line(line.target_line_no or 0, text))
        elif line.line_type == "\\":
            newline.update(dict.fromkeys("-+" if previous == " " else previous, False))
        else:
            rows.extend(_paired(removed, added))
            old, new = Line(line.source_line_no or 0, text), Line(line.target_line_no or 0, text)
            rows.append(Row(old=old, new=new, changed=False))
            removed, added = [], []
        previous = line.line_type
    rows.extend(_paired(removed, added))


def _paired(removed: list[Line], added: list[Line]) -> Iterator[Row]:
    """A run of removed lines beside the run of added lines that took its place."""
    return (Row(old=old, new=new, changed=True) for old, new in zip_longest(removed, added))
