"""Running a repository's checks in the sandbox, and what changed between two runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from builds.coding.check_report import MOST_BYTES, read_report, reporting
from builds.coding.reports import Report
from builds.coding.untrusted import storable
from builds.coding.workspace import Workspace
from builds.evidence import Check, CheckOutcome, CheckRun, Phase, TestStatus
from builds.ports import Sandbox
from builds.sandboxed import Collect, Limits, Ran
from builds.secrets import mask

LIMITS = Limits()
NO_TESTS = re.compile(
    r"^(lint|types?|typecheck|type-check|build|format|fmt|style|mypy|ruff|eslint|tsc|compile)\b",
    re.IGNORECASE,
)
"""Names of checks that are no tests: their exit code alone counts. Any other check has to show a test."""

MISSING_MODULE = re.compile(r"^\S*python\S*: No module named (\S+)$", re.MULTILINE)


def run_check(
    sandbox: Sandbox, check: Check, workspace: Workspace, *, phase: Phase, item: str = ""
) -> CheckRun:
    """Run one check on the files as they are now. Raises Unavailable or Refused."""
    tree = workspace.tree()
    if not sandbox.runs_code:
        return CheckRun(
            phase=phase,
            check=check.name,
            argv=check.argv,
            tree_sha=tree,
            outcome="not_run",
            reason=f"The sandbox {sandbox.name!r} runs no code, so this was not run.",
            item=item,
        )
    ran, report = _run(sandbox, check, workspace.root)
    output = mask(storable(ran.output))
    outcome, reason = judge(check, ran, report)
    return CheckRun(
        phase=phase,
        check=check.name,
        argv=check.argv,
        tree_sha=tree,
        outcome=outcome,
        reason=reason,
        exit_code=ran.exit_code,
        tests=report.tests,
        unnamed=max(0, report.seen - len(report.tests)) if report.tests else 0,
        seconds=ran.seconds,
        output=output,
        item=item,
    )


def _run(sandbox: Sandbox, check: Check, root: Path) -> tuple[Ran, Report]:
    wanted = reporting(check)
    if wanted.file is None:
        ran = sandbox.run(wanted.argv, tree=root, limits=LIMITS)
        return ran, read_report(storable(ran.output), None)
    with TemporaryDirectory(prefix="dream-report-") as folder:
        collect = Collect(inside=str(wanted.file), into=Path(folder, "in"), most_bytes=MOST_BYTES)
        ran = sandbox.run(wanted.argv, tree=root, limits=LIMITS, collect=collect)
        written = collect.into / wanted.file.name
        # A link would lead us out of the folder to a file of this machine.
        return ran, read_report(storable(ran.output), None if written.is_symlink() else written)


def run_baseline(sandbox: Sandbox, check: Check, workspace: Workspace) -> CheckRun:
    """A check before any change, run twice: tests that end in two ways are flaky. Raises as `run_check`."""
    first = run_check(sandbox, check, workspace, phase="baseline")
    if not first.tests:
        return first
    second = run_check(sandbox, check, workspace, phase="baseline")
    if second.outcome not in {"passed", "failed"}:
        return first  # it was stopped; that says nothing of single tests
    flaky = sorted(
        name for name in {*first.tests, *second.tests} if first.tests.get(name) != second.tests.get(name)
    )
    return replace(first, flaky=tuple(flaky))


def judge(check: Check, ran: Ran, report: Report) -> tuple[CheckOutcome, str]:
    """How a run counts, and why. What cannot be told apart from success is `not_verified`, never `passed`."""
    if problem := _no_verdict(check, ran):
        return "not_verified", problem
    counts = summarise(report)
    if "failed" in report.tests.values():
        return "failed", counts
    if NO_TESTS.match(check.name):
        return ("passed", "exit 0") if ran.exit_code == 0 else ("failed", f"exit {ran.exit_code}")
    if report.seen == 0:
        return _without_tests(ran, report)
    if ran.exit_code != 0:
        return "failed", f"{counts}, but it ended with exit {ran.exit_code}"
    if report.tests and set(report.tests.values()) == {"skipped"}:
        return "not_verified", "Every test was skipped."
    return "passed", counts


def _no_verdict(check: Check, ran: Ran) -> str:
    if ran.ended == "setup":
        return "The changed manifests could not be installed without running code of packages."
    if ran.ended == "timeout":
        return f"It did not end within {ran.seconds:.0f} seconds."
    if ran.ended == "output_limit":
        return "It wrote more output than is allowed and was stopped."
    if ran.exit_code is None:
        return "It did not end by itself."
    if ran.exit_code in {126, 127}:
        return f"The command {check.argv[0]} is missing or cannot be run (exit {ran.exit_code})."
    missing = MISSING_MODULE.search(ran.output)
    return f"The command {check.argv[0]} has no module {missing[1]}." if missing else ""


def _without_tests(ran: Ran, report: Report) -> tuple[CheckOutcome, str]:
    if ran.exit_code == 0:
        return "not_verified", "It ended well, but no test was seen to run."
    if report.counted == 0:
        return "not_verified", "No test was collected."
    return "failed", f"exit {ran.exit_code}, and no test was seen to run"


def summarise(report: Report) -> str:
    """Counts in words, such as `3 passed, 1 failed`."""
    if not report.tests:
        return f"{report.seen} tests ran"
    statuses = list(report.tests.values())
    words: tuple[TestStatus, ...] = ("passed", "failed", "skipped")
    return ", ".join(f"{statuses.count(word)} {word}" for word in words if word in statuses)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What changed from one run of a check to a later one, by test; a check without tests counts as one test.

    `removed` passed before and is now gone or skipped. Tests that were flaky before are in none of these but
    in `flaky`, where they fail now. Where names are missing in the baseline, none is said to be new.
    """

    newly_failing: tuple[str, ...] = ()
    newly_passing: tuple[str, ...] = ()
    unchanged_failing: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()


def compare(baseline: CheckRun | None, after: CheckRun) -> Comparison:
    """Compare by test. Without a baseline everything that fails is new."""
    flaky = frozenset(baseline.flaky if baseline else ())
    before = {name: status for name, status in _statuses(baseline).items() if name not in flaky}
    everything = _statuses(after)
    now = {name: status for name, status in everything.items() if name not in flaky}
    failing = sorted(name for name, status in now.items() if status == "failed")
    return Comparison(
        newly_failing=tuple(name for name in failing if before.get(name) != "failed"),
        newly_passing=_newly_passing(before, now) if not (baseline and baseline.unnamed) else (),
        unchanged_failing=tuple(name for name in failing if before.get(name) == "failed"),
        removed=tuple(
            sorted(
                name
                for name, status in before.items()
                if status == "passed" and now.get(name, "skipped") == "skipped"
            )
        ),
        flaky=tuple(sorted(name for name in flaky if everything.get(name) == "failed")),
    )


def _newly_passing(before: Mapping[str, TestStatus], now: Mapping[str, TestStatus]) -> tuple[str, ...]:
    passing = (name for name, status in now.items() if status == "passed" and before.get(name) != "passed")
    return tuple(sorted(passing))


def _statuses(run: CheckRun | None) -> Mapping[str, TestStatus]:
    if run is None or run.tests:
        return run.tests if run else {}
    if run.outcome in {"passed", "failed"}:
        return {run.check: "passed" if run.outcome == "passed" else "failed"}
    return {}


def is_red(baseline: CheckRun | None, after: CheckRun) -> bool:
    """Whether an item may not end so: something fails that did not, or is no longer verified.

    Tests that were removed are no red here: `removed` is evidence for verify and for the gates, where people
    decide.
    """
    if after.outcome == "not_run":
        return False
    compared = compare(baseline, after)
    if compared.newly_failing:
        return True
    verified_before = baseline is not None and baseline.outcome in {"passed", "failed"}
    if after.outcome == "not_verified":
        return verified_before
    if compared.flaky and not compared.unchanged_failing:
        return False  # nothing else fails, and that they do says nothing
    return after.outcome == "failed" and baseline is not None and baseline.outcome == "passed"
