"""Has somebody looked whether the base branch moved, and does what came in touch the same files?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.evidence import Finding, Rule
from builds.outcomes import Fail, Pass, Verdict

RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "base_moved",
            "medium",
            "The base branch changed this file meanwhile; the pull request is a draft.",
        ),
    )
}


@dataclass(frozen=True)
class BaseFresh:
    """The base branch has been looked at for exactly this tree; where it moved under us, that is told.

    The stations look, and start over once by themselves; what then collides makes the pull request a draft.
    """

    def ask(self, facts: Facts) -> Verdict:
        """Fail when nobody looked for this tree; tell the files that changed on both sides."""
        seen = facts.evidence.base_seen
        if seen is None:
            why = "Nobody has looked whether the base branch moved under this tree; rerun from review."
            return Fail("evidence_missing", why)
        rule = RULES["base_moved"]
        return Pass(
            tuple(
                Finding(rule=rule.name, reason=rule.reason, severity=rule.severity, path=path)
                for path in seen.collides
            )
        )
