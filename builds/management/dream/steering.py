"""`dream cancel`, `dream run-now`, `dream rerun`: stops a job, hurries it, or starts its next attempt."""

from django.core.management.base import CommandParser

from builds.management.dream import values
from builds.management.dream.subcommand import Call, Subcommand, job_argument, json_argument, watch_argument
from builds.management.dream.watching import note_nobody_works, watch
from builds.management.job_pages import command
from builds.management.terminal import print_json
from builds.operations import cancel, find, rerun, run_now
from builds.pipeline import STATIONS
from builds.public import detail
from builds.states import JobStatus


def cancel_arguments(parser: CommandParser) -> None:
    """One job, and why."""
    job_argument(parser)
    parser.add_argument("-m", "--reason", default="", help="Why; it is kept with the job.")
    json_argument(parser)


def run_cancel(call: Call) -> int:
    """At once where no worker has it, else within 10 s."""
    job = cancel(call.options.job, by=call.by, reason=call.options.reason)
    if call.options.json:
        print_json(detail(job, call.by))
    elif job.status == JobStatus.CANCELED.value:
        call.out.print(f"{job.job_id} is canceled.")
    else:
        call.out.print(
            f"{job.job_id} is asked to stop; its worker does so within 10 s and keeps what is done."
        )
    return 0


def run_now_arguments(parser: CommandParser) -> None:
    """One job."""
    job_argument(parser)
    watch_argument(parser)
    json_argument(parser)


def run_run_now(call: Call) -> int:
    """Whatever clock it waits for."""
    seen = find(call.options.job, call.by).last_sequence
    job = run_now(call.options.job, by=call.by)
    if call.options.watch:
        return watch(call, job, after=seen)
    if call.options.json:
        print_json(detail(job, call.by))
    else:
        call.out.print(f"{job.job_id} is due now, at {job.station}.")
    note_nobody_works(call, job)
    return 0


def rerun_arguments(parser: CommandParser) -> None:
    """From where, and with how much."""
    job_argument(parser)
    parser.add_argument(
        "--from",
        dest="station",
        choices=STATIONS,
        default="",
        metavar="STATION",
        help=f"Where to start: {', '.join(STATIONS)}. Default: where it stopped.",
    )
    parser.add_argument(
        "--budget",
        type=values.dollars,
        metavar="DOLLARS",
        help="A new cap for the whole job, what it has spent so far included. Default: the one it has.",
    )
    parser.add_argument("-m", "--reason", default="", help="Why; it is kept with the job.")
    watch_argument(parser)
    json_argument(parser)


def run_rerun(call: Call) -> int:
    """The next attempt on the same job."""
    options = call.options
    seen = find(options.job, call.by).last_sequence
    job = rerun(
        options.job,
        by=call.by,
        from_station=options.station,
        max_dollars=options.budget,
        reason=options.reason,
    )
    if options.watch:
        return watch(call, job, after=seen)
    if options.json:
        print_json(detail(job, call.by))
    else:
        left = f"${job.dollars_left:.2f} of ${job.max_dollars:.2f} left"
        call.out.print(f"{job.job_id} starts attempt {job.attempt} from {job.station}, with {left}.")
        call.out.print(f"Watch it with: {command('watch', job.job_id)}")
    note_nobody_works(call, job)
    return 0


CANCEL = Subcommand(
    name="cancel",
    help="Stop a job; what it has made so far is kept.",
    about="Stop a job: at once where no worker has it, else within 10 s. What it has made so far is kept, so "
    "that `dream rerun` can go on from there.",
    examples=("dream cancel dark-mode-3f0c1a2b -m 'Wrong branch.'",),
    arguments=cancel_arguments,
    run=run_cancel,
)
RUN_NOW = Subcommand(
    name="run-now",
    help="Start a job that waits for its window, a quota or its next try.",
    about="Let a job that waits for a clock be due at once: its night window, a quota, its next try. Limits "
    "of repositories and users hold all the same.",
    examples=("dream run-now dark-mode-3f0c1a2b --watch",),
    arguments=run_now_arguments,
    run=run_run_now,
)
RERUN = Subcommand(
    name="rerun",
    help="Start the next attempt of a job that has ended.",
    about="Start the next attempt of a job that has ended, from a station of your choice. What earlier "
    "stations made is kept and not paid again.",
    examples=("dream rerun dark-mode-3f0c1a2b --from implement --budget 5.00 --watch",),
    arguments=rerun_arguments,
    run=run_rerun,
)
