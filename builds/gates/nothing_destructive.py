"""Does the generated diff hold something that destroys data, history or files?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.evidence import Finding
from builds.gates.destructive.readers import findings
from builds.gates.gate import change_set, is_grave, may_decide
from builds.outcomes import Fail, Pass, Pause, Verdict


@dataclass(frozen=True)
class NothingDestructive:
    """No generated line drops or overwrites data, removes folders or forces git. Prose does not count."""

    def ask(self, facts: Facts) -> Verdict:
        """Pause when a finding is high or critical; lower ones are told but never pause alone."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        found = findings(changes)
        grave = [finding for finding in found if is_grave(finding)]
        if not grave:
            return Pass(found)
        return Pause(_reason(grave), found, may_decide=may_decide(grave))


def _reason(grave: list[Finding]) -> str:
    lines = "1 risky line" if len(grave) == 1 else f"{len(grave)} risky lines"
    return f"Destructive operations detected, {lines}: {grave[0].path}:{grave[0].line} {grave[0].reason}"
