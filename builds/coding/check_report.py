"""Which report a check writes, and what it and the output together say of each test."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from builds.coding.junit import parse_junit
from builds.coding.reports import Report, parse_report
from builds.coding.reports_runners import OTHER_RUNNERS
from builds.evidence import Check

FOLDER = "/tmp/dream-report"  # noqa: S108  inside it is private
JUNIT = f"{FOLDER}/junit.xml"
MOST_BYTES = 8 << 20
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# xunit1 says the file of each test, so that its id is the one that pytest prints.
PYTEST = (f"--junitxml={JUNIT}", "-o", "junit_family=xunit1")


@dataclass(frozen=True)
class Reporting:
    """The command as it is run, and the file inside that it writes its report to; none: only its output."""

    argv: tuple[str, ...]
    file: PurePosixPath | None


def reporting(check: Check) -> Reporting:
    """A check's own report where it names one; pytest is asked for one; others say it in their output."""
    if check.junit:
        return Reporting(check.argv, PurePosixPath("/checkout", check.junit))
    if _is_pytest(check.argv) and not any(word.startswith(("--junit", "--help")) for word in check.argv):
        return Reporting((*check.argv, *PYTEST), PurePosixPath(JUNIT))
    return Reporting(check.argv, None)


def _is_pytest(argv: Sequence[str]) -> bool:
    """`pytest` or `python3 -m pytest`, perhaps behind `env NAME=value`; behind `--` an option is none."""
    words = list(argv)
    while words and (words[0] == "env" or "=" in words[0]):
        words.pop(0)
    if not words or "--" in words:
        return False
    program = words[0].rpartition("/")[2]
    if program in {"pytest", "py.test"}:
        return True
    return program.startswith("python") and words[1:3] == ["-m", "pytest"]


def read_report(output: str, written: Path | None) -> Report:
    """The written report where it is one and holds a test, else what the output says."""
    found = parse_junit(written.read_bytes()) if written and written.is_file() else None
    if found and found.tests:
        return found
    known = parse_report(output)
    if known.tests:
        return known
    plain = COLOUR.sub("", output).replace("\r\n", "\n")
    others = [report for parse in OTHER_RUNNERS if (report := parse(plain)).tests or report.counted]
    return others[0] if others else known
