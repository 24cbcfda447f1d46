"""The receivers of docs/receivers run as they stand there, and take what we send."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from builds.adapters.callback_https import HttpsCallbackSender
from builds.callbacks import headers

FOLDER = Path(settings.ROOT) / "docs" / "receivers"
SECRET, OLD, OTHER = (f"whsec_{name * 8}" for name in ("bmV3", "b2xk", "b3Ro"))
BODY = '{"jobId":"dm_1","status":"complete","message":"ü","sequence":7}'.encode()
SENDER = HttpsCallbackSender(insecure=True)


class Running:
    """A receiver in a process of its own."""

    def __init__(self, *command: str) -> None:
        environment = {"PATH": os.defpath, "CALLBACK_SECRET": SECRET, "PORT": "0", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.line().rpartition(' ')[2]}/hook"

    def line(self) -> str:
        """What it prints next."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def post(
        self,
        changes: dict[str, str] | None = None,
        *,
        body: bytes = BODY,
        secrets: tuple[str, ...] = (SECRET,),
    ) -> int:
        """The status it answers with, when headers or body were changed on the way."""
        signed = headers("msg_1", BODY, at=datetime.now(UTC), secrets=secrets)
        return SENDER.send(self.url, body, {**signed, **(changes or {})}).status


@pytest.fixture(params=["python", "node"], scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Both, in turn."""
    if request.param == "python":
        found = Running(sys.executable, str(FOLDER / "receiver.py"))
    elif node := shutil.which("node"):
        found = Running(node, str(FOLDER / "receiver.mjs"))
    else:
        pytest.skip("no Node here: install Node 20 or newer")
    yield found
    found.process.kill()
    found.process.communicate(timeout=10)


def test_it_takes_what_we_sign_and_works_on_a_repeated_one_once(running: Running) -> None:
    assert [running.post(), running.post()] == [204, 204]
    assert running.post({"webhook-id": "msg_2"}) == 400
    signed = headers("msg_3", BODY, at=datetime.now(UTC), secrets=(SECRET,))
    assert SENDER.send(running.url, BODY, signed).status == 204
    assert [running.line(), running.line()] == ["7 dm_1 complete"] * 2


def test_it_takes_either_of_two_signatures_while_secrets_change(running: Running) -> None:
    assert running.post(secrets=(OTHER, SECRET)) == 204
    assert running.post(secrets=(SECRET, OLD)) == 204
    assert running.post(secrets=(OTHER, OLD)) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-timestamp": "1700000000"},
        {"webhook-timestamp": "7000000000"},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1a,AAAA v2,BBBB"},
        {"webhook-id": ""},
    ],
)
def test_it_refuses_headers_that_are_not_ours(running: Running, changes: dict[str, str]) -> None:
    assert running.post(changes) == 400


def test_it_refuses_a_body_that_was_changed(running: Running) -> None:
    assert running.post(body=BODY.replace(b"complete", b"canceled")) == 400
