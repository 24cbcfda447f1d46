"""The demo's build, with GitHub as its forge: from the spec to the pull request, and on to a deployment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models.functions import Now

from builds import operations
from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.models import Job
from builds.people import Person
from tests.github.server import serving
from tests.github.state import Hub, when
from tests.github.twin import TOKEN, Answer, Twin, failing, lost
from tests.world import PAPERBOY, World, make_world, order

SHIPPER = Person(name="alice", subject="alice", level="shipper")
SITE = "https://staging.example.com"


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Iterator[tuple[World, Twin, Hub]]:
    """The demo's world, whose repository is at the twin."""
    with serving(Twin(tmp_path / "repos")) as twin:
        forge = GitHubForge(Account(api_url=twin.api_url, token=TOKEN))
        world = make_world(tmp_path, forge=forge)
        hub = twin.add(PAPERBOY, tmp_path / "repos" / "dream" / "paperboy.git")
        yield world, twin, hub
        forge.close()
    assert twin.violations == []


def run(world: World, job: Job) -> Job:
    """Stations until nothing is due, without the waits between tries."""
    while not job.is_final:
        Job.objects.filter(pk=job.pk).update(run_after=Now())
        if not world.step():
            break
        job.refresh_from_db()
        if job.wait_reason and not job.wait_reason.startswith("Trying again"):
            break
    return job


def test_a_spec_becomes_a_pull_request_at_github(shop: tuple[World, Twin, Hub]) -> None:
    world, twin, hub = shop
    job = run(world, world.submit())
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    (pull,) = hub.pulls.values()
    assert (pull["head"], pull["head_sha"], pull["draft"]) == (job.branch, hub.head(job.branch), False)
    assert job.pr_url == f"{twin.origin}/dream/paperboy/pull/1"
    assert [criterion.status for criterion in job.criteria.all()] == ["met"] * 4
    assert hub.git.text("rev-list", "--count", f"main..{job.branch}") == "2"
    hub.git.run("fsck", "--full", "--strict")


@pytest.mark.campaign
def test_a_build_goes_on_when_github_loses_every_sixth_answer(shop: tuple[World, Twin, Hub]) -> None:
    world, twin, hub = shop
    twin.faults = {number: lost if number % 12 else failing(502) for number in range(6, 600, 6)}
    job = run(world, world.submit())
    assert (job.status, job.error_message) == ("succeeded", "")
    assert hub.branches() == [job.branch, "main"]
    assert list(hub.pulls) == [1]


def test_a_rate_limit_makes_the_job_wait_and_burns_no_try(shop: tuple[World, Twin, Hub]) -> None:
    world, twin, _ = shop
    job = world.submit()
    twin.faults = {0: lambda _act: Answer(429, {"message": "Slow down"}, {"Retry-After": "300"})}
    assert world.step()
    job.refresh_from_db()
    assert (job.status, job.tries, job.station) == ("queued", 0, "intake")
    assert "Slow down" in job.wait_reason
    assert job.events.filter(name="station.waiting").exists()
    assert not world.step()  # it is not yet time


@pytest.mark.campaign
def test_a_shippers_pull_request_is_deployed_and_told_when_it_is(shop: tuple[World, Twin, Hub]) -> None:
    world, _, hub = shop
    world.repo.policy = {"deploy": "staging"}
    world.repo.save()
    job = run(world, operations.submit(order(), by=SHIPPER).job)
    assert (job.status, job.station) == ("queued", "deploy")
    assert "under way" in job.wait_reason
    assert [made["sha"] for made in hub.deployments] == [job.head_sha]
    status = {"id": 1, "state": "success", "description": "", "created_at": when(1), "target_url": ""}
    hub.deployment_statuses[1] = [{**status, "environment_url": SITE}]
    job = run(world, job)
    assert (job.status, job.deploy_url) == ("succeeded", SITE)
    told = [event.callback_status for event in job.events.all() if event.callback_status]
    assert told[-3:] == ["deploying", "deployed", "complete"]
    assert told.count("deployed") == 1


@pytest.mark.campaign
def test_a_deployment_that_fails_fails_the_job_and_keeps_the_pull_request(
    shop: tuple[World, Twin, Hub],
) -> None:
    world, _, hub = shop
    world.repo.policy = {"deploy": "staging"}
    world.repo.save()
    job = run(world, operations.submit(order(), by=SHIPPER).job)
    status = {"id": 1, "state": "failure", "description": "Out of disk", "created_at": when(1)}
    hub.deployment_statuses[1] = [{**status, "environment_url": "", "target_url": ""}]
    job = run(world, job)
    assert (job.status, job.error_code, job.error_station) == ("failed", "deploy_failed", "deploy")
    assert "Out of disk" in job.error_message
    assert (job.pr_number, hub.pulls[1]["state"], job.deploy_url) == (1, "open", "")
    assert "deployed" not in job.events.values_list("callback_status", flat=True)
