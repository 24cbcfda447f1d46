"""Reads the commands of a page, runs them in one shell as they are written, and takes apart what they print.

A block marked `sh` is run; all of a page share one shell, so that a variable which one sets is there for the
next. A block marked `http` directly below it is what the command prints.
"""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

COMMAND = re.compile(r"^```sh\n(.*?)^```\n(?:\n```http\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
MARK = "\036"  # between two outputs: ASCII's own record separator
PATIENCE = 300
VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Example:
    """A command, its line in the page, and the answer that is written below it; None where there is none."""

    line: int
    command: str
    answer: str | None
    span: tuple[int, int]
    """Where the answer is in the page."""


@dataclass(frozen=True)
class Request:
    """Method and path of a curl, as they are written."""

    line: int
    method: str
    path: str


def examples(page: str) -> list[Example]:
    """Every command of a page."""
    return [
        Example(page.count("\n", 0, found.start()) + 1, found[1], found[2], found.span(2))
        for found in COMMAND.finditer(page)
    ]


def requests(page: str) -> list[Request]:
    """Every curl of a page whose answer is written. A variable in a path counts as any one segment."""
    found = []
    for example in examples(page):
        if example.answer is not None:
            words = words_of(example.command)
            target = next(word for word in words if word.startswith("$DREAM_URL"))
            method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-d" in words else "GET"
            path = urlsplit(target.removeprefix("$DREAM_URL")).path
            found.append(Request(example.line, method, VARIABLE.sub("x", path)))
    return found


def words_of(command: str) -> list[str]:
    """The words of the curl that a block ends with, without what the shell does to them."""
    return shlex.split(command[command.index("curl ") :].replace("\\\n", " "))


def run(page: str, *, environment: dict[str, str], folder: Path) -> list[str]:
    """What each command of a page prints, all run by one shell."""
    script = folder / "page.sh"
    blocks = [f"{example.command}printf '{MARK}'\n" for example in examples(page)]
    script.write_text("".join(blocks), encoding="utf-8")
    ran = subprocess.run(
        ["sh", str(script)], cwd=folder, env=environment, check=False, capture_output=True, timeout=PATIENCE
    )
    assert ran.stderr == b"", ran.stderr.decode()
    return ran.stdout.decode().split(MARK)[:-1]


def with_answers(page: str, answers: dict[int, str]) -> str:
    """The page with other answers; by the number of the example."""
    for number, example in reversed(list(enumerate(examples(page)))):
        if number in answers:
            start, end = example.span
            page = page[:start] + answers[number] + page[end:]
    return page
