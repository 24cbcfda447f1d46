"""Postgres is the truth, Redis a doorbell: losing all of Redis loses nothing."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from builds.adapters.forge_local import LocalForge
from builds.models import Job, Repo
from builds.operations import submit
from builds.ports import RepoName
from dreamsite.servers import Valkey
from tests.engine.workers import Workers, wait_until
from tests.world import ALICE, EXAMPLES, order


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, to be killed."""
    server = Valkey(tmp_path / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def workers(child_environment: dict[str, str], valkey: Valkey, tmp_path: Path) -> Iterator[Workers]:
    """A worker and the scheduler on that Valkey."""
    environment = {**child_environment, "REDIS_URL": valkey.url, "DREAM_SWEEP_SECONDS": "1"}
    found = Workers(environment, tmp_path / "workers.log")
    yield found
    found.stop()


@pytest.mark.campaign
def test_redis_killed_with_five_jobs_due_and_restarted_empty(
    workers: Workers, valkey: Valkey, tmp_path: Path
) -> None:
    repo = RepoName("doorbell", tmp_path.name)
    LocalForge(settings.LOCAL_REPOS).create(repo, EXAMPLES / "paperboy")
    Repo.objects.create(owner=repo.owner, name=repo.name)
    workers.start("scheduler")
    workers.start()
    jobs = [submit(order(repo_owner=repo.owner, repo_name=repo.name), by=ALICE).job for _ in range(5)]
    wait_until(lambda: Job.objects.filter(station="implement").exists(), 40, "the first station")
    valkey.process.stop(signal.SIGKILL)
    shutil.rmtree(valkey.folder / "appendonlydir")
    valkey.start()
    wait_until(lambda: Job.objects.filter(status="succeeded").count() == 5, 120, "the end of all five")
    assert {job.job_id for job in jobs} == set(Job.objects.values_list("job_id", flat=True))
