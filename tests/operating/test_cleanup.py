"""Cleaning up: what is old goes, in pieces; what a job needs, decisions and money stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import Sum
from django.utils import timezone

from builds import operations
from builds.adapters import artifacts
from builds.adapters.artifacts_local import LocalArtifacts
from builds.models import Approval, Artifact, Event, Job, ModelCall, Reservation, TurnRow
from builds.ports import Refused
from builds.retention import bury, clean, table
from tests.callbacks.world import happen, told_job
from tests.world import ALICE, RITA, World

LONG_AGO = timedelta(days=400)


def age(**jobs: Any) -> None:
    """As if all of it had happened long ago."""
    then = timezone.now() - LONG_AGO
    Job.objects.filter(**jobs, finished_at__isnull=False).update(finished_at=then)
    Event.objects.filter(**{f"job__{name}": value for name, value in jobs.items()}).update(created_at=then)


def rows() -> dict[str, int]:
    """How many of each."""
    models = (Job, Event, TurnRow, Artifact, ModelCall, Reservation, Approval)
    return {model.__name__: model.objects.count() for model in models}


def test_what_is_young_stays(world: World) -> None:
    world.run(world.submit())
    before = rows()
    assert sum(clean(world.ports.artifacts, dry_run=False).values()) == 0
    assert rows() == before


def test_a_dry_run_counts_exactly_what_then_goes(world: World) -> None:
    world.run(world.submit())
    age()
    before = rows()
    planned = clean(world.ports.artifacts, dry_run=True)
    assert rows() == before
    assert clean(world.ports.artifacts, dry_run=False) == planned
    assert all(planned[name] > 0 for name in ("artifacts", "turns", "answers", "events"))
    assert clean(world.ports.artifacts, dry_run=False) == dict.fromkeys(planned, 0)


def test_money_decisions_patches_and_the_pull_request_stay(world: World) -> None:
    job = world.run(world.submit("drop-fax"))
    operations.approve(job.job_id, by=RITA, content_hash=job.approvals.get().content_hash)
    world.run(job)
    spent = Reservation.objects.aggregate(usd=Sum("settled_usd"))
    before = rows()
    age()
    clean(world.ports.artifacts, dry_run=False)
    after = rows()
    assert {name for name in before if before[name] == after[name]} == {
        "Job",
        "ModelCall",
        "Reservation",
        "Approval",
    }
    assert Reservation.objects.aggregate(usd=Sum("settled_usd")) == spent
    assert ModelCall.objects.aggregate(usd=Sum("cost_usd"))["usd"] == job.spent_usd
    assert not ModelCall.objects.filter(reply__isnull=False).exists()
    job.refresh_from_db()
    assert job.pr_url
    world.ports.artifacts.get(job.change_set)
    for item in job.work_items.exclude(patch=""):
        world.ports.artifacts.get(item.patch)


@pytest.mark.campaign
def test_a_cleaned_job_can_still_be_looked_at_and_run_again(world: World) -> None:
    job = world.submit()
    for _ in range(3):
        world.step()
    operations.cancel(job.job_id, by=ALICE, reason="not now")
    age()
    clean(world.ports.artifacts, dry_run=False)
    job.refresh_from_db()
    operations.rerun(job.job_id, by=ALICE, from_station="verify")
    assert world.run(job).status == "succeeded"


@pytest.mark.parametrize("status", ["queued", "running", "paused"])
@pytest.mark.sampled(3)
def test_nothing_of_a_job_under_way_goes_however_old_it_is(world: World, status: str) -> None:
    job = world.run(world.submit())
    Job.objects.filter(pk=job.pk).update(status=status)
    age()
    before = rows()
    assert sum(clean(world.ports.artifacts, dry_run=False).values()) == 0
    assert rows() == before


def test_an_event_that_is_still_to_be_told_stays(transactional_db: None) -> None:
    job = told_job()
    happen(job, "started")
    Job.objects.filter(pk=job.pk).update(status="failed", finished_at=timezone.now())
    age()
    assert clean(artifacts(), dry_run=False)["events"] == 0
    Job.objects.filter(pk=job.pk).update(next_callback_at=None)
    assert clean(artifacts(), dry_run=False)["events"] == 1


@pytest.mark.campaign
def test_a_blob_stays_as_long_as_anything_refers_to_it(world: World) -> None:
    first, second = world.run(world.submit()), world.run(world.submit())
    shared = set(first.artifacts.values_list("sha256", flat=True)) & set(
        second.artifacts.values_list("sha256", flat=True)
    )
    assert shared
    age(pk=first.pk)
    clean(world.ports.artifacts, dry_run=False)
    for sha in second.artifacts.values_list("sha256", flat=True):
        world.ports.artifacts.get(sha)


class Hesitant(LocalArtifacts):
    """A store in which somebody keeps a blob right while it is removed."""

    job: Job

    def remove(self, sha: str) -> None:
        """The other one's row is committed in between."""
        super().remove(sha)
        Artifact.objects.create(job=self.job, attempt=1, kind="log", name="again", sha256=sha, size=1)


def test_a_blob_that_is_kept_again_meanwhile_comes_back(world: World) -> None:
    assert isinstance(world.ports.artifacts, LocalArtifacts)
    store = Hesitant(world.ports.artifacts.root)
    store.job = world.submit()
    sha = store.put(b"a log")
    bury(sha, store)
    assert store.get(sha) == b"a log"


def test_a_blob_of_nobody_is_removed_once_and_for_all(world: World) -> None:
    sha = world.ports.artifacts.put(b"a log")
    for _ in range(2):
        bury(sha, world.ports.artifacts)
    with pytest.raises(Refused, match="is not in"):
        world.ports.artifacts.get(sha)


def test_the_settings_say_how_long(settings: LazySettings) -> None:
    settings.KEEP = {**settings.KEEP, "events": timedelta(days=1)}
    assert {kept.name: kept.keep.days for kept in table()} == {
        "artifacts": 30,
        "turns": 30,
        "answers": 30,
        "deliveries": 30,
        "events": 1,
    }
