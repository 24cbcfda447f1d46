"""Lists, tables, commands and files out of the passages of a spec."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from specs.blocks import Block, Document
from specs.heading_names import Kind
from specs.outline import Passage, of_kind
from specs.parsed import Entry, FileChange
from specs.plain import code_spans, one_line, plain, shorten

MAX_ENTRIES = 300  # of one kind; more is not a spec that a person reads
MAX_ENTRY = 400  # characters
MAX_OVERVIEW = 2_000

_BOX = re.compile(r"\[(?P<mark>[ xX])\]\s+")
_STRUCK = re.compile(r"~~(?:[^~]|~(?!~))+~~\.?")
_EXCLUDED = re.compile(
    r"[*_]{0,2}(?:out of scope|not in scope|non-?goals?|won['\u2019]t(?: do| have)?)[*_]{0,2}"
    r"\s*(?:[:\u2013\u2014-]|$)",
    re.IGNORECASE,
)
_METADATA = re.compile(
    r"(?:\*\*|__)(?P<key>[^*_\n:]{1,40})(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:)\s*(?P<value>.*)"
)
_STEP_NUMBER = re.compile(
    r"^(?:(?:step|phase|task|part|stage|milestone|sprint)\s*\d+[a-z]?|\d+(?:\.\d+)*[a-z]?(?=[.):]))\s*[.):\u2013\u2014-]*\s*",
    re.IGNORECASE,
)
_EFFORT = re.compile(r"\s*\(~?\d[^()]{0,20}\)$")
_PATH = re.compile(r"(?!https?:)(?:~|\.{0,2})/?[\w@.+*\[\](){}$-]+(?:/[\w@.+*\[\](){}$-]*)*")
_SHELL = {"", "bash", "sh", "shell", "console", "zsh", "shell-session", "terminal"}
_COMMENT = re.compile(r"""^((?:[^'"#]|'[^']*'|"[^"]*"|(?<!\s)#)*?)(?:(?:^|\s)#.*)$""")
_PATH_HEADS = ("file", "path", "module", "where")
_ACTION_HEADS = ("change", "action", "what", "purpose", "description", "why", "note")


@dataclass(frozen=True)
class Extractor:
    """Reads entries out of one document."""

    document: Document
    passages: tuple[Passage, ...]
    _seen: dict[str, str] = field(default_factory=dict)  # plain text of what was read already

    def entries(self, *kinds: Kind) -> tuple[Entry, ...]:
        """The list items and table rows under headings of these kinds."""
        blocks = (block for passage in of_kind(self.passages, *kinds) for block in passage.blocks)
        wanted = (block for block in blocks if not _is_excluded(block))
        return _first(entry for block in wanted if (entry := self._entry(block)))

    def excluded(self) -> tuple[Entry, ...]:
        """The sections that say so, and items elsewhere that begin with those words or are struck out."""
        blocks = (
            block
            for passage in self.passages
            for block in passage.blocks
            if passage.kind == "out_of_scope" or _is_excluded(block)
        )
        return _first(entry for block in blocks if (entry := self._entry(block)))

    def steps(self) -> tuple[Entry, ...]:
        """A heading each where steps have headings, else the items of the plan."""
        return _first(self._steps())

    def commands(self) -> tuple[Entry, ...]:
        """The commands in fences under headings such as "Verification"."""
        fences = (
            block
            for passage in of_kind(self.passages, "verification")
            for block in passage.blocks
            if block.type == "code" or (block.type == "fence" and block.info.lower() in _SHELL)
        )
        return _first(entry for fence in fences for entry in _commands(fence))

    def files(self) -> tuple[FileChange, ...]:
        """The rows and items under headings such as "Files to change", each path once."""
        found: dict[str, FileChange] = {}
        for passage in of_kind(self.passages, "files"):
            header: tuple[str, ...] = ()
            for block in passage.blocks:
                if block.header:
                    header = tuple(plain(cell).casefold() for cell in block.cells)
                elif len(found) < MAX_ENTRIES and (change := self._file(block, header)):
                    found.setdefault(change.path or f"\n{change.action}", change)
        return tuple(found.values())

    def overview(self) -> str:
        """The overview's text; where there is none, the prose under the title, then that of the context."""
        text = self._prose(of_kind(self.passages, "overview"), lists=True)
        text = text or self._prose(of_kind(self.passages, "title"), lists=False)
        if not text:
            contexts = (self._prose([passage], lists=False) for passage in of_kind(self.passages, "context"))
            text = next(filter(None, contexts), "")
        return shorten(text, MAX_OVERVIEW)

    def _steps(self) -> Iterator[Entry]:
        with_steps = {passage.parent for passage in self.passages if passage.kind == "step"}
        for index, passage in enumerate(self.passages):
            if passage.kind == "step" and (text := _step_name(passage.heading)):
                yield Entry(text=text, line=passage.line)
            elif passage.kind == "steps" and index not in with_steps:
                wanted = (block for block in passage.blocks if not _is_excluded(block))
                yield from (entry for block in wanted if (entry := self._entry(block)))

    def _entry(self, block: Block) -> Entry | None:
        if block.type == "row" and not block.header:
            cells = (self._plain(cell) for cell in block.cells)
            text, done = " — ".join(cell for cell in cells if cell and not cell.isdecimal()), False
        elif block.type == "item":
            text, done = self._item(block)
        else:
            return None
        return (
            Entry(text=shorten(text, MAX_ENTRY), line=block.line, done=done)
            if _says_something(text)
            else None
        )

    def _item(self, block: Block) -> tuple[str, bool]:
        box = _BOX.match(block.text)
        text = self._plain(_BOX.sub("", block.text, count=1))
        if block.has_items and text.endswith(":"):
            text = ""  # it only introduces those below, which carry its words
        parent = self._plain(_BOX.sub("", block.parent, count=1)).rstrip(":")
        text = f"{shorten(parent, 120)}: {text}" if parent and text else text
        return text, bool(box and box["mark"] in "xX")

    def _file(self, block: Block, header: tuple[str, ...]) -> FileChange | None:
        entry = None if _is_excluded(block) else self._entry(block)
        if not entry:
            return None
        if block.type == "row":
            path, action = _row_file(block.cells, header)
        else:
            path = find_path(block.text)
            action = self._plain(_BOX.sub("", block.text, count=1))
            if path and action.startswith(path):
                action = action[len(path) :].lstrip(" :\u2013\u2014-").strip()
        return FileChange(
            path=path, action=shorten(action or ("" if path else entry.text), MAX_ENTRY), line=block.line
        )

    def _prose(self, passages: list[Passage], *, lists: bool) -> str:
        blocks = (block for passage in passages for block in passage.blocks)
        parts = (self._words(block) for block in blocks if lists or block.type == "paragraph")
        return "\n\n".join(part for part in parts if part)

    def _words(self, block: Block) -> str:
        if block.type == "paragraph" and not is_metadata(block):
            return self._plain(block.text)
        entry = self._entry(block) if block.type == "item" and not _is_excluded(block) else None
        return f"- {entry.text}" if entry else ""

    def _plain(self, text: str) -> str:
        if text not in self._seen:
            self._seen[text] = plain(text, self.document.references)
        return self._seen[text]


def metadata(block: Block) -> tuple[tuple[str, str], ...]:
    """The pairs of a paragraph that is nothing but lines like `**Branch**: main`; else nothing."""
    if block.type != "paragraph":
        return ()
    found = [_METADATA.fullmatch(line.strip()) for line in block.text.split("\n")]
    if not all(found):
        return ()
    return tuple((one_line(match["key"]), plain(match["value"])) for match in found if match)


def is_metadata(block: Block) -> bool:
    """Whether a paragraph holds only `**Key**: value` lines."""
    return bool(metadata(block))


def find_path(text: str) -> str:
    """The first thing in inline Markdown that looks like a file's path; else nothing."""
    spans = [span for span in code_spans(text) if _is_path(span)]
    if spans:
        return spans[0]
    word = plain(text).split(" ", 1)[0].rstrip(":,;")
    return word if _is_path(word) else ""


def _is_path(text: str) -> bool:
    if len(text) > MAX_ENTRY or not _PATH.fullmatch(text):
        return False
    return "/" in text.strip("/") or bool(re.search(r"\w\.[A-Za-z][\w-]{0,9}$", text)) or text.startswith(".")


def _row_file(cells: tuple[str, ...], header: tuple[str, ...]) -> tuple[str, str]:
    at = _column(header, _PATH_HEADS)
    candidates = (cells[at],) if 0 <= at < len(cells) else cells
    path = next((found for cell in candidates if (found := find_path(cell))), "")
    action_at = _column(header, _ACTION_HEADS)
    if path and 0 <= action_at < len(cells):
        return path, plain(cells[action_at])
    rest = [plain(cell) for cell in cells if not path or find_path(cell) != path]
    return path, " — ".join(text for text in rest if text)


def _column(header: tuple[str, ...], names: tuple[str, ...]) -> int:
    for name in names:
        for index, head in enumerate(header):
            if head.startswith(name):
                return index
    return -1


def _commands(fence: Block) -> Iterator[Entry]:
    lines = fence.text.split("\n")
    pending, began = "", 0
    for offset, line in enumerate(lines, start=1):
        text = _without_comment(line.strip().removeprefix("$ "))
        began = began or offset
        if text.endswith("\\"):
            pending += text[:-1].rstrip() + " "
            continue
        if command := one_line(pending + text):
            opening = 0 if fence.type == "code" else 1
            yield Entry(text=shorten(command, MAX_ENTRY), line=fence.line + opening + began - 1)
        pending, began = "", 0


def _without_comment(line: str) -> str:
    match = _COMMENT.match(line[:MAX_ENTRY])
    return match[1].rstrip() if match else line


def _step_name(heading: str) -> str:
    name = _EFFORT.sub("", _STEP_NUMBER.sub("", heading, count=1))
    return shorten(name or heading, MAX_ENTRY)


def _is_excluded(block: Block) -> bool:
    if block.type != "item":
        return False
    return any(
        _EXCLUDED.match(text) or _STRUCK.fullmatch(text) for text in (block.text, block.parent) if text
    )


def _says_something(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each text once, and no more than a person reads."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.text.casefold(), entry)
        if len(found) >= MAX_ENTRIES:
            break
    return tuple(found.values())
