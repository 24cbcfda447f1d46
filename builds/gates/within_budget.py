"""Is there anything left to spend?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.outcomes import Fail, Pass, Verdict


@dataclass(frozen=True)
class WithinBudget:
    """Dollars and tokens of the job's own budget are left. The ledger holds each single call to it."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail when nothing is left, counting what is reserved as spent."""
        money = facts.money
        if money.left <= 0:
            used = money.spent + money.reserved
            why = f"Cost budget exceeded: ${used:.2f} / ${money.max_dollars:.2f}"
            return Fail("budget_exhausted", f"{why}; submit again with a larger budget.")
        tokens = money.tokens_used + money.tokens_reserved
        if tokens >= money.max_tokens:
            why = f"Token budget exceeded: {tokens} / {money.max_tokens}"
            return Fail("budget_exhausted", f"{why}; submit again with a larger budget.")
        return Pass()
