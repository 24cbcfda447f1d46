"""The checks as the page shows them: what they said before and after, failed tests first."""

from collections.abc import Sequence
from dataclasses import dataclass

from builds.coding.checks import Comparison, compare
from builds.evidence import CheckRun

OUTPUT = 20_000


@dataclass(frozen=True, kw_only=True)
class CheckView:
    """One check on exactly the present tree, beside its run on the base commit."""

    run: CheckRun
    before: CheckRun | None
    comparison: Comparison

    @property
    def passed(self) -> int:
        """How many tests pass."""
        return list(self.run.tests.values()).count("passed")

    @property
    def failed(self) -> int:
        """How many tests fail."""
        return list(self.run.tests.values()).count("failed")

    @property
    def skipped(self) -> int:
        """How many tests were not run by their own wish."""
        return list(self.run.tests.values()).count("skipped")

    @property
    def words(self) -> str:
        """The outcome as people say it."""
        return self.run.outcome.replace("_", " ")

    @property
    def tone(self) -> str:
        """Green only for what was run and passed."""
        return {"passed": "good", "failed": "bad"}.get(self.run.outcome, "unknown")

    @property
    def end_of_output(self) -> str:
        """The end, where the verdict is."""
        return self.run.output[-OUTPUT:]

    @property
    def left_out(self) -> int:
        """Characters of output that are only in the artifact."""
        return max(0, len(self.run.output) - OUTPUT)


def check_views(checks: Sequence[CheckRun], tree_sha: str) -> tuple[CheckView, ...]:
    """The newest run of each check on this tree, the failed ones first. Runs on another tree are void."""
    before = {run.check: run for run in checks if run.phase == "baseline"}
    after = {run.check: run for run in checks if run.phase == "after" and run.tree_sha == tree_sha}
    views = [
        CheckView(run=run, before=before.get(name), comparison=compare(before.get(name), run))
        for name, run in after.items()
    ]
    order = ("failed", "not_verified", "not_run", "passed")
    return tuple(sorted(views, key=lambda view: order.index(view.run.outcome)))
