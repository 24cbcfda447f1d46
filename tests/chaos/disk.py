"""A small disk that can really be full: a tmpfs in a mount namespace that only the workers see."""

import errno
import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MOUNT = """
mount -t tmpfs -o size="$2",mode=755 none "$1" && mkdir "$1/tmp" "$1/artifacts" && echo there && exec cat
"""
"""`cat` keeps the namespace for as long as its input is open, so it ends with us."""


@dataclass
class Disk:
    """The disk of this folder. `wrap` stands before a command that shall see it."""

    folder: Path
    size: str = "48m"
    keeper: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Make namespace and disk. Raises OSError where the machine refuses it."""
        self.folder.mkdir()
        root = os.geteuid() == 0
        who = [] if root else ["--user", "--map-root-user"]
        mount = ["sh", "-c", MOUNT, "sh", str(self.folder), self.size]
        unshare = ["unshare", *who, "--mount", "--propagation", "private", "--", *mount]
        self.keeper = subprocess.Popen(
            unshare, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.keeper.stdout
        if self.keeper.stdout.readline() != b"there\n":
            raise OSError(errno.EPERM, "no mount namespace with a tmpfs can be made here")

    @property
    def pid(self) -> int:
        """The process whose namespace it is."""
        assert self.keeper
        return self.keeper.pid

    @property
    def wrap(self) -> list[str]:
        """Words before a command; it keeps its pid, and its uid."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", f"--wdns={Path.cwd()}"]
        if os.geteuid() == 0:
            return [*enter, "--"]
        again = ["unshare", "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}", "--"]
        return [*enter, "--user", "--preserve-credentials", "--", *again]

    @property
    def seen_from_here(self) -> Path:
        """The disk's folder, through the namespace."""
        return Path(f"/proc/{self.pid}/root") / self.folder.relative_to("/")

    def fill(self, seconds: float) -> None:
        """No byte fits for so long."""
        ballast = self.seen_from_here / "ballast"
        end = time.monotonic() + seconds
        with ballast.open("ab", buffering=0) as file:
            while time.monotonic() < end:
                with suppress(OSError):
                    while True:
                        file.write(b"\0" * 65536)
                time.sleep(0.02)
        ballast.unlink()

    def left_in_tmp(self) -> list[str]:
        """What is in the folder for temporary files."""
        return sorted(path.name for path in (self.seen_from_here / "tmp").iterdir())

    def stop(self) -> None:
        """The disk goes with the last process that sees it."""
        if self.keeper is not None:
            self.keeper.communicate(timeout=10)
