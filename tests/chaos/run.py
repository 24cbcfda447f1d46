"""One run of the campaign: its script, what the outside saw of it, and where faults have struck."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from builds.models import Job
from builds.ports import RepoName
from tests.chaos.faults import At, Fault, Script
from tests.world import EXAMPLES

MARK = re.compile(r"\brun ([0-9]+) of the campaign\b")


@dataclass(frozen=True)
class Answered:
    """One answer of the model provider that it would bill."""

    key: tuple[str, str, int]  # purpose, item, turn
    tokens: int
    dollars: float


@dataclass(frozen=True)
class Told:
    """One callback as it arrived."""

    sequence: int
    status: str
    name: str
    signed: bool


@dataclass
class Run:
    """A run. Its counters grow in the threads of the servers, so they are changed under its lock."""

    script: Script
    job: Job | None = None
    answered: list[Answered] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # of the outside, about what it was asked
    struck: list[tuple[float, Fault]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    events: int = 0
    seconds: float = 0.0  # from the lot's begin until it came to rest
    lock: threading.Lock = field(default_factory=threading.Lock)
    forge_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def number(self) -> int:
        """From 0."""
        return self.script.number

    @property
    def repo(self) -> RepoName:
        """Each run has a repository of its own."""
        return RepoName("dream", f"paperboy-{self.number}")

    @property
    def markdown(self) -> str:
        """The example's spec, whose title says which run it is for: every prompt holds it."""
        text = (EXAMPLES / f"{self.script.spec}.md").read_text(encoding="utf-8")
        title, _, rest = text.partition("\n")
        return f"{title}, run {self.number} of the campaign\n{rest}"

    def count(self, place: str) -> int:
        """The number of the request that just came to a place, from 1."""
        with self.lock:
            self.counts[place] += 1
            return self.counts[place]

    def due(self, at: At) -> list[Fault]:
        """The faults that strike at a point."""
        return [fault for fault in self.script.faults if fault.at == at]

    @property
    def spent_again(self) -> float:
        """Tokens that the provider answered beyond one answer for each turn, as a share of those."""
        once: dict[tuple[str, str, int], int] = {}
        for answer in self.answered:
            once.setdefault(answer.key, answer.tokens)
        needed = sum(once.values())
        return (sum(answer.tokens for answer in self.answered) - needed) / needed if needed else 0.0

    @property
    def billed(self) -> float:
        """Dollars that an honest provider would ask for."""
        return sum(answer.dollars for answer in self.answered)


def number_in(text: str) -> int | None:
    """The number of the run that a prompt belongs to."""
    found = MARK.search(text)
    return int(found[1]) if found else None


Runs = dict[int, Run]
Event = dict[str, Any]
