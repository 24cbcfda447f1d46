"""How each fault is done: to processes, servers, disk and receiver of the campaign's world."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGQUIT, SIGSTOP
from typing import TypeVar

import redis
from django.conf import settings
from django.db import Error, connections

from builds.models import Job
from dreamsite.embedded import Servers
from tests.chaos.disk import Disk
from tests.chaos.faults import FORGE, MODEL, PROCESS, Fault
from tests.chaos.processes import send
from tests.chaos.run import Run
from tests.chaos.services import Services

RECEIVER_DOWN = 1.5  # seconds
DISK_FULL = 1.5
REDIS_DOWN = 0.5
FROZEN_AT_LEAST = 1.3  # leases
FROZEN_AT_MOST = 3.0
Answer = TypeVar("Answer")


@dataclass
class Storm:
    """Strikes. What takes time goes on in threads of its own, and `calm` waits for the last of them."""

    servers: Servers
    services: Services
    disk: Disk | None
    down_until: dict[int, float]
    going_on: list[threading.Thread] = field(default_factory=list)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, run: Run, fault: Fault, port: int = 0) -> None:
        """Do it, and note that it was done. `port` is the client's of the request that it strikes at."""
        if fault.kind in PROCESS:
            done = self.process(run, fault.kind, port)
        else:
            done = fault.kind in MODEL + FORGE or self.world(run, fault.kind)
        if done:
            with run.lock:
                run.struck.append((time.time(), fault))

    def world(self, run: Run, kind: str) -> bool:
        """What all runs of the lot feel; whether it could be done here."""
        if kind == "disk_full" and self.disk is None:
            return False
        todo: dict[str, Callable[[], object]] = {
            "redis_flushed": self.flush,
            "redis_restarted": self.restart_redis,
            "postgres_restarted": self.restart_postgres,
            "scheduler_killed": lambda: send(self.services.pids("scheduler"), SIGKILL),
            "disk_full": self.fill_disk,
            "receiver_down": lambda: self.down_until.update({run.number: time.monotonic() + RECEIVER_DOWN}),
        }
        self.beside(todo[kind])
        return True

    def beside(self, do: Callable[[], object]) -> None:
        """In a thread of its own."""
        thread = threading.Thread(target=do, name="storm", daemon=True)
        self.going_on.append(thread)
        thread.start()

    def calm(self) -> None:
        """Wait until all that strikes has passed."""
        while self.going_on:
            self.going_on.pop().join(60)

    def process(self, run: Run, kind: str, port: int) -> bool:
        """Strike the horse of a request, or at an event that of the job; whether there was one."""
        horse = self.services.horse_at(port) if port else self.horse_of(run)
        if horse is None:
            return False
        worker = self.services.worker_of(horse)
        match kind:
            case "horse_killed":
                send([horse], SIGKILL)
            case "worker_killed":
                send([worker] if worker else [horse], SIGKILL)
            case "both_killed":
                send([pid for pid in (worker, horse) if pid], SIGKILL)
            case _:
                both = [pid for pid in (worker, horse) if pid]
                send(both, SIGSTOP)
                self.beside(lambda: self.wake(run, both))
        return True

    def horse_of(self, run: Run) -> int | None:
        """The horse of the worker that has the lease. RQ's own record is in Redis, which may be gone."""
        owner = read(lambda: Job.objects.values_list("lease_owner", flat=True).get(pk=pk_of(run)))
        horses = self.services.horses()
        try:
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                pid = int(client.hget(f"rq:worker:{owner}", "pid") or 0)
        except redis.RedisError:
            pid = 0
        mine = [horse for horse in horses if self.services.worker_of(horse) == pid]
        return next(iter(mine or horses), None)

    def wake(self, run: Run, pids: list[int]) -> None:
        """Let frozen processes go on once another worker has the job, or nobody seems to want it."""
        lease = settings.LEASE.total_seconds()
        fence = read(lambda: Job.objects.values_list("fence", flat=True).get(pk=pk_of(run)))
        began = time.monotonic()
        while time.monotonic() - began < FROZEN_AT_MOST * lease:
            now = read(lambda: Job.objects.values_list("fence", flat=True).get(pk=pk_of(run)))
            if now > fence and time.monotonic() - began > FROZEN_AT_LEAST * lease:
                break
            time.sleep(0.1)
        connections.close_all()
        send(pids, SIGCONT)

    def fill_disk(self) -> None:
        """For a while."""
        if self.disk is not None:
            self.disk.fill(DISK_FULL)

    def flush(self) -> None:
        """FLUSHALL."""
        try:
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                client.flushall()
        except redis.RedisError:
            return  # it is being restarted empty

    def restart_redis(self) -> None:
        """Killed, and up again under the same address with nothing in it."""
        with self.one_at_a_time:
            valkey = self.servers.valkey
            send([valkey.process.pid], SIGKILL)
            valkey.process.gone_within(10)
            for left in (*valkey.folder.glob("appendonlydir"), *valkey.folder.glob("dump.rdb")):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            time.sleep(REDIS_DOWN)
            valkey.start()

    def restart_postgres(self) -> None:
        """An immediate shutdown, as after a crash of the server, and up again."""
        with self.one_at_a_time:
            postgres = self.servers.postgres
            send([postgres.process.pid], SIGQUIT)
            postgres.process.gone_within(10)
            postgres.start()


def pk_of(run: Run) -> int:
    """The row of a run's job."""
    assert run.job
    return run.job.pk


def read(ask: Callable[[], Answer]) -> Answer:
    """Ask the database until it answers: it may be restarting."""
    end = time.monotonic() + 30
    while True:
        try:
            return ask()
        except Error:
            connections.close_all()
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
