"""Flaky tests: found by one repeat of the baseline, and never counted for or against a change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builds.coding.checks import compare, is_red, run_baseline
from builds.evidence import Check, CheckRun, TestStatus
from builds.sandboxed import Collect, Install, Installed, Layer, Limits, Probe, Ran
from tests.coding.world import make_workspace

CHECK = Check(name="tests", argv=("python3", "-m", "unittest", "-v"))


@dataclass
class Recorded:
    """A sandbox that answers with what runs once said, one after the other."""

    answers: list[Ran]
    asked: int = field(default=0)
    name: str = "recorded"
    runs_code: bool = True

    def probe(self) -> Probe:
        return Probe(ok=True)

    def run(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        limits: Limits,
        layers: Sequence[Layer] = (),
        collect: Collect | None = None,
    ) -> Ran:
        self.asked += 1
        return self.answers.pop(0)

    def install(self, install: Install, *, tree: Path, limits: Limits) -> Installed:
        return Installed()

    def kill_all(self) -> None:
        """Nothing runs."""


def said(**tests: str) -> Ran:
    """What unittest says of tests that end in `ok` or `FAIL`."""
    lines = [f"test_{name} (m.C.test_{name}) ... {word}" for name, word in tests.items()]
    failed = "FAIL" in tests.values()
    end = "FAILED (failures=1)" if failed else "OK"
    output = "\n".join([*lines, "", f"Ran {len(tests)} tests in 0.1s", "", end, ""])
    return Ran(exit_code=int(failed), output=output, seconds=0.1, ended="exit")


def baseline(folder: Path, *answers: Ran) -> tuple[CheckRun, Recorded]:
    sandbox = Recorded(list(answers))
    return run_baseline(sandbox, CHECK, make_workspace(folder)), sandbox


def test_a_test_that_ends_in_two_ways_is_flaky(tmp_path: Path) -> None:
    run, _ = baseline(tmp_path, said(a="ok", b="ok", c="FAIL"), said(a="ok", b="FAIL", c="FAIL"))
    assert run.flaky == ("m.C.test_b",)


def test_one_that_is_only_there_at_times_is_flaky_too(tmp_path: Path) -> None:
    run, _ = baseline(tmp_path, said(a="ok"), said(a="ok", b="ok"))
    assert run.flaky == ("m.C.test_b",)


def test_tests_that_end_alike_are_not(tmp_path: Path) -> None:
    run, sandbox = baseline(tmp_path, said(a="ok", b="FAIL"), said(a="ok", b="FAIL"))
    assert (run.flaky, sandbox.asked) == ((), 2)


def test_what_shows_no_test_is_not_repeated(tmp_path: Path) -> None:
    run, sandbox = baseline(tmp_path, Ran(exit_code=5, output="no tests", seconds=0, ended="exit"))
    assert (run.outcome, sandbox.asked) == ("failed", 1)


def test_a_repeat_that_was_stopped_says_nothing(tmp_path: Path) -> None:
    slow = Ran(exit_code=None, output="", seconds=300, ended="timeout")
    run, _ = baseline(tmp_path, said(a="ok"), slow)
    assert (run.outcome, run.flaky) == ("passed", ())


def ran(
    outcome: str = "passed", *, flaky: tuple[str, ...] = (), unnamed: int = 0, **tests: TestStatus
) -> CheckRun:
    assert outcome in {"passed", "failed"}
    return CheckRun(
        phase="baseline",
        check="tests",
        argv=(),
        tree_sha="t",
        outcome="passed" if outcome == "passed" else "failed",
        tests=tests,
        flaky=flaky,
        unnamed=unnamed,
    )


def test_a_flaky_test_is_neither_newly_failing_nor_newly_passing_nor_removed() -> None:
    before = ran(a="passed", b="failed", c="passed", d="passed", flaky=("a", "b", "c"))
    found = compare(before, ran("failed", a="failed", b="passed", d="passed", new="passed"))
    assert (found.newly_failing, found.removed, found.unchanged_failing) == ((), (), ())
    assert found.newly_passing == ("new",)
    assert found.flaky == ("a",)


def test_a_flaky_test_that_fails_alone_does_not_stop_an_item() -> None:
    before = ran(a="passed", b="passed", flaky=("a",))
    assert not is_red(before, ran("failed", a="failed", b="passed"))
    assert is_red(before, ran("failed", a="failed", b="failed"))


def test_where_names_are_missing_in_the_baseline_nothing_is_said_to_be_new() -> None:
    before = ran(a="passed", unnamed=1)
    assert compare(before, ran(a="passed", b="passed")).newly_passing == ()
    assert compare(before, ran("failed", a="passed", b="failed")).newly_failing == ("b",)
