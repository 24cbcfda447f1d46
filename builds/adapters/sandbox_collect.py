"""Takes a tar stream that generated code may have made, and lets nothing of it reach outside its folder."""

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import IO

from builds.sandboxed import Collect

MOST_MEMBERS = 300_000
LONGEST_LINK = 4096
COPY = 1 << 20


class TooMuch(Exception):
    """It holds more than was allowed."""


class Collector(Thread):
    """Unpacks what is written to `descriptor` into the folder of `collect`.

    Call `begin()` when the sandbox has the descriptor, whether or not it started. Read `error` after
    `join()`: empty, or why not all of it is there.
    """

    def __init__(self, collect: Collect) -> None:
        super().__init__(name="collect", daemon=True)
        self.error = ""
        self._collect = collect
        reading, self.descriptor = os.pipe2(os.O_CLOEXEC)
        self._stream = os.fdopen(reading, "rb")

    def begin(self) -> None:
        """Give up our own end, so that the stream ends with the sandbox, and read."""
        os.close(self.descriptor)
        self.start()

    def run(self) -> None:
        """Whatever is wrong with the stream, it is read to its end, so that nobody waits for us."""
        with self._stream:
            try:
                if self._stream.peek(1):
                    unpack(self._stream, self._collect)
            except (tarfile.TarError, OSError, ValueError, TooMuch, EOFError) as error:
                self.error = str(error) or type(error).__name__
            while self._stream.read(COPY):
                pass


def unpack(stream: IO[bytes], collect: Collect) -> None:
    """Files and folders as they come, links at the end: while files are written there is no link to follow.

    Modes are 755 and 644, owners are ours, times are kept; devices, pipes and sockets are left out. Raises
    TooMuch, ValueError for a name that leads out of the folder, and tarfile's and the system's errors.
    """
    links: dict[PurePosixPath, str] = {}
    left = collect.most_bytes
    collect.into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as archive:
        for number, member in enumerate(archive):
            name = plain_name(member.name)
            left -= member.size
            if left < 0 or number >= MOST_MEMBERS:
                raise TooMuch(f"more than {collect.most_bytes >> 20} MiB or {MOST_MEMBERS} files")
            if member.issym():
                links[name] = link_target(member.linkname)
            else:
                _place(archive, member, collect.into / name, collect.into)
    for name, target in links.items():
        place = collect.into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)


def _place(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path, root: Path) -> None:
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.islnk():
        os.link(root / plain_name(member.linkname), place, follow_symlinks=False)
    elif member.isfile() and (content := archive.extractfile(member)):
        mode = 0o755 if member.mode & 0o100 else 0o644
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, COPY)
            os.fchmod(file.fileno(), mode)
        os.utime(place, (member.mtime, member.mtime))


def plain_name(name: str) -> PurePosixPath:
    """A member's path within its folder. Raises ValueError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ValueError(f"{name[:200]!r} leads out of its folder")
    return path


def link_target(target: str) -> str:
    """Links are never followed out here; inside they lead where they lead. Raises ValueError."""
    if len(target) > LONGEST_LINK or "\0" in target:
        raise ValueError("a link is too long")
    return target
