"""The replay table over sockets: a hundred callers at once, and servers killed between any two steps."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection

from builds.models import Event, IdempotencyKey, Job, Repo, StationRun
from dreamsite.servers import free_port as find_port
from specs.models import Spec
from tests.api.servers import ROOT, alive, ask, serve
from tests.api.tokens import SECRET, token
from tests.api.v1.world import run_body

CALLERS = 100
LOCK = 0x7631  # of an advisory lock that the tests hold
Answer = tuple[int, dict[str, Any]]


@pytest.fixture(autouse=True)
def known(transactional_db: None) -> Repo:
    """The registered repository, committed, so that other processes see it."""
    return Repo.objects.create(owner="acme", name="shop")


def post(address: str, key: str = "k1", **changes: Any) -> Answer:
    """A sound run under a key."""
    headers = {"Authorization": f"Bearer {token()}", "Idempotency-Key": key}
    status, _, body = ask("POST", f"{address}/v1/runs", run_body(**changes), **headers)
    return status, json.loads(body)


def one_whole_run() -> str:
    """Check that there is exactly one run with all that belongs to it; its name."""
    counts = [model.objects.count() for model in (Job, IdempotencyKey, Spec, Event, StationRun)]
    assert counts == [1, 1, 1, 1, 7]
    return Job.objects.get().job_id


@pytest.mark.campaign
def test_a_hundred_callers_at_once_make_one_run_and_99_replays(
    child_environment: dict[str, str], free_port: int
) -> None:
    with serve(child_environment, free_port) as address, ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda _: post(address), range(CALLERS)))
        assert sorted(status for status, _ in answers) == [200] * (CALLERS - 1) + [202]
        assert {found["run"]["id"] for _, found in answers} == {one_whole_run()}
        replayed = [found["idempotency"]["replayed"] for _, found in answers]
        assert sorted(replayed) == [False] + [True] * (CALLERS - 1)

        bodies = [{"goal": f"Goal {number % 2}"} for number in range(20)]
        rivals = list(pool.map(lambda body: post(address, "k2", **body), bodies))
        won = next(place for place, (status, _) in enumerate(rivals) if status == 202) % 2
        statuses = [status for status, _ in rivals]
        assert sorted(statuses[won::2]) == [200] * 9 + [202]
        assert statuses[1 - won :: 2] == [409] * 10
        assert Job.objects.count() == 2


# --- kill -9 -----------------------------------------------------------------------------------------

STEPS: dict[str, str] = {
    "before the key is written": "BEFORE INSERT ON builds_idempotencykey FOR EACH ROW",
    "after the key": "AFTER INSERT ON builds_idempotencykey FOR EACH ROW",
    "after the spec": "AFTER INSERT ON specs_spec FOR EACH ROW",
    "after the run": "AFTER INSERT ON builds_job FOR EACH ROW",
    "after its stations": "AFTER INSERT ON builds_stationrun FOR EACH STATEMENT",
    "after its event": "AFTER INSERT ON builds_event FOR EACH ROW",
}
"""Where a trigger of the tests waits for a lock that the tests hold; the server is killed meanwhile."""

FUNCTION = f"""
CREATE FUNCTION wait_for_the_tests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  RETURN NEW;
END $$
"""


def address_of_the_database() -> str:
    """For connections of the tests' own, beside Django's."""
    facts = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return psycopg.conninfo.make_conninfo(
        "", **{name: facts[key] for name, key in names.items() if facts[key]}
    )


@contextmanager
def blocked(event: str, kind: str = "TRIGGER") -> Iterator[psycopg.Connection[Any]]:
    """A trigger that waits until the connection which is given here is closed."""
    with psycopg.connect(address_of_the_database(), autocommit=True) as mine:
        mine.execute(FUNCTION)
        mine.execute(f"CREATE {kind} waits {event} EXECUTE FUNCTION wait_for_the_tests()")
        mine.execute(f"SELECT pg_advisory_lock({LOCK})")
        try:
            yield mine
        finally:
            mine.execute(f"SELECT pg_advisory_unlock({LOCK})")
            settle(mine)
            mine.execute("DROP FUNCTION wait_for_the_tests CASCADE")


def waits_for_lock(mine: psycopg.Connection[Any]) -> bool:
    """Whether a server has come to the trigger."""
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    row = mine.execute(asked, [LOCK]).fetchone()
    return row is not None and row[0] > 0


def settle(mine: psycopg.Connection[Any]) -> None:
    """Wait until no backend of the killed server is at anything any more."""
    busy = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
              AND pid <> pg_backend_pid() AND state <> 'idle'"""
    until(lambda: (mine.execute(busy).fetchone() or (0,))[0] == 0)


def until(true: Callable[[], bool]) -> None:
    """Look again and again, for ten seconds at most."""
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen within ten seconds")


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server that is there to be killed."""
    port = find_port()
    command = [sys.executable, "-m", "uvicorn", "dreamsite.asgi:application", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--log-level", "critical"],
        cwd=ROOT,
        env={**environment, "STORIA_MOLTWORKER_SECRET": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: process.poll() is None and alive(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def cut_off(answer: "Future[Answer]") -> None:
    """Check that the client heard nothing."""
    assert isinstance(answer.exception(10), OSError)


def killed_while(environment: dict[str, str], there: Callable[[], bool]) -> None:
    """Post a run to a server, and kill -9 the server as soon as it is at the step."""
    with server(environment) as (address, process), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, address)
        until(there)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        cut_off(answer)


def retried(environment: dict[str, str]) -> Answer:
    """The client's retry with the same key, at another server."""
    with server(environment) as (address, _):
        return post(address)


@pytest.mark.campaign
@pytest.mark.parametrize("step", STEPS)
def test_killed_before_the_commit_nothing_is_there_and_the_retry_makes_the_run(
    child_environment: dict[str, str], step: str
) -> None:
    with blocked(STEPS[step]) as mine:
        killed_while(child_environment, lambda: waits_for_lock(mine))
        assert not Job.objects.exists()
    assert not Job.objects.exists()
    assert not IdempotencyKey.objects.exists()
    status, found = retried(child_environment)
    assert (status, found["idempotency"]["replayed"]) == (202, False)
    assert found["run"]["id"] == one_whole_run()


@pytest.mark.campaign
def test_killed_in_the_middle_of_the_commit_the_retry_finds_the_run(
    child_environment: dict[str, str],
) -> None:
    """Postgres was told to commit and goes on without the server: all of it is there, or nothing."""
    at_commit = "AFTER INSERT ON builds_job DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    with blocked(at_commit, kind="CONSTRAINT TRIGGER") as mine:
        killed_while(child_environment, lambda: waits_for_lock(mine))
    name = one_whole_run()
    status, found = retried(child_environment)
    assert (status, found["run"]["id"], found["idempotency"]["replayed"]) == (200, name, True)
    assert one_whole_run() == name


@pytest.mark.campaign
def test_killed_after_the_commit_and_before_the_answer_the_retry_finds_the_run(
    child_environment: dict[str, str], redis_client: redis.Redis
) -> None:
    """Redis stands still, and so does the server where it rings: after the commit, before the answer."""
    doorbell: Any = redis_client.info("server")
    os.kill(doorbell["process_id"], signal.SIGSTOP)
    try:
        killed_while(child_environment, Job.objects.exists)
    finally:
        os.kill(doorbell["process_id"], signal.SIGCONT)
    name = one_whole_run()
    status, found = retried(child_environment)
    assert (status, found["run"]["id"], found["idempotency"]["replayed"]) == (200, name, True)
    assert one_whole_run() == name


@pytest.mark.campaign
def test_a_retry_while_the_first_request_still_runs_waits_and_is_a_replay(
    child_environment: dict[str, str],
) -> None:
    """What the old system called `pending`: its outcome is not ambiguous here, it is waited for."""
    with (
        server(child_environment) as (address, _),
        ThreadPoolExecutor(2) as pool,
        blocked(STEPS["after the run"]) as mine,
    ):
        first = pool.submit(post, address)
        until(lambda: waits_for_lock(mine))
        second = pool.submit(post, address)
        time.sleep(0.3)
        assert not second.done()
        mine.execute(f"SELECT pg_advisory_unlock({LOCK})")
        assert (first.result(10)[0], second.result(10)[0]) == (202, 200)
        assert first.result()[1]["run"]["id"] == second.result()[1]["run"]["id"] == one_whole_run()
        mine.execute(f"SELECT pg_advisory_lock({LOCK})")
