"""Is there a risk that a person should weigh, by our rules or by the second model's word?"""

from collections.abc import Iterator
from dataclasses import dataclass

from builds.context import Facts
from builds.diffs import FileDiff
from builds.evidence import Finding
from builds.gates.files import is_test, language_of
from builds.gates.gate import change_set, found, weigh
from builds.gates.risks import code, scripts
from builds.gates.risks.rules import RULES
from builds.outcomes import Fail, Verdict

QUIET_IN_TESTS = {"ends_process", "hardcoded_credential", "network_call", "runs_command"}


@dataclass(frozen=True)
class RiskReviewed:
    """Low and medium risk goes on, high waits for a reviewer, critical for one who did not ask for the build.

    The second model can raise the risk that the rules see, never lower it.
    """

    def ask(self, facts: Facts) -> Verdict:
        """Pause for grave risks, and where the second model said pause or reject; rules alone without it."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        findings = [finding for file in changes.files for finding in in_file(file)]
        return weigh([*findings, *second_model(facts)], "There is a risk to weigh")


def in_file(file: FileDiff) -> Iterator[Finding]:
    """What the added lines of one file risk. Tests run in the sandbox and may do more."""
    if file.kind == "removed":
        return
    language = language_of(file.path)
    hits = [*(code.in_file(file, language) if language else ()), *scripts.in_file(file)]
    quiet = QUIET_IN_TESTS if is_test(file.path) else set()
    for rule, line in dict.fromkeys(hits):
        if rule not in quiet:
            yield found(RULES[rule], file, line)
    if file.new_mode == "100755" and file.old_mode != "100755":
        yield found(RULES["made_executable"], file)


def second_model(facts: Facts) -> Iterator[Finding]:
    """Its recommendation and its risk, in its own words."""
    review = facts.evidence.present_review
    if review is None:
        return
    name = {"pause": "second_model_pause", "reject": "second_model_reject"}.get(review.recommendation)
    if name is None:
        name = {"high": "second_model_risk", "critical": "second_model_critical"}.get(review.risk)
    elif review.risk == "critical":
        name = "second_model_critical" if review.recommendation == "pause" else name
    if name is not None:
        rule = RULES[name]
        reason = f"{rule.reason} {review.model or 'It'} wrote: {review.summary}"
        yield Finding(rule=rule.name, reason=reason, severity=rule.severity)
