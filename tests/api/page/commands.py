"""A page of curl commands and their answers: read from Markdown, and asked for real.

    ```sh
    curl -i $API/first -H "$AUTH"
    ```

    ```http only=jobId,status
    HTTP/1.1 200 OK
    …

A command is taken to pieces as a shell would, variables included, and its request is sent over HTTP; curl
itself need not be there. An option that is not known here is an error. `only` names what an answer shows
where all of it would be too long: members of JSON, as `jobs.status`, or how lines of a text begin. The
rest is one `…`.
"""

import http.client
import json
import re
import shlex
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from string import Template
from typing import Any, NoReturn
from urllib.parse import urlsplit

BLOCK = re.compile(r"^```(?P<kind>sh|http)(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)", re.DOTALL)
SHOWN = (
    *("location", "etag", "retry-after", "idempotent-replayed", "link", "www-authenticate"),
    *("content-type", "content-disposition"),
)
LONGEST = 150
REST = "…"

STEADY = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+Z", "2030-01-31T22:00:00.000Z"),
    (r'("request_?[iI]d": ?")[0-9a-f]{32}', r"\g<1>8c5a1b0e7e4f4d53a4f5d2a9d1c0b7aa"),
    (r"run_[0-9a-f]{8}-[0-9a-f-]{27}", "run_0b9ad9b0-3c5e-4a60-9d5c-6f1d2c3b4a59"),
    (r"repo_(?!5bd1f1f6)[0-9a-f]{8}-[0-9a-f-]{27}", "repo_9c2f0f6e-6f0b-4f7e-8a59-0d2f6a7b8c9d"),
    (r"([?&]cursor=)[\w.%:-]+", r"\g<1>WzQyLCI4YzVhMWIwZTdlNGY0ZDUzIl0.nQ3"),
    (r'("ticket": "|ticket=)[\w.%:-]+', r"\g<1>WzcsImFsaWNlIiwwXQ.1w9"),
    (r'(?m)^(etag: ")[^"]+', r"\g<1>5f70bf18a086007016e948b04aed3b82"),
    (r'("(?:seconds|\w+Seconds)": )[\d.]+', r"\g<1>12"),
    (r'("commit": )(?:null|"\w+")', r'\g<1>"4b825dc"'),
)
"""What differs from run to run, and what stands for it on the page."""


@dataclass(frozen=True)
class Block:
    """A fence of the page: its text and where it stands."""

    kind: str
    info: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Asked:
    """A request, as curl would send it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


@dataclass
class Shell:
    """What the reader of a page has set so far."""

    variables: dict[str, str] = field(default_factory=dict)

    def run(self, text: str) -> list[Asked]:
        """Set what is set, and tell the requests of the commands."""
        found = []
        for command in commands(text):
            setting = SETTING.fullmatch(command)
            if setting:
                self.variables[setting["name"]] = self.words(setting["value"])[0]
            elif command.startswith("curl "):
                found.append(read_curl(self.words(command)[1:]))
            else:
                raise ValueError(f"Not a command of this page: {command[:80]}")
        return found

    def words(self, command: str) -> list[str]:
        """The words of a command; what stands in single quotes is left as it is."""
        parts = re.split(r"('[^']*')", command)
        filled = [part if part.startswith("'") else self.filled(part) for part in parts]
        return shlex.split("".join(filled))

    def filled(self, text: str) -> str:
        """With the variables in it. Raises KeyError for one that was not set."""
        return Template(text).substitute(self.variables)


class CurlOptions(ArgumentParser):
    """The options that this page uses."""

    def error(self, message: str) -> NoReturn:
        """An option that is not known is a flaw of the page."""
        raise ValueError(message)


def options() -> CurlOptions:
    """As curl spells them."""
    found = CurlOptions(add_help=False)
    found.add_argument("url")
    found.add_argument("-i", "--include", action="store_true", required=True)
    found.add_argument("-N", "--no-buffer", action="store_true")
    found.add_argument("-X", "--request")
    found.add_argument("-H", "--header", action="append", default=[])
    found.add_argument("-d", "--data")
    return found


def read_curl(words: list[str]) -> Asked:
    """The request of a command. Raises ValueError."""
    given: Namespace = options().parse_args(words)
    headers = dict(re.split(r":\s*", header, maxsplit=1) for header in given.header)
    body = None if given.data is None else given.data.encode()
    if body is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return Asked(given.request or ("GET" if body is None else "POST"), given.url, headers, body)


def commands(text: str) -> list[str]:
    """The commands of a block: one a line, on more where a quote or a backslash goes on."""
    found: list[str] = []
    held = ""
    for line in text.replace("\\\n", "").splitlines():
        held = f"{held}\n{line}" if held else line
        if held.count("'") % 2 == 0 and held.strip():
            found.append(held.strip())
            held = ""
    return found


def blocks(page: str) -> list[Block]:
    """The fences of a page, in order."""
    return [Block(m["kind"], m["info"].strip(), m["text"], *m.span()) for m in BLOCK.finditer(page)]


def send(asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in small letters, and body."""
    parts = urlsplit(asked.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(asked.method, target, asked.body, {"Accept": "*/*", **asked.headers})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def shown(status: int, headers: dict[str, str], body: bytes, info: str) -> str:
    """An answer as the page shows it."""
    only = [word for word in info.removeprefix("only=").split(",") if word]
    lines = [f"HTTP/1.1 {status} {http.client.responses[status]}"]
    lines += [f"{name}: {headers[name]}" for name in SHOWN if name in headers]
    kind = headers.get("content-type", "")
    text = json_shown(json.loads(body), only) if kind.partition(";")[0].endswith("json") else ""
    text = text or text_shown(body.decode(), only)
    return cut(steady("\n".join([*lines, "", text]))).rstrip() + "\n"


def json_shown(found: Any, only: list[str]) -> str:
    """JSON; with `only` some of its members, as `jobs.status`, and `"…"` for the rest."""
    return json.dumps(picked(found, only), indent=2, ensure_ascii=False)


def picked(found: Any, only: list[str]) -> Any:
    """The members that these paths lead to, of each element where there is a list; all without a path."""
    if isinstance(found, list):
        return [picked(each, only) for each in found]
    if not only:
        return found
    inside: dict[str, list[str]] = {}
    for path in only:
        name, _, rest = path.partition(".")
        inside.setdefault(name, []).extend([rest] if rest else [])
    told = {name: picked(found[name], paths) for name, paths in inside.items()}
    return told if set(told) == set(found) else {**told, REST: REST}


def text_shown(text: str, only: list[str]) -> str:
    """A text; with `only` the lines that begin so, and a line for the rest."""
    if not only:
        return text
    lines = [line for line in text.splitlines() if line.startswith(tuple(only))]
    return "\n".join([*lines, REST])


def cut(text: str) -> str:
    """The same with no line that is too long to read."""
    lines = (f"{line[:LONGEST]}{REST}" if len(line) > LONGEST else line for line in text.splitlines())
    return "\n".join(lines)


def steady(text: str) -> str:
    """The same text in every run."""
    for volatile, instead in STEADY:
        text = re.sub(volatile, instead, text)
    return text
