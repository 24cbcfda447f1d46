"""Keeps a few child processes of this service running, and stops them all cleanly."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

from dreamsite.env import child_variables
from dreamsite.settings import ROOT

GRACE_SECONDS = 20
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10)


@dataclass
class Child:
    """One command of manage.py, restarted when it ends by itself: a worker may even exit 0 in an outage."""

    name: str
    arguments: Sequence[str]
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    due: float = 0.0

    def start(self, output: IO[bytes] | None) -> None:
        """Start it in a session of its own: Ctrl-C reaches us, and we stop it in order."""
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *self.arguments],
            cwd=ROOT,
            env=child_variables() | self.variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def check(self, output: IO[bytes] | None, said: Callable[[str], None]) -> None:
        """Start it again when it has ended, not at once when it keeps ending."""
        if self.process is None or self.process.poll() is None:
            return
        if not self.due:
            wait = BACKOFF_SECONDS[min(self.restarts, len(BACKOFF_SECONDS) - 1)]
            said(f"{self.name} ended with {self.process.returncode}; starting it again in {wait:g} s")
            self.due = time.monotonic() + wait
            self.restarts += 1
        elif time.monotonic() >= self.due:
            self.due = 0.0
            self.start(output)


@dataclass
class Supervisor:
    """Children, started in order and stopped in the opposite one."""

    children: Sequence[Child]
    said: Callable[[str], None]
    output: IO[bytes] | None = None
    stopping: list[int] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Supervisor"]:
        """All children run inside the block."""
        try:
            for child in self.children:
                child.start(self.output)
            yield self
        finally:
            self.stop()

    def check(self) -> None:
        """Start again what has ended."""
        for child in self.children:
            child.check(self.output, self.said)

    def wait(self) -> None:
        """Supervise until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda got, _: self.stopping.append(got))
        while not self.stopping:
            self.check()
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask all to stop, and make those that do not."""
        alive = [c.process for c in reversed(self.children) if c.process and c.process.poll() is None]
        for process in alive:
            with suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + GRACE_SECONDS
        for process in alive:
            try:
                process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
