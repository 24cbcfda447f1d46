"""Start again from any station: what is kept, and which branch the next attempt may write."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from builds import refusals
from builds.adapters import connect
from builds.claims import claim
from builds.models import Job, Repo
from builds.operations import rerun
from builds.pipeline import STATIONS
from tests import factories
from tests.world import ALICE, PAPERBOY, World

FINALS = ("succeeded", "failed", "canceled")


def person_says(world: World, state: str, number: int = 1) -> None:
    """A person closes or merges a pull request on disk."""
    file = world.forge.root / PAPERBOY.owner / f"{PAPERBOY.name}.pulls" / f"{number}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "state": state}))


@pytest.fixture
def here(world: World, settings: Any) -> Iterator[World]:
    """The world, whose forge the operations look at as well."""
    settings.LOCAL_REPOS = world.forge.root
    connect.cache_clear()
    yield world
    connect.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize("status", FINALS)
@pytest.mark.parametrize("start", STATIONS)
def test_from_each_station_in_each_final_state(start: str, status: str) -> None:
    job = factories.ended(status, spent_usd="1.5", tokens_used=7, fence=9, crashes=2, verify_returns=1)
    job.station_runs.all().delete()
    factories.runs(job, "deploy", "succeeded")
    job.work_items.create(attempt=1, ordinal=1, key="1", title="x", planned={}, status="done")
    spent = Job.objects.get().spent_usd
    job = rerun(job.job_id, by=ALICE, from_station=start)
    assert (job.status, job.station, job.attempt, job.fence) == ("queued", start, 2, 9)
    assert (job.tries, job.crashes, job.verify_returns, job.error_code) == (0, 0, 0, "")
    assert (job.spent_usd, job.tokens_used, job.work_items.count()) == (spent, 7, 1)
    rows = dict(job.station_runs.filter(attempt=2).values_list("station", "status"))
    before = STATIONS[: STATIONS.index(start)]
    assert rows == {name: "succeeded" if name in before else "pending" for name in STATIONS}
    taken = claim("tests", timedelta(seconds=30))
    assert taken is not None
    assert (taken.pk, taken.fence) == (job.pk, 10)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["queued", "running", "paused"])
def test_what_goes_on_is_not_started_again(status: str) -> None:
    job = factories.job(status=status)
    with pytest.raises(refusals.WrongState, match=f"this one is {status}"):
        rerun(job.job_id, by=ALICE, from_station="intake")


@pytest.mark.campaign
@pytest.mark.parametrize("start", ["intake", "plan"])
def test_other_commits_want_the_pull_request_closed_and_then_another_branch(here: World, start: str) -> None:
    job = here.run(here.submit())
    first = job.branch
    with pytest.raises(refusals.PullRequestOpen, match="#1 is open"):
        rerun(job.job_id, by=ALICE, from_station=start)
    person_says(here, "closed")
    rerun(job.job_id, by=ALICE, from_station=start)
    job = here.run(job)
    assert (job.status, job.error_message) == ("succeeded", "")
    assert (job.branch, job.pr_number) == (f"{first}-2", 2)
    pulls = [here.forge.find_pull(PAPERBOY, name) for name in (first, job.branch)]
    assert [pull.state for pull in pulls if pull] == ["closed", "open"]
    assert job.events.filter(name="pull_request.opened").count() == 2


@pytest.mark.parametrize("state", ["closed", "merged"])
@pytest.mark.sampled(2)
def test_the_same_commits_take_another_branch_too_once_it_was_closed(here: World, state: str) -> None:
    job = here.run(here.submit())
    first, head = job.branch, job.head_sha
    person_says(here, state)
    rerun(job.job_id, by=ALICE, from_station="create_pr")
    calls = len(here.model.requests)
    job = here.run(job)
    assert (job.status, job.branch, job.pr_number) == ("succeeded", f"{first}-2", 2)
    assert (job.head_sha, len(here.model.requests)) == (head, calls)


@pytest.mark.campaign
def test_closed_during_the_build_it_stops_before_anything_is_pushed(here: World) -> None:
    job = here.run(here.submit())
    rerun(job.job_id, by=ALICE, from_station="verify")
    here.step()
    person_says(here, "closed")
    job = here.run(job)
    assert (job.status, job.error_code) == ("failed", "pull_request_closed")
    assert "a rerun takes a new branch" in job.error_message
    assert not job.events.filter(attempt=2, name="branch.published").exists()
    rerun(job.job_id, by=ALICE)
    job = here.run(job)
    assert (job.status, job.pr_number, job.branch[-2:]) == ("succeeded", 2, "-3")


@pytest.mark.campaign
def test_closed_before_the_worker_could_write_it_down(here: World) -> None:
    job = here.run(here.submit())
    lost = {"pull": None, "pr_number": None, "pr_url": "", "head_sha": ""}  # it died right after opening it
    Job.objects.filter(pk=job.pk).update(status="failed", error_station="create_pr", **lost)
    person_says(here, "closed")
    rerun(job.job_id, by=ALICE)
    job = here.run(job)
    assert (job.status, job.pr_number, job.branch[-2:]) == ("succeeded", 2, "-2")


@pytest.mark.campaign
@pytest.mark.parametrize("start", ["intake", "plan"])
def test_a_branch_without_a_pull_request_is_left_alone_by_other_commits(here: World, start: str) -> None:
    job = here.run(here.submit())
    first, head = job.branch, job.head_sha
    (here.forge.root / PAPERBOY.owner / f"{PAPERBOY.name}.pulls" / "1.json").unlink()
    Job.objects.filter(pk=job.pk).update(status="failed", pull=None, pr_number=None, pr_url="")
    rerun(job.job_id, by=ALICE, from_station=start)
    job = here.run(job)
    assert (job.status, job.branch) == ("succeeded", f"{first}-2")
    assert here.forge.branch_head(PAPERBOY, first) == head


@pytest.mark.campaign
def test_an_open_pull_request_is_added_to_from_implement_on(here: World) -> None:
    job = here.run(here.submit())
    for start in ("implement", "review", "create_pr"):
        rerun(job.job_id, by=ALICE, from_station=start)
        job = here.run(job)
        assert (job.status, job.pr_number) == ("succeeded", 1)
    assert job.branch == here.forge.find_pull(PAPERBOY, job.branch).branch  # type: ignore[union-attr]


@pytest.mark.campaign
def test_a_forge_that_does_not_answer_leaves_what_was_stored(here: World, settings: Any) -> None:
    job = here.run(here.submit())
    settings.LOCAL_REPOS = here.forge.root / "gone"
    connect.cache_clear()
    with pytest.raises(refusals.PullRequestOpen):
        rerun(job.job_id, by=ALICE, from_station="plan")
    assert rerun(job.job_id, by=ALICE, from_station="verify").branch == job.branch


@pytest.mark.campaign
def test_two_jobs_with_one_title_have_a_branch_and_a_pull_request_each(here: World) -> None:
    Repo.objects.update(policy={"concurrency": 2})
    jobs = [here.submit(), here.submit()]
    while here.step():
        pass
    for job in jobs:
        job.refresh_from_db()
    assert [(job.status, job.title) for job in jobs] == [("succeeded", jobs[0].title)] * 2
    assert len({job.branch for job in jobs}) == 2
    assert {job.pr_number for job in jobs} == {1, 2}
