"""Real worker processes for tests: started, frozen, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from builds.models import Job


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something in the database or outside; fails the test when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@dataclass
class Workers:
    """Commands of manage.py that see the test's rows; whatever is left is killed at the end."""

    environment: dict[str, str]
    log: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """`manage.py worker` by default."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(Path(settings.ROOT) / "manage.py"), *(arguments or ("worker",))],
                env={**self.environment, **variables},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def horse(self, worker: subprocess.Popen[bytes]) -> int:
        """The process that works the station."""
        wait_until(lambda: children(worker.pid), 20, "a work horse")
        return children(worker.pid)[0]

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill -9 of the worker and of its horse, as when a machine goes away."""
        pids = [worker.pid, *children(worker.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        worker.wait(timeout=10)

    def stop(self) -> None:
        """Leave nothing behind."""
        for process in self.started:
            if process.poll() is None:
                self.kill(process)


def event_seen(job: Job, name: str) -> bool:
    """Whether an event of that name was written."""
    return job.events.filter(name=name).exists()


def status_is(job: Job, *statuses: str) -> bool:
    """Whether the job has one of these states now."""
    job.refresh_from_db()
    return job.status in statuses
