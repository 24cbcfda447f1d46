"""What a subcommand of `manage.py dream` is: words, arguments, and a function that returns the exit code."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from builds.management.dream.acting import acting_user, person_of
from builds.management.terminal import Screen
from builds.people import Person


@dataclass(frozen=True)
class Call:
    """One call of a subcommand: who acts, what was given, where to print."""

    options: Namespace
    out: Screen = field(default_factory=Screen)
    notes: Screen = field(default_factory=lambda: Screen(stderr=True))

    @cached_property
    def user(self) -> User:
        """The Django user who acts. Raises NobodyActs."""
        return acting_user(self.options.acting_as)

    @cached_property
    def by(self) -> Person:
        """The same, as the operations know people."""
        return person_of(self.user)


@dataclass(frozen=True, kw_only=True)
class Subcommand:
    """`help` is its line in the list, `about` the text of its own help, `run` returns the exit code.

    `run` may raise NotDone, BadSpec, Refused or Unavailable: each becomes one line on stderr.
    """

    name: str
    help: str
    about: str = ""
    examples: tuple[str, ...] = ()
    arguments: Callable[[CommandParser], None]
    run: Callable[[Call], int]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Subcommands below one word."""

    name: str
    help: str
    members: tuple[Subcommand, ...]


class UsageError(Exception):
    """The command was called in a way that cannot be meant; the message says how to call it."""


def job_argument(parser: CommandParser) -> None:
    """Nearly every subcommand is about one job."""
    parser.add_argument("job", metavar="JOB", help="The job's name, as `dream list` shows it.")


def json_argument(parser: CommandParser) -> None:
    """For programs."""
    parser.add_argument(
        "--json", action="store_true", help="Print one JSON document and nothing else on stdout."
    )


def watch_argument(parser: CommandParser) -> None:
    """Stay until there is something to do or to see."""
    parser.add_argument(
        "--watch",
        action="store_true",
        help="Stay and show what happens; the exit code is then that of `dream watch`.",
    )
