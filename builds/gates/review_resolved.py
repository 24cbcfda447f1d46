"""Has a second model looked at exactly this tree, and is what it found settled?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.evidence import Finding, Rule
from builds.gates.gate import change_set, weigh
from builds.outcomes import Fail, Verdict

RULES = {
    rule.name: rule
    for rule in (
        Rule("review_missing", "high", "No second model has looked at this tree."),
        Rule("review_not_paid", "medium", "The budget did not pay for a review of this tree; it is a draft."),
        Rule("review_unresolved", "high", "The second model still wants this mended, also after the return."),
    )
}


@dataclass(frozen=True)
class ReviewResolved:
    """A second model has looked at exactly this tree, and nothing grave of what it found is left.

    A job whose money ran out may go on without: its pull request is a draft that says so.
    """

    def ask(self, facts: Facts) -> Verdict:
        """Pause where nobody looked at this tree, and for each grave finding that is still there."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        review = facts.evidence.present_review
        if review is None:
            rule = RULES["review_not_paid" if facts.evidence.left_out else "review_missing"]
            missing = Finding(rule=rule.name, reason=rule.reason, severity=rule.severity)
            return weigh([missing], "The review is missing")
        findings = [left_open(finding) for finding in review.findings]
        return weigh(findings, f"{review.model or 'The second model'} found something grave")


def left_open(finding: Finding) -> Finding:
    """A finding of the reviewer's, under the rule's name, in its own words."""
    return Finding(
        rule="review_unresolved",
        reason=finding.reason,
        severity=finding.severity,
        path=finding.path,
        line=finding.line,
        text=finding.text,
    )
