"""The service as it runs for real: uvicorn in a process of its own, spoken to through a socket."""

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.api.described import look
from tests.api.tokens import SECRET

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serve(environment: dict[str, str], port: int, **more: str) -> Iterator[str]:
    """The address of a server that answers; it is stopped by its pid at the end. `more` are variables."""
    with serving({**environment, "STORIA_MOLTWORKER_SECRET": SECRET, **more}, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def serving(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process of such a server."""
    command = [sys.executable, "-m", "uvicorn", "dreamsite.asgi:application", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--log-level", "warning"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            if server.poll() is None and alive(f"http://127.0.0.1:{port}"):
                break
            time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        server.wait(15)


def alive(address: str) -> bool:
    """Whether it answers already."""
    try:
        return ask("GET", f"{address}/healthz")[0] == 200
    except OSError:
        return False


def ask(method: str, url: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request; held against the schema."""
    answer = asked(method, url, body, headers)
    parts = urlsplit(url)
    look(method, f"{parts.path}?{parts.query}", *answer)
    return answer


def asked(method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """The same without a look."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data, given, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, lowered(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, lowered(error.headers), error.read()


def lowered(headers: Message) -> dict[str, str]:
    """Headers by their names in small letters, as uvicorn and urllib do not agree on them."""
    return {name.lower(): value for name, value in headers.items()}


def ask_in_chunks(url: str, chunks: list[bytes], **headers: str) -> tuple[int, bytes]:
    """A POST whose length nobody knows beforehand."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        given = {"Content-Type": "application/json", "Transfer-Encoding": "chunked", **headers}
        connection.request("POST", parts.path, iter(chunks), given, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
