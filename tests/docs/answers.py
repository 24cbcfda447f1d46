"""Compares an answer as a page writes it with the answer that was given, by a few explicit rules.

What is written must be exactly what is answered, with these exceptions:

- headers that the page does not name may be there;
- `…` as the last member of an object or element of a list stands for any others, at the end of a string for
  the rest of it, and, in a text that is no JSON, on a line of its own for any lines;
- times, ids, hashes and tokens are compared by their SHAPES, and the numbers of MOVING members by their kind.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

ELLIPSIS = "…"
LEFT_OUT = "\0left out\0"
"""Stands for `…` in parsed JSON; no JSON of anybody holds it."""

HEX = "(?<![0-9a-z])[0-9a-f]{%s}(?![0-9a-z])"
SHAPES = (
    ("<signed>", re.compile(r"\b[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]+)?\.[A-Za-z0-9_-]{43}\b")),
    ("<time>", re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")),
    ("<uuid>", re.compile(HEX % 8 + "-" + "-".join([HEX % 4] * 3) + "-" + HEX % 12)),
    *((f"<{length} digits>", re.compile(HEX % length)) for length in (64, 40, 32)),
)
"""What differs at every run, and the name that takes its place."""

MOVING = frozenset(
    {"durationMs", "oldestDueSeconds", "oldestSeconds", "oldestApprovalSeconds", "sweepSeconds"}
)
"""Members whose number depends on the moment."""

MOVING_HEADERS = frozenset({"ratelimit"})
WORTH_TELLING = (
    "content-type", "location", "etag", "retry-after", "idempotent-replayed", "link", "www-authenticate",
    "content-disposition", "content-range",
)  # fmt: skip
"""Headers that a new answer is written with."""

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{}\]]|' + ELLIPSIS)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: what `curl -i` prints, or what a page says that it prints."""

    status: str
    headers: dict[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> "Answer":
        """From the status line on. Names of headers have no case."""
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.strip("\n").split("\n")
        pairs = [line.partition(":") for line in lines]
        return cls(
            status, {name.strip().lower(): value.strip() for name, _, value in pairs}, body.strip("\n")
        )

    @property
    def is_json(self) -> bool:
        """Whether the body is read as JSON."""
        return "json" in self.headers.get("content-type", "") and bool(self.body)


def shaped(text: str) -> str:
    """A text with the shapes in place of what differs at every run."""
    for name, pattern in SHAPES:
        text = pattern.sub(name, text)
    return text


def parsed(text: str) -> Any:
    """JSON in which `…` may be the last member or element."""
    inside: list[str] = []

    def read(token: re.Match[str]) -> str:
        if token[0] in "{[":
            inside.append(token[0])
        elif token[0] in "}]":
            inside.pop()
        elif token[0] == ELLIPSIS:
            left_out = json.dumps(LEFT_OUT)
            return f"{left_out}: 0" if inside[-1] == "{" else left_out
        return token[0]

    return json.loads(TOKEN.sub(read, text))


def differences(written: Answer, given: Answer) -> list[str]:
    """What a page says otherwise than it is; empty when it is true."""
    found = [] if status_of(written) == status_of(given) else [f"it is {given.status}, not {written.status}"]
    for name, value in written.headers.items():
        real = given.headers.get(name)
        if real is None or not same_header(name, value, real):
            found.append(f"{name} is {real!r}, not {value!r}")
    return found + (of_json if given.is_json else of_text)(written.body, given.body)


def status_of(answer: Answer) -> str:
    """The number; HTTP/1.1 has a phrase behind it, which is nobody's promise."""
    return answer.status.partition(" ")[2][:3]


def same_header(name: str, written: str, given: str) -> bool:
    """Whether two values of a header are the same; numbers do not count where they move."""
    if name in MOVING_HEADERS:
        written, given = (re.sub(r"=\d+", "=0", value) for value in (written, given))
    return shaped(written) == shaped(given)


def of_json(written: str, given: str) -> list[str]:
    """Differences of two bodies."""
    try:
        known = parsed(written)
    except ValueError as error:
        return [f"the body is no JSON: {error}"]
    return list(of_values(known, json.loads(given), "body"))


def of_values(written: Any, given: Any, at: str) -> list[str]:
    """Differences of two values, each with its place."""
    if isinstance(written, dict) and isinstance(given, dict):
        return of_objects(written, given, at)
    if isinstance(written, list) and isinstance(given, list):
        return of_lists(written, given, at)
    return [] if alike(written, given, at.rpartition(".")[2]) else [f"{at} is {given!r}, not {written!r}"]


def of_objects(written: dict[str, Any], given: dict[str, Any], at: str) -> list[str]:
    """Member by member; others only where some are left out."""
    found = [f"{at}.{name} is not there" for name in written if name not in given and name != LEFT_OUT]
    if LEFT_OUT not in written:
        found += [f"{at}.{name} is not written" for name in given if name not in written]
    for name, value in written.items():
        if name in given:
            found += of_values(value, given[name], f"{at}.{name}")
    return found


def of_lists(written: list[Any], given: list[Any], at: str) -> list[str]:
    """Element by element; more only where some are left out."""
    known = [each for each in written if each != LEFT_OUT]
    if len(given) < len(known) or (len(known) == len(written) and len(given) > len(known)):
        return [f"{at} has {len(given)} elements, not {len(known)}"]
    pairs = enumerate(zip(known, given, strict=False))
    return [line for number, (one, other) in pairs for line in of_values(one, other, f"{at}[{number}]")]


def alike(written: Any, given: Any, name: str) -> bool:
    """Whether two values that hold no others are the same, as far as can be said before."""
    if isinstance(written, str) and isinstance(given, str):
        begins = written.endswith(ELLIPSIS) and shaped(given).startswith(shaped(written[:-1]))
        return begins or shaped(written) == shaped(given)
    if name in MOVING and isinstance(written, int | float) and isinstance(given, int | float):
        return True
    return type(written) is type(given) and bool(written == given)


def of_text(written: str, given: str) -> list[str]:
    """Differences of two texts, line by line; a line `…` takes as few lines as it can."""
    lines, skipping = iter(given.split("\n")), False
    for wanted in written.split("\n"):
        if wanted == ELLIPSIS:
            skipping = True
            continue
        for line in lines:
            if alike(wanted, line, ""):
                break
            if not skipping:
                return [f"a line is {line!r}, not {wanted!r}"]
        else:
            return [f"there is no line {wanted!r}"]
        skipping = False
    rest = "" if skipping else "\n".join(lines)
    return [f"there are more lines: {rest[:200]!r}"] if rest else []
