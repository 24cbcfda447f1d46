"""Who is next: priority with ageing, and limits of repos and users that hold however many claim at once."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from builds import claims
from builds.claims import any_due, claim
from builds.models import Job, Priority, Repo
from builds.states import JobStatus
from tests import factories

LEASE = timedelta(seconds=30)
CLAIMERS = 16


def due(repo: Repo, **more: Any) -> Job:
    """A job that has been due for a moment, or for `ago`."""
    ago = more.pop("ago", timedelta(seconds=1))
    return factories.job(repo=repo, run_after=timezone.now() - ago, **more)


def claimed_at_once(times: int = 3) -> list[Job]:
    """What sixteen workers get when all claim at the same moment, each several times."""
    start, taken = threading.Barrier(CLAIMERS), []

    def work() -> None:
        start.wait()
        try:
            for _ in range(times):
                job = claim(threading.current_thread().name, LEASE)
                if job is not None:
                    taken.append(job)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, name=f"claimer-{number}") for number in range(CLAIMERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    """Sixteen connections claim at the same moment."""

    def test_no_repo_ever_has_more_builds_at_work_than_it_may(self, settings: Any) -> None:
        settings.REPO_CONCURRENCY = 2
        repos = [factories.repo(name=f"r{number}") for number in range(5)]
        Repo.objects.filter(pk=repos[0].pk).update(policy={"concurrency": 5})
        Repo.objects.filter(pk=repos[1].pk).update(policy={"concurrency": 1})
        for repo in repos:
            for _ in range(8):
                due(repo)
        taken = claimed_at_once()
        assert Counter(job.repo.name for job in taken) == {"r0": 5, "r1": 1, "r2": 2, "r3": 2, "r4": 2}
        assert len({job.pk for job in taken}) == len(taken)
        assert all((job.fence, job.tries) == (1, 1) for job in taken)
        assert not Job.objects.filter(status="queued").exclude(fence=0).exists()

    def test_no_user_ever_has_more_builds_at_work_than_they_may(self, settings: Any) -> None:
        settings.REPO_CONCURRENCY, settings.USER_CONCURRENCY = 0, 3
        for number in range(30):
            due(factories.repo(name=f"r{number % 3}"), user_id=("alice", "bob")[number % 2])
        assert Counter(job.user_id for job in claimed_at_once()) == {"alice": 3, "bob": 3}


@pytest.fixture
def repo(db: None) -> Repo:
    """A repository that takes one build at a time."""
    return factories.repo()


def running(repo: Repo, **more: Any) -> Job:
    """A job whose worker has its lease for a while yet."""
    until = timezone.now() + more.pop("left", LEASE)
    return factories.job(repo=repo, status="running", lease_until=until, fence=1, **more)


def test_what_a_limit_holds_back_is_not_due_and_costs_nothing(repo: Repo) -> None:
    at_work, held = running(repo), due(repo)
    assert not any_due()
    assert claim("tests", LEASE) is None
    held.refresh_from_db()
    assert (held.status, held.tries, held.fence, held.last_sequence) == ("queued", 0, 0, 0)
    Job.objects.filter(pk=at_work.pk).update(status="succeeded")
    assert any_due()
    found = claim("tests", LEASE)
    assert found is not None
    assert found.pk == held.pk


def test_an_abandoned_job_of_a_full_repo_is_taken_first(repo: Repo) -> None:
    abandoned = running(repo, left=timedelta(seconds=-1))
    factories.runs(abandoned, "intake", "running")
    due(repo, priority=Priority.CRITICAL)
    assert any_due()
    found = claim("tests", LEASE)
    assert found is not None
    assert (found.pk, found.fence) == (abandoned.pk, 2)
    assert claim("tests", LEASE) is None


def test_a_limit_of_a_repo_that_is_no_number_stops_nobody(repo: Repo) -> None:
    Repo.objects.filter(pk=repo.pk).update(policy={"concurrency": "many"})
    due(repo)
    assert claim("tests", LEASE) is not None


@pytest.mark.parametrize(("priority", "hours"), [(Priority.HIGH, 1), (Priority.MEDIUM, 2), (Priority.LOW, 3)])
@pytest.mark.parametrize(("more", "first"), [(-60, "critical"), (60, "aged")])
def test_a_waiting_job_overtakes_a_critical_one_after_an_hour_for_each_level(
    repo: Repo, priority: Priority, hours: int, more: int, first: str
) -> None:
    due(repo, job_id="aged", priority=priority, ago=timedelta(hours=hours, seconds=more))
    due(repo, job_id="critical", priority=Priority.CRITICAL, ago=timedelta(0))
    found = claim("tests", LEASE)
    assert found is not None
    assert found.job_id == first


def test_what_has_begun_goes_on_before_what_came_later(repo: Repo) -> None:
    first = due(repo, ago=timedelta(seconds=20))
    factories.runs(first, "intake", "pending")
    due(repo, ago=timedelta(seconds=10))
    for station in ("plan", "implement"):
        found = claim("tests", LEASE)
        assert found is not None
        assert found.pk == first.pk
        with transaction.atomic():
            found.move(JobStatus.QUEUED, station=station, tries=0)


def test_a_claimer_that_is_frozen_is_cut_off(repo: Repo) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        claims.one_at_a_time()
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("5s",)


@pytest.fixture
def many_jobs(db: None) -> None:
    """20 000 jobs that have ended, 20 000 that are due and 20 000 for later, in 20 repos."""
    given = {
        "job_id": "'bulk-' || n",
        "repo_id": "(%(repos)s::bigint[])[1 + n %% 20]",
        "priority": "(n / 20 %% 4) * 10",
        "status": "CASE WHEN n %% 3 = 0 THEN 'succeeded' ELSE 'queued' END",
        "run_after": "now() + (CASE WHEN n %% 3 = 1 THEN -1 ELSE 1 END) * n * interval '1 second'",
    }
    copied = [field.column for field in Job._meta.concrete_fields if field.column != "id"]
    values = ", ".join(given.get(column, f"old.{column}") for column in copied)
    rows = f"SELECT {values} FROM builds_job AS old, generate_series(1, 60000) AS n WHERE old.id = %(old)s"  # noqa: S608
    repos = [factories.repo(name=f"r{number}").pk for number in range(20)]
    with connection.cursor() as cursor:
        old = factories.job(status="succeeded").pk
        cursor.execute(f"INSERT INTO builds_job ({', '.join(copied)}) {rows}", {"repos": repos, "old": old})
        cursor.execute("ANALYZE builds_job")
        cursor.execute("ANALYZE builds_repo")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_the_claim_reads_jobs_by_index_and_few_of_them(many_jobs: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {claims.BEST}", claims.limits())
        (found,) = cursor.fetchone()
    plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
    reads = [node for node in nodes(plan) if "builds_job" in (node.get("Relation Name"), node.get("Alias"))]
    reads += [node for node in nodes(plan) if node["Node Type"].startswith("Bitmap Index")]
    assert reads
    assert "job_queued_by_repo" in {node.get("Index Name") for node in reads}
    assert not [node for node in reads if node["Node Type"] == "Seq Scan"], reads
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in reads) <= 4 * 25
    assert claims.best()
