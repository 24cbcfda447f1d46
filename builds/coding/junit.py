"""Reads JUnit XML, which most test runners can write: per test, how it ended."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from builds.coding.reports import Report
from builds.coding.untrusted import storable
from builds.evidence import TestStatus

MOST_TESTS = 50_000
LONGEST_NAME = 500
WORST: tuple[TestStatus, ...] = ("failed", "skipped", "passed")


def parse_junit(data: bytes) -> Report | None:
    """One file's tests; None where it is no such file. Of several results of one name the worst counts."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return None
    if root.tag not in {"testsuites", "testsuite"}:
        return None
    tests: dict[str, TestStatus] = {}
    for case in _cases(root):
        name, status = storable(_name(case))[:LONGEST_NAME], _status(case)
        tests[name] = min(status, tests.get(name, status), key=WORST.index)
        if len(tests) > MOST_TESTS:
            return None
    return Report(tests, len(tests))


def _cases(root: Element) -> Iterator[Element]:
    yield from root.iter("testcase")


def _status(case: Element) -> TestStatus:
    inside = {child.tag for child in case}
    if inside & {"failure", "error"}:
        return "failed"
    skipped = case.find("skipped")
    if skipped is None:
        return "passed"
    # pytest tells an expected failure as skipped; in its own words it is no skipped test.
    return "passed" if skipped.get("type") == "pytest.xfail" else "skipped"


def _name(case: Element) -> str:
    """As pytest names it where it says the file (xunit1), else `class.name`, or what there is."""
    file, group, name = (case.get(key, "") for key in ("file", "classname", "name"))
    module = file.removesuffix(".py").replace("/", ".")
    if file.endswith(".py") and (group == module or group.startswith(f"{module}.")):
        return (
            "::".join([file, *group[len(module) + 1 :].split("."), name])
            if group != module
            else f"{file}::{name}"
        )
    if not group or name.startswith(group):
        return name
    return f"{group}.{name}" if name else group
