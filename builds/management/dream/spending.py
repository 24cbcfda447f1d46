"""`dream spend`: what today has cost, what the caps still allow, and which provider is in trouble."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from rich.console import RenderableType

from builds.budgets import Cap
from builds.management.dream.subcommand import Call, Subcommand, json_argument
from builds.management.terminal import Screen, print_json
from builds.models import Breaker
from builds.operations import Line, Spending, spending
from builds.public_results import dollars, moment


def arguments(parser: CommandParser) -> None:
    """Only how to print."""
    json_argument(parser)


def run(call: Call) -> int:
    """The day of the caps' time zone so far."""
    found = spending(call.by)
    if call.options.json:
        print_json(as_json(found))
    else:
        show(call.out, found)
    return 0


def show(screen: Screen, found: Spending) -> None:
    """The sum, then tables; each only where it has something to say."""
    total = found.total
    since = f"{found.day.start:%Y-%m-%d %H:%M} UTC"
    open_too = f", ${total.reserved:.4f} reserved for calls under way" if total.reserved else ""
    screen.print(f"${total.spent:.4f} spent in {total.calls} model calls since {since}{open_too}.")
    for title, lines in (("Users", found.users), ("Repos", found.repos), ("Models", found.models)):
        screen.table(title, (title[:-1].lower(), "calls", "spent", "reserved"), [row(line) for line in lines])
    caps = [
        [
            cap.name,
            f"${cap.usd:.2f}",
            f"${cap.taken:.4f}",
            f"${max(cap.left, type(cap.left)(0)):.4f}",
            f"{cap.resets_at:%H:%M} UTC",
        ]
        for cap in found.caps
    ]
    screen.table("Caps", ("of", "cap", "taken", "left", "begins anew"), caps)
    trouble = [[each.provider, each.error, when(each)] for each in found.troubled]
    screen.table("Providers in trouble", ("provider", "what it said", "next try"), trouble)


def row(line: Line) -> list[RenderableType]:
    """A line of a table."""
    return [line.name, str(line.calls), f"${line.spent:.4f}", f"${line.reserved:.4f}"]


def when(breaker: Breaker) -> str:
    """When somebody asks it again."""
    wait: timedelta = getattr(breaker, "wait", timedelta(0))
    return "now" if wait <= timedelta(0) else f"in {wait.total_seconds():.0f} s"


def as_json(found: Spending) -> dict[str, Any]:
    """The same for programs."""
    return {
        "since": moment(found.day.start),
        "until": moment(found.day.end),
        "total": {"calls": found.total.calls, "spent": found.total.spent, "reserved": found.total.reserved},
        "users": [vars(line) for line in found.users],
        "repos": [vars(line) for line in found.repos],
        "models": [vars(line) for line in found.models],
        "caps": [cap_json(cap) for cap in found.caps],
        "troubled": [
            {"provider": each.provider, "error": each.error, "openUntil": moment(each.open_until)}
            for each in found.troubled
        ],
    }


def cap_json(cap: Cap) -> dict[str, Any]:
    """A cap for programs."""
    return {
        "name": cap.name,
        "usd": dollars(cap.usd),
        "taken": dollars(cap.taken),
        "left": dollars(cap.left),
        "resetsAt": moment(cap.resets_at),
    }


SUBCOMMAND = Subcommand(
    name="spend",
    help="What today has cost, and what the caps still allow.",
    about="What today has cost by user, repo and model, what the caps still allow, and which provider is in "
    "trouble. Those who neither review nor operate see their own builds.",
    examples=("dream spend", "dream spend --json"),
    arguments=arguments,
    run=run,
)
