"""Orders that may wait for the night: when they start, and what starts them earlier."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from builds import refusals
from builds.models import Job
from builds.operations import actions, rerun, run_now
from builds.public import public_status, scheduled_for
from builds.schedule import MOST_JITTER
from tests.world import ALICE, CAROL, OLGA, World


def opens(settings: Any, hours: float) -> datetime:
    """Let the window open in so many hours, for an hour; when that is."""
    start = (timezone.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)
    settings.OFFPEAK = (start.time(), (start + timedelta(hours=1)).time())
    return start


def test_an_order_for_the_night_waits_for_the_window_and_says_when(world: World, settings: Any) -> None:
    start = opens(settings, 3)
    job = world.submit(queue_name="night")
    assert start <= job.run_after <= start + MOST_JITTER
    assert (public_status(job), scheduled_for(job)) == ("queued", job.run_after)
    assert job.wait_reason.startswith("Waits for the window ")
    assert "run-now" in actions(job, ALICE)
    assert not world.step()


def test_jobs_of_one_night_do_not_all_start_at_once(world: World, settings: Any) -> None:
    opens(settings, 3)
    assert len({world.submit(queue_name="night").run_after for _ in range(5)}) == 5


def test_inside_the_window_it_starts_at_once(world: World, settings: Any) -> None:
    opens(settings, -0.5)
    job = world.submit(queue_name="night")
    assert (scheduled_for(job), job.wait_reason) == (None, "")
    assert world.step()


def test_without_a_queue_name_the_window_is_nothing_to_it(world: World, settings: Any) -> None:
    opens(settings, 3)
    assert scheduled_for(world.submit()) is None


def test_a_deadline_before_the_window_starts_it_earlier(world: World, settings: Any) -> None:
    opens(settings, 12)
    deadline = timezone.now() + timedelta(hours=6)
    assert world.submit(queue_name="night", deadline=deadline).run_after == deadline - timedelta(hours=2)
    assert (
        scheduled_for(world.submit(queue_name="night", deadline=timezone.now() + timedelta(hours=1))) is None
    )


def test_run_now_starts_it_and_is_written_down(world: World, settings: Any) -> None:
    opens(settings, 3)
    job = world.submit(queue_name="night")
    with pytest.raises(refusals.NoSuchJob):
        run_now(job.job_id, by=CAROL)
    job = run_now(job.job_id, by=OLGA, reason="Needed today.")
    event = job.events.get(name="run.now_requested")
    assert (event.actor, event.message, job.wait_reason) == ("olga", "Needed today.", "")
    assert "run-now" not in actions(job, ALICE)
    assert world.step()


@pytest.mark.parametrize("status", ["running", "paused", "succeeded", "failed", "canceled"])
def test_only_what_waits_is_hurried(world: World, status: str) -> None:
    job = world.submit()
    Job.objects.filter(pk=job.pk).update(status=status)
    with pytest.raises(refusals.WrongState, match=f"it is {status}"):
        run_now(job.job_id, by=ALICE)


def test_the_window_governs_starting_only(world: World, settings: Any) -> None:
    opens(settings, 3)
    job = run_now(world.submit(queue_name="night").job_id, by=ALICE)
    world.step()
    job.refresh_from_db()
    assert (job.station, scheduled_for(job)) == ("plan", None)
    Job.objects.filter(pk=job.pk).update(status="failed")
    job = rerun(job.job_id, by=ALICE, from_station="plan")
    assert scheduled_for(job) is None
