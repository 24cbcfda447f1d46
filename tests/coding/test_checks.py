"""Checks: how a run counts, what changed between two runs, and runs in the real sandbox."""

import json
from pathlib import Path

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_none import NoSandbox
from builds.coding.checks import Comparison, compare, is_red, judge, run_check
from builds.coding.detect import detect_checks
from builds.coding.reports import parse_report
from builds.evidence import Check, CheckOutcome, CheckRun, TestStatus
from builds.policy import Policy
from builds.sandboxed import Ran
from tests.coding.runners import NODE_TESTS, TAP, UNITTEST, UNITTEST_OUTPUT
from tests.coding.world import FILES, make_workspace

# --- Judging -------------------------------------------------------------------------------------


def ran(output: str = "", *, exit_code: int | None = 0, ended: str = "exit") -> Ran:
    return Ran(exit_code=exit_code, output=output, seconds=1, ended=ended)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "result", "outcome", "reason"),
    [
        ("tests", ran("Ran 2 tests in 0.1s\n\nOK\n"), "passed", "2 tests ran"),
        ("tests", ran("all 12 tests passed, trust me\n"), "not_verified", "no test was seen"),
        ("anything", ran(""), "not_verified", "no test was seen"),
        ("tests", ran("Ran 0 tests in 0.0s\n\nOK\n"), "not_verified", "no test was seen"),
        (
            "tests",
            ran("Ran 0 tests in 0.0s\n\nNO TESTS RAN\n", exit_code=5),
            "not_verified",
            "No test was collected",
        ),
        (
            "tests",
            ran("=== no tests ran in 0.01s ===\n", exit_code=5),
            "not_verified",
            "No test was collected",
        ),
        ("tests", ran("", exit_code=127), "not_verified", "missing"),
        ("tests", ran("", exit_code=126), "not_verified", "missing"),
        (
            "tests",
            ran("/usr/bin/python3: No module named pytest\n", exit_code=1),
            "not_verified",
            "no module pytest",
        ),
        ("tests", ran("", exit_code=None, ended="timeout"), "not_verified", "did not end within"),
        ("tests", ran("", exit_code=None, ended="output_limit"), "not_verified", "more output"),
        (
            "tests",
            ran("test_a (m.T.test_a) ... skipped 'x'\nRan 1 test in 0.1s\n"),
            "not_verified",
            "Every test was skipped",
        ),
        ("tests", ran(UNITTEST_OUTPUT, exit_code=1), "failed", "4 passed, 3 failed, 1 skipped"),
        ("tests", ran(UNITTEST_OUTPUT, exit_code=0), "failed", "3 failed"),
        ("tests", ran("Ran 2 tests in 0.1s\n", exit_code=1), "failed", "exit 1"),
        ("tests", ran("Traceback\nSyntaxError\n", exit_code=1), "failed", "exit 1"),
        ("lint", ran(""), "passed", "exit 0"),
        ("types", ran("error", exit_code=1), "failed", "exit 1"),
    ],
)
def test_only_what_was_seen_counts(name: str, result: Ran, outcome: CheckOutcome, reason: str) -> None:
    judged, why = judge(Check(name=name, argv=("x",)), result, parse_report(result.output))
    assert judged == outcome
    assert reason in why


def run(outcome: CheckOutcome, **tests: TestStatus) -> CheckRun:
    return CheckRun(phase="after", check="tests", argv=(), tree_sha="", outcome=outcome, tests=tests)


@pytest.mark.parametrize(
    ("before", "after", "comparison", "red"),
    [
        (
            run("passed", a="passed"),
            run("passed", a="passed", b="passed"),
            Comparison(newly_passing=("b",)),
            False,
        ),
        (run("passed", a="passed"), run("failed", a="failed"), Comparison(newly_failing=("a",)), True),
        (run("failed", a="failed"), run("failed", a="failed"), Comparison(unchanged_failing=("a",)), False),
        (run("failed", a="failed"), run("passed", a="passed"), Comparison(newly_passing=("a",)), False),
        (run("passed", a="passed", b="passed"), run("passed", a="passed"), Comparison(removed=("b",)), False),
        (
            run("passed", a="passed"),
            run("passed", a="skipped", b="passed"),
            Comparison(newly_passing=("b",), removed=("a",)),
            False,
        ),
        (run("passed", a="passed"), run("not_verified"), Comparison(removed=("a",)), True),
        (run("not_verified"), run("not_verified"), Comparison(), False),
        (run("not_verified"), run("failed", a="failed"), Comparison(newly_failing=("a",)), True),
        (run("passed"), run("failed"), Comparison(newly_failing=("tests",)), True),
        (run("failed"), run("failed"), Comparison(unchanged_failing=("tests",)), False),
        (None, run("failed", a="failed"), Comparison(newly_failing=("a",)), True),
        (None, run("not_run"), Comparison(), False),
    ],
)
def test_two_runs_are_compared_test_by_test(
    before: CheckRun | None, after: CheckRun, comparison: Comparison, red: bool
) -> None:
    assert compare(before, after) == comparison
    assert is_red(before, after) is red


# --- Running for real ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "argv", "outcome", "tests"),
    [
        (FILES, UNITTEST, "passed", {"test_money.MoneyTest.test_add": "passed"}),
        ({"README.md": "x"}, UNITTEST, "not_verified", {}),
        (
            {"test_a.py": "import nowhere\n"},
            UNITTEST,
            "failed",
            {"unittest.loader._FailedTest.test_a": "failed"},
        ),
        ({}, ("no-such-command",), "not_verified", {}),
        ({}, ("true",), "not_verified", {}),
    ],
)
def test_a_check_runs_in_the_sandbox(
    tmp_path: Path, files: dict[str, str], argv: tuple[str, ...], outcome: str, tests: dict[str, str]
) -> None:
    workspace = make_workspace(tmp_path, files)
    found = run_check(BwrapSandbox(), Check(name="tests", argv=argv), workspace, phase="baseline")
    assert (found.outcome, found.tests, found.tree_sha) == (outcome, tests, workspace.tree())


def test_node_s_own_runner_is_read_as_tap(tmp_path: Path) -> None:
    script = """
    const {test, describe, it} = require('node:test');
    test('adds', () => {}); test('bad', () => { throw new Error('x') }); test('sk', {skip: true}, () => {});
    describe('suite', () => { it('inner # one', () => {}); it('todo', {todo: true}, () => {}) });
    """
    files = {"a.test.js": script, "package.json": json.dumps({"scripts": {"test": "node --test a.test.js"}})}
    workspace = make_workspace(tmp_path, files)
    (check,) = detect_checks(workspace.root, Policy())
    found = run_check(BwrapSandbox(), check, workspace, phase="baseline")
    assert found.tests == NODE_TESTS
    assert found.outcome == "failed"


def test_a_script_without_tests_is_no_test(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, {"a.test.js": "console.log(1)\n"})
    found = run_check(
        BwrapSandbox(), Check(name="tests", argv=(*TAP, "a.test.js")), workspace, phase="baseline"
    )
    assert (found.outcome, found.tests) == ("not_verified", {})


def test_a_sandbox_that_runs_nothing_says_so(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    found = run_check(NoSandbox(), Check(name="tests", argv=UNITTEST), workspace, phase="after")
    assert found.outcome == "not_run"
    assert "runs no code" in found.reason
