"""Checks: how a repository tests itself, what a run's output says, and what changed between two runs."""

import json
from pathlib import Path

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_none import NoSandbox
from builds.coding.checks import Comparison, compare, is_red, judge, run_check
from builds.coding.detect import detect_checks
from builds.coding.reports import parse_report, sections_about
from builds.evidence import Check, CheckOutcome, CheckRun, TestStatus
from builds.policy import Policy
from builds.sandboxed import Ran
from tests.coding.world import FILES, make_workspace

UNITTEST = ("python3", "-m", "unittest", "discover", "-v")
PYTEST = ("python3", "-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider")
TAP = ("node", "--test", "--test-reporter=tap")


# --- Detecting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"test_a.py": ""}, UNITTEST),
        ({"pkg/tests/test_a.py": "", "pkg/__init__.py": "", "pkg/tests/__init__.py": ""}, UNITTEST),
        ({"tests/test_a.py": ""}, (*UNITTEST, "-s", "tests")),
        ({"tests/test_a.py": "", "tests/__init__.py": ""}, UNITTEST),
        (
            {"tests/test_a.py": "", "src/p/__init__.py": ""},
            ("env", "PYTHONPATH=src", *UNITTEST, "-s", "tests"),
        ),
        ({"test_a.py": "", "pytest.ini": ""}, PYTEST),
        ({"tests/test_a.py": "", "tests/conftest.py": ""}, PYTEST),
        ({"test_a.py": "", "requirements-dev.txt": "pytest==8\n"}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8"]\n'}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": "[tool.pytest.ini_options]\n"}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": "# no pytest here\n[project]\n"}, UNITTEST),
        ({"test_a.py": "", "setup.cfg": "[tool:pytest]\n"}, PYTEST),
        ({"package.json": '{"scripts": {"test": "node --test test/a.js"}}'}, (*TAP, "test/a.js")),
        ({"package.json": '{"scripts": {"test": "node --test"}}'}, TAP),
        ({"package.json": '{"scripts": {"test": "jest && echo"}}'}, ("npm", "test")),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
        ({"package.json": '{"scripts": []}'}, None),
        ({"package.json": "{"}, None),
        ({"node_modules/x/test_a.py": "", "main.py": ""}, None),
    ],
)
def test_the_check_of_a_repository_is_found_in_its_files(
    tmp_path: Path, files: dict[str, str], argv: tuple[str, ...] | None
) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    found = detect_checks(tmp_path, Policy())
    assert [check.argv for check in found] == ([argv] if argv else [])


def test_the_policy_says_it_better_than_the_files(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").touch()
    policy = Policy(checks={"all": ("make", "check")})
    assert detect_checks(tmp_path, policy) == (Check(name="all", argv=("make", "check"), source="policy"),)


# --- Reading output ------------------------------------------------------------------------------

UNITTEST_OUTPUT = """\
test_bad (tests.test_a.ATest.test_bad) ... FAIL
test_doc (tests.test_a.ATest.test_doc)
It has a docstring. ... ok
test_old (tests.test_a.ATest) ... ok
test_print (tests.test_a.ATest.test_print) ... hello
ok
test_skip (tests.test_a.ATest.test_skip) ... skipped 'no network'
test_sub (tests.test_a.ATest.test_sub) ... test_xfail (tests.test_a.ATest.test_xfail) ... expected failure
tests.test_b (unittest.loader._FailedTest.tests.test_b) ... ERROR

======================================================================
ERROR: tests.test_b (unittest.loader._FailedTest.tests.test_b)
----------------------------------------------------------------------
ImportError: no b
======================================================================
FAIL: test_bad (tests.test_a.ATest.test_bad)
----------------------------------------------------------------------
AssertionError: 1 != 2
======================================================================
FAIL: test_sub (tests.test_a.ATest.test_sub) (i=1)
----------------------------------------------------------------------
AssertionError: 1 != 3

----------------------------------------------------------------------
Ran 8 tests in 0.001s

FAILED (failures=2, errors=1, skipped=1, expected failures=1)
"""
PYTEST_OUTPUT = """\
============================= test session starts ==============================
collected 6 items

tests/test_a.py::test_ok PASSED                                          [ 16%]
tests/test_a.py::TestX::test_param[a b] PASSED                           [ 33%]
tests/test_a.py::test_bad FAILED                                         [ 50%]
tests/test_a.py::test_skip SKIPPED (why)                                 [ 66%]
tests/test_a.py::test_xfail XFAIL                                        [ 83%]
tests/test_a.py::test_teardown PASSED                                    [100%]
tests/test_a.py::test_teardown ERROR                                     [100%]

=================================== FAILURES ===================================
___________________________________ test_bad ___________________________________
tests/test_a.py:5: in test_bad
E   assert 1 == 2
=========================== short test summary info ============================
FAILED tests/test_a.py::test_bad - assert 1 == 2
ERROR tests/test_b.py - ImportError: no b
==== 1 failed, 3 passed, 1 skipped, 1 xfailed, 2 errors in 0.03s ====
"""
SPEC_OUTPUT = """\
✔ adds (1.261074ms)
✖ bad (1.220618ms)
  AssertionError [ERR_ASSERTION]: 1 == 2

﹣ sk (0.171699ms) # SKIP
▶ suite
  ✔ inner # one (0.14037ms)
  ✔ todo (0.109861ms) # TODO
✔ suite (0.583691ms)
\u2139 tests 5
\u2139 pass 2

✖ failing tests:

✖ bad (1.220618ms)
"""
NODE_TESTS = {
    "adds": "passed",
    "bad": "failed",
    "sk": "skipped",
    "suite > inner # one": "passed",
    "suite > todo": "passed",
}


@pytest.mark.parametrize(
    ("output", "tests", "counted"),
    [
        (
            UNITTEST_OUTPUT,
            {
                "tests.test_a.ATest.test_bad": "failed",
                "tests.test_a.ATest.test_doc": "passed",
                "tests.test_a.ATest.test_old": "passed",
                "tests.test_a.ATest.test_print": "passed",
                "tests.test_a.ATest.test_skip": "skipped",
                "tests.test_a.ATest.test_sub": "failed",
                "tests.test_a.ATest.test_xfail": "passed",
                "unittest.loader._FailedTest.tests.test_b": "failed",
            },
            8,
        ),
        (
            PYTEST_OUTPUT,
            {
                "tests/test_a.py::test_ok": "passed",
                "tests/test_a.py::TestX::test_param[a b]": "passed",
                "tests/test_a.py::test_bad": "failed",
                "tests/test_a.py::test_skip": "skipped",
                "tests/test_a.py::test_xfail": "passed",
                "tests/test_a.py::test_teardown": "failed",
                "tests/test_b.py": "failed",
            },
            8,
        ),
        (SPEC_OUTPUT, NODE_TESTS, 5),
        ("\x1b[32m...\x1b[0m\nRan 3 tests in 0.1s\n\nOK\n", {}, 3),
        ("3 passed in 0.01s\n", {}, 3),
        ("=== no tests ran in 0.01s ===\n", {}, 0),
        ("all good\n", {}, None),
    ],
)
def test_output_is_read_test_by_test(output: str, tests: dict[str, TestStatus], counted: int | None) -> None:
    report = parse_report(output)
    assert (report.tests, report.counted) == (tests, counted)


def test_only_the_parts_about_the_new_failures_are_told() -> None:
    told = sections_about(UNITTEST_OUTPUT, ("tests.test_a.ATest.test_bad",))
    assert "1 != 2" in told
    assert "1 != 3" not in told
    assert "assert 1 == 2" in sections_about(PYTEST_OUTPUT, ("tests/test_a.py::test_bad",))
    assert sections_about("nothing", ("a.b",)) == ""


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
        ("tests", ran("", exit_code=None, ended="timeout"), "not_verified", "within 300 seconds"),
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
