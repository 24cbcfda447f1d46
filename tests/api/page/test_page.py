"""docs/api.md: a curl for each endpoint, and below it what the service answers, to the letter.

Where an answer has changed, the test writes the page as it has to be and says where; look at it and copy it.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from builds.api.schema import document
from tests.api.described import WRONG, look
from tests.api.github_deliveries import SECRET, signature
from tests.api.page.commands import Asked, Block, Shell, blocks, commands, read_curl, send, shown
from tests.api.page.world import world
from tests.api.servers import ROOT, serve

PAGE = ROOT / "docs" / "api.md"
HERE = "http://localhost:8000"
DELIVERY = '{"zen": "Keep it logically awesome.", "hook_id": 1}'
SET = {
    "DREAM_URL": HERE,
    "TOKEN": "dream_of_the_reader",
    "TICKET": "WzcsImFsaWNlIiwwXQ",
    "SIGNATURE": signature(DELIVERY.encode()),
}
"""What the page tells its reader to set."""


def asked_on_the_page() -> list[Asked]:
    """Every request of the page, as its reader would send it."""
    shell = Shell(dict(SET))
    return [
        asked for block in blocks(PAGE.read_text()) if block.kind == "sh" for asked in shell.run(block.text)
    ]


def test_every_operation_has_a_curl_and_no_curl_is_for_one_that_there_is_not() -> None:
    known = {
        (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method in operations
        if not path.startswith("/dream-build")
    }
    told = {(asked.method, path_of(asked, known)) for asked in asked_on_the_page()}
    assert told == known


def path_of(asked: Asked, known: set[tuple[str, str]]) -> str:
    """The path of the description that a request is for; the request's own where there is none."""
    path = asked.url.removeprefix(HERE).partition("?")[0]
    fits = [each for _, each in known if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    return min(fits, key=lambda each: each.count("{"), default=path)


def test_an_option_that_curl_alone_knows_is_noticed() -> None:
    with pytest.raises(ValueError, match="--compressed"):
        read_curl(["-i", "--compressed", HERE])
    with pytest.raises(ValueError, match="Not a command"):
        Shell().run("rm -r build\n")
    assert commands("A=1\ncurl -i \\\n  x -d '{\n}'\n") == ["A=1", "curl -i   x -d '{\n}'"]


@pytest.mark.campaign
def test_every_answer_is_the_true_one(
    child_environment: dict[str, str], redis_client: redis.Redis, free_port: int, tmp_path: Path
) -> None:
    page = PAGE.read_text()
    shell = Shell({**SET, "TOKEN": world()})
    later = timezone.now() + timedelta(hours=6)
    night = f"{later:%H:00}-{later + timedelta(hours=1):%H:00}"
    more = {"GITHUB_WEBHOOK_SECRET": SECRET, "DREAM_OFFPEAK": night}
    with serve({**child_environment, **more}, free_port) as address:
        shell.variables["DREAM_URL"] = address
        answers = [answered(shell, block, info) for block, info in steps(page)]
    true = with_answers(page, answers)
    written = tmp_path / "api.md"
    written.write_text(true)
    assert true == page, f"docs/api.md is not what the service answers; look at {written} and copy it"
    assert WRONG == []


def steps(page: str) -> list[tuple[Block, str]]:
    """The commands, each with how its answer is to be shown."""
    found: list[tuple[Block, str]] = []
    for block in blocks(page):
        if block.kind == "sh":
            found.append((block, ""))
        else:
            found[-1] = (found[-1][0], block.info or "all")
    return found


def answered(shell: Shell, block: Block, info: str) -> str:
    """Send what the block asks, and tell the answer as the page has it. A block without answer only sets."""
    requests = shell.run(block.text)
    assert len(requests) == (1 if info else 0), f"one curl to an answer: {block.text}"
    if not requests:
        return ""
    status, headers, body = send(requests[0])
    path = requests[0].url.removeprefix(shell.variables["DREAM_URL"])
    look(requests[0].method, path, status, headers, body)
    keep_ticket(shell, body)
    return shown(status, headers, body, "" if info == "all" else info)


def keep_ticket(shell: Shell, body: bytes) -> None:
    """The one thing of an answer that a later command needs, and that differs each time."""
    if found := re.search(rb'"ticket": ?"([^"]+)"', body):
        shell.variables["TICKET"] = found[1].decode()


def with_answers(page: str, answers: list[str]) -> str:
    """The page with these answers below its commands."""
    left = [answer for answer in answers if answer]
    found, at = [], 0
    for block in blocks(page):
        if block.kind == "http":
            opening = f"```http {block.info}".rstrip()
            found += [page[at : block.start], f"{opening}\n{left.pop(0)}```"]
            at = block.end
    return "".join([*found, page[at:]])
