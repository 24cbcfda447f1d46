"""Nothing takes for ever: a command, a call and a station each have a deadline, and work is saved."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.claims import claim
from builds.models import DeadLetter, Job
from builds.operations import replay
from builds.ports import Limits, Reply, Request
from builds.pulse import Pulse
from tests.world import ALICE, World


class SilentFrom:
    """A model that answers so many calls, and then never again."""

    def __init__(self, model: Any, number: int) -> None:
        self.model, self.left = model, number

    def complete(self, request: Request) -> Reply:
        """Answer, or hang."""
        self.left -= 1
        if self.left < 0:
            threading.Event().wait(60)
        reply: Reply = self.model.complete(request)
        return reply


@pytest.mark.campaign
def test_a_station_past_its_deadline_ends_with_its_work_saved(world: World, settings: Any) -> None:
    settings.LEASE, settings.STATION_DEADLINE = timedelta(seconds=2), timedelta(seconds=6)
    silent = replace(world, ports=replace(world.ports, model=SilentFrom(world.model, 4)))
    job = silent.submit()
    silent.step(), silent.step()
    began = time.monotonic()
    silent.step()
    assert 5.5 < time.monotonic() - began < 10
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_station) == ("failed", "station_timeout", "implement")
    assert "longer than 6 s" in job.error_message
    assert DeadLetter.objects.get().code == "station_timeout"
    saved = job.turns.count()
    assert saved > 0
    settings.STATION_DEADLINE = timedelta(hours=4)
    replay(job.job_id, by=ALICE)
    job = world.run(job)
    assert (job.status, job.error_message) == ("succeeded", "")


def test_a_pulse_does_not_keep_alive_what_is_overdue(world: World) -> None:
    world.submit()
    job = claim("tests", timedelta(seconds=1))
    assert job is not None
    lease = timedelta(seconds=0.8)
    with Pulse(job, lease=lease, call_deadline=lease, station_deadline=timedelta(seconds=0.5)):
        time.sleep(3)  # a worker that is stuck hears nothing
        assert claim("another", lease) is not None
    assert Job.objects.get().fence == 2


def test_a_pulse_renews_no_call_past_its_deadline(world: World) -> None:
    world.submit()
    job = claim("tests", timedelta(seconds=1))
    assert job is not None
    with Pulse(job, lease=timedelta(seconds=0.8), call_deadline=timedelta(hours=1)) as pulse:
        pulse.deadline = time.monotonic() + 0.5  # as while a call is under way
        time.sleep(2.5)
        assert claim("another", timedelta(seconds=1)) is not None


def test_a_command_takes_as_long_as_the_setting_says(tmp_path: Path) -> None:
    sandbox = BwrapSandbox(command_seconds=0.7)
    ran = sandbox.run(["sleep", "20"], tree=tmp_path, limits=Limits())
    assert (ran.ended, ran.seconds < 5) == ("timeout", True)
    assert sandbox.run(["sleep", "1"], tree=tmp_path, limits=Limits(wall_seconds=5)).ended == "exit"
