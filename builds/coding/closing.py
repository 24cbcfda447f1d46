"""How an item ends: a model's `finish` is judged by the files and by the item's check."""

from dataclasses import dataclass

from builds.coding import limits
from builds.coding.checker import Checker
from builds.coding.desk import ToolError
from builds.evidence import ToolResult

NOTHING_CHANGED = "Nothing has changed since this item began, so it is not done."
NOT_GREEN = "Not done yet: the item's check is red. Mend what is new, then call finish again."


@dataclass(frozen=True)
class Ending:
    """The end of an item. `failure` is one of the codes below, empty when it is done."""

    failure: str = ""


FAILURES = {
    "blocked": "The model says that the item cannot be done.",
    "needs_split": "The model says that the item needs other paths or more items.",
    "empty_change": "The model said done, but nothing had changed.",
    "check_red": "The item's check was still red after two repair rounds.",
    "check_red_again": "A repair round left the very same tests failing.",
    "loop_identical_call": "The model made the same call five times.",
    "no_progress": "Eight calls brought no new diff, no new check result and nothing newly read.",
    "format_errors": "Three answers in a row held no call that could be understood.",
    "item_call_limit": "The item used all of its model calls.",
    "item_time_limit": "The item took longer than 20 minutes.",
}
"""Every way an item can fail, as a person reads it."""


@dataclass
class Closing:
    """Judges `finish`; counts repair rounds from what the model was told, so that a replay counts alike."""

    checker: Checker
    check: str
    tree_before: str
    rounds: int = 0
    last_red: str = ""

    def judge(self, status: str) -> str:
        """What the model reads. Raises ToolError where the item cannot end like this."""
        if status != "done":
            return "Noted."
        if self.checker.workspace.tree() == self.tree_before:
            raise ToolError(NOTHING_CHANGED)
        if not self._has_check():
            return "Done."
        run = self.checker.run(self.check)
        if red := self.checker.red(run):
            raise ToolError(f"{NOT_GREEN}\n{red}")
        return f"Done. Check {self.check}: {run.reason}"

    def ending(self, status: str, result: ToolResult) -> Ending | None:
        """Whether the item ends with this answer to a finish; None lets the model go on."""
        if status != "done":
            return Ending(status)
        if result.ok:
            return Ending()
        if result.text.startswith(NOTHING_CHANGED):
            return Ending("empty_change")
        return self._after_red(result.text) if result.text.startswith(NOT_GREEN) else None

    def _after_red(self, text: str) -> Ending | None:
        failing = text.partition("\n\n")[0]
        if failing == self.last_red:
            return Ending("check_red_again")
        self.last_red = failing
        self.rounds += 1
        return Ending("check_red") if self.rounds > limits.REPAIR_ROUNDS else None

    def _has_check(self) -> bool:
        return any(check.name == self.check for check in self.checker.checks)
