"""What is given up is written down, can be seen, and goes on from where it failed with one command."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from builds import refusals
from builds.claims import claim
from builds.models import DeadLetter, Job
from builds.operations import cancel, dead_letters, replay, rerun
from builds.ports import Refused, Unavailable
from tests.engine.test_trouble import due_now, with_forge
from tests.world import ALICE, CAROL, OLGA, World


def given_up(world: World) -> Job:
    """A job whose forge did not answer three times."""
    world = with_forge(world, *[Unavailable("502 from the forge")] * 3)
    job = world.submit()
    for _ in range(3):
        due_now(job)
        world.step()
    job.refresh_from_db()
    return job


def test_the_last_try_leaves_a_dead_letter(world: World) -> None:
    job = given_up(world)
    letter = DeadLetter.objects.get()
    assert (letter.job, letter.attempt, letter.station, letter.code) == (job, 1, "intake", "unavailable")
    assert (letter.tries, letter.replayed_at) == (3, None)
    assert "502 from the forge (tried 3 times)" in letter.error
    assert job.finished_at is not None
    assert abs(letter.failed_at - job.finished_at) < timedelta(seconds=5)


def test_workers_that_keep_dying_leave_one_too(world: World) -> None:
    job = world.submit()
    for _ in range(4):
        claim("a worker that dies", timedelta(seconds=-1))
    letter = DeadLetter.objects.get()
    assert (letter.job_id, letter.code, letter.tries) == (job.pk, "worker_killed", 3)


@pytest.mark.parametrize("end", ["refused", "canceled"])
def test_what_was_decided_is_no_dead_letter(world: World, end: str) -> None:
    if end == "refused":
        with_forge(world, Refused("repository_missing", "There is none.")).run(world.submit())
    else:
        cancel(world.submit().job_id, by=ALICE)
    assert not DeadLetter.objects.exists()


def test_replayed_it_goes_on_from_where_it_failed_and_says_so(world: World) -> None:
    job = given_up(world)
    replay(job.job_id, by=OLGA)
    letter = DeadLetter.objects.get()
    assert (letter.replayed_by, letter.replayed_at is not None) == ("olga", True)
    job = world.run(job)
    assert (job.status, job.attempt) == ("succeeded", 2)
    assert job.events.get(name="run.rerun").message == "Replayed after unavailable"
    with pytest.raises(refusals.WrongState, match="no dead letter"):
        replay(job.job_id, by=OLGA)


def test_an_ordinary_rerun_settles_it_as_well(world: World) -> None:
    job = given_up(world)
    rerun(job.job_id, by=ALICE)
    assert DeadLetter.objects.get().replayed_by == "alice"


def test_the_second_attempt_leaves_its_own(world: World) -> None:
    job = given_up(world)
    replay(job.job_id, by=ALICE)
    Job.objects.filter(pk=job.pk).update(tries=2, run_after=Now())
    with_forge(world, Unavailable("still 502")).step()
    assert [letter.attempt for letter in dead_letters(ALICE)] == [2, 1]
    assert [letter.replayed_at is None for letter in dead_letters(ALICE)] == [True, False]


def test_strangers_neither_see_nor_replay_it(world: World) -> None:
    job = given_up(world)
    assert not dead_letters(CAROL).exists()
    assert dead_letters(OLGA).count() == 1
    with pytest.raises(refusals.NoSuchJob):
        replay(job.job_id, by=CAROL)
