"""Workers and the scheduler as processes, started again when they end, as systemd would."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM

from django.conf import settings

from tests.chaos.processes import command, descendants, environment, holder, lineage, parents, send

AGAIN_AFTER = 0.3


@dataclass
class Service:
    """One command of manage.py."""

    arguments: Sequence[str]
    wrap: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    ended_at: float = 0.0
    starts: int = 0


@dataclass
class Services:
    """A few services that are kept running until the block ends."""

    variables: Mapping[str, str]
    log: Path
    services: list[Service]
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __enter__(self) -> "Services":
        for service in self.services:
            self.start(service)
        self.thread = threading.Thread(target=self.keep, name="services", daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        assert self.thread
        self.thread.join()
        running = [service.process for service in self.services if service.process]
        send([process.pid for process in running], SIGTERM)
        end = time.monotonic() + 15
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
        send([process.pid for process in running if process.poll() is None], SIGKILL)

    def start(self, service: Service) -> None:
        """In a session of its own, what it says into the log."""
        with self.log.open("ab") as output:
            service.process = subprocess.Popen(
                [*service.wrap, sys.executable, str(Path(settings.ROOT) / "manage.py"), *service.arguments],
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        service.ended_at = 0.0
        service.starts += 1

    def keep(self) -> None:
        """Start again what has ended, a little later."""
        while not self.stopping.wait(0.05):
            for service in self.services:
                if service.process is None or service.process.poll() is None:
                    continue
                service.ended_at = service.ended_at or time.monotonic()
                if time.monotonic() - service.ended_at > AGAIN_AFTER:
                    self.start(service)

    def pids(self, name: str) -> list[int]:
        """The processes of all services of a command."""
        return [each.process.pid for each in self.services if each.process and each.arguments[0] == name]

    def ours(self) -> set[int]:
        """Every worker and horse of this campaign, also an orphan that goes on without its worker."""
        mark = f"DREAM_VAR={self.variables['DREAM_VAR']}".encode()
        return {pid for pid in parents() if "manage.py worker" in command(pid) and mark in environment(pid)}

    def horse_at(self, port: int) -> int | None:
        """The process that works a station and holds this connection, itself or through a git of its own."""
        ours = self.ours()
        held = holder(port, ours | {pid for each in ours for pid in descendants(each)})
        return next((pid for pid in lineage(held) if pid in ours), None) if held else None

    def worker_of(self, horse: int) -> int | None:
        """The worker that forked a horse; None for an orphan."""
        parent = parents().get(horse)
        return parent if parent in self.ours() else None

    def horses(self) -> list[int]:
        """Every process that works a station now."""
        ours, known = self.ours(), parents()
        return sorted(pid for pid in ours if pid not in self.pids("worker") and known.get(pid))
