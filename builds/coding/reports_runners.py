"""What other common runners print: tape, mocha, jest, vitest, go test -v, cargo test."""

import re

from builds.coding.reports import Report
from builds.evidence import TestStatus

WORST: tuple[TestStatus, ...] = ("failed", "skipped", "passed")


def note(tests: dict[str, TestStatus], name: str, status: TestStatus) -> None:
    """Of several results of one name the worst counts."""
    tests[name] = min(status, tests.get(name, status), key=WORST.index)


# --- tape: TAP whose tests are comments, with assertions below them ---------------------------------

TAPE_TEST = re.compile(r"^# (?:(SKIP|TODO) )?(.+)$")
TAPE_END = re.compile(r"^# (?:tests|pass|fail|skip|todo)\s+\d+$|^# ok$")
TAPE_LINE = re.compile(r"^(not ok|ok) \d+\b(?:.*# (SKIP|TODO)\b)?")


def parse_tape(output: str) -> Report:
    """`# title`, then its assertions; a title without any is no test. Counts are of assertions."""
    if not re.search(r"^TAP version 13$", output, re.MULTILINE) or "# Subtest: " in output:
        return Report()
    tests: dict[str, TestStatus] = {}
    title = ""
    for line in output.split("\n"):
        if TAPE_END.match(line):
            title = ""
        elif found := TAPE_TEST.match(line):
            title = found[2]
            if found[1] == "SKIP":
                note(tests, title, "skipped")
        elif title and (found := TAPE_LINE.match(line)):
            note(tests, title, "failed" if found[1] == "not ok" and not found[2] else "passed")
    return Report(tests)


# --- mocha, jest, vitest: a mark and a name, below the suites it is in ----------------------------------

MARKED = re.compile(
    r"^( *)(?:(✓|✔|√)|(✕|✗|×|✖)|(○|↓)|(-)(?= )|(\d+)\)) +(?:skipped )?(.+?)(?: +\(?[\d.]+ ?m?s\)?)?$"  # noqa: RUF001  vitest prints it
)
SUITE = re.compile(r"^( +)(\S.*)$")
COUNTS = (
    re.compile(r"^ *(\d+) passing\b", re.MULTILINE),  # mocha
    re.compile(r"^Tests: +.*?(\d+) total$", re.MULTILINE),  # jest
    re.compile(r"^ *Tests +.*\((\d+)\)$", re.MULTILINE),  # vitest
)
MOCHA_OTHERS = re.compile(r"^ *(\d+) (?:failing|pending)\b", re.MULTILINE)
END = re.compile(r"^ *\d+ (?:passing|failing)\b|^Tests: |^ *Test Files |^Summary of all failing|^ *● ")
FILE_LINE = re.compile(r"\(\d+ tests?\b.*\)$|^\S+\.[cm]?[jt]sx?$")


def parse_marked(output: str) -> Report:
    """Ids are `suite > test`. The runner's own count is kept, so that names that are missing are noticed."""
    counted = next((int(found[-1]) for kind in COUNTS if (found := kind.findall(output))), None)
    if counted is None:
        return Report()
    if COUNTS[0].search(output):
        counted += sum(int(number) for number in MOCHA_OTHERS.findall(output))
    tests: dict[str, TestStatus] = {}
    suites: list[tuple[int, str]] = []
    for line in output.split("\n"):
        if tests and END.match(line):
            break
        if marked := MARKED.match(line):
            depth, name = len(marked[1]), marked[7]
            suites = [suite for suite in suites if suite[0] < depth]
            if not FILE_LINE.search(name):
                path = " > ".join([*(title for _, title in suites), name])
                note(tests, path, _mark(marked))
        elif suite := SUITE.match(line):
            depth = len(suite[1])
            suites = [*(known for known in suites if known[0] < depth), (depth, suite[2].strip())]
    return Report(tests, counted)


def _mark(marked: re.Match[str]) -> TestStatus:
    if marked[2]:
        return "passed"
    return "failed" if marked[3] or marked[6] else "skipped"


# --- go and cargo: a line a test -----------------------------------------------------------------------

GO_LINE = re.compile(r"^ *--- (PASS|FAIL|SKIP): (\S+) \([\d.]+s\)$", re.MULTILINE)
GO_PACKAGE = re.compile(r"^(?:ok|FAIL)\s+(\S+)\s+(?:[\d.]+s|\(cached\))", re.MULTILINE)
CARGO_LINE = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b", re.MULTILINE)
CARGO_COUNT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", re.MULTILINE)
WORDS: dict[str, TestStatus] = {"PASS": "passed", "SKIP": "skipped", "ok": "passed", "ignored": "skipped"}


def parse_go(output: str) -> Report:
    """`--- PASS: TestName (0.00s)`, with the package that follows in front of the name."""
    tests: dict[str, TestStatus] = {}
    start = 0
    for package in GO_PACKAGE.finditer(output):
        for word, name in GO_LINE.findall(output[start : package.start()]):
            note(tests, f"{package[1]}.{name}", WORDS.get(word, "failed"))
        start = package.end()
    return Report(tests)


def parse_cargo(output: str) -> Report:
    """`test module::name ... ok`, and the counts of each test binary together."""
    counts = CARGO_COUNT.findall(output)
    tests: dict[str, TestStatus] = {}
    for name, word in CARGO_LINE.findall(output):
        note(tests, name, WORDS.get(word, "failed"))
    return Report(tests, sum(int(number) for each in counts for number in each) if counts else None)


OTHER_RUNNERS = (parse_tape, parse_marked, parse_go, parse_cargo)
