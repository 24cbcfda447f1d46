"""A note of lint: what in a spec was not understood, where, and how to mend it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Note:
    """`line` counts from 1; 0 is the whole spec. A warning may change what is built; info may not."""

    line: int
    message: str
    severity: Literal["info", "warning"]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}" if self.line else self.message


def warning(line: int, message: str) -> Note:
    """Something that may make the wrong thing be built."""
    return Note(line=line, message=message, severity="warning")


def info(line: int, message: str) -> Note:
    """Something worth knowing."""
    return Note(line=line, message=message, severity="info")
