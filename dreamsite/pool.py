"""Forks of one process that has loaded everything: they share its memory, and are supervised by it."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from typing import IO

from dreamsite.lifeline import tie_to
from dreamsite.supervisor import Child, Running

STOPS = (signal.SIGINT, signal.SIGTERM)


class Fork:
    """A fork of this process, spoken to as to a command. It is asked to stop when we are gone."""

    def __init__(self, work: Callable[[], None]) -> None:
        # A signal between the fork and the child's own handlers would end in a copy of ours, and be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            self.process = get_context("fork").Process(target=run, args=(work, os.getpid(), before))
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def returncode(self) -> int | None:
        """How it ended; negative by a signal."""
        return self.process.exitcode

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self.returncode

    def terminate(self) -> None:
        """Ask it to stop."""
        self.process.terminate()

    def kill(self) -> None:
        """Make it."""
        self.process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """How it ended. Raises subprocess.TimeoutExpired."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.process.name), timeout or 0)
        return self.process.exitcode


def run(work: Callable[[], None], parent: int, mask: set[int]) -> None:
    """What a fork does first: forget the parent's handlers, and leave the group that Ctrl-C is sent to."""
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    os.setpgrp()
    tie_to(parent)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    work()


@dataclass
class ForkedChild(Child):
    """A child that is a fork of ours; `work` ends only when it is asked to."""

    work: Callable[[], None] = lambda: None

    def launch(self, output: IO[bytes] | None) -> Running:
        """Fork. What it says goes where ours goes."""
        return Fork(self.work)
