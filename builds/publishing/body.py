"""The pull request's text, for the person who wakes up to it: at most 80 lines, no claim without evidence."""

from builds.coding.checks import compare
from builds.coding.untrusted import clean
from builds.context import Facts
from builds.evidence import CheckRun, Finding
from builds.publishing.criteria import Judged, judge_criteria
from builds.publishing.offers import offer
from builds.publishing.setups import setup_lines
from builds.secrets import mask
from builds.words import counted

MOST_LINES = 80
MOST_ROWS = 16
MOST_FILES = 14
MOST_APPROVALS = 4
MOST_SETUPS = 4
MOST_NOTED = 6
MOST_LEFT_OUT = 12
MARKS = {"met": "✅ met", "unmet": "❌ unmet", "needs_human": "👀 needs a person"}


def pull_body(facts: Facts) -> str:
    """Why, what changed, criteria, checks, risks and who approved them, cost, how to try it."""
    draft = as_draft_because(facts)
    parts = [
        [line(facts.spec.overview or facts.spec.title, 500)],
        [f"Closes #{facts.job.issue_number}"] if facts.job.issue_number else [],
        [f"> **Draft**, because {'; '.join(draft)}."] if draft else [],
        ["### What changed", *changes(facts)],
        left_out(facts),
        ["### Acceptance", *acceptance(judge_criteria(facts))],
        ["### Checks, before and after", *checks(facts)],
        ["### Review and risk", *review(facts), *noted(facts), *approvals(facts)],
        ["### Cost and how to try it", *footer(facts)],
    ]
    lines = [text for part in parts if part for text in [*part, ""]]
    return mask("\n".join(lines[:MOST_LINES]).strip() + "\n")


def as_draft_because(facts: Facts) -> list[str]:
    """Why the pull request is not ready: everything that is not green."""
    why = ["a draft was asked for"] if facts.job.draft_wanted else []
    if left := facts.evidence.left_out:
        why.append(f"the budget was used up and {counted(len(left), 'work item')} left out")
    runs = list(facts.evidence.after.values())
    if not runs:
        why.append("no check ran")
    why += [
        f"the check {run.check} is {run.outcome.replace('_', ' ')}" for run in runs if run.outcome != "passed"
    ]
    review = facts.evidence.present_review
    if review is None:
        why.append("no second model has looked at it")
    elif review.verdict != "approve":
        why.append("the second model wants changes")
    seen = facts.evidence.base_seen
    if seen is not None and seen.collides:
        paths = ", ".join(seen.collides[:MOST_FILES])
        why.append(f"{facts.job.base_branch} changed the same files meanwhile: {paths}")
    open_criteria = [judged for judged in judge_criteria(facts) if judged.status != "met"]
    if open_criteria:
        are = "criterion is" if len(open_criteria) == 1 else "criteria are"
        why.append(f"{len(open_criteria)} {are} not shown to be met")
    return why


def left_out(facts: Facts) -> list[str]:
    """What the money did not reach, and what would finish it."""
    left = facts.evidence.left_out
    if not left:
        return []
    items = [f"- {line(item.planned.title, 120)}" for item in left[:MOST_LEFT_OUT]]
    more = [f"- and {len(left) - MOST_LEFT_OUT} more"] if len(left) > MOST_LEFT_OUT else []
    made = offer(facts)
    price = f"They would cost about ${made.usd} more, at ${made.each} an item so far. " if made else ""
    budget = made.budget if made else "DOLLARS"
    command = f"`manage.py dream rerun {facts.job.job_id} --from implement --budget {budget}`"
    return ["### Left out: the budget is used up", *items, *more, "", f"{price}Finish with {command}."]


def changes(facts: Facts) -> list[str]:
    """The items, then the files."""
    found = facts.evidence.change_set
    items = [
        f"- **{line(item.planned.title, 120)}**: {line(item.summary, 240)}"
        for item in facts.evidence.items
        if item.status == "done"
    ]
    files = [f"`{file.path}` +{len(file.added)} -{len(file.removed)}" for file in found.files[:MOST_FILES]]
    more = f", and {len(found.files) - MOST_FILES} more" if len(found.files) > MOST_FILES else ""
    return [*items, "", f"{len(found.files)} files: {', '.join(files)}{more}"]


def acceptance(judged: tuple[Judged, ...]) -> list[str]:
    """Every criterion with what shows it."""
    if not judged:
        return ["The spec has no acceptance criteria, and none were proposed."]
    rows = [
        f"| {j.criterion.number} | {cell(j.criterion.text)} | {MARKS[j.status]} | {cell(j.evidence)} |"
        for j in judged[:MOST_ROWS]
    ]
    more = [f"| … | {len(judged) - MOST_ROWS} more, see the job | | |"] if len(judged) > MOST_ROWS else []
    return ["| | Criterion | | Evidence |", "|---|---|---|---|", *rows, *more]


def checks(facts: Facts) -> list[str]:
    """Each check on the base and on this tree."""
    before, after = facts.evidence.before, facts.evidence.after
    rows = [check_row(before.get(name), run) for name, run in list(after.items())[:MOST_ROWS]]
    if not rows:
        return ["No check ran on this tree."]
    table = ["| Check | Before | After | New |", "|---|---|---|---|", *rows]
    setups = [f"- {cell(text)}" for text in setup_lines(facts.evidence)[-MOST_SETUPS:]]
    return [*table, *(["", *setups] if setups else [])]


def check_row(before: CheckRun | None, after: CheckRun) -> str:
    """One check's row."""
    compared = compare(before, after)
    new = [f"{len(compared.newly_passing)} newly passing"] if compared.newly_passing else []
    new += [f"{len(compared.newly_failing)} newly failing"] if compared.newly_failing else []
    new += [f"{len(compared.removed)} removed or skipped"] if compared.removed else []
    command = f"`{' '.join(after.argv)}`"
    return f"| {command} | {counts(before)} | {counts(after)} | {', '.join(new) or 'nothing'} |"


def counts(run: CheckRun | None) -> str:
    """A run in a few words."""
    if run is None:
        return "not run"
    states = list(run.tests.values())
    told = f" ({states.count('passed')} of {len(states)} tests)" if states else f" ({cell(run.reason)})"
    return run.outcome.replace("_", " ") + told


def review(facts: Facts) -> list[str]:
    """What the second model says, marked as a model's words."""
    found = facts.evidence.review
    if found is None:
        return ["No second model has looked at it."]
    if found.verdict == "not_run":
        return [line(found.summary, 300)]
    lines = [f"`{found.model}` ({found.verdict}, {found.risk} risk) wrote: {line(found.summary, 600)}"]
    lines += [f"- `{f.path}:{f.line}` ({f.severity}): {line(f.reason, 200)}" for f in found.findings]
    return lines


def noted(facts: Facts) -> list[str]:
    """What gates told and let pass, or a person approved."""
    told = facts.evidence.noted
    more = [f"- and {len(told) - MOST_NOTED} more"] if len(told) > MOST_NOTED else []
    return [*(told_line(finding) for finding in told[:MOST_NOTED]), *more]


def told_line(finding: Finding) -> str:
    """One finding with its place."""
    place = finding.path + (f":{finding.line}" if finding.line else "")
    rule = f"({finding.severity}, {finding.rule})"
    return f"- `{place or 'the whole change'}` {rule}: {line(finding.reason, 160)}"


def approvals(facts: Facts) -> list[str]:
    """Who let it through, and what they were shown."""
    return [f"- {line(text, 300)}" for text in facts.evidence.approvals[-MOST_APPROVALS:]]


def footer(facts: Facts) -> list[str]:
    """Money, and three commands."""
    money, branch = facts.money, facts.evidence.intake.branch if facts.evidence.intake else ""
    tried = [" ".join(run.argv) for run in list(facts.evidence.after.values())[:1]]
    spent = f"${money.spent:.4f} of ${money.max_dollars:.2f} spent, {money.tokens_used} tokens."
    return [
        f"{spent} Job `{facts.job.job_id}`, attempt {facts.job.attempt}.",
        *(
            f"`{by.model}` stood in for `{by.instead_of}` in {counted(by.calls, 'call')} of {by.purpose}."
            for by in money.stood_in
        ),
        "",
        "```",
        f"git fetch origin {branch} && git switch {branch}",
        *tried,
        "```",
        "Built by Dream Machine. Nothing is merged without a person.",
    ]


def line(text: str, most: int) -> str:
    """One line of plain text that cannot break out of its place."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def cell(text: str) -> str:
    """A table cell."""
    return line(text, 400).replace("|", "\\|")
