"""What a test runner's output says of each test: unittest -v, pytest -v or -rA, node --test (TAP or spec)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from builds.evidence import TestStatus


@dataclass(frozen=True)
class Report:
    """Per test, by its id, how it ended. `counted` is the runner's own number of tests, where it says one."""

    tests: dict[str, TestStatus] = field(default_factory=dict)
    counted: int | None = None

    @property
    def seen(self) -> int:
        """How many tests ran, by the runner's word where it gives one."""
        return len(self.tests) if self.counted is None else self.counted


def parse_report(output: str) -> Report:
    """The first form that fits, after colours were taken out."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output).replace("\r\n", "\n")
    for parse in (parse_pytest, parse_tap, parse_spec, parse_unittest):
        report = parse(plain)
        if report.tests or report.counted is not None:
            return report
    return Report()


# --- unittest ------------------------------------------------------------------------------------

UNITTEST_START = re.compile(r"(?:^|(?<=\.\.\. ))([\w.]+) \(([\w.<>]+)\)(?: \.\.\. |$)")
UNITTEST_END = re.compile(
    r"(?:^|\s|\.\.\. )(ok|FAIL|ERROR|skipped (?:'.*'|\".*\")|expected failure|unexpected success)$"
)
UNITTEST_HEADER = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): ([\w.]+) \(([\w.<>]+)\)")
UNITTEST_COUNT = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_STATUS: dict[str, TestStatus] = {"ok": "passed", "skipped": "skipped", "expected": "passed"}


def parse_unittest(output: str) -> Report:
    """Lines `test_x (a.b.C.test_x) ... ok`; what a test prints may stand between the two halves."""
    tests: dict[str, TestStatus] = {}
    open_id = ""
    for line in output.split("\n"):
        if header := UNITTEST_HEADER.match(line):
            tests[_unittest_id(*header.groups())] = "failed"
            open_id = ""
            continue
        for start in UNITTEST_START.finditer(line):  # after a failed subtest the next test begins on its line
            open_id = _unittest_id(*start.groups())
        if open_id and (end := UNITTEST_END.search(line)):
            tests.setdefault(open_id, UNITTEST_STATUS.get(end[1].split()[0], "failed"))
            open_id = ""
    counts = UNITTEST_COUNT.findall(output)
    return Report(tests, int(counts[-1])) if counts else Report()


def _unittest_id(name: str, where: str) -> str:
    """One id for Python before and since 3.11, which repeats the method's name within the brackets."""
    return where if where.endswith(f".{name}") else f"{where}.{name}"


# --- pytest --------------------------------------------------------------------------------------

WORDS = "PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS"
PYTEST_LINE = re.compile(rf"^(?:\[gw\d+\] \[ *\d+%\] )?(\S+\.py(?:::.+?)?) ({WORDS})\b")
PYTEST_SUMMARY = re.compile(rf"^(?:\[gw\d+\] \[ *\d+%\] )?({WORDS}) (\S+\.py(?:::.+?)?)(?: - .*)?$")
PYTEST_COUNT = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s", re.MULTILINE)
PYTEST_STATUS: dict[str, TestStatus] = {
    "PASSED": "passed",
    "SKIPPED": "skipped",
    "XFAIL": "passed",
    "XPASS": "passed",
}


def parse_pytest(output: str) -> Report:
    """Lines `tests/test_a.py::test_x PASSED`, and the summary's `FAILED tests/test_a.py::test_x - why`."""
    counts = PYTEST_COUNT.findall(output)
    if not counts:
        return Report()
    tests: dict[str, TestStatus] = {}
    for line in output.split("\n"):
        if match := PYTEST_LINE.match(line):
            _note_pytest(tests, match[1], match[2])
        elif match := PYTEST_SUMMARY.match(line):
            _note_pytest(tests, match[2], match[1])
    return Report(tests, _pytest_count(counts[-1]))


def _note_pytest(tests: dict[str, TestStatus], name: str, word: str) -> None:
    status = PYTEST_STATUS.get(word, "failed")
    if status == "failed" or name not in tests:  # an error at teardown comes after PASSED
        tests[name] = status


def _pytest_count(summary: str) -> int:
    counted = re.findall(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)", summary)
    return sum(int(number) for number, _ in counted)


# --- node --test ---------------------------------------------------------------------------------

TAP_LINE = re.compile(r"^( *)(not ok|ok) \d+(?: - (.*?))?(?:\s+# (SKIP|TODO)\b.*)?$")
TAP_SUBTEST = re.compile(r"^( *)# Subtest: (.*)$")
SPEC_LINE = re.compile(r"^( *)(✔|✖|﹣) (.+?) \([\d.]+ms\)(?: # (SKIP|TODO)\b.*)?$")
SPEC_SUITE = re.compile(r"^( *)▶ (.+?)(?: \([\d.]+ms\))?$")
NODE_COUNT = re.compile(r"^[#\u2139] tests (\d+)$", re.MULTILINE)
SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")


def parse_tap(output: str) -> Report:
    """TAP with nested subtests; ids are `suite > test`."""
    if not re.search(r"^TAP version \d+$", output, re.MULTILINE):
        return Report()
    lines = (
        (len(match[1]) // 4, "suite" if kind is TAP_SUBTEST else _node_word(match[2], match.group(4)), match)
        for kind, match in _either(output, TAP_SUBTEST, TAP_LINE)
    )
    found = [
        (depth, word, (match[2] if word == "suite" else match[3] or "").replace("\\#", "#"))
        for depth, word, match in lines
    ]
    return _node_report(found, output)


def parse_spec(output: str) -> Report:
    """What node prints for people; a suite's own line comes after its tests."""
    if not NODE_COUNT.search(output):
        return Report()
    body = output.partition("failing tests:")[0]
    found = [
        (len(match[1]) // 2, "suite", match[2])
        if kind is SPEC_SUITE
        else (len(match[1]) // 2, _node_word(match[2], match.group(4)), match[3])
        for kind, match in _either(body, SPEC_SUITE, SPEC_LINE)
    ]
    return _node_report(found, output)


def _either(
    output: str, first: re.Pattern[str], second: re.Pattern[str]
) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    for line in output.split("\n"):
        if match := first.match(line):
            yield first, match
        elif match := second.match(line):
            yield second, match


def _node_word(mark: str, directive: str | None) -> str:
    if directive == "SKIP" or mark == "﹣":
        return "skipped"
    if directive == "TODO":  # node does not count it as a failure
        return "passed"
    return "passed" if mark in {"ok", "✔"} else "failed"


def _node_report(found: list[tuple[int, str, str]], output: str) -> Report:
    """Leaves only: a suite ends as its tests do, and a script without tests is no test."""
    tests: dict[str, TestStatus] = {}
    suites: list[str] = []
    scripts = 0
    for depth, word, name in found:
        if word == "suite":
            suites[depth:] = [name]
            continue
        path = " > ".join([*suites[:depth], name])
        if any(known.startswith(f"{path} > ") for known in tests):
            continue
        if SCRIPT.search(name) and word != "failed":
            scripts += 1
        else:
            tests[path] = _status(word)
    counts = NODE_COUNT.findall(output)
    return Report(tests, max(0, int(counts[-1]) - scripts) if counts else None)


def _status(word: str) -> TestStatus:
    if word == "skipped":
        return "skipped"
    return "passed" if word == "passed" else "failed"


# --- what a person or a model has to see of it ---------------------------------------------------

SECTION = re.compile(r"^(?:={20,}|_{3,} .+ _{3,})$", re.MULTILINE)


def sections_about(output: str, tests: tuple[str, ...]) -> str:
    """The parts of unittest's or pytest's output that tell of these tests; empty when there are none."""
    starts = [match.start() for match in SECTION.finditer(output)]
    parts = [output[start:end] for start, end in pairwise([*starts, len(output)])]
    names = {re.split(r"::|\.", test.partition("[")[0])[-1] for test in tests}
    return "".join(part for part in parts if any(name in _head(part) for name in names))


def _head(part: str) -> str:
    return "\n".join(part.split("\n")[:2])
