"""`dream cleanup`: takes away what is older than the settings keep."""

from django.core.management.base import CommandParser

from builds.adapters import artifacts
from builds.management.dream.acting import need
from builds.management.dream.subcommand import Call, Subcommand, json_argument
from builds.management.terminal import print_json
from builds.retention import clean


def arguments(parser: CommandParser) -> None:
    """Whether to do it."""
    parser.add_argument("--dry-run", action="store_true", help="Only count what would go.")
    json_argument(parser)


def run(call: Call) -> int:
    """One line for each kind."""
    need(call.user, "builds.operate_job", "clean up")
    dry_run = call.options.dry_run
    found = clean(artifacts(), dry_run=dry_run)
    if call.options.json:
        print_json({"dryRun": dry_run, "removed": found})
        return 0
    for name, count in found.items():
        call.out.print(f"{count:>9,} {name} {'would go' if dry_run else 'are gone'}")
    return 0


SUBCOMMAND = Subcommand(
    name="cleanup",
    help="Delete what is older than the settings keep.",
    about="Delete logs, transcripts, deliveries and events of builds that ended longer ago than the settings "
    "DREAM_KEEP_… say, and sessions that have expired. Decisions, costs, patches and whatever a build under "
    "way needs always stay. Run it every night. Needs the permission builds.operate_job.",
    examples=("dream cleanup --dry-run", "dream cleanup --json"),
    arguments=arguments,
    run=run,
)
