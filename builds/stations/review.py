"""Review: a second model sees spec, diff and evidence, not the author's reasoning."""

from typing import Literal

from pydantic import Field

from builds.budgets import OverBudget
from builds.coding.prompts import load_prompt
from builds.coding.rebasing import look_at_base
from builds.coding.structured import Loose, Unusable, ask_structured
from builds.coding.untrusted import block, clean, trim, trim_middle
from builds.context import Context
from builds.diffs import FileDiff
from builds.evidence import CheckRun, Finding, PlannedItem, Recommendation, Review, Severity
from builds.outcomes import Back, Done, Fail, Outcome
from builds.ports import Message, Request
from builds.words import counted

MOST_RETURNS = 1
MOST_FINDINGS = 5
SPEC_CHARACTERS = 24_000
DIFF_CHARACTERS = 120_000
OUTPUT_ENDS = 1_500
MENDED = ("medium", "high", "critical")


class FindingAnswer(Loose):
    """A finding as the model writes it."""

    path: str
    line: int = Field(default=0, ge=0)
    severity: Severity = "medium"
    reason: str = Field(min_length=3, max_length=2000)


class ReviewAnswer(Loose):
    """The whole review as the model writes it."""

    verdict: Literal["approve", "changes"]
    summary: str = Field(min_length=3, max_length=6000)
    risk: Severity = "low"
    recommendation: Recommendation = "proceed"
    findings: tuple[FindingAnswer, ...] = ()


def review(context: Context) -> Outcome:
    """What the reviewer wants mended goes back to implement once; the rest is for a person."""
    evidence = context.facts.evidence
    if not evidence.tree_sha or not evidence.patch:
        return Fail("evidence_missing", "There is no change set to review; rerun from implement.")
    looked = look_at_base(context)
    if isinstance(looked, Back):
        return looked  # before money is spent on a review of work that starts over
    known = context.facts.evidence.present_review
    if known and context.facts.evidence.left_out:
        return Done(f"{known.model} has looked at this tree; there is no money to mend what it found")
    try:
        answer = ask_structured(context.model, request(context), ReviewAnswer, lambda _: [])
    except OverBudget as why:
        return not_reviewed(context, str(why))
    except Unusable as error:
        return Fail("review_invalid", f"The reviewing model gave no usable answer: {error}")
    found = as_review(answer, context)
    context.progress.save_review(found)
    must_mend = [finding for finding in found.findings if finding.severity in MENDED]
    if context.facts.evidence.left_out:
        must_mend = []  # there is no money to mend anything; what was found is told
    if found.verdict == "changes" and must_mend and context.facts.job.review_returns < MOST_RETURNS:
        return send_back(context, must_mend)
    words = {"approve": "approves", "changes": "wants changes"}
    findings = counted(len(found.findings), "finding")
    return Done(f"{found.model} {words[answer.verdict]}; {findings}; {found.risk} risk")


def not_reviewed(context: Context, why: str) -> Outcome:
    """Not even the rest of the budget pays for a review; that is said wherever the change is shown."""
    review = Review(
        tree_sha=context.facts.evidence.tree_sha,
        verdict="not_run",
        summary=f"Not reviewed: the budget does not pay for it. {why}",
        recommendation="pause",
        model=context.facts.repo.reviewer,
    )
    context.progress.save_review(review)
    return Done(review.summary)


def request(context: Context) -> Request:
    """Spec, diff and evidence; the rules first, so that prompt caches hit."""
    facts = context.facts
    prompt = load_prompt("review")
    diff = facts.evidence.change_set.unified()
    checks = "\n\n".join(told(run) for run in facts.evidence.after.values())
    shown = "\n\n".join(
        (
            block("specification", trim(clean(facts.spec.markdown), SPEC_CHARACTERS)),
            *((block("goal of this build", clean(facts.spec.goal)),) if facts.spec.goal else ()),
            block("diff", trim(diff, DIFF_CHARACTERS)),
            block("checks after the change", checks or "No check was run."),
        )
    )
    messages = (Message(role="system", content=prompt.text), Message(role="user", content=shown))
    return Request(
        purpose="review",
        item=f"return-{facts.job.review_returns}" if facts.job.review_returns else "",
        model=facts.repo.reviewer,
        messages=messages,
        prompt_version=prompt.version,
        max_tokens=3000,
    )


def told(run: CheckRun) -> str:
    """A check's result without its duration, so that the same evidence makes the same request."""
    output = trim_middle(run.output, OUTPUT_ENDS) if run.outcome != "passed" else ""
    tests = f", {len(run.tests)} tests" if run.tests else ""
    return f"{run.check} ({' '.join(run.argv)}): {run.outcome}{tests} {run.reason}\n{output}".strip()


def as_review(answer: ReviewAnswer, context: Context) -> Review:
    """The answer as it is stored: findings on changed lines only, at most five, the worst first."""
    files = {file.path: file for file in context.facts.evidence.change_set.files}
    found = [as_finding(finding, files[finding.path]) for finding in answer.findings if finding.path in files]
    worst_first = sorted(found, key=lambda f: ("critical", "high", "medium", "low").index(f.severity))
    return Review(
        tree_sha=context.facts.evidence.tree_sha,
        verdict=answer.verdict,
        summary=answer.summary,
        findings=tuple(worst_first[:MOST_FINDINGS]),
        risk=answer.risk,
        recommendation=answer.recommendation,
        model=context.facts.repo.reviewer,
    )


def as_finding(finding: FindingAnswer, file: FileDiff) -> Finding:
    """A finding at a line; one that names no changed line is about the whole file."""
    changed = {line.number: line.text for line in file.added}
    line = finding.line if finding.line in changed else 0
    return Finding(
        rule="review",
        reason=finding.reason,
        severity=finding.severity,
        path=finding.path,
        line=line,
        text=changed.get(line, ""),
    )


def send_back(context: Context, findings: list[Finding]) -> Outcome:
    """The findings as one repair item."""
    listed = "\n".join(f"- {f.path}:{f.line} ({f.severity}): {f.reason}" for f in findings)
    paths = tuple(dict.fromkeys(path for item in context.facts.evidence.items for path in item.planned.paths))
    context.progress.add_repair(
        PlannedItem(
            key=f"review-{context.facts.job.attempt}-{context.facts.job.review_returns + 1}",
            title="Mend what the review found",
            why=f"A reviewer found:\n{listed}",
            paths=paths,
            read=tuple(dict.fromkeys(finding.path for finding in findings)),
            check=next(
                (item.planned.check for item in context.facts.evidence.items if item.planned.check), ""
            ),
            origin="review",
        )
    )
    return Back("implement", f"The reviewer wants {counted(len(findings), 'finding')} mended")
