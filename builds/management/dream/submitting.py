"""`dream submit`: a Markdown spec, a repository and a hard budget become a job."""

import secrets
import sys
from argparse import Namespace
from pathlib import Path

from django.core.management.base import CommandParser
from rich.text import Text

from builds.management.dream import values
from builds.management.dream.subcommand import Call, Subcommand, json_argument, watch_argument
from builds.management.dream.watching import note_nobody_works, watch
from builds.management.job_pages import command
from builds.management.terminal import print_json
from builds.models import Job, Priority
from builds.operations import submit
from builds.orders import Order
from builds.people import Person
from builds.public import detail, scheduled_for
from builds.refusals import NotDone
from specs.lint import lint
from specs.parsed import ParsedSpec
from specs.parser import parse

TOKENS = 10_000_000
MOST_BYTES = 1_000_000  # UTF-8 of the longest spec; more is not even read
LONGEST_SLUG = 40
NIGHT = "night"


class Unreadable(NotDone):
    """The spec cannot be read from where it should be."""

    code = "unreadable"


def arguments(parser: CommandParser) -> None:
    """A spec, a repository, a budget; everything else has a default."""
    what_must_be_given(parser)
    what_has_a_default(parser)
    watch_argument(parser)
    json_argument(parser)


def what_must_be_given(parser: CommandParser) -> None:
    """What to build, where, and the most it may cost."""
    parser.add_argument("spec", metavar="SPEC.md", help="A Markdown file; - reads standard input.")
    parser.add_argument(
        "--repo", required=True, type=values.repo_name, metavar="OWNER/NAME", help="A registered repository."
    )
    parser.add_argument(
        "--budget",
        required=True,
        type=values.dollars,
        metavar="DOLLARS",
        help="Never more than this is spent on the job, such as 2.00.",
    )


def what_has_a_default(parser: CommandParser) -> None:
    """How to build it, and under which name."""
    parser.add_argument(
        "--tokens",
        type=values.tokens,
        default=TOKENS,
        metavar="N",
        help=f"Nor more tokens (default {TOKENS:,}).",
    )
    parser.add_argument(
        "--branch", type=values.branch, default="main", help="The branch to build on (default main)."
    )
    parser.add_argument(
        "--priority",
        choices=[priority.name.lower() for priority in Priority],
        default="medium",
        help="What is more urgent is built first (default medium).",
    )
    parser.add_argument(
        "--job-id",
        type=values.job_name,
        metavar="NAME",
        help="The job's name. The same order under the same name is the same job, however often it is given. "
        "Without it, a new name is made from the title.",
    )
    parser.add_argument(
        "--at",
        choices=[NIGHT],
        default="",
        help="Start in the window of DREAM_OFFPEAK; `dream run-now` starts it earlier.",
    )
    parser.add_argument(
        "--plan-approval", action="store_true", help="Ask a person before any code is written."
    )


def run(call: Call) -> int:
    """Say what was not understood, then submit."""
    by, markdown = call.by, read(call.options.spec)
    parsed = parse(markdown)
    show_lint(call, parsed)
    done = submit(order(call.options, parsed, markdown, by), by=by)
    if call.options.watch:
        return watch(call, done.job)
    if call.options.json:
        print_json({**detail(done.job, by), "replayed": done.replayed})
    else:
        tell(call, done.job, replayed=done.replayed)
    note_nobody_works(call, done.job)
    return 0


def read(place: str) -> str:
    """The text of a file or of standard input. Raises Unreadable."""
    what = "standard input" if place == "-" else place
    try:
        if place == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES)
        else:
            with Path(place).open("rb") as file:
                raw = file.read(MOST_BYTES)
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{what} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8.") from None
    except OSError as error:
        raise Unreadable(f"Cannot read {what}: {error.strerror or error}.") from error


def show_lint(call: Call, parsed: ParsedSpec) -> None:
    """What may be built otherwise than it was meant; nothing of it stops the order."""
    for note in lint(parsed):
        style = "yellow" if note.severity == "warning" else "dim"
        call.notes.print(Text(f"{note.severity}: {note}", style=style))


def order(options: Namespace, parsed: ParsedSpec, markdown: str, by: Person) -> Order:
    """The order as the operations want it."""
    slug = parsed.slug[:LONGEST_SLUG].rstrip("-")
    return Order(
        job_id=options.job_id or f"{slug}-{secrets.token_hex(4)}",
        spec_id=parsed.slug,
        user_id=by.subject,
        repo_owner=options.repo.owner,
        repo_name=options.repo.name,
        spec_markdown=markdown,
        max_dollars=options.budget,
        max_tokens=options.tokens,
        base_branch=options.branch,
        priority=options.priority,
        queue_name=options.at,
        plan_approval=options.plan_approval,
    )


def tell(call: Call, job: Job, *, replayed: bool) -> None:
    """The job's name, and what to do next."""
    found = "was ordered before" if replayed else "is queued"
    call.out.print(f"Job {job.job_id} {found}: “{job.title}” for {job.repo}, at most ${job.max_dollars:.2f}.")
    if starts := scheduled_for(job):
        call.out.print(f"{job.wait_reason}; it starts at {starts.astimezone():%Y-%m-%d %H:%M %Z}.")
    call.out.print(f"Watch it with: {command('watch', job.job_id)}")


SUBCOMMAND = Subcommand(
    name="submit",
    help="Order a build: a Markdown spec, a repository, a budget.",
    about="Order a build. First says what of the spec was not understood, line by line; that stops nothing.",
    examples=(
        "dream submit dark-mode.md --repo acme/shop --budget 2.00 --watch",
        "cat dark-mode.md | python3 manage.py dream submit - --repo acme/shop --budget 2 --json",
    ),
    arguments=arguments,
    run=run,
)
