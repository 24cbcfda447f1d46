"""Keeps a few child processes of this service running, and stops them all cleanly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Protocol

from dreamsite.env import child_variables
from dreamsite.settings import ROOT

GRACE_SECONDS = 20
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10)
STEADY_SECONDS = 60
"""Who ran for so long is not one that keeps ending, and starts again soon."""


class Running(Protocol):
    """A process as `subprocess.Popen` speaks of it."""

    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


@dataclass
class Child:
    """One command of manage.py, restarted when it ends by itself: a worker may even exit 0 in an outage.

    It is asked to stop when we are gone, also by kill -9.
    """

    name: str
    arguments: Sequence[str] = ()
    variables: dict[str, str] = field(default_factory=dict)
    process: Running | None = None
    restarts: int = 0
    due: float = 0.0
    since: float = 0.0

    def start(self, output: IO[bytes] | None) -> None:
        """Make the process, and note since when it runs."""
        self.since = time.monotonic()
        self.process = self.launch(output)

    def launch(self, output: IO[bytes] | None) -> Running:
        """Start it in a session of its own: Ctrl-C reaches us, and we stop it in order."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *self.arguments],
            cwd=ROOT,
            env=child_variables(supervisor=os.getpid()) | self.variables,
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
            if time.monotonic() - self.since > STEADY_SECONDS:
                self.restarts = 0
            wait = BACKOFF_SECONDS[min(self.restarts, len(BACKOFF_SECONDS) - 1)]
            said(f"{self.name} ended with {self.process.returncode}; starting it again in {wait:g} s")
            self.due = time.monotonic() + wait
            self.restarts += 1
        elif time.monotonic() >= self.due:
            self.due = 0.0
            self.start(output)


@dataclass
class Supervisor:
    """Children, started in order and stopped in the opposite one. `look` is called now and then."""

    children: Sequence[Child]
    said: Callable[[str], None]
    output: IO[bytes] | None = None
    look: Callable[[], None] | None = None
    grace: float = GRACE_SECONDS
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
        if self.look is not None:
            self.look()
        for child in self.children:
            child.check(self.output, self.said)

    def renew(self) -> None:
        """Let all children start anew, as each ends when it is asked to."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()

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
        end = time.monotonic() + self.grace
        for process in alive:
            try:
                process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
