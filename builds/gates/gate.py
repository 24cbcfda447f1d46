"""What a gate is, and what every gate needs to stop when it cannot decide."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from builds.context import Facts
from builds.diffs import ChangeSet, FileDiff
from builds.evidence import SEVERITIES, Finding, Rule
from builds.outcomes import Fail, MayDecide, Pass, Pause, Verdict
from builds.words import counted


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


def found(rule: Rule, file: FileDiff, line: int = 0) -> Finding:
    """A rule met at a line of the new file; 0 is about the whole file."""
    text = file.new_lines[line - 1].text if 0 < line <= len(file.new_lines) else ""
    return Finding(
        rule=rule.name, reason=rule.reason, severity=rule.severity, path=file.path, line=line, text=text
    )


def weigh(findings: Iterable[Finding], what: str) -> Pass | Pause:
    """Pause when a finding is high or critical, saying `what` was found; lower ones are told, and go on.

    The gravest come first, and nothing twice.
    """
    once = {(each.rule, each.path, each.line, each.text, each.reason): each for each in findings}
    ordered = tuple(sorted(once.values(), key=gravest_first))
    grave = [each for each in ordered if is_grave(each)]
    if not grave:
        return Pass(ordered)
    return Pause(f"{what}, {counted(len(grave), 'finding')}: {told(grave)}", ordered, may_decide(grave))


def is_grave(finding: Finding) -> bool:
    """Whether it needs a person's yes."""
    return finding.severity in {"high", "critical"}


def gravest_first(finding: Finding) -> tuple[int, str, int, str]:
    """A key to sort by."""
    return -SEVERITIES.index(finding.severity), finding.path, finding.line, finding.rule


def told(findings: Sequence[Finding]) -> str:
    """The first one in a sentence, with its place."""
    first = findings[0]
    place = first.path + (f":{first.line}" if first.line else "")
    return f"{place} {first.reason}".strip()
