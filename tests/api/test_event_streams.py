"""Events as they happen, over a socket from a real server: every one once, in order, whatever Redis does."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.db import connections, transaction
from django.db.models.functions import Now

from benchmarks.home import OURS
from benchmarks.watchers import Watcher
from builds.journal import record
from builds.models import Job, Repo
from dreamsite.env import child_variables
from tests.api.orders import order
from tests.api.servers import ROOT, ask, serve
from tests.api.tokens import token
from tests.loops import finished

PUBLIC = "http://localhost:8000/api/dream-build"
QUICK = {"DREAM_STREAM_HEARTBEAT_SECONDS": "0.3", "DREAM_STREAM_LOOK_SECONDS": "1"}


def bearer(**claims: Any) -> dict[str, str]:
    """The header of a fresh token."""
    return {"Authorization": f"Bearer {token(**claims)}"}


@pytest.fixture
def door(transactional_db: None, child_environment: dict[str, str], free_port: int) -> Iterator[str]:
    """Where the jobs are, of a server with job-1."""
    Repo.objects.create(owner="acme", name="shop")
    with serve({**child_environment, **QUICK, "DREAM_STREAMS": "40"}, free_port) as address:
        assert ask("POST", f"{address}/api/dream-build", order(), **bearer())[0] == 202
        yield f"{address}/api/dream-build"


def happens(name: str) -> None:
    """One more event of the job."""
    with transaction.atomic():
        record(Job.objects.get(), name)


def finish() -> None:
    """The last event of the attempt."""
    job = Job.objects.get()
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status="succeeded", finished_at=Now())
        record(job, "run.succeeded", callback_status="complete")


async def aside(act: Callable[..., None], *arguments: str) -> None:
    """Something that writes rows, in a thread and with a connection of its own."""

    def closing() -> None:
        try:
            act(*arguments)
        finally:
            connections.close_all()

    await asyncio.to_thread(closing)


async def told_of(watchers: list[Watcher], number: int) -> None:
    """Until all have that event."""
    async with asyncio.timeout(20):
        while not all(watcher.ids and watcher.ids[-1] >= number for watcher in watchers):
            await asyncio.sleep(0.02)


def watching(
    url: str, count: int, happening: Callable[[list[Watcher]], Any], **headers: str
) -> list[Watcher]:
    """Readers who read to the end, while something happens."""

    async def all_of_it() -> list[Watcher]:
        watchers = [Watcher(url, {**bearer(), **headers}) for _ in range(count)]
        reading = [asyncio.create_task(watcher.watch()) for watcher in watchers]
        await told_of(watchers, 1)
        await happening(watchers)
        async with asyncio.timeout(30):
            await asyncio.gather(*reading)
        return watchers

    return finished(all_of_it())


def test_thirty_watchers_get_each_event_once_and_in_order_though_redis_forgets_them(
    door: str, redis_client: redis.Redis
) -> None:
    async def happening(watchers: list[Watcher]) -> None:
        for number in range(2, 12):
            await aside(happens, "station.note")
            if number == 6:
                await told_of(watchers, 6)
                redis_client.client_kill_filter(_type="pubsub")
        await told_of(watchers, 11)
        await aside(finish)

    watchers = watching(f"{door}/job-1/events", 30, happening)
    for watcher in watchers:
        assert watcher.status == 200
        assert watcher.answered["content-type"] == "text/event-stream"
        assert watcher.ids == list(range(1, 13))
        assert watcher.frames[0]["event"] == "snapshot"
        assert "id" not in watcher.frames[0]
        assert watcher.data(0)["jobId"] == "job-1"
        assert watcher.data(-1)["status"] == "complete"


def test_who_comes_back_goes_on_where_it_was_and_after_the_end_is_sent_away(door: str) -> None:
    async def happening(watchers: list[Watcher]) -> None:
        await aside(finish)

    url = f"{door}/job-1/events"
    happens("station.note")
    (watcher,) = watching(url, 1, happening)
    assert watcher.ids == [1, 2, 3]
    again = finished(Watcher(url, {**bearer(), "Last-Event-ID": "2"}).watch())
    assert again.ids == [3]
    over = finished(Watcher(url, {**bearer(), "Last-Event-ID": "3"}).watch())
    assert (over.status, over.frames) == (204, [])
    assert finished(Watcher(f"{url}?after=3", bearer()).watch()).status == 204
    assert finished(Watcher(url, {**bearer(), "Last-Event-ID": "x"}).watch()).status == 400


@pytest.mark.campaign
def test_a_stream_in_which_nothing_happens_lives_and_ends_with_its_token(door: str) -> None:
    now = int(time.time())
    almost_over = bearer(iat=now - 300, exp=now - 57)  # taken for three seconds more, with the leeway
    watcher = finished(Watcher(f"{door}/job-1/events", almost_over).watch())
    assert watcher.status == 200
    assert "still here" in watcher.comments
    assert watcher.comments[-1] == "connect again"
    assert finished(Watcher(f"{door}/job-1/events", {}).watch()).status == 401
    other = bearer(sub="user-2")
    assert finished(Watcher(f"{door}/job-1/events", other).watch()).status == 404


def test_a_ticket_lets_a_browser_watch_one_job_and_nothing_else(door: str) -> None:
    status, _, body = ask("POST", f"{door}/job-1/ticket", {}, **bearer())
    ticket = json.loads(body)["ticket"]
    assert status == 201
    assert ask("POST", door, order(jobId="job-2"), **bearer())[0] == 202
    Job.objects.filter(job_id="job-1").update(status="succeeded")

    def status_of(path: str) -> int:
        return finished(Watcher(f"{door}/{path}", {}).watch()).status

    assert status_of(f"job-1/events?ticket={ticket}") == 200
    assert status_of(f"job-2/events?ticket={ticket}") == 401
    assert status_of(f"job-1/events?ticket={ticket[:-2]}xx") == 401
    assert ask("GET", f"{door}/job-1?ticket={ticket}")[0] == 401
    assert ask("GET", f"{door}/job-1/events?ticket={ticket}")[0] == 401


@pytest.mark.campaign
def test_a_ticket_lasts_no_longer_than_the_token_it_was_got_with(door: str) -> None:
    now = int(time.time())
    almost_over = bearer(iat=now - 300, exp=now - 57)
    _, _, body = ask("POST", f"{door}/job-1/ticket", {}, **almost_over)
    watcher = finished(Watcher(json.loads(body)["url"].replace(PUBLIC, door), {}).watch())
    assert (watcher.status, watcher.comments[-1]) == (200, "connect again")
    assert time.time() < now + 10


def test_a_run_is_watched_at_the_other_door(door: str) -> None:
    async def happening(watchers: list[Watcher]) -> None:
        await aside(finish)

    run = f"{door.partition('/api')[0]}/v1/runs/job-1"
    (watcher,) = watching(f"{run}/events", 1, happening)
    assert (watcher.ids, watcher.data(0)["jobId"]) == ([1, 2], "job-1")
    status, _, body = ask("GET", f"{run}/events?limit=1", **bearer())
    assert (status, json.loads(body)["next"][-33:]) == (200, "/v1/runs/job-1/events?after=1&limit=1"[-33:])
    assert ask("POST", f"{run}/events", {}, **bearer())[0] == 405


@pytest.mark.campaign
def test_more_streams_than_a_process_holds_are_sent_away_for_a_moment(door: str) -> None:
    async def happening(watchers: list[Watcher]) -> None:
        one_more = await Watcher(f"{door}/job-1/events", bearer()).watch()
        assert (one_more.status, one_more.answered["retry-after"]) == (503, "10")
        await aside(finish)

    watching(f"{door}/job-1/events", 40, happening)
    assert ask("GET", f"{door.rpartition('/api')[0]}/healthz")[0] == 200


@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_a_thousand_watchers_of_one_process_miss_nothing_while_redis_starts_anew() -> None:
    inherited = {name: value for name, value in child_variables().items() if not name.startswith(OURS)}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.watching", "--watchers", "1000", "--events", "40"],
        cwd=ROOT,
        env=inherited,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert "1000 watchers, 41 events, Valkey killed in the middle: 0 broken" in ran.stdout
