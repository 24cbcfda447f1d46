"""What a gate is, and what every gate needs to stop when it cannot decide."""

from collections.abc import Iterable
from typing import Protocol

from builds.context import Facts
from builds.diffs import ChangeSet
from builds.evidence import SEVERITIES, Finding
from builds.outcomes import Fail, MayDecide, Verdict


class Gate(Protocol):
    """A rule in front of a station. Its docstring is what the reviewer reads, its `repr` the declaration.

    It reads stored evidence only, never calls a model, and stops where it cannot decide.
    """

    def ask(self, facts: Facts) -> Verdict: ...


def change_set(facts: Facts) -> ChangeSet | Fail:
    """The generated diff, or the refusal to decide without one."""
    if not facts.evidence.tree_sha or not facts.evidence.patch:
        return Fail("evidence_missing", "There is no change set to judge; rerun from implement.")
    try:
        return facts.evidence.change_set
    except ValueError as error:
        why = f"The stored change set cannot be read ({error}); rerun from implement."
        return Fail("evidence_missing", why)


def may_decide(findings: Iterable[Finding]) -> MayDecide:
    """A critical finding needs a reviewer other than the requester, any other a reviewer."""
    worst = max((finding.severity for finding in findings), key=SEVERITIES.index)
    return "other_reviewer" if worst == "critical" else "reviewer"
