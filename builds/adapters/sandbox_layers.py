"""The layers of this machine: folders of installed packages, made once, whole, and thrown away when old."""

import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from builds.ports import Unavailable

MARK = "layer.json"
FILES = "files"
KEY = re.compile(r"[0-9a-f]{64}")
MOST_BYTES = 20 << 30
ABANDONED_SECONDS = 6 * 3600  # a folder that nobody finished in this time belongs to a dead worker


class Layers:
    """`folder`/<key>/files, and beside it a mark whose time says when it was last used.

    Workers of one machine share it without talking: a layer appears by one rename, and whoever uses one holds
    a lock on its mark, which the kernel takes away from the dead.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def has(self, key: str) -> bool:
        """Whether it is there; asking counts as using it."""
        mark = self._place(key) / MARK
        try:
            os.utime(mark)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def use(self, key: str) -> Iterator[Path]:
        """Its files, which stay as long as this is entered. Raises Unavailable when it is gone."""
        mark = self._place(key) / MARK
        with ExitStack() as stack:
            try:
                held = stack.enter_context(mark.open("rb"))
                fcntl.flock(held, fcntl.LOCK_SH)
                os.utime(mark)
                same = os.fstat(held.fileno()).st_ino == mark.stat().st_ino
            except FileNotFoundError:
                same = False
            if not same:  # it was thrown away between two steps of ours
                raise Unavailable("Installed packages were cleared away just now; they are made again.")
            yield mark.parent / FILES

    @contextmanager
    def new(self) -> Iterator[Path]:
        """An empty folder to fill; what was not kept with `keep` is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            (made / FILES).mkdir()
            yield made / FILES
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def keep(self, files: Path, key: str) -> None:
        """Make the filled folder the layer of that key. Where another was faster, its layer stays."""
        size = _size(files)
        for folder in (files, files.parent):
            folder.chmod(0o755)
        (files.parent / MARK).write_text(json.dumps({"key": key, "bytes": size}), encoding="utf-8")
        try:
            files.parent.rename(self._place(key))
        except OSError:
            if not self._place(key).is_dir():
                raise
        self.prune()

    def prune(self) -> None:
        """Throw the longest unused layers away until the rest fits; what is in use stays."""
        now = time.time()
        for left in self.folder.glob(".*"):
            if now - _used(left, gone=now) > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        marks = sorted(self.folder.glob(f"*/{MARK}"), key=_used, reverse=True)
        total = 0
        for mark in marks:
            size = _told_size(mark)
            if total + size <= self._most_bytes or not self._remove(mark):
                total += size

    def _remove(self, mark: Path) -> bool:
        try:
            with mark.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                away = Path(tempfile.mkdtemp(prefix=".old-", dir=self.folder))
                mark.parent.rename(away / FILES)
        except OSError:
            return False
        shutil.rmtree(away, ignore_errors=True)
        return True

    def _place(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a layer")
        return self.folder / key


def _used(path: Path, *, gone: float = 0.0) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return gone


def _told_size(mark: Path) -> int:
    try:
        return int(json.loads(mark.read_text(encoding="utf-8"))["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _size(folder: Path) -> int:
    """Bytes on disk, links not followed."""
    return sum(
        os.lstat(os.path.join(where, name)).st_blocks * 512  # noqa: PTH118  many thousand names
        for where, _, names in os.walk(folder)
        for name in names
    )
