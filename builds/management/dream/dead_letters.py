"""`dream dead-letters` and `dream replay`: what was given up, and starting it again where it failed."""

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet
from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from builds.management.dream import values
from builds.management.dream.subcommand import Call, Subcommand, UsageError, json_argument
from builds.management.job_pages import ago, command
from builds.management.terminal import print_json
from builds.models import DeadLetter
from builds.operations import dead_letters, replay
from builds.public_results import moment
from builds.refusals import NotDone


def filters(parser: CommandParser) -> None:
    """Which of them."""
    parser.add_argument("--code", default="", metavar="CODE", help="Only those that ended so.")
    parser.add_argument(
        "--repo", type=values.repo_name, metavar="OWNER/NAME", help="Only those of one repository."
    )


def list_arguments(parser: CommandParser) -> None:
    """Filters."""
    filters(parser)
    parser.add_argument("--replayed", action="store_true", help="Also those that were replayed.")
    parser.add_argument(
        "--limit", type=values.above_zero, default=20, metavar="N", help="At most so many (default 20)."
    )
    json_argument(parser)


def chosen(call: Call) -> QuerySet[DeadLetter]:
    """Those that this person may see and asked for."""
    found = dead_letters(call.by)
    if call.options.code:
        found = found.filter(code=call.options.code)
    if call.options.repo:
        found = found.filter(job__repo__owner=call.options.repo.owner, job__repo__name=call.options.repo.name)
    return found


def run_list(call: Call) -> int:
    """The newest first."""
    found = chosen(call)
    if not call.options.replayed:
        found = found.filter(replayed_at=None)
    letters = list(found[: call.options.limit])
    if call.options.json:
        print_json({"deadLetters": [document(letter) for letter in letters]})
    elif letters:
        columns = (Column("job", no_wrap=True), "station", "code", "error", "tries", "failed", "replayed")
        call.out.table("Dead letters, the newest first", columns, [row(letter) for letter in letters])
        call.out.print(f"Start one again with: {command('replay', 'JOB')}")
    else:
        call.out.print("There are no such dead letters.")
    return 0


def document(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter for programs; `attempts` is how often the station was tried."""
    return {
        "jobId": letter.job.job_id,
        "repo": str(letter.job.repo),
        "attempt": letter.attempt,
        "station": letter.station,
        "code": letter.code,
        "error": letter.error,
        "attempts": letter.tries,
        "failedAt": moment(letter.failed_at),
        "replayedAt": moment(letter.replayed_at),
        "replayedBy": letter.replayed_by or None,
    }


def row(letter: DeadLetter) -> list[RenderableType]:
    """A dead letter as a line of the list."""
    return [
        letter.job.job_id,
        letter.station,
        letter.code,
        Text(letter.error, overflow="ellipsis", no_wrap=True),
        str(letter.tries),
        f"{ago(letter.failed_at)} ago",
        f"by {letter.replayed_by}" if letter.replayed_at else "",
    ]


def replay_arguments(parser: CommandParser) -> None:
    """Some by name, or all."""
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="Jobs whose dead letter is replayed.")
    parser.add_argument("--all", action="store_true", help="All that were not replayed yet.")
    filters(parser)
    parser.add_argument("-m", "--reason", default="", help="Why; it is kept with the job.")
    json_argument(parser)


def run_replay(call: Call) -> int:
    """Each on its own; the exit code is 1 when any could not be."""
    options = call.options
    if bool(options.jobs) == options.all:
        raise UsageError("Name the jobs to replay, or say --all.")
    names = options.jobs or list(chosen(call).filter(replayed_at=None).values_list("job__job_id", flat=True))
    done, refused = [], {}
    for name in names:
        try:
            job = replay(name, by=call.by, reason=options.reason)
        except NotDone as refusal:
            refused[name] = str(refusal)
            call.notes.print(f"Skipped {name}: {refusal}")
        else:
            done.append(name)
            if not options.json:
                call.out.print(f"{name} starts attempt {job.attempt} from {job.station}.")
    if options.json:
        print_json({"replayed": done, "refused": refused})
    elif not names:
        call.out.print("There are no such dead letters.")
    return 1 if refused else 0


DEAD_LETTERS = Subcommand(
    name="dead-letters",
    help="List what was given up after its last try.",
    about="List attempts that ended because trying again did not help: tries, workers or patience ran out.",
    examples=("dream dead-letters --code unavailable",),
    arguments=list_arguments,
    run=run_list,
)
REPLAY = Subcommand(
    name="replay",
    help="Start dead letters again from where they failed.",
    about="Start the next attempt of jobs that were given up, from the station that failed. What earlier "
    "stations made is kept and not paid again.",
    examples=("dream replay dark-mode-3f0c1a2b", "dream replay --all --code unavailable"),
    arguments=replay_arguments,
    run=run_replay,
)
