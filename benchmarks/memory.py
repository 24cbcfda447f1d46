"""Prints what builds that wait on a model take in memory: workers of one pool against separate workers.

    .venv/bin/python -m benchmarks.memory [50]

Both ways in one run, on this machine: a Postgres and a Valkey of its own, a model on loopback that does not
answer, and as many workers as builds. PSS counts a page that n processes share as one n-th for each.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL

import psycopg

from dreamsite.embedded import Servers, signing_secret
from dreamsite.env import child_variables

ROOT = Path(__file__).resolve().parent.parent
MANAGE = (sys.executable, str(ROOT / "manage.py"))
ORDER = "import sys, django; django.setup(); from benchmarks.orders import order; order(int(sys.argv[1]))"
PATIENCE = 900


class Silent(ThreadingHTTPServer):
    """A model that listens and says nothing until it is told to; it counts who waits."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Waiting)
        self.waiting = 0
        self.counted = threading.Lock()
        self.released = threading.Event()


class Waiting(BaseHTTPRequestHandler):
    """One call that waits."""

    server: Silent

    def do_POST(self) -> None:
        """Take the request, and keep its caller waiting."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.counted:
            self.server.waiting += 1
        self.server.released.wait(PATIENCE)
        with self.server.counted:
            self.server.waiting -= 1
        self.close_connection = True  # without a word: its caller is gone by then

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def silent() -> Iterator[Silent]:
    """The model, until the block ends."""
    with Silent() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()


@dataclass(frozen=True)
class Measured:
    """What so many waiting builds took."""

    builds: int
    processes: int
    pss_kib: int
    connections: int

    @property
    def each(self) -> float:
        """MiB for one build."""
        return self.pss_kib / 1024 / self.builds


def descendants(pid: int) -> list[int]:
    """All that a process started, and what those started."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [each for word in words for each in (int(word), *descendants(int(word)))]


def pss(pid: int) -> int:
    """A process's share of memory, in KiB; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def backends(database: str) -> int:
    """How many connections Postgres holds open for clients, but for ours."""
    question = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with psycopg.connect(database) as connection:
        row = connection.execute(question).fetchone()
    return int(row[0]) if row else 0


def measure(builds: int, commands: Sequence[Sequence[str]], variables: dict[str, str]) -> Measured:
    """Order builds, start workers, wait until all builds wait, and look."""
    with silent() as model:
        told = variables | {"OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1"}
        subprocess.run(
            [sys.executable, "-c", ORDER, str(builds)], cwd=ROOT, env=told, check=True, stdout=DEVNULL
        )
        workers = [subprocess.Popen([*MANAGE, *command], env=told, stdout=DEVNULL) for command in commands]
        try:
            end = time.monotonic() + PATIENCE
            while model.waiting < builds:
                if time.monotonic() > end or any(worker.poll() is not None for worker in workers):
                    raise SystemExit(f"Only {model.waiting} of {builds} builds came to their model call.")
                time.sleep(0.2)
            time.sleep(3)
            found = [pid for worker in workers for pid in (worker.pid, *descendants(worker.pid))]
            connections = backends(told["DATABASE_URL"])
            return Measured(builds, len(found), sum(map(pss, found)), connections)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait(60)


def environment(folder: Path, servers: Servers) -> dict[str, str]:
    """What workers are told. Nothing is renewed or given up while so many start on few cores."""
    started = servers.start()
    prices = '{"writer": {"input": 3, "output": 15}, "reviewer": {"input": 3, "output": 15}}'
    return child_variables() | {
        "DJANGO_SETTINGS_MODULE": "dreamsite.settings",
        "DATABASE_URL": started.database,
        "REDIS_URL": started.redis,
        "DREAM_VAR": str(folder),
        "DREAM_CALLBACK_SECRET": signing_secret(),
        "DREAM_LEASE_SECONDS": "120",
        "DREAM_SILENCE_SECONDS": str(PATIENCE),
        "OPENAI_API_KEY": "a key for loopback",
        "DREAM_MODEL": "writer",
        "DREAM_REVIEW_MODEL": "reviewer",
        "DREAM_MODEL_PRICES": prices,
    }


def line(name: str, found: Measured) -> str:
    """One result."""
    return (
        f"{name:17} {found.each:6.1f} MiB a build, {found.pss_kib / 1024:7.0f} MiB in all; "
        f"{found.processes} processes, {found.connections} connections of Postgres"
    )


def main() -> None:
    """Print both ways and their ratio."""
    builds = int(next(iter(sys.argv[1:]), "50"))
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="dream-memory-") as name:
        servers = Servers(Path(name) / "var", postgres_options=("-c", "fsync=off"))
        variables = environment(servers.folder, servers)
        try:
            subprocess.run([*MANAGE, "migrate", "-v", "0"], env=variables, check=True)
            pool = measure(builds, [["worker", "--processes", str(builds)]], variables)
            print(line("one pool", pool), flush=True)
            apart = measure(builds, [["worker"]] * builds, variables)
            print(line("separate workers", apart))
        finally:
            servers.release(os.getpid())
    print(f"{builds} builds that wait on a model take {pool.each / apart.each:.2f} of the memory in a pool")


if __name__ == "__main__":
    main()
