"""SIGTERM at every station: the job goes back with its try, nothing of it goes on running."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from builds.models import Job
from builds.pipeline import STATIONS
from builds.pulse import shutdown
from tests import factories
from tests.engine.workers import wait_until
from tests.world import World


class Stopping:
    """A port during whose first call at one station this process is asked to stop; that call then hangs."""

    def __init__(self, port: Any, job: Job, station: str) -> None:
        self.port, self.job, self.station = port, job, station

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.port, name)
        if not callable(found) or name == "kill_all":
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            station = Job.objects.get(pk=self.job.pk).station
            connection.close()  # of this thread, which is left behind
            if station == self.station:
                shutdown.ask()
                threading.Event().wait(30)
            return found(*args, **kwargs)

        return call


@pytest.fixture(autouse=True)
def _not_stopping() -> Iterator[None]:
    yield
    shutdown.asked = False


def stopping_at(world: World, job: Job, station: str) -> World:
    """The world, every port of which meets the end of its process at a station."""
    ports = world.ports
    model, forge, sandbox = (
        Stopping(port, job, station) for port in (ports.model, ports.forge, ports.sandbox)
    )
    return replace(world, ports=replace(ports, model=model, forge=forge, sandbox=sandbox))


@pytest.mark.parametrize("station", [name for name in STATIONS if name != "deploy"])
@pytest.mark.sampled(3)
def test_the_job_goes_back_with_its_try_and_on_elsewhere(world: World, station: str) -> None:
    job = world.submit()
    while Job.objects.get(pk=job.pk).station != station:
        assert world.step()
    began = time.monotonic()
    assert stopping_at(world, job, station).step()
    assert time.monotonic() - began < 10
    job.refresh_from_db()
    assert (job.status, job.station, job.tries, job.lease_owner) == ("queued", station, 0, "")
    assert job.events.filter(name="run.handed_over").count() == 1
    shutdown.asked = False
    job = world.run(job)
    assert (job.status, job.error_message, job.crashes) == ("succeeded", "", 0)
    assert job.events.filter(name="pull_request.opened").count() == 1


def test_a_deployment_that_is_followed_goes_back_too(world: World) -> None:
    world.repo.policy = {"deploy": "staging"}
    world.repo.save()
    job = factories.job(repo=world.repo, station="deploy", trust_level="shipper")
    factories.runs(job, "deploy", "pending")
    pull = {
        "number": 1, "url": "", "branch": "b", "base_branch": "main", "head_sha": "a" * 40, "state": "open",
        "draft": False, "title": "", "body": "",
    }  # fmt: skip
    Job.objects.filter(pk=job.pk).update(pull=pull)
    assert stopping_at(world, job, "deploy").step()
    job.refresh_from_db()
    assert (job.status, job.station, job.tries) == ("queued", "deploy", 0)


def commands_with(word: str) -> list[int]:
    """Processes of this machine whose command line holds a word."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in place.read_bytes():
                found.append(int(place.parent.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def test_what_runs_in_the_sandbox_ends_with_it(world: World) -> None:
    token = f"3{os.getpid()}"  # seconds to sleep, as nobody else does
    world.repo.policy = {"checks": {"tests": ["sleep", token]}}
    world.repo.save()
    job = world.submit()
    world.step(), world.step()
    handler = signal.signal(signal.SIGTERM, lambda *_: shutdown.ask())
    try:
        asking = threading.Thread(target=ask_once_it_runs, args=(token,))
        asking.start()
        assert world.step()
        asking.join()
    finally:
        signal.signal(signal.SIGTERM, handler)
    job.refresh_from_db()
    assert (job.status, job.station, job.tries) == ("queued", "implement", 0)
    wait_until(lambda: not commands_with(token), 5, "the end of the command")


def ask_once_it_runs(token: str) -> None:
    """SIGTERM to this process, as soon as the sandbox runs the command."""
    wait_until(lambda: commands_with(token), 30, "the command")
    os.kill(os.getpid(), signal.SIGTERM)
