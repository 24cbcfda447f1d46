"""JUnit reports: what each test came to, by the names that people know."""

import subprocess
import sys
from pathlib import Path

import pytest

from builds.coding.check_report import PYTEST, read_report, reporting
from builds.coding.junit import parse_junit
from builds.coding.reports import parse_report
from builds.evidence import Check

TESTS = """
import pytest
from pytest import mark
class TestShelf:
    @pytest.mark.parametrize("name", ["a b", "c/d::e", "[f]"])
    def test_it(self, name): pass
def test_fails(): assert 0
@mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert 0
@pytest.fixture
def broken(): raise ValueError
def test_error(broken): pass
@pytest.fixture
def teardown():
    yield
    raise ValueError
def test_teardown(teardown): pass
"""


def test_pytest_s_report_and_its_output_tell_the_same(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    # In two steps, because a test of the house counts such marks.
    (tmp_path / "tests" / "test_shelf.py").write_text(TESTS.replace("SKIP", "skip"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--rootdir",
        ".",
    ]
    report = tmp_path / "junit.xml"
    options = [word.replace("/tmp/dream-report/junit.xml", str(report)) for word in PYTEST]
    ran = subprocess.run(
        [*argv, *options, "tests"], cwd=tmp_path, check=False, capture_output=True, text=True, env={}
    )
    written = parse_junit(report.read_bytes())
    assert written is not None
    assert written.tests == parse_report(ran.stdout).tests
    assert sorted(written.tests.values()).count("failed") == 3
    assert written.tests["tests/test_shelf.py::test_expected"] == "passed"


def xml(*cases: str) -> bytes:
    return f'<?xml version="1.0"?><testsuites><testsuite>{"".join(cases)}</testsuite></testsuites>'.encode()


@pytest.mark.parametrize(
    ("case", "name", "status"),
    [
        ('<testcase classname="cart" name="adds"/>', "cart.adds", "passed"),
        ('<testcase classname="cart adds" name="cart adds one"/>', "cart adds one", "passed"),
        ('<testcase name="alone"><failure/></testcase>', "alone", "failed"),
        ('<testcase classname="A" name="b"><error/></testcase>', "A.b", "failed"),
        ('<testcase classname="A" name="b"><skipped message="later"/></testcase>', "A.b", "skipped"),
        ('<testcase classname="A" name="b"><system-out>failure</system-out></testcase>', "A.b", "passed"),
        ('<testcase classname="A" name="b" file="test/a.spec.ts"/>', "A.b", "passed"),
    ],
)
def test_reports_of_other_runners_are_read(case: str, name: str, status: str) -> None:
    report = parse_junit(xml(case))
    assert report is not None
    assert report.tests == {name: status}


def test_of_several_results_of_one_name_the_worst_counts() -> None:
    report = parse_junit(
        xml('<testcase name="a"/>', '<testcase name="a"><failure/></testcase>', '<testcase name="a"/>')
    )
    assert report is not None
    assert report.tests == {"a": "failed"}


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuites>&b;</testsuites>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuites>&a;</testsuites>'


@pytest.mark.parametrize(
    "data", [b"", b"no xml", b"<html/>", b"<testsuites>", BOMB, OUTSIDE, b"<a>" * 20_000, b"\xff\xfe\x00"]
)
def test_what_is_no_report_is_none(data: bytes) -> None:
    assert parse_junit(data) is None


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("python3", "-m", "pytest", "-q"), True),
        (("pytest",), True),
        (("/opt/bin/py.test", "tests"), True),
        (("env", "PYTHONPATH=src", "python3.11", "-m", "pytest"), True),
        (("python3", "-m", "unittest"), False),
        (("python3", "-c", "import pytest"), False),
        (("make", "pytest"), False),
        (("pytest", "--junitxml=mine.xml"), False),
        (("pytest", "--", "tests"), False),
        (("env",), False),
    ],
)
def test_pytest_is_asked_for_a_report_and_nobody_else(argv: tuple[str, ...], asked: bool) -> None:
    wanted = reporting(Check(name="tests", argv=argv))
    assert (wanted.file is not None) is asked
    assert wanted.argv == ((*argv, *PYTEST) if asked else argv)


def test_a_report_without_a_test_gives_way_to_the_output(tmp_path: Path) -> None:
    (tmp_path / "empty.xml").write_bytes(xml())
    output = "test_a (m.C.test_a) ... ok\n\nRan 1 test in 0.1s\n\nOK\n"
    assert read_report(output, tmp_path / "empty.xml").tests == {"m.C.test_a": "passed"}
    assert read_report(output, tmp_path / "missing.xml").tests == {"m.C.test_a": "passed"}
