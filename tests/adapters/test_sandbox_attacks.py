"""What generated code may try, of root and of an ordinary user: nothing gets out, nothing stays."""

import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.adapters.sandbox_attacks import ATTACKS, LIMITS, OUTLIVE, PREAMBLE, Attack
from tests.adapters.sandbox_people import PEOPLE, PROJECT, Driver, Person, processes_with, staged


@pytest.fixture(scope="module")
def stage() -> Iterator[Path]:
    with staged() as folder:
        yield folder


@pytest.fixture(scope="module")
def tree(stage: Path) -> Iterator[Path]:
    """A work tree with facts about this machine and links out of it; two servers listen out here."""
    abstract = f"dream-{uuid4().hex}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + abstract)
        unix.listen()
        secret = str(stage / "secret.txt")
        paths = [
            "/root",
            "/home",
            "/var",
            "/run",
            "/sys",
            "/boot",
            "/mnt",
            "/srv",
            secret,
            str(PROJECT),
            sys.prefix,
        ]
        facts = {"port": server.getsockname()[1], "abstract": abstract, "pid": os.getpid(), "paths": paths}
        folder = stage / "tree"
        folder.mkdir()
        (folder / "facts.json").write_text(json.dumps(facts))
        (folder / "secret").symlink_to(secret)
        (folder / "above").symlink_to(f"../../../../../..{secret}")
        (folder / "passwd").symlink_to("/etc/passwd")
        yield folder


@pytest.fixture(scope="module", params=PEOPLE, ids=lambda person: person.name)
def driver(request: pytest.FixtureRequest, stage: Path) -> Iterator[Driver]:
    """A worker's process that stays for all its attacks."""
    person: Person = request.param
    with person.start(stage) as process:
        yield process


@pytest.fixture
def token() -> str:
    """A word on the command line of everything that a test starts."""
    return uuid4().hex


def question(code: str, token: str, tree: Path, limits: dict[str, Any]) -> dict[str, Any]:
    argv = ["python3", "-I", "-c", PREAMBLE + code, token]
    return {"argv": argv, "tree": str(tree), "limits": LIMITS | limits}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
@pytest.mark.sampled(2)
def test_the_sandbox_holds_an_attempt_to(attack: Attack, driver: Driver, tree: Path, token: str) -> None:
    ran = driver.ask(question(attack.code, token, tree, attack.limits))

    assert re.fullmatch(attack.sees, ran["output"].strip()), ran["output"]
    assert (ran["ended"], ran["exit_code"]) == (attack.ended, attack.exit_code)
    assert processes_with(token) == []


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
@pytest.mark.parametrize("code", OUTLIVE.values(), ids=OUTLIVE)
@pytest.mark.sampled(2)
def test_nothing_outlives_a_worker_that_was_killed(
    code: str, person: Person, stage: Path, tree: Path, token: str
) -> None:
    named = code.replace("time.sleep(60)", "os.execvp('sleep', [sys.argv[-1], '60'])")
    with person.start(stage) as driver:
        driver.send(question(named, token, tree, {"wall_seconds": 60}))
        until = time.monotonic() + 10
        while f"{token} 60" not in processes_with(token) and time.monotonic() < until:
            time.sleep(0.02)
        assert processes_with(token).count(f"{token} 60") > 0
        driver.kill()

    until = time.monotonic() + 5
    while processes_with(token) and time.monotonic() < until:
        time.sleep(0.02)
    assert processes_with(token) == []


def test_the_probe_says_that_this_machine_can_sandbox(driver: Driver) -> None:
    assert driver.ask({}) == {"ok": True, "reason": "", "mend": ""}
