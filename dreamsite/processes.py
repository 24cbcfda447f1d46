"""A server process that outlives us: its lock file says whether it lives, and holds its pid."""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

SAY_PID = 'echo $$ > "$0" && exec "$@"'
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class EmbeddedFailed(Exception):
    """An embedded server did not start."""


@dataclass
class Daemon:
    """One server of a folder, found again by any process of this machine.

    The server and all its children inherit an open, locked file: the kernel drops the lock when the last of
    them has ended, whatever ended it. So a pid is never taken for a server's that it no longer is, not even
    after a restart of the machine, and nothing is started beside children that a killed server left behind.
    """

    lock: Path
    started: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def alive(self) -> bool:
        """Whether the server, or a child of it, still runs."""
        if not self.lock.exists():
            return False
        with self.lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @property
    def pid(self) -> int:
        """The server's process; 0 when it does not run."""
        return int(self.lock.read_text(encoding="ascii").strip() or 0) if self.alive() else 0

    def launch(self, command: list[str], log: Path) -> None:
        """Start the server in a session of its own, so that Ctrl-C reaches us and not it. Raises OSError."""
        with self.lock.open("a") as lock, log.open("ab") as output:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            self.reap()
            self.started = subprocess.Popen(
                ["sh", "-c", SAY_PID, str(self.lock), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=ENVIRONMENT,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )

    def stop(self, first: signal.Signals, seconds: float = 10) -> None:
        """Ask it to stop, and make it when it does not."""
        for step in (first, signal.SIGKILL):
            with suppress(ProcessLookupError):
                if pid := self.pid:
                    os.kill(pid, step)
            if self.gone_within(seconds):
                break
        self.reap()

    def reap(self) -> None:
        """Take leave of a child that has ended."""
        if self.started is not None:
            with suppress(subprocess.TimeoutExpired):
                self.started.wait(timeout=5)

    def gone_within(self, seconds: float) -> bool:
        """Wait for its end; children of a killed server need a moment to notice."""
        end = time.monotonic() + seconds
        while self.alive() and time.monotonic() < end:
            time.sleep(0.02)
        return not self.alive()


def lock_shared(path: Path) -> IO[str]:
    """Become one of the users that a lock file counts; closing the file ends it."""
    file = path.open("a")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def is_last(file: IO[str]) -> bool:
    """Whether nobody else holds a shared lock on the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def must_run(command: list[str], failure: str) -> None:
    """Run a command to its end. Raises EmbeddedFailed with its last line when it fails."""
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        lines = [line.strip() for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
        raise EmbeddedFailed(": ".join([failure, *lines[-1:]]))
