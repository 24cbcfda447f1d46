"""`dream doctor`: one line for each thing that could be wrong, with its mend."""

from dataclasses import asdict

from django.core.management.base import CommandParser

from builds.doctor import Finding, examine
from builds.management.dream.acting import need
from builds.management.dream.subcommand import Call, Subcommand, json_argument
from builds.management.terminal import print_json


def arguments(parser: CommandParser) -> None:
    """Whether to mend."""
    parser.add_argument(
        "--fix", action="store_true", help="Do what is safe: sweep, and ring for what is due."
    )
    json_argument(parser)


def run(call: Call) -> int:
    """0 when nothing is wrong, or all of it was mended."""
    need(call.user, "builds.operate_job", "examine the service")
    found = []
    for finding in examine(fix=call.options.fix):
        found.append(finding)
        if not call.options.json:
            call.out.print(line(finding))
    if call.options.json:
        print_json({"ok": all(each.ok for each in found), "checks": [asdict(each) for each in found]})
    return 0 if all(each.ok or each.fixed for each in found) else 1


def line(finding: Finding) -> str:
    """One thing."""
    if finding.ok:
        return f"✔ {finding.name:14}{finding.says}"
    done = f" Done: {finding.fixed}." if finding.fixed else ""
    return f"✘ {finding.name:14}{finding.says}. Mend: {finding.mend}.{done}"


SUBCOMMAND = Subcommand(
    name="doctor",
    help="Look for everything that could be wrong, and say how to mend it.",
    about="One line for each thing that could be wrong, with its mend. With --fix it does what is safe at "
    "any time: it sweeps, rings for what is due, and says so. The exit code is 1 while something is wrong. "
    "Needs the permission builds.operate_job.",
    examples=("dream doctor", "dream doctor --fix", "dream doctor --json"),
    arguments=arguments,
    run=run,
)
