"""`dream halt` and `dream resume`: stops every build, and lets them go on."""

from django.core.management.base import CommandParser

from builds.management.dream.subcommand import Call, Subcommand, json_argument
from builds.management.job_pages import command
from builds.management.terminal import print_json
from builds.operations import halt, resume
from builds.public import halted


def halt_arguments(parser: CommandParser) -> None:
    """Why."""
    parser.add_argument("reason", metavar="REASON", help="Why; it is shown on every page until it is lifted.")
    json_argument(parser)


def run_halt(call: Call) -> int:
    """From now on no model is called and no job is taken."""
    made = halt(by=call.by, reason=call.options.reason)
    if call.options.json:
        print_json({"halt": halted(made)})
    else:
        call.out.print("Everything is halted: builds under way wait within 10 s, with their work saved.")
        call.out.print(f"Let them go on with: {command('resume')}")
    return 0


def run_resume(call: Call) -> int:
    """They go on at once."""
    lifted = resume(by=call.by)
    if call.options.json:
        print_json({"halt": None})
    else:
        call.out.print(f"Builds go on. ({lifted}.)")
    return 0


HALT = Subcommand(
    name="halt",
    help="Stop every build and every model call, until `dream resume`.",
    about="Stop everything: no model is called and no job is taken from now on; builds under way save their "
    "work and wait within 10 s. Needs the permission builds.operate_job.",
    examples=("dream halt 'The provider bills twice.'",),
    arguments=halt_arguments,
    run=run_halt,
)
RESUME = Subcommand(
    name="resume",
    help="Let builds go on after `dream halt`.",
    about="Lift the halt: what waited for it goes on at once. Needs the permission builds.operate_job.",
    examples=("dream resume",),
    arguments=json_argument,
    run=run_resume,
)
