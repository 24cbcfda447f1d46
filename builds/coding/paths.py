"""Which paths a model may name: plain ones inside the tree, spelled in one way only."""

import re
import unicodedata

from builds.ports import Refused

LONGEST_PATH = 1024
LONGEST_NAME = 255  # bytes; what Linux file systems take
INVISIBLE = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (bidi, zero width), surrogate, line and paragraph ends


class PathRefused(Refused):
    """This path cannot be used; the message says why and what to write instead."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__("path_refused", f"{ascii(path)[1:-1]} cannot be used: {why}")


def check_path(path: str) -> str:
    """The path itself, if it is relative, inside the tree and spelled plainly; else raises PathRefused."""
    if not path:
        raise PathRefused(path, "it is empty. Name a file, such as src/app.py.")
    if any(unicodedata.category(character) in INVISIBLE for character in path):
        raise PathRefused(path, "it holds a control or invisible character.")
    if len(path.encode()) > LONGEST_PATH:
        raise PathRefused(path, f"it is longer than {LONGEST_PATH} bytes.")
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        raise PathRefused(path, "paths are relative to the root of the repository, such as src/app.py.")
    if "\\" in path:
        raise PathRefused(path, "write / between folders, not a backslash.")
    for name in path.split("/"):
        _check_name(path, name)
    return path


def _check_name(path: str, name: str) -> None:
    if name in {"", "."}:
        raise PathRefused(path, "write it without empty or . parts, such as src/app.py.")
    if name == "..":
        raise PathRefused(path, "it leads out of the repository with `..`.")
    if is_git_name(name):
        raise PathRefused(path, "git's own folder is not part of the repository's files.")
    if len(name.encode()) > LONGEST_NAME:
        raise PathRefused(path, f"a part of it is longer than {LONGEST_NAME} bytes.")


def is_git_name(name: str) -> bool:
    """Whether some file system takes this name for `.git`: any case, short names, trailing dots, streams."""
    plain = unicodedata.normalize("NFKC", name).casefold().partition(":")[0].rstrip(". ")
    return plain == ".git" or re.fullmatch(r"git~\d+", plain) is not None
