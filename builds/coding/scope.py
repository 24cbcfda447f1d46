"""Which paths an item may change: its globs, in gitignore style."""

from dataclasses import dataclass
from functools import cached_property

from pathspec import GitIgnoreSpec


@dataclass(frozen=True)
class Scope:
    """An item's globs. Without any, nothing may be changed."""

    globs: tuple[str, ...]

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        return GitIgnoreSpec.from_lines(anchored(glob) for glob in self.globs)

    def allows(self, path: str) -> bool:
        """Whether the item may change this path, which is relative to the repository."""
        return self._spec.match_file(path)

    def __str__(self) -> str:
        return ", ".join(self.globs) or "nothing"


def anchored(glob: str) -> str:
    """A glob that counts from the repository's root: `money.py` means that one file, not one anywhere."""
    plain = glob.strip().removeprefix("./").lstrip("!")
    return plain if plain.startswith("**/") else f"/{plain.lstrip('/')}"
