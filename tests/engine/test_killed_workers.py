"""kill -9 in the middle of a station: another worker goes on, nothing is paid or made twice."""

import fcntl
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from builds.adapters.forge_local import LocalForge
from builds.models import Job, ModelCall, Repo
from builds.operations import submit
from builds.ports import RepoName
from tests.engine.workers import Workers, event_seen, status_is, wait_until
from tests.world import ALICE, EXAMPLES, order

LEASE = {"DREAM_LEASE_SECONDS": "2", "DREAM_SWEEP_SECONDS": "0.5", "DREAM_BACKOFF_SECONDS": "1"}


@pytest.fixture
def repo(transactional_db: None, tmp_path: Path) -> RepoName:
    """The example repository where worker processes look for it."""
    name = RepoName("killed", tmp_path.name)
    LocalForge(settings.LOCAL_REPOS).create(name, EXAMPLES / "paperboy")
    Repo.objects.create(owner=name.owner, name=name.name)
    return name


@pytest.fixture
def workers(
    child_environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> Iterator[Workers]:
    """Worker processes with a short lease."""
    found = Workers({**child_environment, **LEASE}, tmp_path / "workers.log")
    yield found
    found.stop()


def submitted(repo: RepoName) -> Job:
    """An order of Alice's for the repository."""
    return submit(order(repo_owner=repo.owner, repo_name=repo.name), by=ALICE).job


def pulls_of(repo: RepoName) -> list[Path]:
    """The pull requests on disk."""
    return sorted((settings.LOCAL_REPOS / repo.owner / f"{repo.name}.pulls").glob("*.json"))


def branches_of(repo: RepoName) -> list[str]:
    """Every branch but main."""
    heads = settings.LOCAL_REPOS / repo.owner / f"{repo.name}.git" / "refs" / "heads"
    return sorted(
        str(path.relative_to(heads)) for path in heads.rglob("*") if path.is_file() and path.name != "main"
    )


@pytest.mark.campaign
def test_killed_in_implement_another_worker_goes_on_and_pays_nothing_twice(
    repo: RepoName, workers: Workers
) -> None:
    workers.start("scheduler")
    first = workers.start(DREAM_SCRIPTED_DELAY="0.7")
    job = submitted(repo)
    wait_until(lambda: event_seen(job, "item.done"), 60, "the first item")
    time.sleep(0.3)  # now the first call of the second item is under way
    workers.kill(first)
    workers.start()
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.error_message) == ("succeeded", "")
    answered = Counter(
        ModelCall.objects.filter(job=job, state="answered").values_list("purpose", "item", "turn")
    )
    assert set(answered.values()) == {1}
    lost = ModelCall.objects.filter(job=job).exclude(state="answered")
    assert [call.state for call in lost] in ([], ["lost"])
    assert event_seen(job, "run.resumed")
    assert job.reserved_usd == 0
    assert len(pulls_of(repo)) == len(branches_of(repo)) == 1


@pytest.mark.campaign
def test_killed_in_create_pr_there_is_one_branch_and_one_pull_request(
    repo: RepoName, workers: Workers
) -> None:
    workers.start("scheduler")
    first = workers.start()
    with locked_pulls(repo):
        job = submitted(repo)
        wait_until(lambda: event_seen(job, "branch.published"), 60, "the branch")
        time.sleep(0.2)  # the horse now waits for the lock, just before the pull request
        workers.kill(first)
    workers.start()
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.error_message) == ("succeeded", "")
    assert len(pulls_of(repo)) == len(branches_of(repo)) == 1
    assert job.events.filter(name="pull_request.opened").count() == 1
    assert job.events.filter(callback_status="complete").count() == 1


@pytest.mark.campaign
def test_a_frozen_worker_that_wakes_past_its_lease_writes_nothing(repo: RepoName, workers: Workers) -> None:
    workers.start("scheduler")
    frozen = workers.start()
    with locked_pulls(repo):
        job = submitted(repo)
        wait_until(lambda: event_seen(job, "branch.published"), 60, "the branch")
        time.sleep(0.2)
        pids = [frozen.pid, workers.horse(frozen)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        workers.start()
        wait_until(lambda: event_seen(job, "run.resumed"), 30, "another worker's claim")
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    before = list(job.events.values_list("sequence", "name")), job.updated_at
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    time.sleep(3)
    job.refresh_from_db()
    assert (list(job.events.values_list("sequence", "name")), job.updated_at) == before
    assert job.status == "succeeded"
    assert len(pulls_of(repo)) == len(branches_of(repo)) == 1


class locked_pulls:  # noqa: N801  reads as a word in `with`
    """Hold the lock that opening a pull request takes: a place to stop a worker just before it."""

    def __init__(self, repo: RepoName) -> None:
        folder = settings.LOCAL_REPOS / repo.owner / f"{repo.name}.pulls"
        folder.mkdir(parents=True, exist_ok=True)
        self.file = (folder / "lock").open("a")

    def __enter__(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()
