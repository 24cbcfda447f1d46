"""The measuring of `benchmarks.watching`, on a Django that is set up."""

import asyncio
import http.client
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from statistics import median, quantiles
from typing import Any

import jwt
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from benchmarks.home import Home, machine
from benchmarks.memory import pss
from benchmarks.processes import ROOT, await_
from benchmarks.watchers import Watcher
from builds.journal import record
from builds.models import Job, Repo
from builds.operations import submit
from builds.orders import Order
from builds.people import Person
from dreamsite.servers import free_port

SECRET = "a secret of this benchmark that is long enough for HS256"  # noqa: S105
SPEC = (ROOT / "specs" / "examples" / "csv-export.md").read_text(encoding="utf-8")
PAUSE = 0.1
IDLE = 300
"""How often /healthz is asked before anybody watches."""


@dataclass(frozen=True)
class Web:
    """The web process, and how long its /healthz took while all watched, in seconds."""

    port: int
    pid: int
    beside: list[float]


def measure(home: Home, arguments: Namespace) -> int:
    """Watch, and print; 1 when anybody was told anything but every event once, in order."""
    print(machine())
    job = make_job()
    with served(home) as (port, pid):
        idle, quiet = [health(port) for _ in range(IDLE)], pss(pid)
        beside: list[float] = []
        watchers, held = asyncio.run(all_watch(home, job, arguments, Web(port, pid, beside)))
    wanted = list(range(1, arguments.events + 2))
    broken = sum(watcher.ids != wanted for watcher in watchers)
    print(f"{len(watchers)} watchers, {len(wanted)} events, Valkey killed in the middle: {broken} broken")
    for rank in (50, 99):
        mine, theirs = percentile(beside, rank), percentile(idle, rank)
        told = f"{mine * 1000:.1f} ms beside them, {theirs * 1000:.1f} ms idle"
        print(f"/healthz p{rank}: {told}, ratio {mine / theirs:.2f}")
    print(f"memory for each watcher: {(held - quiet) / len(watchers):.0f} KiB")
    return int(bool(broken))


def make_job() -> Job:
    """The job that is watched; nothing works at it."""
    Repo.objects.create(owner="benchmark", name="paperboy")
    order = Order(
        job_id="watched",
        spec_id="csv-export",
        user_id="anna",
        repo_owner="benchmark",
        repo_name="paperboy",
        spec_markdown=SPEC,
        max_tokens=1000,
        max_dollars=Decimal(1),
    )
    return submit(order, by=Person(name="anna", subject="anna", level="builder")).job


@contextmanager
def served(home: Home) -> Iterator[tuple[int, int]]:
    """The port and pid of one web process, until the block ends."""
    port = free_port()
    variables = {**home.environment, "STORIA_MOLTWORKER_SECRET": SECRET, "DREAM_API_RATE": "0"}
    command = [sys.executable, str(ROOT / "manage.py"), "web", "--port", str(port)]
    process = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        await_(lambda: answers(port), "web process")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    """Whether it is up."""
    try:
        return health(port) > 0
    except OSError:
        return False


def health(port: int) -> float:
    """Seconds for one answer."""
    began = time.perf_counter()
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        asked.request("GET", "/healthz")
        if asked.getresponse().status != 200:
            raise SystemExit("/healthz did not answer 200")
    finally:
        asked.close()
    return time.perf_counter() - began


@contextmanager
def asked_all_the_time(port: int, took: list[float]) -> Iterator[None]:
    """Ask for /healthz ten times a second, until the block ends."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(PAUSE):
            took.append(health(port))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    yield
    over.set()
    asking.join()


async def all_watch(home: Home, job: Job, arguments: Namespace, web: Web) -> tuple[list[Watcher], int]:
    """Everybody to the end, and the memory of the web process while all were there, in KiB."""
    url = f"http://127.0.0.1:{web.port}/api/dream-build/{job.job_id}/events"
    watchers = [Watcher(url, bearer()) for _ in range(arguments.watchers)]
    reading = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    began = time.perf_counter()
    while not all(watcher.ids for watcher in watchers):
        await asyncio.sleep(0.05)
    print(f"all connected in {time.perf_counter() - began:.1f} s")
    held = pss(web.pid)
    with asked_all_the_time(web.port, web.beside):
        for number in range(arguments.events - 1):
            if number == arguments.events // 2:
                await aside(restarted, home)
            await aside(happens, job)
            await asyncio.sleep(PAUSE)
    await aside(ends, job)
    await asyncio.gather(*reading)
    return watchers, held


def bearer() -> dict[str, str]:
    """A token that lives as long as one may."""
    now = int(time.time())
    claims = {"iss": "storia", "sub": "anna", "dreamTrustLevel": "observer", "iat": now, "exp": now + 900}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}


async def aside(act: Callable[..., None], *arguments: Any) -> None:
    """Something that writes rows, in a thread and with a connection of its own."""

    def closing() -> None:
        try:
            act(*arguments)
        finally:
            connections.close_all()

    await asyncio.to_thread(closing)


def happens(job: Job) -> None:
    """One more event."""
    with transaction.atomic():
        record(job, "station.note", "Something happened", station="implement", callback_status="writing")


def ends(job: Job) -> None:
    """The last event of the attempt."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        print(f"connections at Postgres: {cursor.fetchone()[0]}")
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status="succeeded", finished_at=Now())
        record(job, "run.succeeded", callback_status="complete")


def restarted(home: Home) -> None:
    """Kill the doorbell, and start it again at the same place."""
    valkey = home.servers.valkey
    valkey.process.stop(signal.SIGKILL)
    valkey.start()


def percentile(seconds: list[float], rank: int) -> float:
    """The value below which so many in a hundred are."""
    return quantiles(seconds, n=100)[rank - 1] if rank != 50 else median(seconds)
