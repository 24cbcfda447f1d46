"""Forced freezes of real workers at the forge: another one goes on, and whoever wakes does nothing more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from builds import operations
from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.models import Job
from builds.people import Person
from tests.engine.workers import Workers, status_is, wait_until
from tests.fence.zombies import KEY, Freezing, Moment, effects, kept, succeeding
from tests.github.server import serving
from tests.world import PAPERBOY, make_world, order

SHIPPER = Person(name="alice", subject="alice", level="shipper")
QUICK = {"DREAM_LEASE_SECONDS": "2", "DREAM_SWEEP_SECONDS": "0.5", "DREAM_BACKOFF_SECONDS": "1"}
MOMENTS = {
    "the branch was looked for": Moment("GET", r"/git/ref/heads/dream/"),
    "a tree was made": Moment("POST", r"/git/trees$"),
    "a commit was made": Moment("POST", r"/git/commits$"),
    "the branch was made": Moment("POST", r"/git/refs$"),
    "the pull request was looked for": Moment("GET", r"/pulls$"),
    "the pull request was opened": Moment("POST", r"/pulls$"),
    "the deployment was looked for": Moment("GET", r"/deployments$"),
    "the deployment was made": Moment("POST", r"/deployments$"),
    "how the deployment goes was asked": Moment("GET", r"/deployments/\d+/statuses$"),
}
pytestmark = pytest.mark.campaign


@pytest.fixture
def workers(
    child_environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> Iterator[Workers]:
    """Worker processes with a short lease, which find blobs where this process keeps them."""
    variables = {**child_environment, **QUICK, "DREAM_ARTIFACTS": str(tmp_path / "artifacts")}
    found = Workers(variables, tmp_path / "workers.log")
    yield found
    found.stop()


@pytest.fixture
def freezing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Freezing]:
    """The forge, which freezes at the moment of this test."""
    with serving(Freezing(tmp_path / "repos", request.param)) as twin:
        assert isinstance(twin, Freezing)
        yield twin
    assert twin.violations == []


def before_create_pr(twin: Freezing, folder: Path) -> Job:
    """A shipper's job, built in this process as far as it leaves no trace outside."""
    forge = GitHubForge(Account(api_url=twin.api_url, token=KEY))
    world = make_world(folder, forge=forge)
    world.repo.policy = {"deploy": "staging"}
    world.repo.save()
    succeeding(twin.add(PAPERBOY, folder / "repos" / PAPERBOY.owner / f"{PAPERBOY.name}.git"))
    job = operations.submit(order(), by=SHIPPER).job
    while job.station != "create_pr":
        assert world.step()
        job.refresh_from_db()
    forge.close()
    return job


@pytest.mark.parametrize(
    "freezing",
    [pytest.param(each, id=name) for name, each in MOMENTS.items()],
    indirect=True,
)
def test_a_worker_that_wakes_past_its_lease_adds_nothing(
    freezing: Freezing, workers: Workers, tmp_path: Path
) -> None:
    job = before_create_pr(freezing, tmp_path)
    at_the_twin = {"DREAM_FORGE": "github", "GITHUB_API_URL": freezing.api_url, "GITHUB_TOKEN": KEY}
    freezing.workers = workers
    workers.start("scheduler")
    workers.start(**at_the_twin)
    wait_until(lambda: freezing.frozen.pids, 60, "the freeze")
    workers.start(**at_the_twin)
    wait_until(lambda: status_is(job, "succeeded", "failed"), 60, "the end")
    assert (job.status, job.error_message) == ("succeeded", "")
    hub = freezing.hubs[str(PAPERBOY)]
    rows_before, seen_before = kept(), effects(hub)
    assert len(hub.branches()) == 2
    assert (len(hub.pulls), len(hub.deployments)) == (1, 1)
    freezing.wake()
    assert effects(hub) == seen_before, freezing.frozen.asked_since
    assert kept() == rows_before
    assert job.events.filter(name="run.resumed").count() >= 1
    writes = [each for each in freezing.frozen.asked_since if not each.startswith("GET")]
    assert writes == [], "it was not even asked"
