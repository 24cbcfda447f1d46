"""Which files a build may touch at all, and which only when a person agrees."""

from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from builds.coding.paths import PathRefused, check_path
from builds.context import Facts
from builds.diffs import ChangeSet, FileDiff
from builds.evidence import Finding
from builds.gates.gate import change_set
from builds.outcomes import Fail, Pass, Pause, Verdict
from builds.policy import Policy

PLAIN_MODES = {"100644", "100755"}
MODES = {"120000": "it is a symbolic link", "160000": "it is a submodule"}


@dataclass(frozen=True)
class AllowedPaths:
    """Only plain files of the repository change: no links, submodules, `.git`. Protected ones need a yes."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail for a path that no yes can mend; pause for a protected one."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        if refusals := [why for file in changes.files if (why := refusal(file))]:
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            return Fail("path_refused", refusals[0] + more)
        findings = protected(changes, facts.repo.policy)
        if not findings:
            return Pass()
        paths = sorted({finding.path for finding in findings})
        return Pause(f"It changes protected {_files(paths)}", findings, may_decide="reviewer")


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
    return tuple(
        Finding(
            rule="protected_path",
            reason="The repository's policy protects this path: a wrong change here reaches beyond the code.",
            severity="high",
            path=path,
        )
        for path in changes.paths
        if spec.match_file(path.casefold())
    )


def _files(paths: Iterable[str]) -> str:
    shown, *rest = paths
    return f"path {shown}" if not rest else f"paths {shown} and {len(rest)} more"
