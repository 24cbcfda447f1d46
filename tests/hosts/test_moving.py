"""A build moves to another machine in the middle: hosts share Postgres, Redis, bucket and forge."""

import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from builds.adapters.artifacts_s3 import S3Artifacts
from builds.adapters.forge_local import LocalForge
from builds.models import Artifact, Job, ModelCall, Repo
from builds.operations import submit
from dreamsite.stores import Bucket
from tests.adapters.buckets import made_bucket, s3_server, variables
from tests.engine.workers import Workers, event_seen, status_is, wait_until
from tests.github.server import serving
from tests.github.state import Hub
from tests.github.twin import TOKEN, Twin
from tests.world import ALICE, EXAMPLES, PAPERBOY, order

pytestmark = pytest.mark.campaign

ENGINE = {"DREAM_LEASE_SECONDS": "2", "DREAM_SWEEP_SECONDS": "0.5", "DREAM_BACKOFF_SECONDS": "1"}


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """The one store of all hosts."""
    with s3_server() as endpoint:
        yield made_bucket(endpoint)


@pytest.fixture
def hub(transactional_db: None, tmp_path: Path) -> Iterator[tuple[Twin, Hub]]:
    """The example repository at the twin of GitHub."""
    with serving(Twin(tmp_path / "github")) as twin:
        LocalForge(tmp_path / "github").create(PAPERBOY, EXAMPLES / "paperboy")
        Repo.objects.create(owner=PAPERBOY.owner, name=PAPERBOY.name)
        yield twin, twin.add(PAPERBOY, tmp_path / "github" / PAPERBOY.owner / f"{PAPERBOY.name}.git")
    assert twin.violations == []


class Hosts:
    """Machines with nothing in common but addresses."""

    def __init__(self, workers: Workers, folder: Path) -> None:
        self.workers = workers
        self.folder = folder

    def start(self, name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """A command on a machine whose disk is empty."""
        places = {"DREAM_VAR": "var", "TMPDIR": "tmp", "HOME": "home"}
        for place in places.values():
            (self.folder / name / place).mkdir(parents=True)
        own = {variable: str(self.folder / name / place) for variable, place in places.items()}
        return self.workers.start(*command, **own, **more)

    def left(self, name: str) -> list[str]:
        """The files on a machine's disk, but for its own secrets."""
        files = (path for path in (self.folder / name).rglob("*") if path.is_file())
        return [str(path) for path in files if path.parent.name != "var"]


@pytest.fixture
def hosts(
    hub: tuple[Twin, Hub], bucket: Bucket, child_environment: dict[str, str], redis_client: redis.Redis,
    tmp_path: Path,
) -> Iterator[Hosts]:  # fmt: skip
    """What all hosts are told: the same addresses, as on real machines."""
    forge = {"DREAM_FORGE": "github", "GITHUB_API_URL": hub[0].api_url, "GITHUB_TOKEN": TOKEN}
    shared = {**child_environment, **ENGINE, **forge, **variables(bucket)}
    workers = Workers(shared, tmp_path / "workers.log")
    yield Hosts(workers, tmp_path / "hosts")
    workers.stop()


def lose(hosts: Hosts, name: str, worker: subprocess.Popen[bytes], *, gently: bool) -> None:
    """Stop a machine and take its disk away."""
    if gently:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    else:
        hosts.workers.kill(worker)
    shutil.rmtree(hosts.folder / name)


@pytest.mark.parametrize("gently", [True, False], ids=["SIGTERM", "kill -9"])
def test_a_build_goes_on_at_a_host_with_an_empty_disk_and_pays_nothing_twice(
    hosts: Hosts, hub: tuple[Twin, Hub], bucket: Bucket, *, gently: bool
) -> None:
    hosts.start("first", "scheduler")
    first = hosts.start("second", "worker", DREAM_SCRIPTED_DELAY="0.7")
    job = submit(order(), by=ALICE).job
    wait_until(lambda: event_seen(job, "item.done"), 60, "the first item")
    time.sleep(0.3)  # now a model call of the second item is under way
    assert job.work_items.filter(status="done").count() == 1
    lose(hosts, "second", first, gently=gently)
    hosts.start("third", "worker")
    wait_until(lambda: status_is(job, "succeeded", "failed"), 90, "the end")
    assert (job.status, job.error_message) == ("succeeded", ""), hosts.workers.log.read_text()
    assert event_seen(job, "run.handed_over" if gently else "run.resumed")
    paid_once(job)
    _, github = hub
    assert github.branches() == [job.branch, "main"]
    assert [pull["head_sha"] for pull in github.pulls.values()] == [github.head(job.branch)]
    assert [criterion.status for criterion in job.criteria.all()] == ["met"] * 4
    blobs_are_shared(job, bucket)
    assert hosts.left("third") == []


def paid_once(job: Job) -> None:
    """At most the one call that was in flight is paid again."""
    calls = ModelCall.objects.filter(job=job)
    answered = Counter(calls.filter(state="answered").values_list("purpose", "item", "turn"))
    assert set(answered.values()) == {1}
    assert [call.state for call in calls.exclude(state="answered")] in ([], ["lost"])
    assert job.reserved_usd == 0
    assert job.spent_usd == sum(call.cost_usd for call in calls)


def blobs_are_shared(job: Job, bucket: Bucket) -> None:
    """Every blob that a row names is in the bucket, whoever wrote it."""
    store = S3Artifacts(bucket)
    rows = Artifact.objects.filter(job=job)
    assert {row.kind for row in rows} >= {"patch", "change_set", "check", "review"}
    assert all(len(store.get(row.sha256)) == row.size for row in rows)
