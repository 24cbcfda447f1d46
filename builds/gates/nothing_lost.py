"""Does the change lose content or tests that were there, or only pretend to do the work?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.evidence import Finding
from builds.gates.gate import change_set, weigh
from builds.gates.lost import content, kept_tests, silenced, stubs, unused
from builds.outcomes import Fail, Verdict


@dataclass(frozen=True)
class NothingLost:
    """No existing file loses most of what it held, no test goes or says less, and no new code pretends."""

    def ask(self, facts: Facts) -> Verdict:
        """Pause for a reviewer; what moved to another file of the change is not lost."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        findings: list[Finding] = [*content.in_changes(changes), *unused.in_changes(changes)]
        findings += kept_tests.in_changes(changes, facts.evidence)
        for file in changes.files:
            findings += [*silenced.in_file(file), *stubs.in_file(file)]
        return weigh(findings, "Something is lost or only pretended")
