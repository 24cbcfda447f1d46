"""The change set as the page shows it: files with risk first, marked lines, nothing hidden silently."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath

from django.utils.safestring import SafeString
from pathspec import GitIgnoreSpec

from builds.admin.highlight import Piece, changed_parts, emphasised, highlighted, html
from builds.diffs import ChangeSet, FileDiff, Hunk, Line, Row
from builds.evidence import SEVERITIES, Finding

MOST_ROWS = 2_000  # on the page; 10 000 rows took 3.5 s and 4.4 MB
LONG_FILE = 400
LONG_LINE = 2_000
LOCK_FILES = GitIgnoreSpec.from_lines(
    ["*.lock", "*-lock.*", "*.lock.*", "go.sum", "*.min.js", "*.min.css", "*.map"]
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A finding beside the line it is about. `by_model` marks a model's words."""

    finding: Finding
    by_model: bool = False

    @property
    def rule(self) -> str:
        """The rule's name as people read it."""
        return self.finding.rule.replace("_", " ")

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return len(SEVERITIES) - 1 - SEVERITIES.index(self.finding.severity)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a row: the line's number and its coloured text."""

    number: int
    code: SafeString
    css: str


@dataclass(frozen=True, kw_only=True)
class DiffRow:
    """One row of the table; a side that has no line there is None."""

    old: Side | None
    new: Side | None
    marks: tuple[Mark, ...] = ()
    is_changed: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows that stand together, with what is folded away above them."""

    header: str
    skipped: int
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, kw_only=True)
class FileView:
    """One file. `marks` are about the whole file, or about a line that is not shown."""

    number: int
    file: FileDiff
    blocks: tuple[Block, ...]
    marks: tuple[Mark, ...]
    rules: tuple[str, ...]
    is_open: bool
    note: str = ""
    rows_left_out: int = 0

    @property
    def one_sided(self) -> bool:
        """A new or a removed file has nothing to stand beside."""
        return self.file.kind in {"added", "removed"}

    @property
    def modes(self) -> str:
        """A changed file mode in words; a file that became executable or a link is worth a look."""
        old, new = self.file.old_mode, self.file.new_mode
        special = {"100755": "executable", "120000": "symbolic link", "160000": "submodule"}
        if old and new and old != new:
            return f"mode {old} → {new}"
        return special.get(new, "")


@dataclass(frozen=True, kw_only=True)
class DiffView:
    """The whole change set on the page."""

    files: tuple[FileView, ...]
    added: int
    removed: int
    marked_lines: int
    not_shown: str
    elsewhere: tuple[Mark, ...]  # about no file of the diff


def diff_view(change_set: ChangeSet, marks: Sequence[Mark]) -> DiffView:
    """Lay the change set out, at most `MOST_ROWS` rows of it."""
    of_file = {
        file.path: [mark for mark in marks if mark.finding.path == file.path] for file in change_set.files
    }
    ordered = sorted(change_set.files, key=lambda file: reading_order(file, of_file[file.path]))
    left = MOST_ROWS
    files = []
    for number, file in enumerate(ordered, start=1):
        view = file_view(file, of_file[file.path], most=left)
        left -= sum(len(block.rows) for block in view.blocks)
        files.append(replace(view, number=number))
    return DiffView(
        files=tuple(files),
        added=change_set.added_count,
        removed=change_set.removed_count,
        marked_lines=len({(mark.finding.path, mark.finding.line) for mark in marks if mark.finding.line}),
        not_shown=not_shown(files),
        elsewhere=tuple(mark for mark in marks if mark.finding.path not in of_file),
    )


def reading_order(file: FileDiff, marks: Sequence[Mark]) -> tuple[int, int, bool]:
    """The riskiest file first, lock files last, else git's order."""
    worst = min((mark.rank for mark in marks), default=len(SEVERITIES))
    return worst, -len(marks), is_lock_file(file.path)


def is_lock_file(path: str) -> bool:
    """Files that programs write: nobody reads them line by line."""
    return LOCK_FILES.match_file(PurePosixPath(path).name)


def not_shown(files: Sequence[FileView]) -> str:
    """What this page does not show, in one line; empty when it shows everything."""
    partly = [view for view in files if view.rows_left_out]
    if not partly:
        return ""
    names = ", ".join(f"{view.file.path} ({view.rows_left_out:,} lines)" for view in partly)
    return (
        f"{len(files)} files, {len(partly)} not shown in full: {names}. Download the whole diff to read them."
    )


def file_view(file: FileDiff, marks: Sequence[Mark], *, most: int) -> FileView:
    """One file, at most `most` rows of it."""
    hunks = file.hunks()
    total = sum(len(hunk.rows) for hunk in hunks)
    shown = list(first_rows(hunks, most))
    lock = is_lock_file(file.path)
    blocks = tuple(rendered(file, shown, marks))
    placed = {id(mark) for block in blocks for row in block.rows for mark in row.marks}
    return FileView(
        number=0,
        file=file,
        blocks=blocks,
        marks=tuple(mark for mark in marks if id(mark) not in placed),
        rules=tuple(dict.fromkeys(mark.rule for mark in sorted(marks, key=lambda mark: mark.rank))),
        is_open=bool(blocks) and total <= LONG_FILE and not lock,
        note=note(file, total, lock=lock),
        rows_left_out=total - sum(len(hunk.rows) for hunk in shown),
    )


def note(file: FileDiff, rows: int, *, lock: bool) -> str:
    """Why a file is folded or has no lines."""
    if file.binary:
        return "binary file, its content cannot be shown"
    if not rows:
        return "no line changed"
    if lock:
        return f"written by a program, {rows:,} rows folded"
    return f"long, {rows:,} rows folded" if rows > LONG_FILE else ""


def first_rows(hunks: Iterable[Hunk], most: int) -> Iterator[Hunk]:
    """The hunks as far as there is room."""
    for hunk in hunks:
        if most <= 0:
            return
        yield replace(hunk, rows=tuple(islice(hunk.rows, most)))
        most -= len(hunk.rows)


def rendered(file: FileDiff, hunks: Sequence[Hunk], marks: Sequence[Mark]) -> Iterator[Block]:
    """The hunks as coloured rows, each mark at its line."""
    if not hunks:
        return
    old = coloured(file.old_path, file.old_lines)
    new = coloured(file.path, file.new_lines)
    for hunk in hunks:
        rows = tuple(diff_row(row, old, new, marks) for row in hunk.rows)
        yield Block(header=hunk.header, skipped=hunk.skipped_before, rows=rows)


def coloured(path: str, lines: Sequence[Line]) -> dict[int, list[Piece]]:
    """The pieces of each line by its number."""
    # A carriage return inside a line would look like nothing at all.
    texts = [line.text.removesuffix("\r").replace("\r", "␍") for line in lines]
    return dict(zip((line.number for line in lines), highlighted(path, texts), strict=True))


def diff_row(
    row: Row, old: dict[int, list[Piece]], new: dict[int, list[Piece]], marks: Sequence[Mark]
) -> DiffRow:
    """One row; of a changed line the changed words stand out."""
    old_parts: list[tuple[int, int]] = []
    new_parts: list[tuple[int, int]] = []
    if row.changed and row.old and row.new:
        old_parts, new_parts = changed_parts(row.old.text, row.new.text)
    return DiffRow(
        old=side(row.old, old, old_parts, "removed" if row.changed else "") if row.old else None,
        new=side(row.new, new, new_parts, "added" if row.changed else "") if row.new else None,
        marks=tuple(mark for mark in marks if row.new and mark.finding.line == row.new.number),
        is_changed=row.changed,
    )


def side(line: Line, pieces: dict[int, list[Piece]], parts: list[tuple[int, int]], css: str) -> Side:
    """One side of a row. A very long line is cut, and says so."""
    shown = list(emphasised(pieces[line.number], parts)) if parts else pieces[line.number]
    if css and line.text.endswith("\r"):
        shown = [*shown, ("invisible-character", "␍")]
    if len(line.text) > LONG_LINE:
        rest = len(line.text) - LONG_LINE
        shown = [("", line.text[:LONG_LINE]), ("cut", f" … {rest:,} more characters, in the downloaded diff")]
    return Side(number=line.number, code=html(shown), css=css)
