"""Many workers as forks of one process: started again when they die, told to stop, never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from builds.adapters.forge_local import LocalForge
from builds.models import Job, ModelCall, Repo
from builds.operations import submit
from builds.ports import RepoName
from tests.conftest import ROOT, RunManage
from tests.engine.workers import Workers, children, event_seen, status_is, wait_until
from tests.world import ALICE, EXAMPLES, order

LONG_LEASE = {"DREAM_LEASE_SECONDS": "120", "DREAM_SWEEP_SECONDS": "0.5"}
"""Longer than the tests: what goes on before its end was handed over, not abandoned."""


@pytest.fixture
def workers(
    child_environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> Iterator[Workers]:
    """Commands that see the rows of the test."""
    found = Workers({**child_environment, **LONG_LEASE}, tmp_path / "workers.log")
    yield found
    found.stop()


@pytest.fixture
def job(transactional_db: None, redis_client: redis.Redis) -> Job:
    """An order for a repository of its own."""
    name = RepoName("pool", f"paperboy-{uuid4().hex[:8]}")
    LocalForge(settings.LOCAL_REPOS).create(name, EXAMPLES / "paperboy")
    Repo.objects.create(owner=name.owner, name=name.name)
    return submit(order(repo_owner=name.owner, repo_name=name.name), by=ALICE).job


def descendants(pid: int) -> list[int]:
    """All that a process started, and what those started."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


def alive(pids: list[int]) -> list[int]:
    """Those that still run; a zombie does not."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def pool_of(workers: Workers, client: redis.Redis, size: int, **variables: str) -> subprocess.Popen[bytes]:
    """A pool whose workers all have said that they are there."""
    pool = workers.start("worker", "--processes", str(size), **variables)
    wait_until(lambda: client.scard("rq:workers") == size, 30, f"{size} workers")
    return pool


def in_the_second_item(job: Job) -> None:
    """Wait for a moment in implement when a model call is under way."""
    wait_until(lambda: event_seen(job, "item.done"), 60, "the first item")
    time.sleep(0.3)


def finished_by_another(job: Job, workers: Workers) -> None:
    """Another worker goes on long before the lease ends, and nothing is paid twice."""
    wait_until(lambda: event_seen(job, "run.handed_over"), 10, "the hand-over")
    workers.start()
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.error_message) == ("succeeded", ""), workers.log.read_text()
    calls = ModelCall.objects.filter(job=job)
    answered = Counter(calls.filter(state="answered").values_list("purpose", "item", "turn"))
    assert set(answered.values()) == {1}
    assert [call.state for call in calls.exclude(state="answered")] in ([], ["lost"])
    assert not event_seen(job, "run.resumed")


def test_a_pool_stops_when_it_is_asked_to_and_leaves_nothing(
    workers: Workers, redis_client: redis.Redis
) -> None:
    pool = pool_of(workers, redis_client, 3)
    forks = descendants(pool.pid)
    assert len(forks) == 3
    pool.send_signal(signal.SIGTERM)
    assert pool.wait(15) == 0
    assert alive(forks) == []
    assert redis_client.scard("rq:workers") == 0


@pytest.mark.campaign
def test_a_worker_of_a_pool_that_dies_is_started_again(workers: Workers, redis_client: redis.Redis) -> None:
    pool = pool_of(workers, redis_client, 2)
    first, second = children(pool.pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(children(pool.pid)) == 2 and first not in children(pool.pid), 20, "a new one")
    assert second in children(pool.pid)
    wait_until(lambda: "worker 1 ended with -9" in workers.log.read_text(), 5, "the line about it")


@pytest.mark.campaign
def test_a_pool_that_is_asked_to_stop_hands_its_jobs_over(
    workers: Workers, redis_client: redis.Redis, job: Job
) -> None:
    workers.start("scheduler")
    pool = pool_of(workers, redis_client, 2, DREAM_SCRIPTED_DELAY="0.7")
    in_the_second_item(job)
    left = descendants(pool.pid)
    assert len(left) >= 3  # two workers, and a horse
    pool.send_signal(signal.SIGTERM)
    assert pool.wait(20) == 0
    assert alive(left) == []
    finished_by_another(job, workers)


@pytest.mark.campaign
@pytest.mark.parametrize("command", [("worker",), ("worker", "--processes", "2")], ids=["alone", "pool"])
def test_kill_9_leaves_no_orphan_and_its_jobs_are_handed_over(
    workers: Workers, job: Job, command: tuple[str, ...]
) -> None:
    workers.start("scheduler")
    killed = workers.start(*command, DREAM_SCRIPTED_DELAY="0.7")
    in_the_second_item(job)
    left = descendants(killed.pid)
    assert len(left) == (1 if len(command) == 1 else 3)
    killed.kill()
    killed.wait(10)
    wait_until(lambda: not alive(left), 10, "the end of all that it had started")
    finished_by_another(job, workers)


@pytest.mark.campaign
def test_a_horse_that_does_not_stop_is_ended_and_says_where_it_was(
    child_environment: dict[str, str],
) -> None:
    stuck = (
        "import django, os, signal; django.setup(); from builds import queue; queue.HORSE_SECONDS = 0.5\n"
        "signal.signal(signal.SIGTERM, lambda *_: queue.hand_over_soon())\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "def turns_in_circles():\n while True: pass\n"
        "turns_in_circles()\n"
    )
    environment = {**child_environment, "DJANGO_SETTINGS_MODULE": "dreamsite.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", stuck], env=environment, cwd=ROOT, check=False, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "turns_in_circles" in ran.stderr


def test_a_pool_of_none_is_refused(run_manage: RunManage) -> None:
    ran = run_manage("worker", "--processes", "0")
    assert (ran.returncode, ran.stderr) == (2, "worker: --processes is at least 1.\n")
