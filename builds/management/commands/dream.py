"""`manage.py dream`: everything that people do with builds, from a terminal."""

from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from textwrap import fill
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from builds.management.dream import (
    callbacks,
    cleaning,
    dead_letters,
    deciding,
    doctoring,
    halting,
    looking,
    recording,
    repos,
    smoking,
    spending,
    steering,
    submitting,
    tokens,
    watching,
)
from builds.management.dream.subcommand import Call, Family, Subcommand, UsageError
from builds.management.terminal import stop
from builds.ports import Refused, Unavailable
from builds.refusals import CommentMissing, HashMissing, NotDone, UnknownStation
from specs.parsed import BadSpec

SUBCOMMANDS: tuple[Subcommand | Family, ...] = (
    submitting.SUBCOMMAND,
    watching.SUBCOMMAND,
    looking.LIST,
    looking.SHOW,
    looking.DIFF,
    recording.SUBCOMMAND,
    deciding.APPROVE,
    deciding.REJECT,
    steering.CANCEL,
    steering.RUN_NOW,
    steering.RERUN,
    dead_letters.DEAD_LETTERS,
    dead_letters.REPLAY,
    halting.HALT,
    halting.RESUME,
    spending.SUBCOMMAND,
    doctoring.SUBCOMMAND,
    cleaning.SUBCOMMAND,
    smoking.SUBCOMMAND,
    repos.FAMILY,
    callbacks.FAMILY,
    tokens.FAMILY,
)

USAGE = (UsageError, HashMissing, CommentMissing, UnknownStation)
HELP_WIDTH = 90
NO = (NotDone, BadSpec, Refused, Unavailable)

EPILOG = """\
exit codes: 0 done, 1 error, 2 usage, 3 paused for approval, 4 rejected, 5 failed or canceled.
3, 4 and 5 come from watching: `dream watch`, and --watch wherever it is taken.

begin with:
  python3 manage.py dream repo add me/paperboy --from specs/examples/paperboy
  python3 manage.py dream submit specs/examples/csv-export.md --repo me/paperboy --budget 2.00 --watch
"""


class Command(BaseCommand):
    """A table of subcommands, who acts, and every refusal as one line."""

    help = "Order builds, watch them, decide about them. Nothing is ever merged."
    requires_system_checks = []
    suppressed_base_arguments = {
        "--version", "-v", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
        "--force-color",
    }  # fmt: skip

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Wrong arguments end with exit code 2, also when another program calls us."""
        kwargs |= {"formatter_class": RawDescriptionHelpFormatter, "epilog": EPILOG, "allow_abbrev": False}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """One parser for each row of the table."""
        parser.called_from_command_line = True
        add_acting_as(parser, default="")
        parser.set_defaults(run=None, show_help=parser.print_help)
        add_all(parser, SUBCOMMANDS)

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand; its exit code is ours."""
        given = Namespace(**options)
        if given.run is None:
            given.show_help()
            raise SystemExit(2)
        if code := answer(given):
            raise SystemExit(code)


def answer(options: Namespace) -> int:
    """The exit code of the subcommand, or one line on stderr."""
    try:
        return int(options.run(Call(options)))
    except USAGE as error:
        stop("dream", error, 2)
    except NO as error:
        stop("dream", error)
    except DatabaseError as error:
        stop("dream", f"The database said no: {error}")
    except KeyboardInterrupt:
        stop("dream", "Stopped looking; the job goes on.", 130)


def add_all(parser: CommandParser, commands: tuple[Subcommand | Family, ...]) -> None:
    """Parsers for a table and for the tables in it."""
    below = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        about = command.about or command.help if isinstance(command, Subcommand) else command.help
        child = below.add_parser(
            command.name,
            help=command.help,
            description=fill(about, HELP_WIDTH),
            epilog=examples(command),
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if isinstance(command, Family):
            child.set_defaults(run=None, show_help=child.print_help)
            add_all(child, command.members)
        else:
            add_acting_as(child, default=SUPPRESS)
            child.set_defaults(run=command.run)
            command.arguments(child)


def add_acting_as(parser: ArgumentParser, *, default: str) -> None:
    """Before the subcommand or behind it."""
    parser.add_argument(
        "--as",
        dest="acting_as",
        metavar="NAME",
        default=default,
        help="Act as this user, with that user's permissions. Default: your login name.",
    )


def examples(command: Subcommand | Family) -> str:
    """The lines below the help."""
    if isinstance(command, Family) or not command.examples:
        return ""
    lines = [each if "manage.py" in each else f"python3 manage.py {each}" for each in command.examples]
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *(f"  {line}" for line in lines)])
