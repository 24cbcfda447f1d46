"""Finds what is too large to be read: binary files, long files, and changes in too many places."""

from collections.abc import Iterator

from builds.diffs import ChangeSet
from builds.evidence import Finding, Rule
from builds.gates.allowed.rules import RULES
from builds.gates.files import is_lock
from builds.gates.gate import found

LARGE = 1_000_000
MOST_FILES = 20
MOST_LINES = 1_000


def in_changes(changes: ChangeSet) -> Iterator[Finding]:
    """What lock files and removed files weigh does not count."""
    there = [file for file in changes.files if file.kind != "removed"]
    for file in there:
        if file.binary:
            yield found(RULES["binary_file"], file)
        elif sum(len(line.text) + 1 for line in file.new_lines) > LARGE:
            yield found(RULES["large_file"], file)
    written = [file for file in changes.files if not is_lock(file.path)]
    if len(written) > MOST_FILES:
        yield whole(RULES["many_files"], f"{len(written)} files")
    if (lines := sum(len(file.added) + len(file.removed) for file in written)) > MOST_LINES:
        yield whole(RULES["many_lines"], f"{lines} lines")


def whole(rule: Rule, count: str) -> Finding:
    """A finding about the change as a whole, with the number it is about."""
    return Finding(rule=rule.name, reason=f"{rule.reason} ({count})", severity=rule.severity)
