"""`dream list`, `dream show`, `dream diff`: looks at jobs and changes nothing."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet
from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from builds import halts
from builds.management.diff_page import show_diff
from builds.management.dream import values
from builds.management.dream.subcommand import Call, Subcommand, job_argument, json_argument
from builds.management.job_pages import ago, coloured, command, show_job, where
from builds.management.terminal import print_json
from builds.models import Job
from builds.operations import facts, find, visible_by_place
from builds.operations.questions import mine
from builds.public import detail, error, halted, public_status
from builds.public_lists import STATUSES
from builds.public_results import dollars, moment
from builds.refusals import NotDone


class NothingToShow(NotDone):
    """There is no change set yet."""

    code = "no_change_set"


def list_arguments(parser: CommandParser) -> None:
    """Filters."""
    parser.add_argument("--status", choices=list(STATUSES), help="Only jobs that stand so.")
    parser.add_argument(
        "--repo", type=values.repo_name, metavar="OWNER/NAME", help="Only jobs of one repository."
    )
    parser.add_argument(
        "--waiting", action="store_true", help="Only paused jobs whose question you may answer."
    )
    parser.add_argument(
        "--limit", type=values.above_zero, default=20, metavar="N", help="At most so many (default 20)."
    )
    json_argument(parser)


def run_list(call: Call) -> int:
    """The newest first."""
    jobs = chosen(call)
    halt = halts.current()
    if halt and not call.options.json:
        call.out.print(Text(f"{halt}. Nothing runs until an operator resumes.", style="bold yellow"))
    if call.options.json:
        print_json({"jobs": [summary(job) for job in jobs], "halt": halted(halt)})
    elif jobs:
        columns = (
            Column("job", no_wrap=True),
            "status",
            "repo",
            "title",
            Column("spent", no_wrap=True),
            "asked",
        )
        call.out.table("Jobs, the newest first", columns, [row(job) for job in jobs])
    else:
        call.out.print("There are no such jobs.")
        call.out.print(f"Order one with: {command('submit SPEC.md --repo OWNER/NAME --budget 2.00')}")
    return 0


def chosen(call: Call) -> list[Job]:
    """The newest jobs that this person may see and asked for, at most so many as were asked for."""
    found = [narrowed(jobs, call)[: call.options.limit] for jobs in visible_by_place(call.by)]
    return sorted((job for jobs in found for job in jobs), key=lambda job: -job.pk)[: call.options.limit]


def narrowed(jobs: QuerySet[Job], call: Call) -> QuerySet[Job]:
    """What the options leave of them, the newest first."""
    if call.options.status:
        jobs = jobs.filter(STATUSES[call.options.status])
    if call.options.repo:
        jobs = jobs.filter(repo__owner=call.options.repo.owner, repo__name=call.options.repo.name)
    if call.options.waiting:
        jobs = jobs.filter(STATUSES["paused"], pk__in=mine(call.by).order_by().values("job"))
    return jobs.order_by("-id")


def row(job: Job) -> list[RenderableType]:
    """A job as a line of the list."""
    repo, title = (Text(text, overflow="ellipsis", no_wrap=True) for text in (str(job.repo), job.title))
    status = Text.assemble(coloured(public_status(job)), where(job), no_wrap=True)
    return [job.job_id, status, repo, title, f"${job.spent_usd:.4f}", f"{ago(job.created_at)} ago"]


def summary(job: Job) -> dict[str, Any]:
    """A job as an entry of the list, in the words of its full document."""
    return {
        "jobId": job.job_id,
        "title": job.title,
        "status": public_status(job),
        "station": job.station,
        "repo": str(job.repo),
        "userId": job.user_id,
        "prUrl": job.pr_url or None,
        "error": error(job),
        "costEstimate": dollars(job.spent_usd),
        "maxDollars": dollars(job.max_dollars),
        "waitReason": job.wait_reason or None,
        "createdAt": moment(job.created_at),
        "updatedAt": moment(job.updated_at),
        "finishedAt": moment(job.finished_at),
    }


def show_arguments(parser: CommandParser) -> None:
    """One job."""
    job_argument(parser)
    json_argument(parser)


def run_show(call: Call) -> int:
    """Why it stopped, what a yes does, and everything it has so far."""
    job = find(call.options.job, call.by)
    if call.options.json:
        print_json(detail(job, call.by))
    else:
        show_job(call.out, job, facts(job), call.by)
    return 0


def diff_arguments(parser: CommandParser) -> None:
    """One job, and how to see it."""
    job_argument(parser)
    parser.add_argument(
        "--patch",
        action="store_true",
        help="Print the patch exactly as it is, for `git apply`, without marks.",
    )


def run_diff(call: Call) -> int:
    """The whole change against the base commit."""
    job = find(call.options.job, call.by)
    known = facts(job)
    if not known.evidence.patch:
        raise NothingToShow(
            f"{job.job_id} has no change set yet; it is {public_status(job)} at {job.station}."
        )
    if call.options.patch:
        sys.stdout.buffer.write(known.evidence.patch)
    else:
        show_diff(call.out, job, known)
    return 0


LIST = Subcommand(
    name="list",
    help="List jobs, the newest first.",
    about="List your jobs, the newest first; those who review or operate see everybody's.",
    examples=("dream list --waiting", "dream list --status failed --repo acme/shop --json"),
    arguments=list_arguments,
    run=run_list,
)
SHOW = Subcommand(
    name="show",
    help="Show one job: why it stopped, what a yes does, evidence, money.",
    arguments=show_arguments,
    run=run_show,
)
DIFF = Subcommand(
    name="diff",
    help="Show a job's whole change, with what gates and reviewer noticed.",
    about="Show a job's whole change against its base commit as a unified diff; what gates and reviewer "
    "noticed stands below its line.",
    examples=("dream diff dark-mode-3f0c1a2b", "dream diff dark-mode-3f0c1a2b --patch | git apply"),
    arguments=diff_arguments,
    run=run_diff,
)
