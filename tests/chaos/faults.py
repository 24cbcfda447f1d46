"""What goes wrong in a run, and where: a function of the campaign's seed and the run's number."""

import random
from dataclasses import dataclass
from typing import Literal

Place = Literal["model", "forge", "event"]
PROCESS = ("horse_killed", "worker_killed", "both_killed", "frozen")
WORLD = ("redis_flushed", "redis_restarted", "postgres_restarted", "scheduler_killed")
OTHER = ("receiver_down", "disk_full")
MODEL = ("model_429", "model_500", "model_silent", "model_dropped", "model_garbage")
FORGE = ("forge_502_done", "forge_502_not_done")
KINDS = (*PROCESS, *WORLD, *OTHER, *MODEL, *FORGE)

CALLS = {"csv-export": 9, "drop-fax": 4}
"""Model calls of a build in which nothing goes wrong."""
REQUESTS = {"csv-export": 13, "drop-fax": 2}
"""Requests to the forge in one; a job that pauses makes those of create_pr only after a yes."""
EVENTS = {
    "csv-export": (
        "run.queued",
        "station.started intake",
        "station.started plan",
        "station.started implement",
        "item.done",
        "station.started verify",
        "station.started review",
        "station.started create_pr",
        "branch.published",
        "pull_request.opened",
    ),
    "drop-fax": (
        "run.queued",
        "station.started intake",
        "station.started plan",
        "station.started implement",
        "item.done",
        "station.started verify",
        "station.started review",
    ),
}
"""Moments of a build that leave an event."""


@dataclass(frozen=True)
class At:
    """A point of a run: its n-th model call or forge request from 1, or an event of this name.

    `after`: the forge has done what it was asked for and has not answered yet.
    """

    place: Place
    number: int = 0
    event: str = ""
    after: bool = False

    def __str__(self) -> str:
        if self.place == "event":
            return f"at {self.event}"
        return f"{'after' if self.after else 'before'} {self.place} {self.number}"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong at a point."""

    kind: str
    at: At

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


@dataclass(frozen=True)
class Script:
    """What one run builds, with how much money, and what goes wrong in it."""

    number: int
    spec: str
    dollars: str
    faults: tuple[Fault, ...]


def script(seed: int, number: int, *, calm: bool = False) -> Script:
    """The script of a run, without faults when all is to be calm. Seed and number always give the same."""
    dice = random.Random(f"{seed}/{number}")
    spec = "drop-fax" if dice.random() < 0.15 else "csv-export"
    dollars = dice.choice(("0.80", "2.00", "2.00", "5.00"))
    kinds = dice.sample(KINDS, dice.randint(1, 4))
    faults = tuple(Fault(kind, point(dice, kind, spec)) for kind in kinds)
    return Script(number, spec, dollars, () if calm else faults)


def point(dice: random.Random, kind: str, spec: str) -> At:
    """Where a fault of a kind may strike."""
    if kind in MODEL:
        return At("model", dice.randint(1, CALLS[spec]))
    if kind in FORGE:
        return At("forge", dice.randint(1, REQUESTS[spec]))
    place: Place = dice.choice(("model", "forge", "forge", "event", "event"))
    if place == "model":
        return At("model", dice.randint(1, CALLS[spec]))
    if place == "forge":
        return At("forge", dice.randint(1, REQUESTS[spec]), after=dice.random() < 0.5)
    return At("event", event=dice.choice(EVENTS[spec]))
