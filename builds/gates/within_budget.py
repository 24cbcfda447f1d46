"""Is there anything left to spend?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.outcomes import Fail, Pass, Verdict, Wait


@dataclass(frozen=True)
class WithinBudget:
    """Dollars and tokens of the job's own budget are left, and the caps of its user, its repo and the night
    have room; the ledger holds each single call to all of them.
    """

    def ask(self, facts: Facts) -> Verdict:
        """Wait for a cap. Fail when nothing is left and nothing is finished, counting reserved as spent.

        Once a work item is finished the stations end the job themselves: with a draft that holds it.
        """
        money = facts.money
        for cap in money.caps:
            if cap.left <= 0:
                return Wait(cap.resets_in, cap.reached, cause="cap", scope=cap.scope)
        if any(item.status == "done" for item in facts.evidence.items):
            return Pass()
        more = f"Go on with: manage.py dream rerun {facts.job.job_id} --budget DOLLARS"
        if money.left <= 0:
            used = money.spent + money.reserved
            why = f"Cost budget exceeded: ${used:.2f} / ${money.max_dollars:.2f}"
            return Fail("budget_exhausted", f"{why}. {more}")
        if money.tokens_left <= 0:
            tokens = money.tokens_used + money.tokens_reserved
            why = f"Token budget exceeded: {tokens} / {money.max_tokens}"
            return Fail("budget_exhausted", f"{why}. {more}")
        return Pass()
