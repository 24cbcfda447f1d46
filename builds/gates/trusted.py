"""May this requester have this done at all?"""

from dataclasses import dataclass
from typing import Literal

from builds.context import Facts
from builds.outcomes import Fail, Pass, Verdict

Level = Literal["observer", "planner", "builder", "shipper"]
LEVELS: tuple[Level, ...] = ("observer", "planner", "builder", "shipper")
BUILDER: Level = "builder"
SHIPPER: Level = "shipper"


@dataclass(frozen=True, repr=False)
class Trusted:
    """The requester's signed trust level allows it: builders get pull requests, shippers deployments too."""

    level: Level

    def __repr__(self) -> str:
        return f"Trusted({self.level.upper()})"

    def ask(self, facts: Facts) -> Verdict:
        """Fail below the level."""
        refusal = self.refusal(facts.job.trust_level)
        return Fail("not_trusted", refusal) if refusal else Pass()

    def refusal(self, level: str) -> str | None:
        """Why this level does not do, in the words of the old system; None when it does."""
        enough = LEVELS[LEVELS.index(self.level) :]
        if level in enough:
            return None
        if not level:
            return "Missing dreamTrustLevel"
        return f"Insufficient trust level: {level}. Required: {' or '.join(enough)}"
