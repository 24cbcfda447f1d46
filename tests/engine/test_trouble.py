"""What goes wrong outside: tries, waits, crashes, and the rules that hold whatever happens."""

import errno
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from builds import claims
from builds.models import Job, StationRun
from builds.ports import LeaseLost, Refused, Unavailable
from builds.pulse import Pulse
from builds.states import IllegalMove, JobStatus, LostRace
from tests.world import World


class Failing:
    """A port that raises these errors, one a call, before it does its work."""

    def __init__(self, port: Any, *errors: Exception) -> None:
        self.port, self.errors = port, list(errors)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.errors:
                raise self.errors.pop(0)
            return getattr(self.port, name)(*args, **kwargs)

        return call


def with_forge(world: World, *errors: Exception) -> World:
    """The world, with a forge that fails first."""
    return replace(world, ports=replace(world.ports, forge=Failing(world.ports.forge, *errors)))


def due_now(job: Job) -> None:
    """Let the back-off pass."""
    Job.objects.filter(pk=job.pk).update(run_after=Now())


def test_a_forge_that_does_not_answer_is_tried_again_later(world: World) -> None:
    world = with_forge(world, Unavailable("502"))
    job = world.submit()
    world.step()
    job.refresh_from_db()
    assert (job.status, job.tries, job.station) == ("queued", 1, "intake")
    assert "502" in job.wait_reason
    assert not world.step()
    due_now(job)
    assert world.run(job).status == "succeeded"


def test_after_three_tries_the_job_fails_with_the_reason(world: World) -> None:
    world = with_forge(world, *[Unavailable("502 from the forge")] * 3)
    job = world.submit()
    for _ in range(3):
        due_now(job)
        world.step()
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_station) == ("failed", "unavailable", "intake")
    assert "502 from the forge (tried 3 times)" in job.error_message
    assert job.events.filter(callback_status="failed").count() == 1


def test_a_wait_that_the_outside_asks_for_burns_no_try(world: World) -> None:
    world = with_forge(world, Unavailable("rate limit", retry_after=timedelta(minutes=9)))
    job = world.submit()
    world.step()
    job.refresh_from_db()
    assert (job.status, job.tries) == ("queued", 0)
    assert job.run_after - job.updated_at > timedelta(minutes=8)


def lost_database() -> OperationalError:
    """As psycopg says it of a server that is gone: without a state."""
    error = OperationalError("connection is bad: no such file")
    error.__cause__ = psycopg.OperationalError("connection is bad: no such file")
    return error


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk of this worker is full"),
        (
            Unavailable("git init failed: unable to write: No space left on device"),
            "disk of this worker is full",
        ),
        (lost_database(), "database went away"),
    ],
    ids=["disk", "a tool's disk", "database"],
)
@pytest.mark.sampled(3)
def test_trouble_of_our_own_house_burns_no_try_however_often(
    world: World, trouble: Exception, said: str
) -> None:
    world = with_forge(world, *[trouble] * 4)
    job = world.submit()
    for _ in range(4):
        due_now(job)
        world.step()
    job.refresh_from_db()
    assert (job.status, job.tries, job.wait_cause) == ("queued", 0, "outside")
    assert said in job.wait_reason
    due_now(job)
    assert world.run(job).status == "succeeded"


def test_a_statement_that_took_too_long_is_a_failure_and_no_lost_database(world: World) -> None:
    error = OperationalError("canceling statement due to statement timeout")
    error.__cause__ = psycopg.errors.QueryCanceled("canceling statement due to statement timeout")
    world = with_forge(world, error)
    job = world.submit()
    world.step()
    job.refresh_from_db()
    assert (job.status, job.tries) == ("queued", 1)


def test_what_is_refused_fails_at_once_with_its_code(world: World) -> None:
    world = with_forge(world, Refused("repository_missing", "There is no such repository."))
    job = world.run(world.submit())
    assert (job.status, job.error_code) == ("failed", "repository_missing")


def test_an_error_of_our_own_is_tried_again_and_named(world: World) -> None:
    world = with_forge(world, *[ZeroDivisionError("division by zero")] * 3)
    job = world.submit()
    for _ in range(3):
        due_now(job)
        world.step()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "internal_error")
    assert "ZeroDivisionError" in job.error_message


def test_a_job_whose_workers_keep_dying_ends(world: World) -> None:
    job = world.submit()
    for _ in range(3):
        claimed = claims.claim("a worker that dies", timedelta(seconds=-1))
        assert claimed is not None
    assert claims.claim("the next", timedelta(seconds=30)) is None
    job.refresh_from_db()
    assert (job.status, job.error_code, job.crashes) == ("failed", "worker_killed", 3)


def test_every_claim_grows_the_fence_and_the_old_holder_writes_nothing(world: World) -> None:
    world.submit()
    old = claims.claim("first", timedelta(seconds=-1))
    new = claims.claim("second", timedelta(seconds=30))
    assert old is not None
    assert new is not None
    assert new.fence == old.fence + 1
    with pytest.raises(LeaseLost), old.fenced():
        StationRun.objects.filter(job=old).update(note="a zombie was here")
    with pytest.raises(LeaseLost):
        old.renew(timedelta(seconds=30))
    with pytest.raises(LostRace), transaction.atomic():
        old.move(JobStatus.SUCCEEDED)
    assert not StationRun.objects.filter(note="a zombie was here").exists()


def test_the_table_of_moves_is_kept(world: World) -> None:
    job = world.submit()
    with pytest.raises(IllegalMove, match="a queued job cannot become succeeded"):
        job.move(JobStatus.SUCCEEDED)


def test_no_port_is_called_inside_a_transaction(world: World, settings: Any) -> None:
    world.submit()
    job = claims.claim("tests", timedelta(seconds=30))
    assert job is not None
    with (
        Pulse(job, lease=settings.LEASE, call_deadline=settings.PORT_DEADLINE) as pulse,
        transaction.atomic(),
        pytest.raises(RuntimeError, match="inside a transaction"),
    ):
        pulse.call(len, [])


def test_a_call_past_its_deadline_is_given_up(world: World, settings: Any) -> None:
    world.submit()
    job = claims.claim("tests", timedelta(seconds=30))
    assert job is not None
    with Pulse(job, lease=settings.LEASE, call_deadline=timedelta(seconds=0.1)) as pulse:
        never = threading.Event()
        with pytest.raises(Unavailable, match="no answer within"):
            pulse.call(never.wait, 5)
