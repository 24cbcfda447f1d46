"""Which files a build may touch at all, and which only when a person agrees."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pathspec import GitIgnoreSpec

from builds.coding.paths import PathRefused, check_path
from builds.context import Facts
from builds.diffs import ChangeSet, FileDiff
from builds.evidence import Finding
from builds.gates.allowed import hidden_text, migrations, sizes
from builds.gates.allowed.rules import RULES
from builds.gates.gate import change_set, weigh
from builds.outcomes import Fail, Pause, Verdict
from builds.policy import Policy

PLAIN_MODES = {"100644", "100755"}
MODES = {"120000": "it is a symbolic link", "160000": "it is a submodule"}


@dataclass(frozen=True)
class AllowedPaths:
    """Only plain files of the repository change: no links, submodules, `.git`.

    Protected ones, binary or large ones, and lines with hidden characters need a yes; migrations are named.
    """

    def ask(self, facts: Facts) -> Verdict:
        """Fail for a path that no yes can mend; pause for what a person has to see."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        if refusals := [why for file in changes.files if (why := refusal(file))]:
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            return Fail("path_refused", refusals[0] + more)
        guarded = protected(changes, facts.repo.policy)
        others = [finding for file in changes.files for finding in in_file(file)]
        verdict = weigh([*guarded, *others, *sizes.in_changes(changes)], "It changes what needs a look")
        if isinstance(verdict, Pause) and all(finding in guarded for finding in verdict.findings):
            paths = sorted({finding.path for finding in guarded})
            return replace(verdict, reason=f"It changes protected {_files(paths)}")
        return verdict


def in_file(file: FileDiff) -> Iterator[Finding]:
    """What one file gives reason to look at."""
    yield from hidden_text.in_file(file)
    yield from migrations.in_file(file)


def refusal(file: FileDiff) -> str | None:
    """Why this file may not be part of a build, as a sentence; None when it may."""
    try:
        for path in (file.old_path, file.path):
            check_path(path)
    except PathRefused as refused:
        return str(refused)
    if file.path.rpartition("/")[2].casefold() == ".gitmodules":
        return f"{file.path} cannot be used: a build changes no submodules."
    if "160000" in {file.old_mode, file.new_mode}:
        return f"{file.path} cannot be used: {MODES['160000']}."
    if file.kind != "removed" and file.new_mode not in PLAIN_MODES:
        return f"{file.path} cannot be used: {MODES.get(file.new_mode, f'its mode is {file.new_mode}')}."
    return None


def protected(changes: ChangeSet, policy: Policy) -> tuple[Finding, ...]:
    """One finding for each protected path. Case does not matter, as on many machines it does not."""
    spec = GitIgnoreSpec.from_lines(pattern.casefold() for pattern in policy.protected_paths)
    rule = RULES["protected_path"]
    return tuple(
        Finding(rule=rule.name, reason=rule.reason, severity=rule.severity, path=path)
        for path in changes.paths
        if spec.match_file(path.casefold()) or path.casefold() == policy.config_path.casefold()
    )


def _files(paths: Iterable[str]) -> str:
    shown, *rest = paths
    return f"path {shown}" if not rest else f"paths {shown} and {len(rest)} more"
