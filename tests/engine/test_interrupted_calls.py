"""A horse in a silent call to a model hears cancel, halt and SIGTERM, and keeps nothing it does not hold."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import redis
from django.conf import settings

from builds.adapters.forge_local import LocalForge
from builds.models import Job, ModelCall, Repo
from builds.operations import cancel, halt, resume, submit
from builds.ports import RepoName
from tests.engine.workers import Workers, status_is, wait_until
from tests.world import ALICE, EXAMPLES, OLGA, order

pytestmark = pytest.mark.campaign

PRICES = '{"silent": {"input": 3, "output": 15}}'


@contextmanager
def silent_provider() -> Iterator[str]:
    """A server that takes connections and requests, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


@pytest.fixture
def repo(transactional_db: None, tmp_path: Path) -> RepoName:
    """The example repository where worker processes look for it."""
    name = RepoName("silent", tmp_path.name)
    LocalForge(settings.LOCAL_REPOS).create(name, EXAMPLES / "paperboy")
    Repo.objects.create(owner=name.owner, name=name.name)
    return name


@pytest.fixture
def workers(
    child_environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> Iterator[Workers]:
    """Worker processes with the stock lease of 30 s, so that nothing ends because it ran out."""
    found = Workers(child_environment, tmp_path / "workers.log")
    yield found
    found.stop()


def in_a_silent_call(repo: RepoName, workers: Workers, url: str, lease: str = "8") -> Job:
    """A job whose worker waits for an answer that never comes."""
    job = submit(order(repo_owner=repo.owner, repo_name=repo.name), by=ALICE).job
    workers.start(
        DREAM_MODEL_ADAPTER="openai",
        OPENAI_BASE_URL=url,
        OPENAI_API_KEY="not a key",
        DREAM_MODEL="silent",
        DREAM_REVIEW_MODEL="silent",
        DREAM_MODEL_PRICES=PRICES,
        DREAM_LEASE_SECONDS=lease,
    )
    wait_until(lambda: ModelCall.objects.filter(job=job, state="sent").exists(), 40, "the call")
    return job


def test_cancel_is_heard_within_ten_seconds(repo: RepoName, workers: Workers) -> None:
    with silent_provider() as url:
        job = in_a_silent_call(repo, workers, url)
        asked = time.monotonic()
        cancel(job.job_id, by=ALICE, reason="Not tonight.")
        wait_until(lambda: status_is(job, "canceled"), 10, "the cancel")
        assert time.monotonic() - asked < 10
    assert job.error_message == "Not tonight."
    call = ModelCall.objects.get(job=job)
    assert (call.state, call.cost_usd) == ("lost", call.reservation.usd)
    assert (job.spent_usd, job.reserved_usd) == (call.reservation.usd, Decimal(0))
    assert job.events.filter(callback_status="canceled").count() == 1


def test_a_halt_stops_calls_in_flight_within_ten_seconds_and_loses_nothing(
    repo: RepoName, workers: Workers
) -> None:
    with silent_provider() as url:
        job = in_a_silent_call(repo, workers, url, lease="120")  # however long the lease is
        asked = time.monotonic()
        halt(by=OLGA, reason="The provider bills twice.")
        wait_until(lambda: status_is(job, "queued"), 10, "the halt")
        assert time.monotonic() - asked < 10
        assert (job.wait_cause, job.wait_reason) == ("halted", "Halted by olga: The provider bills twice.")
        assert (job.station, job.tries, job.reserved_usd) == ("plan", 0, Decimal(0))
        assert ModelCall.objects.get(job=job).state == "lost"
        workers.kill(workers.started[-1])
    late = workers.start("worker", "--burst")
    late.wait(timeout=30)
    job.refresh_from_db()
    assert (job.status, job.fence) == ("queued", 2)  # nobody took it: intake and plan were the only claims
    resume(by=OLGA)
    workers.start("worker", "--burst")
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.error_message) == ("succeeded", "")
    answered = job.model_calls.filter(state="answered").values_list("purpose", "item", "turn")
    assert len(answered) == len(set(answered)) == job.model_calls.count() - 1


def test_sigterm_hands_the_job_to_another_worker(repo: RepoName, workers: Workers) -> None:
    with silent_provider() as url:
        job = in_a_silent_call(repo, workers, url)
        stopping = workers.started[-1]
        asked = time.monotonic()
        stopping.send_signal(signal.SIGTERM)
        stopping.wait(timeout=15)
        assert time.monotonic() - asked < 15
        job.refresh_from_db()
        assert (job.status, job.tries, job.lease_owner) == ("queued", 0, "")
        assert job.events.filter(name="run.handed_over").count() == 1
        assert ModelCall.objects.get(job=job).state == "lost"
    workers.start("worker", "--burst", DREAM_SWEEP_SECONDS="1")
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.reserved_usd) == ("succeeded", Decimal(0))
