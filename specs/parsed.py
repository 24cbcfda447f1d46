"""What the parser makes of a spec: frozen values, each with the line it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from specs.blocks import Document
from specs.heading_names import Kind
from specs.outline import Passage


class BadSpec(ValueError):
    """This text cannot be taken as a spec."""


class EmptySpec(BadSpec):
    """The spec is empty: write at least a title and what shall be different afterwards."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class SpecTooLong(BadSpec):
    """The spec is longer than anybody reviews."""

    def __init__(self, length: int, limit: int, unit: str) -> None:
        super().__init__(
            f"The spec has {length:,} {unit}; at most {limit:,} are read. Split it into several specs."
        )


class SpecNotText(BadSpec):
    """The spec holds something that is not text."""

    def __init__(self, line: int) -> None:
        super().__init__(
            f"Line {line} of the spec holds a character that is not text. Save the spec as UTF-8."
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of plain text and the line of the Markdown where it begins; `done` where its box is ticked."""

    text: str
    line: int
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """A file that the spec says will change. `path` is as written, and empty where a row names no file."""

    path: str
    action: str
    line: int

    @property
    def text(self) -> str:
        return ": ".join(part for part in (self.path, self.action) if part)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with what stands under it. `text` is its own Markdown, without that of `sections`.

    Level 7 is a line in bold that serves as a heading.
    """

    heading: str
    level: int
    line: int
    kind: Kind
    text: str
    sections: tuple["Section", ...] = ()

    def walk(self) -> Iterator["Section"]:
        """This section and all below it, in order."""
        yield self
        for section in self.sections:
            yield from section.walk()


@dataclass(frozen=True, kw_only=True)
class ParsedSpec:
    """A spec as understood. Everything under "Out of scope" is in `out_of_scope` and nowhere else."""

    title: str
    slug: str
    title_line: int  # 0 where the title is not a heading
    overview: str
    sections: tuple[Section, ...]
    requirements: tuple[Entry, ...] = ()
    steps: tuple[Entry, ...] = ()
    files: tuple[FileChange, ...] = ()
    api_routes: tuple[Entry, ...] = ()
    database_changes: tuple[Entry, ...] = ()
    ui_components: tuple[Entry, ...] = ()
    constraints: tuple[Entry, ...] = ()
    out_of_scope: tuple[Entry, ...] = ()
    acceptance: tuple[Entry, ...] = ()
    verification: tuple[Entry, ...] = ()  # commands, one each
    front_matter: Mapping[str, str] = field(default_factory=dict)
    # What lint looks at; not part of what is stored.
    document: Document = field(repr=False, compare=False)
    passages: tuple[Passage, ...] = field(repr=False, compare=False)

    def all_sections(self) -> Iterator[Section]:
        """Every section of the tree, in the order of the text."""
        for section in self.sections:
            yield from section.walk()
