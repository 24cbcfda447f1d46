"""A forge that freezes whoever asks it for one certain thing, at the moment when that has been done."""

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from builds.models import Sweep, Tally, TallyMark
from tests.chaos.processes import descendants, holder, parents, send
from tests.engine.workers import Workers, wait_until
from tests.fence.stale import rows
from tests.github.state import Grant, Hub, when
from tests.github.twin import Answer, Request, Twin

KEY = "ghp_of_the_zombies"  # no other: a test looks for that of the twin in every process of this machine


@dataclass(frozen=True)
class Moment:
    """The first request of this kind. The forge has answered it, and the asker has not read the answer."""

    method: str
    path: str

    def is_at(self, request: Request) -> bool:
        """Whether this is such a request."""
        return request.method == self.method and bool(re.search(self.path, urlsplit(request.target).path))


@dataclass
class Frozen:
    """Whom it froze, and what came to the forge since they were woken."""

    pids: list[int] = field(default_factory=list)
    horse: int = 0
    woken: bool = False
    asked_since: list[str] = field(default_factory=list)


class Freezing(Twin):
    """The twin, which stops the worker and the horse of one request and answers them all the same."""

    def __init__(self, root: Path, moment: Moment) -> None:
        super().__init__(root)
        self.tokens[KEY] = Grant()
        self.moment = moment
        self.frozen = Frozen()
        self.workers: Workers | None = None

    def api(self, request: Request) -> Answer:
        """One request; a deployment that was asked for succeeds at once."""
        answer = super().api(request)
        if self.frozen.woken:
            self.frozen.asked_since.append(f"{request.method} {urlsplit(request.target).path}")
        if self.workers and not self.frozen.pids and self.moment.is_at(request):
            self.freeze(request.port)
        return answer

    def freeze(self, port: int) -> None:
        """Stop the process that holds this connection, and its worker."""
        assert self.workers
        below = {pid for worker in self.workers.started for pid in descendants(worker.pid)}
        horse = holder(port, below)
        assert horse is not None
        self.frozen.horse = horse
        self.frozen.pids = [parents()[horse], horse]
        send(self.frozen.pids, signal.SIGSTOP)

    def wake(self) -> None:
        """Let them go on, and wait until the horse has come to its end."""
        self.frozen.woken = True
        send(self.frozen.pids, signal.SIGCONT)
        wait_until(lambda: self.frozen.horse not in parents(), 30, "the end of the woken horse")


def succeeding(hub: Hub) -> None:
    """Every deployment there will be says that it succeeded."""
    status = {"id": 1, "state": "success", "description": "", "created_at": when(1), "target_url": ""}
    said = [{**status, "environment_url": "https://staging.example.com"}]
    hub.deployment_statuses.update(dict.fromkeys(range(1, 9), said))


def effects(hub: Hub) -> dict[str, Any]:
    """All that can be seen at the forge."""
    return {
        "branches": {name: hub.head(name) for name in hub.branches()},
        "pulls": {number: dict(pull) for number, pull in hub.pulls.items()},
        "comments": dict(hub.comments),
        "deployments": list(hub.deployments),
    }


def kept() -> Mapping[str, Any]:
    """Every row of ours but the sweeps, which go on, and counts of requests that were truly made."""
    apart = {Sweep.__name__, Tally.__name__, TallyMark.__name__}
    return {name: found for name, found in rows().items() if name not in apart}
