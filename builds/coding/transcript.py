"""What was said before an interruption: turns are reused while the requests they answered are the same."""

from hashlib import sha256

from builds.canonical import canonical_json
from builds.evidence import Turn
from builds.ports import Progress, Request


class Diverged(Exception):
    """Doing a recorded turn again led to other files; from that turn on nothing recorded holds."""


def request_hash(request: Request) -> str:
    """Names a request: model, messages and tools. The output bound is left out: the ledger may lower it."""
    return sha256(canonical_json([request.model, request.messages, request.tools])).hexdigest()


class Transcript:
    """The turns of one item. Raises what Progress raises."""

    def __init__(self, progress: Progress, item: str) -> None:
        self._progress = progress
        self._item = item
        self._turns = {turn.number: turn for turn in progress.turns(item)}

    def recorded(self, number: int, name: str) -> Turn | None:
        """The turn that answered this very request; one that answered another goes, with all after it."""
        turn = self._turns.get(number)
        if turn and turn.request_hash == name:
            return turn
        if any(known >= number for known in self._turns):
            self.forget_from(number)
        return None

    def name_of(self, number: int) -> str:
        """The request that a turn answered; empty for one that was not lived."""
        turn = self._turns.get(number)
        return turn.request_hash if turn else ""

    def save(self, turn: Turn) -> None:
        """Keep a turn that was just lived."""
        self._progress.save_turn(turn)
        self._turns[turn.number] = turn

    def forget_from(self, number: int) -> None:
        """Drop this turn and all after it."""
        self._progress.forget_turns(self._item, after=number - 1)
        self._turns = {known: turn for known, turn in self._turns.items() if known < number}
