"""Where manifests are read from: a git tree, or the files of a work tree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from builds.coding.detect import listed_paths
from builds.coding.workspace import Workspace

MOST_BYTES = 8 << 20  # lock files grow large


class Source(Protocol):
    """Reads what a manifest may be."""

    def read(self, path: str) -> bytes | None:
        """The file, or None where there is none that could be a manifest."""

    def paths(self) -> Sequence[str]:
        """Ordinary files."""

    def has_folder(self, name: str) -> bool:
        """Whether there is such a folder in the root."""


class TreeSource:
    """A git tree, such as the base commit's."""

    def __init__(self, workspace: Workspace, tree: str) -> None:
        self._workspace = workspace
        self._tree = tree
        self._sizes = {file.path: file.size for file in workspace.files(tree) if file.mode.startswith("100")}

    def read(self, path: str) -> bytes | None:
        """The blob at a path."""
        if self._sizes.get(path, MOST_BYTES + 1) > MOST_BYTES:
            return None
        return self._workspace.read_blob(self._tree, path)

    def paths(self) -> Sequence[str]:
        """Ordinary files."""
        return tuple(self._sizes)

    def has_folder(self, name: str) -> bool:
        """Whether any file lies below it."""
        return any(path.startswith(f"{name}/") for path in self._sizes)


class FolderSource:
    """The files of a folder as they are now; links are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        """The file at a path."""
        place = self._root
        for name in path.split("/"):
            place /= name
            if name in {"", ".", ".."} or place.is_symlink():
                return None
        if not place.is_file() or place.stat().st_size > MOST_BYTES:
            return None
        return place.read_bytes()

    def paths(self) -> Sequence[str]:
        """Files outside of hidden and made folders."""
        return listed_paths(self._root)

    def has_folder(self, name: str) -> bool:
        """Whether it is there."""
        return (self._root / name).is_dir()
