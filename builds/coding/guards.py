"""Loop guards: what going round in circles looks like, and the typed reason it ends with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from builds.canonical import canonical_json
from builds.coding import limits
from builds.coding.transport import Asked

NUDGE = (
    "You have made this exact call {times} times and no file has changed since. "
    "The answer will not change either: do something else, or call finish."
)


@dataclass
class Guards:
    """Counts calls and turns; fed with what the model was told only, so a replay ends alike."""

    calls: Counter[bytes] = field(default_factory=Counter)
    idle: int = 0
    format_errors: int = 0
    known: set[str] = field(default_factory=set)  # trees, and texts that looks and checks answered

    def count(self, asked: Asked, revision: int) -> int:
        """How often this call was made on the files as they are."""
        key = canonical_json([asked.name, asked.arguments, asked.problem, revision])
        self.calls[key] += 1
        return self.calls[key]

    def after_turn(self, tree: str, news: Sequence[str], *, understood: bool) -> str:
        """The code of the guard that ends the item now, or nothing. `news`: what the tools showed."""
        self.format_errors = 0 if understood else self.format_errors + 1
        fresh = {tree, *news} - self.known
        self.known |= fresh
        self.idle = 0 if fresh else self.idle + 1
        if self.format_errors >= limits.FORMAT_ERRORS:
            return "format_errors"
        return "no_progress" if self.idle >= limits.IDLE_CALLS else ""


def nudge(times: int) -> str:
    """What is added to the answer of a call made again and again."""
    return f"\n\n{NUDGE.format(times=times)}" if times >= limits.NUDGE_AT else ""


@dataclass(frozen=True)
class CallLimits:
    """How many model calls an item may take."""

    soft: int
    hard: int

    @classmethod
    def of(cls, patience: float) -> "CallLimits":
        """The table's limits for a model that needs `patience` times as many calls."""
        return cls(round(limits.SOFT_CALLS * patience), round(limits.HARD_CALLS * patience))

    def reminder(self, turn: int) -> str:
        """What a model is told when its calls run out."""
        left = self.hard - turn
        if turn != self.soft and left != limits.LAST_CALLS:
            return ""
        return f"\n\n[{turn} answers used, {left} left for this item: bring it to an end and call finish.]"
