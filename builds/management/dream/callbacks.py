"""`dream callback redeliver`: tells a receiver again what happened to a job."""

from django.core.management.base import CommandParser

from builds.management.dream import values
from builds.management.dream.subcommand import Call, Family, Subcommand, job_argument, json_argument
from builds.management.terminal import print_json
from builds.redelivery import redeliver


def redeliver_arguments(parser: CommandParser) -> None:
    """One job, and from where."""
    job_argument(parser)
    parser.add_argument(
        "--sequence",
        type=values.above_zero,
        metavar="N",
        help="Start at this event. Default: the first that was never delivered, else the newest.",
    )
    json_argument(parser)


def run_redeliver(call: Call) -> int:
    """The scheduler sends; this only asks it to."""
    event = redeliver(call.options.job, by=call.by, sequence=call.options.sequence)
    if call.options.json:
        print_json({"jobId": event.job.job_id, "fromSequence": event.sequence})
    else:
        what = f"from event {event.sequence} ({event.callback_status}) on"
        call.out.print(f"The scheduler tells the receiver of {event.job.job_id} again, {what}.")
    return 0


REDELIVER = Subcommand(
    name="redeliver",
    help="Send a job's callbacks again, in order, from one on.",
    about="Send a job's callbacks again, in order and under the names they had, so that a receiver can pass "
    "over those it knows. All that follow are sent too. Also lifts what a receiver's 410 switched off. Needs "
    "the permission builds.operate_job.",
    examples=(
        "dream callback redeliver dark-mode-3f0c1a2b",
        "dream callback redeliver dark-mode-3f0c1a2b --sequence 7",
    ),
    arguments=redeliver_arguments,
    run=run_redeliver,
)
FAMILY = Family(name="callback", help="Send callbacks again.", members=(REDELIVER,))
