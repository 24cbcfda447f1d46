"""Streams in trouble: readers who do not read or go away, all at once, and a server that is asked to stop."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import transaction

from benchmarks.watchers import Watcher
from builds.journal import record
from builds.models import Job, Repo
from tests.api.orders import order
from tests.api.servers import ROOT, alive, ask
from tests.api.test_event_streams import aside, bearer, finish
from tests.api.tokens import SECRET
from tests.loops import finished


@contextmanager
def web(environment: dict[str, str], port: int, **more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The command that serves, with job-1 that has one event; its address and its process."""
    Repo.objects.create(owner="acme", name="shop")
    variables = {**environment, "STORIA_MOLTWORKER_SECRET": SECRET, **more}
    command = [sys.executable, "manage.py", "web", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None and not alive(address):
            time.sleep(0.1)
        assert ask("POST", f"{address}/api/dream-build", order(), **bearer())[0] == 202
        yield f"{address}/api/dream-build/job-1/events", process
    finally:
        process.kill()
        process.wait(15)


def opened(url: str, *, room: int = 0) -> socket.socket:
    """A connection that asks for the stream; `room` is the size of its buffer."""
    parts = urlsplit(url)
    found = socket.socket()
    if room:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    found.connect((parts.hostname, parts.port))
    found.settimeout(20)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Accept: text/event-stream"]
    given = [f"{name}: {value}" for name, value in bearer().items()]
    found.sendall("\r\n".join([*lines, *given, "", ""]).encode())
    return found


def status_of(url: str) -> int:
    """What one more reader is answered, without reading on."""
    with opened(url) as one:
        return int(one.recv(100).split()[1])


def test_a_server_that_is_asked_to_stop_does_not_wait_for_its_streams(
    transactional_db: None, child_environment: dict[str, str], free_port: int
) -> None:
    with web(child_environment, free_port) as (url, process), opened(url) as reader:
        assert b" 200 " in reader.recv(100)
        began = time.monotonic()
        process.terminate()
        process.wait(20)
        assert time.monotonic() - began < 8


@pytest.mark.campaign
def test_a_reader_who_never_reads_does_not_keep_its_place(
    transactional_db: None, child_environment: dict[str, str], free_port: int
) -> None:
    settings = {"DREAM_STREAMS": "1", "DREAM_STREAM_HEARTBEAT_SECONDS": "0.5"}
    settings["DREAM_STREAM_LOOK_SECONDS"] = "0.2"
    with web(child_environment, free_port, **settings) as (url, _):
        with transaction.atomic():
            for _ in range(400):
                record(Job.objects.get(), "station.note", "x" * 20_000)
        with opened(url, room=4096):
            time.sleep(0.3)
            answers = [status_of(url)]
            end = time.monotonic() + 15
            while answers[-1] == 503 and time.monotonic() < end:
                time.sleep(0.2)
                answers.append(status_of(url))
        assert answers[0] == 503
        assert answers[-1] == 200
        assert finished(reads_on(url)) == list(range(1, 402))


async def reads_on(url: str) -> list[int]:
    """A reader who does take them is told all."""
    watcher = Watcher(url, bearer())
    reading = asyncio.create_task(watcher.watch())
    async with asyncio.timeout(20):
        while not watcher.ids or watcher.ids[-1] < 401:
            await asyncio.sleep(0.05)
    reading.cancel()
    return watcher.ids


@pytest.mark.campaign
def test_all_at_once_get_no_more_places_than_there_are(
    transactional_db: None, child_environment: dict[str, str], free_port: int
) -> None:
    with web(child_environment, free_port, DREAM_STREAMS="10") as (url, _):

        async def all_of_them() -> list[int]:
            watchers = [Watcher(url, bearer()) for _ in range(40)]
            reading = [asyncio.create_task(watcher.watch()) for watcher in watchers]
            while not all(watcher.status for watcher in watchers):
                await asyncio.sleep(0.05)
            await aside(finish)
            await asyncio.gather(*reading)
            return sorted(watcher.status for watcher in watchers)

        assert finished(all_of_them()) == [200] * 10 + [503] * 30


@pytest.mark.campaign
def test_readers_who_go_away_leave_their_places(
    transactional_db: None, child_environment: dict[str, str], free_port: int
) -> None:
    with web(child_environment, free_port, DREAM_STREAMS="1") as (url, _):
        for _ in range(3):
            with opened(url) as reader:
                assert b" 200 " in reader.recv(100)
                assert status_of(url) == 503
            time.sleep(0.5)
