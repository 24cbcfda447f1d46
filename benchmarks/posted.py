"""The measuring of `benchmarks.posting`, on a Django that is set up."""

import http.client
import json
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from statistics import median, quantiles
from typing import Any

import jwt

from benchmarks.bare import make_table
from benchmarks.home import Home, machine
from benchmarks.processes import ROOT, await_
from builds.models import Job, Repo
from dreamsite.servers import free_port

GOAL = 3.0
SECRET = "a secret of this benchmark that is long enough for HS256"  # noqa: S105
SPEC = (ROOT / "specs" / "examples" / "csv-export.md").read_text(encoding="utf-8")
NUMBERS = count()
Kind = tuple[str, Callable[[], dict[str, Any]], int]


def order() -> dict[str, Any]:
    """A new job with a spec of its own."""
    number = next(NUMBERS)
    return {
        "jobId": f"posted-{number}",
        "specId": "csv-export",
        "userId": "anna",
        "targetRepoType": "custom",
        "repoOwner": "benchmark",
        "repoName": "paperboy",
        "specMarkdown": f"{SPEC}\nThis is number {number}.\n",
        "callbackUrl": "https://storia.example/callbacks",
        "budget": {"maxTokens": 2_000_000, "maxDollars": 20},
    }


KNOWN = order()
BARE: Kind = ("/bare", order, 201)
NEW: Kind = ("/api/dream-build", order, 202)
AGAIN: Kind = ("/api/dream-build", lambda: KNOWN, 200)
NAMES = {"a bare insert": BARE, "a new job": NEW, "the same job again": AGAIN}


def measure(home: Home, arguments: Namespace) -> int:
    """One by one, then many at once; 1 when an answer was not the expected one or a job is missing."""
    print(machine())
    make_table()
    Repo.objects.create(owner="benchmark", name="paperboy")
    with served(home) as port:
        with closing(Client(port)) as client:
            client.post(("/api/dream-build", lambda: KNOWN, 202))
            for kind in NAMES.values():
                client.post(kind)  # what comes after finds everything awake
            one_by_one(client, arguments.requests)
        many_at_once(port, arguments)
    jobs, posted = Job.objects.count(), arguments.requests + arguments.rounds * arguments.requests + 2
    print(f"{jobs} jobs are stored, as many as were answered with 202" if jobs == posted else "JOBS ARE LOST")
    return int(jobs != posted)


class Client:
    """One connection that is kept, with a token that outlives the benchmark's requests."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.close = self.connection.close

    def post(self, kind: Kind) -> float:
        """Seconds from the first byte sent to the last one read. Ends the benchmark on another answer."""
        path, body, wanted = kind
        data, headers = json.dumps(body()), self.headers()
        began = time.perf_counter()
        self.connection.request("POST", path, data, headers)
        answer = self.connection.getresponse()
        said = answer.read()
        took = time.perf_counter() - began
        if answer.status != wanted:
            raise SystemExit(f"{path} answered {answer.status} and not {wanted}: {said[:300]!r}")
        return took

    def headers(self) -> dict[str, str]:
        """A token that was made before the clock runs."""
        now = int(time.time())
        claims = {"iss": "storia", "sub": "anna", "dreamTrustLevel": "builder", "iat": now, "exp": now + 300}
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def one_by_one(client: Client, requests: int) -> None:
    """Latency: each kind in turn."""
    took: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(requests):
        for name, kind in NAMES.items():
            took[name].append(client.post(kind))
    bare = took["a bare insert"]
    for rank in (50, 99):
        theirs = percentile(bare, rank)
        for name, seconds in took.items():
            mine = percentile(seconds, rank)
            line(f"{name}, p{rank}", f"{mine * 1000:.1f} ms", mine / theirs)


def many_at_once(port: int, arguments: Namespace) -> None:
    """Throughput: rounds of each kind in turn."""
    rates: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(arguments.rounds):
        for name, kind in NAMES.items():
            rates[name].append(rate(port, kind, arguments))
    bare = median(rates["a bare insert"])
    for name, found in rates.items():
        line(f"{name}, {arguments.clients} clients", f"{median(found):.0f} requests/s", bare / median(found))


def rate(port: int, kind: Kind, arguments: Namespace) -> float:
    """Requests in a second, all clients together."""
    shares = [len(range(n, arguments.requests, arguments.clients)) for n in range(arguments.clients)]
    began = time.perf_counter()
    with ThreadPoolExecutor(arguments.clients) as pool:
        list(pool.map(lambda share: some(port, kind, share), shares))
    return arguments.requests / (time.perf_counter() - began)


def some(port: int, kind: Kind, share: int) -> None:
    """One client's requests."""
    with closing(Client(port)) as client:
        for _ in range(share):
            client.post(kind)


def percentile(seconds: list[float], rank: int) -> float:
    """The value that so many in a hundred do not exceed."""
    return quantiles(seconds, n=100, method="inclusive")[rank - 1]


def line(name: str, figure: str, ratio: float) -> None:
    """A figure with its ratio to the yardstick."""
    print(f"{name:<32} {figure:>18}   {ratio:.2f} × a bare insert (goal {GOAL:.0f} ×)")


@contextmanager
def served(home: Home) -> Iterator[int]:
    """The port of a server that answers; it is stopped by its pid."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_site:application", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--log-level", "error"],
        cwd=ROOT,
        env=home.environment
        | {"STORIA_MOLTWORKER_SECRET": SECRET, "DREAM_API_RATE": "0", "DREAM_USER_UNFINISHED": "0"},
        start_new_session=True,
    )
    try:
        await_(lambda: server.poll() is not None or answers(port), "server")
        yield port
    finally:
        server.terminate()
        server.wait(30)


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
