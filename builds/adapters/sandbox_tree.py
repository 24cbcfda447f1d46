"""A work tree as a stream: readable by us, so the sandbox needs no right to our folders."""

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from builds.ports import Refused

PAGE = 4096  # a tmpfs hands out whole pages


@dataclass(frozen=True)
class TreeArchive:
    """The files, folders and symbolic links of a tree, as they were listed; anything else is left out."""

    tree: Path
    members: tuple[tarfile.TarInfo, ...]

    @classmethod
    def of(cls, tree: Path, *, limit: int) -> "TreeArchive":
        """List a tree. Refused("tree_too_large") when it takes more than `limit` bytes of tmpfs."""
        members = tuple(_members(tree, prefix=""))
        size = sum(-(-member.size // PAGE) * PAGE for member in members)
        if size > limit:
            raise Refused(
                "tree_too_large",
                f"The work tree takes {size >> 20} MiB, but the sandbox has a disk of {limit >> 20} MiB.",
            )
        return cls(tree, members)

    def write(self, stream: IO[bytes]) -> None:
        """Write it as a tar stream. OSError when the tree has changed since it was listed."""
        with tarfile.open(
            fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for member in self.members:
                if member.isreg():
                    with _open(self.tree / member.name) as content:
                        archive.addfile(member, content)
                else:
                    archive.addfile(member)


def _members(folder: Path, *, prefix: str) -> Iterator[tarfile.TarInfo]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        member = _member(entry, prefix=prefix)
        if member is None:
            continue
        yield member
        if member.isdir():
            yield from _members(Path(entry.path), prefix=member.name + "/")


def _member(entry: os.DirEntry[str], *, prefix: str) -> tarfile.TarInfo | None:
    """Modes are git's, whatever umask our own checkout had; the time is kept for build tools."""
    status = entry.stat(follow_symlinks=False)
    member = tarfile.TarInfo(prefix + entry.name)
    member.mtime = int(status.st_mtime)
    member.mode = 0o755 if entry.is_dir(follow_symlinks=False) or status.st_mode & 0o100 else 0o644
    if entry.is_symlink():
        member.type = tarfile.SYMTYPE
        member.linkname = str(Path(entry.path).readlink())
    elif entry.is_dir(follow_symlinks=False):
        member.type = tarfile.DIRTYPE
    elif entry.is_file(follow_symlinks=False):
        member.size = status.st_size
    else:
        return None
    return member


def _open(path: Path) -> IO[bytes]:
    """Never through a link that took the file's place."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
