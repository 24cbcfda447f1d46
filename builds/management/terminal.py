"""How a job looks in a terminal: its events as they come, its question, its evidence, its pull request."""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Sum
from rich.console import Console, Group
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from builds.coding.checks import compare
from builds.context import Facts
from builds.models import Approval, Event, Job, Reservation
from builds.states import JobStatus

POLL_SECONDS = 0.25
SIGNS = {
    "run.queued": ("○", "dim"),
    "station.started": ("▸", "cyan"),
    "station.succeeded": ("✔", "green"),
    "station.skipped": ("–", "dim"),
    "station.note": ("·", "dim"),
    "station.sent_back": ("↩", "yellow"),
    "station.retry": ("↻", "yellow"),
    "station.waiting": ("…", "yellow"),
    "item.done": ("✔", "green"),
    "item.failed": ("✘", "red"),
    "run.paused": ("‖", "bold yellow"),
    "run.approved": ("✔", "bold green"),
    "run.succeeded": ("★", "bold green"),
    "run.failed": ("✘", "bold red"),
    "run.canceled": ("■", "bold red"),
}
"""Sign and style of an event, by its name."""

EXIT_CODES = {JobStatus.SUCCEEDED.value: 0, JobStatus.PAUSED.value: 3, JobStatus.CANCELED.value: 1}


class WentQuiet(Exception):
    """Nothing has happened to a job that should be going on."""


def event_line(event: Event) -> Text:
    """One event in one line."""
    sign, style = SIGNS.get(event.name, ("·", ""))
    station = f"{event.station or 'job':<10}"
    message = event.message or event.name.replace("run.", "").replace(".", " ").replace("_", " ")
    return Text.assemble((f"{event.created_at:%H:%M:%S} ", "dim"), (f"{sign} ", style), (station, "bold"), message)


def follow(job: Job, *, after: int = 0, quiet: timedelta | None = None) -> Iterator[Event]:
    """Events as they come, until the job is final or paused. Raises WentQuiet after `quiet` without one."""
    last = time.monotonic()
    while True:
        job.refresh_from_db()
        for event in job.events.filter(sequence__gt=after).order_by("sequence"):
            after, last = event.sequence, time.monotonic()
            yield event
        if (job.is_final or job.status == JobStatus.PAUSED.value) and after >= job.last_sequence:
            return
        if quiet and time.monotonic() - last > quiet.total_seconds():
            raise WentQuiet(f"{job.job_id} is {job.status} at {job.station}, and nothing happened for {quiet}.")
        time.sleep(POLL_SECONDS)


def exit_code(job: Job) -> int:
    """0 done, 3 paused for approval, 4 rejected, 5 failed (CONTRACT of the command line)."""
    if job.status == JobStatus.FAILED.value:
        return 4 if job.error_code == "rejected" else 5
    return EXIT_CODES.get(job.status, 1)


def question_panel(question: Approval) -> Panel:
    """Why it stopped, and what each answer does."""
    lines = [Text(question.reason, style="bold yellow")]
    for finding in question.findings:
        where = f"{finding['path']}:{finding['line']}" if finding["line"] else finding["path"]
        lines.append(Text(f"  {where}  {finding['rule']} ({finding['severity']}): {finding['reason']}"))
        if finding["text"]:
            lines.append(Text(f"      {finding['text'].strip()}", style="dim"))
    lines.append(Text.assemble(("yes  ", "green"), question.on_approve))
    lines.append(Text.assemble(("no   ", "red"), question.on_reject))
    hash_line = f"bound to sha256:{question.content_hash[:16]}… until {question.expires_at:%Y-%m-%d %H:%M} UTC"
    lines.append(Text(hash_line, style="dim"))
    return Panel(Group(*lines), title=f"Paused before {question.station}", border_style="yellow")


def checks_table(facts: Facts) -> Table:
    """Each check before and after the change."""
    table = Table("check", "before", "after", "newly passing", title="Checks, run in the sandbox", title_justify="left")
    before = {run.check: run for run in facts.evidence.checks if run.phase == "baseline"}
    for run in facts.evidence.checks:
        if run.phase != "after" or run.tree_sha != facts.evidence.tree_sha:
            continue
        known = before.get(run.check)
        table.add_row(
            " ".join(run.argv),
            f"{known.outcome} ({len(known.tests)} tests)" if known else "not run",
            f"{run.outcome} ({len(run.tests)} tests)",
            "\n".join(compare(known, run).newly_passing) or "–",
        )
    return table


def criteria_table(job: Job) -> Table:
    """Each criterion and what shows it."""
    styles = {"met": "green", "unmet": "red", "needs_human": "yellow"}
    table = Table("", "criterion", "", "evidence", title="Acceptance", title_justify="left")
    for criterion in job.criteria.all():
        status = Text(criterion.status.replace("_", " "), style=styles.get(criterion.status, "dim"))
        table.add_row(str(criterion.number), criterion.text, status, criterion.evidence)
    return table


def money_line(job: Job) -> Text:
    """What was reserved at most, and what was spent."""
    reserved = Reservation.objects.filter(job=job).aggregate(total=Sum("usd"))["total"] or 0
    return Text.assemble(
        ("Money  ", "bold"),
        f"${job.spent_usd:.4f} spent of ${job.max_dollars:.2f}, in {job.model_calls.count()} model calls; ",
        f"worst cases of ${reserved:.4f} were reserved before them; ${job.dollars_left:.4f} left",
    )


def pull_panel(job: Job) -> Panel:
    """The pull request as its reader sees it."""
    pull = job.pull or {}
    title = f"{'Draft pull' if pull.get('draft') else 'Pull'} request #{job.pr_number}  {pull.get('title', '')}"
    return Panel(Markdown(str(pull.get("body", ""))), title=title, subtitle=job.pr_url, border_style="green")


def tell(console: Console, job: Job, facts: Facts) -> None:
    """Everything a finished job leaves for the terminal."""
    console.print(Text.assemble(("Branch ", "bold"), f"{job.branch} at {job.head_sha[:10]}"))
    if facts.evidence.checks:
        console.print(checks_table(facts))
    if job.criteria.exists():
        console.print(criteria_table(job))
    console.print(money_line(job))
