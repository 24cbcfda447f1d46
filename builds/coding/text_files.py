"""Reading and writing source files without disturbing what was not changed."""

from dataclasses import dataclass
from pathlib import Path

from builds.coding import limits


class NotText(Exception):
    """The file is binary, not UTF-8, or too big to be shown."""


@dataclass(frozen=True)
class TextFile:
    """A file as it is on disk, line ends included; `newline` is the one most of its lines end with."""

    text: str
    newline: str = "\n"

    @property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return split_lines(self.text)


def split_lines(text: str) -> list[str]:
    """Lines without their ends. Only \\n and \\r\\n end a line, as in git and in editors."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def load_text(path: Path) -> TextFile:
    """Read a text file. Raises NotText or OSError."""
    if path.stat().st_size > limits.FILE_BYTES:
        raise NotText("it is too big to be read")
    data = path.read_bytes()
    if b"\0" in data:
        raise NotText("it is a binary file")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotText("it is not UTF-8 text") from error
    return TextFile(text, "\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else "\n")


def with_newline(text: str, newline: str) -> str:
    """The same text with every line ending as `newline` says."""
    return text.replace("\r\n", "\n").replace("\n", newline)


def is_text(path: Path) -> bool:
    """Whether the start of a file looks like text."""
    try:
        with path.open("rb") as file:
            return b"\0" not in file.read(1024)
    except OSError:
        return False
