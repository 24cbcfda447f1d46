"""A job as people see it in a terminal: its question, its evidence, its money, its pull request."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Sum
from django.utils import timezone
from rich.console import RenderableType
from rich.text import Text

from builds.coding.checks import compare
from builds.context import Facts
from builds.evidence import Finding
from builds.management.terminal import Screen
from builds.models import Approval, Job, Priority, Reservation
from builds.operations import actions, can_decide
from builds.people import Person
from builds.public import public_status
from builds.publishing.setups import setup_lines
from builds.states import JobStatus
from builds.values import load

STYLES = {
    "complete": "bold green",
    "paused": "bold yellow",
    "failed": "bold red",
    "canceled": "red",
    "running": "cyan",
    "succeeded": "green",
    "passed": "green",
    "met": "green",
    "unmet": "red",
    "needs human": "yellow",
    "not verified": "yellow",
    "not run": "yellow",
    "done": "green",
    "high": "yellow",
    "critical": "bold red",
}
"""The colour of a word, wherever it stands for a state."""

SHORT_HASH = 12
DECIDERS = {
    "owner": "the requester or a reviewer",
    "reviewer": "a reviewer",
    "other_reviewer": "a reviewer other than the requester",
}


def coloured(word: str) -> Text:
    """A state in its colour."""
    word = word.replace("_", " ")
    return Text(word, style=STYLES.get(word, ""))


def command(*words: str) -> str:
    """Something to copy into the shell."""
    return f"python3 manage.py dream {' '.join(words)}"


def ago(then: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = int((timezone.now() - then).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"


def show_question(screen: Screen, question: Approval) -> None:
    """Why it stopped, what each answer does, and the content that an answer is bound to."""
    lines: list[RenderableType] = [Text(question.reason, style="bold yellow")]
    for finding in (vars(load(Finding, found)) for found in question.findings):
        where = f"{finding['path']}:{finding['line']}" if finding["line"] else finding["path"]
        lines.append(Text(f"  {where}  {finding['rule']} ({finding['severity']}): {finding['reason']}"))
        if finding["text"]:
            lines.append(Text(f"      {finding['text'].strip()}", style="dim"))
    lines += [
        Text.assemble(("yes   ", "green"), question.on_approve),
        Text.assemble(("no    ", "red"), question.on_reject),
        Text(
            f"who   {DECIDERS.get(question.may_decide, question.may_decide)},"
            f" until {question.expires_at:%Y-%m-%d %H:%M} UTC"
        ),
        Text(f"hash  {question.content_hash}"),
    ]
    screen.box(f"Paused before {question.station}", *lines, style="yellow")


def show_answers(screen: Screen, job: Job, question: Approval, by: Person) -> None:
    """The two commands that answer, or why this person cannot."""
    if why_not := can_decide(job, question, by):
        screen.print(why_not)
        return
    short = question.content_hash[:SHORT_HASH]
    screen.print("Look at it, then answer for exactly this content:")
    screen.print(f"  {command('diff', job.job_id)}")
    screen.print(f"  {command('approve', job.job_id, '--hash', short)}")
    screen.print(f"  {command('reject', job.job_id, '--hash', short)} -m 'why not'")


def show_checks(screen: Screen, facts: Facts) -> None:
    """Each check before and after the change."""
    rows: list[list[RenderableType]] = []
    for run in facts.evidence.after.values():
        known = facts.evidence.before.get(run.check)
        was = f"{known.outcome.replace('_', ' ')} ({len(known.tests)} tests)" if known else "not run"
        told = f"{run.outcome.replace('_', ' ')} ({len(run.tests)} tests)"
        style = STYLES.get(run.outcome.replace("_", " "), "red")
        new = f"{len(compare(known, run).newly_passing)} tests"
        rows.append([" ".join(run.argv), was, Text(told, style=style), new])
    screen.table("Checks, run in the sandbox", ("check", "before", "after", "newly passing"), rows)
    for text in setup_lines(facts.evidence):
        screen.print(Text(f"  {text}", style="dim"))


def show_criteria(screen: Screen, job: Job) -> None:
    """Each criterion and what shows it."""
    rows: list[list[RenderableType]] = [
        [str(c.number), c.text, coloured(c.status), c.evidence] for c in job.criteria.all()
    ]
    screen.table("Acceptance", ("", "criterion", "status", "evidence"), rows)


def show_stations(screen: Screen, job: Job) -> None:
    """All stations of the attempt, in order, also those to come."""
    rows: list[list[RenderableType]] = [
        [
            run.station,
            coloured(run.status),
            f"{(run.finished_at - run.started_at).total_seconds():.1f} s"
            if run.finished_at and run.started_at
            else "",
            f"${run.cost_usd:.4f}" if run.cost_usd else "",
            run.note,
        ]
        for run in job.station_runs.filter(attempt=job.attempt).order_by("ordinal")
    ]
    screen.table(f"Stations, attempt {job.attempt}", ("station", "status", "took", "cost", "note"), rows)


def show_plan(screen: Screen, facts: Facts) -> None:
    """The work items and how far they are."""
    rows: list[list[RenderableType]] = [
        [item.planned.key, item.planned.title, coloured(item.status), item.failure.replace("_", " ")]
        for item in facts.evidence.items
    ]
    screen.table("Work items", ("", "item", "status", "problem"), rows)


def show_review(screen: Screen, facts: Facts) -> None:
    """The second model's words about exactly this tree."""
    review = facts.evidence.review
    if review is None or review.tree_sha != facts.evidence.tree_sha:
        return
    lines: list[RenderableType] = [Text(review.summary)]
    lines += [Text(f"  {f.path}:{f.line}  ({f.severity}) {f.reason}") for f in review.findings]
    screen.box(f"Review by {review.model or 'a second model'}: {review.verdict}, {review.risk} risk", *lines)


def money(job: Job) -> str:
    """What was reserved at most, and what was spent."""
    reserved = Reservation.objects.filter(job=job).aggregate(total=Sum("usd"))["total"] or 0
    return (
        f"${job.spent_usd:.4f} spent of ${job.max_dollars:.2f} in {job.model_calls.count()} model calls; "
        f"${reserved:.4f} had been reserved for their worst cases; ${job.dollars_left:.4f} left"
    )


def show_pull(screen: Screen, job: Job) -> None:
    """The pull request as its reader sees it."""
    pull = job.pull or {}
    title = (
        f"{'Draft pull' if pull.get('draft') else 'Pull'} request #{job.pr_number}: {pull.get('title', '')}"
    )
    body = screen.markdown(str(pull.get("body", "")))
    screen.box(title, body, style="green", below=job.pr_url)


def show_evidence(screen: Screen, job: Job, facts: Facts) -> None:
    """What there is to believe it: branch, checks, criteria, money."""
    if job.head_sha:
        screen.facts([("Branch", f"{job.branch} at {job.head_sha[:10]}")])
        show_checks(screen, facts)
        show_criteria(screen, job)
    screen.facts([("Money", money(job))])


def show_job(screen: Screen, job: Job, facts: Facts, by: Person) -> None:
    """Everything about a job: first why it stopped and what can be done, then the evidence."""
    screen.print(Text(f"{job.job_id}  “{job.title}”", style="bold"))
    screen.facts(summary(job))
    show_stop(screen, job, by)
    show_stations(screen, job)
    show_plan(screen, facts)
    show_checks(screen, facts)
    show_criteria(screen, job)
    show_review(screen, facts)
    if may := actions(job, by):
        screen.facts([("You may", ", ".join(may))])


def summary(job: Job) -> Iterator[tuple[str, RenderableType]]:
    """The facts at the top of the page."""
    yield "Status", Text.assemble(coloured(public_status(job)), where(job))
    yield "Repo", f"{job.repo}, from {job.base_branch}" + (f" at {job.base_sha[:10]}" if job.base_sha else "")
    if job.branch:
        yield "Branch", job.branch + (f" at {job.head_sha[:10]}" if job.head_sha else ", not pushed")
    if job.pr_number:
        yield "Pull", f"#{job.pr_number} {(job.pull or {}).get('title', '')}  {job.pr_url}"
    priority = Priority(job.priority).name.lower()
    yield (
        "Asked",
        f"by {job.requester}, {ago(job.created_at)} ago, priority {priority}, attempt {job.attempt}",
    )
    yield "Money", money(job)
    for text in job.spec.not_understood:
        yield "Unclear", Text(text, style="yellow")


def where(job: Job) -> str:
    """Where it stands in the pipeline, and what it waits for."""
    waits = f": {job.wait_reason}" if job.wait_reason else ""
    return "" if job.is_final else f" at {job.station}{waits}"


def show_stop(screen: Screen, job: Job, by: Person) -> None:
    """Why it does not go on, and what to do about it; nothing while it does."""
    question = job.approvals.filter(state=Approval.State.OPEN).first()
    if question:
        show_question(screen, question)
        show_answers(screen, job, question, by)
    elif job.error_code:
        station = f" at {job.error_station}" if job.error_station else ""
        code = Text(job.error_code, style="bold red")
        screen.box(f"Ended{station}", code, Text(job.error_message), style="red")
        if job.is_final and job.status != JobStatus.SUCCEEDED.value and "rerun" in actions(job, by):
            more = ("--budget", "DOLLARS") if job.error_code == "budget_exhausted" else ()
            screen.print(f"Go on with: {command('rerun', job.job_id, *more)}")


def show_ending(screen: Screen, job: Job, facts: Facts, by: Person) -> None:
    """What watching comes to: the question, or the evidence and the pull request."""
    if job.status == JobStatus.PAUSED.value:
        show_stop(screen, job, by)
        return
    show_evidence(screen, job, facts)
    if job.pr_number:
        pull = job.pull or {}
        kind = "Draft pull" if pull.get("draft") else "Pull"
        screen.print(Text(f"{kind} request #{job.pr_number}: {pull.get('title', '')}", style="bold"))
        screen.print(Text(f"  {job.pr_url}"))
    show_stop(screen, job, by)
