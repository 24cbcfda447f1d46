"""`worker`, `scheduler` and `web` as processes: each does its part, and stops when it is asked to."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.core.management import call_command

from builds.adapters import connect
from builds.adapters.forge_local import LocalForge
from builds.models import Job, Repo, Sweep
from builds.operations import submit
from builds.ports import RepoName
from tests.api.servers import alive, ask
from tests.conftest import RunManage
from tests.engine.workers import Workers, status_is, wait_until
from tests.world import ALICE, EXAMPLES, order

WITHOUT_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'


@pytest.fixture
def services(child_environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    """Commands that see the rows of the test; whatever is left is killed at the end."""
    started = Workers(child_environment, tmp_path / "log")
    yield started
    started.stop()


@pytest.fixture
def job(transactional_db: None, redis_client: redis.Redis) -> Job:
    """An order for a repository of its own."""
    name = RepoName("acme", f"paperboy-{uuid4().hex[:8]}")
    forge = connect().forge
    assert isinstance(forge, LocalForge)
    forge.create(name, EXAMPLES / "paperboy")
    Repo.objects.create(owner=name.owner, name=name.name)
    there = {"repo_owner": name.owner, "repo_name": name.name}
    return submit(order(base_branch="nowhere", **there), by=ALICE).job


def test_a_burst_of_a_worker_works_what_is_due_and_ends(run_manage: RunManage, job: Job) -> None:
    ran = run_manage("worker", "--burst", timeout=120)
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "base_branch_missing")


def test_a_worker_that_is_asked_to_stop_does_so_at_once_when_idle(
    services: Workers, redis_client: redis.Redis
) -> None:
    worker = services.start()
    wait_until(lambda: redis_client.smembers("rq:workers"), 30, "a worker that says it is there")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_a_worker_that_cannot_sandbox_does_not_start_and_says_the_mend(
    child_environment: dict[str, str], job: Job
) -> None:
    """In a namespace of its own, where the kernel allows no further one."""
    if shutil.which("unshare") is None:
        pytest.fail("unshare is missing: apt-get install util-linux")
    manage = [sys.executable, str(Path(settings.ROOT) / "manage.py"), "worker", "--burst"]
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", WITHOUT_NAMESPACES, "sh", *manage],
        env=child_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert ran.stderr.startswith("worker: ")
    assert status_is(job, "queued")


def test_one_sweep_of_the_scheduler_is_a_row_and_a_ring(redis_client: redis.Redis, job: Job) -> None:
    redis_client.flushdb()
    call_command("scheduler", "--once")
    assert Sweep.objects.get().by == "scheduler"
    assert redis_client.llen("rq:queue:build") == 1


def test_the_scheduler_sweeps_until_it_is_asked_to_stop(services: Workers, transactional_db: None) -> None:
    scheduler = services.start("scheduler", DREAM_SWEEP_SECONDS="0.2")
    wait_until(lambda: Sweep.objects.count() >= 2, 30, "a second sweep")
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(5) == 0


def test_web_answers_and_stops_when_it_is_asked_to(services: Workers, free_port: int) -> None:
    web = services.start("web", "--port", str(free_port))
    address = f"http://127.0.0.1:{free_port}"
    wait_until(lambda: alive(address), 40, "an answer")
    status, headers, _ = ask("GET", f"{address}/admin/login/")
    assert status == 200
    assert "server" not in headers
    web.send_signal(signal.SIGTERM)
    assert web.wait(15) in {0, -signal.SIGTERM}  # uvicorn ends by the signal, once all is closed
