"""The row of facts under the question: what a reviewer weighs, and what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from builds.admin.check_view import CheckView
from builds.admin.diff_view import DiffView, Mark
from builds.admin.templatetags.skin import dollars
from builds.evidence import Review
from builds.models import Job
from builds.publishing.criteria import Judged

Tone = Literal["good", "warn", "bad", "unknown", "plain"]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One cell: a label, a value, what is behind it, and how it looks. `unknown` is never green."""

    label: str
    value: str
    detail: str = ""
    tone: Tone = "plain"


def money(job: Job) -> tuple[Fact, Fact]:
    """What it cost, and what is left."""
    reserved = f"{dollars(job.reserved_usd)} reserved" if job.reserved_usd else ""
    left = job.dollars_left
    return (
        Fact(label="Cost so far", value=dollars(job.spent_usd), detail=f"of {dollars(job.max_dollars)}"),
        Fact(
            label="Budget left",
            value=dollars(left),
            detail=reserved,
            tone="bad" if left <= 0 else "warn" if left * 5 < job.max_dollars else "good",
        ),
    )


def tests(checks: Sequence[CheckView], *, has_changes: bool) -> Fact:
    """All checks together; the worst of them sets the colour."""
    if not checks:
        why = "no check ran on this change" if has_changes else "there is no change yet"
        return Fact(label="Tests", value="not run", detail=why, tone="unknown")
    unclear = [view for view in checks if view.tone == "unknown"]
    if unclear:
        view = unclear[0]
        return Fact(label="Tests", value=view.words, detail=view.run.reason or view.run.check, tone="unknown")
    passed, failed = sum(view.passed for view in checks), sum(view.failed for view in checks)
    compared = [view.comparison for view in checks]
    new = sum(len(found.newly_passing) for found in compared)
    broken = sum(len(found.newly_failing) for found in compared)
    removed = sum(len(found.removed) for found in compared)
    words = ((new, "newly passing"), (broken, "newly failing"), (removed, "removed or skipped"))
    red = any(view.tone == "bad" for view in checks)
    return Fact(
        label="Tests",
        value=f"{passed} passed · {failed} failed" if passed or failed else ("failed" if red else "passed"),
        detail=" · ".join(f"{count} {what}" for count, what in words if count),
        tone="bad" if red else "warn" if removed else "good",
    )


def second_model(review: Review | None, tree_sha: str) -> Fact:
    """What the reviewing model says of exactly this tree."""
    if review is None or review.verdict == "not_run":
        return Fact(
            label="Second model", value="not run", detail="no second model has looked", tone="unknown"
        )
    if review.tree_sha != tree_sha:
        return Fact(label="Second model", value="out of date", detail="it saw another change", tone="unknown")
    wants = review.verdict == "changes"
    return Fact(
        label="Second model",
        value="wants changes" if wants else "approves",
        detail=f"{review.risk} risk · {counted(len(review.findings), 'finding')}",
        tone="warn" if wants or review.risk in {"high", "critical"} else "good",
    )


def risky_lines(marks: Sequence[Mark], *, judged: bool) -> Fact:
    """What the gates marked."""
    if not judged:
        return Fact(label="Risky lines", value="not judged", detail="the gates come later", tone="unknown")
    lines = {(mark.finding.path, mark.finding.line) for mark in marks if mark.finding.line}
    rules = list(dict.fromkeys(mark.rule for mark in sorted(marks, key=lambda mark: mark.rank)))
    if not marks:
        return Fact(label="Risky lines", value="none", detail="no gate marked one", tone="good")
    more = f" and {len(rules) - 2} more" if len(rules) > 2 else ""
    return Fact(label="Risky lines", value=str(len(lines)), detail=", ".join(rules[:2]) + more, tone="warn")


def size(diff: DiffView | None) -> Fact:
    """Lines that came and went."""
    if diff is None or not diff.files:
        return Fact(label="Change", value="none yet", tone="unknown")
    return Fact(
        label="Change",
        value=f"+{diff.added} \N{MINUS SIGN}{diff.removed}",
        detail=f"in {counted(len(diff.files), 'file')}",
    )


def acceptance(judged: Sequence[Judged]) -> Fact:
    """How many criteria are met, as far as evidence tells now."""
    if not judged:
        return Fact(
            label="Criteria met", value="none listed", detail="the spec names no criteria", tone="unknown"
        )
    met = sum(one.status == "met" for one in judged)
    person = sum(one.status == "needs_human" for one in judged)
    unmet = len(judged) - met - person
    words = ((unmet, "unmet"), (person, "for a person to judge"))
    return Fact(
        label="Criteria met",
        value=f"{met} of {len(judged)}",
        detail=" · ".join(f"{count} {what}" for count, what in words if count),
        tone="good" if met == len(judged) else "warn",
    )


def counted(count: int, word: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {word}" + ("" if count == 1 else "s")
