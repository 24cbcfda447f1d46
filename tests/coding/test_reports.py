"""Reports: what the output of a run says of each test, and which parts of it are about which."""

import pytest

from builds.coding.reports import parse_report, sections_about
from builds.evidence import TestStatus
from tests.coding.runners import NODE_TESTS, PYTEST_OUTPUT, SPEC_OUTPUT, UNITTEST_OUTPUT


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
