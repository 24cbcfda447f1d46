"""The text that readers read, with the lines that this build wrote, and what they say about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from builds.diffs import FileDiff


@dataclass(frozen=True)
class Hit:
    """A rule met between two lines of the new file, both counted from 1 and included."""

    rule: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """A whole new file, or text inside one; `at` is the file's line on which `text` begins.

    `cuts` are lines of the new file right behind which lines were removed.
    """

    text: str
    at: int = 1
    added: frozenset[int] = frozenset()
    cuts: frozenset[int] = frozenset()

    @classmethod
    def of(cls, file: FileDiff) -> "Source":
        """The new side of a file."""
        cuts, number = set(), 0
        for row in file.rows:
            if row.new is not None:
                number = row.new.number
            else:
                cuts.add(number)
        added = frozenset(line.number for line in file.added)
        return cls(text=file.new_text, added=added, cuts=frozenset(cuts))

    def part(self, text: str, *, line: int) -> "Source":
        """Text inside this one that begins at a line of it, counted from 1."""
        return replace(self, text=text, at=self.at + line - 1)

    def hit(self, rule: str, first: int, last: int) -> Hit:
        """A hit on lines of this text, counted from 1, as lines of the file."""
        return Hit(rule, self.at + first - 1, self.at + last - 1)

    def touched(self, first: int, last: int) -> bool:
        """Whether this build wrote or cut something between two lines of this text, counted from 1.

        Cutting a WHERE away changes a statement as much as writing one.
        """
        return self.wrote(Hit("", self.at + first - 1, self.at + last - 1))

    def wrote(self, hit: Hit) -> bool:
        """The same for a hit, whose lines are the file's."""
        lines = range(hit.first, hit.last + 1)
        return not self.added.isdisjoint(lines) or not self.cuts.isdisjoint(lines[:-1])


Reader = Callable[[Source], Iterable[Hit]]
"""Reads one kind of text and says what destroys in it. It may skip what is not touched."""
