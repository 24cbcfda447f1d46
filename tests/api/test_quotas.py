"""How many unfinished jobs a user may have: counted in the database, never one too many."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from builds.models import Job, Repo
from builds.operations import quotas, submit
from builds.refusals import QuotaExceeded
from builds.states import ACTIVE
from specs.models import Spec
from tests.api.world import Api, is_problem
from tests.world import ALICE, order


@pytest.fixture
def two(doors: Any, repo: Repo) -> Any:
    """Two unfinished jobs are all that a user may have."""
    doors.USER_UNFINISHED = 2
    return doors


def ask(api: Api, number: int) -> Any:
    """An order of a name of its own."""
    return api.submit(jobId=f"job-{number}", userId=api.claims.get("sub", "alice"))


class TestAtTheDoor:
    """One order after the other."""

    def test_one_too_many_is_refused_and_leaves_nothing(self, two: Any, alice: Api) -> None:
        assert [ask(alice, number).status_code for number in range(2)] == [202, 202]
        answer = alice.submit(jobId="job-9", specMarkdown="# Another one\n\n- It is kept nowhere")
        found = is_problem(answer, 429, "quota_exceeded")
        assert found["detail"].startswith("alice has 2 unfinished jobs, and at most 2 are taken;")
        assert int(answer.headers["Retry-After"]) == 60
        assert (Job.objects.count(), Spec.objects.count()) == (2, 1)

    def test_a_replay_is_no_new_job(self, two: Any, alice: Api) -> None:
        for number in range(2):
            ask(alice, number)
        assert ask(alice, 1).status_code == 200

    def test_other_users_have_their_own(self, two: Any, alice: Api, bob: Api) -> None:
        for number in range(3):
            ask(alice, number)
        assert ask(bob, 10).status_code == 202

    @pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
    def test_a_finished_one_counts_no_more(self, two: Any, alice: Api, status: str) -> None:
        for number in range(2):
            ask(alice, number)
        Job.objects.filter(job_id="job-0").update(status=status)
        assert ask(alice, 3).status_code == 202

    @pytest.mark.parametrize("status", ["running", "paused"])
    def test_one_that_runs_or_asks_does(self, two: Any, alice: Api, status: str) -> None:
        for number in range(2):
            ask(alice, number)
        Job.objects.update(status=status)
        assert ask(alice, 3).status_code == 429

    def test_none_means_no_limit(self, two: Any, alice: Api) -> None:
        two.USER_UNFINISHED = 0
        assert [ask(alice, number).status_code for number in range(4)] == [202] * 4


def at_once(work: Any, number: int) -> Counter[str]:
    """What became of the same work in many threads that begin together."""
    start, ends = threading.Barrier(number), []

    def run(index: int) -> None:
        start.wait()
        try:
            ends.append("replayed" if work(index).replayed else "made")
        except QuotaExceeded:
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(ends)


class TestAtOnce:
    """Orders that race."""

    @pytest.fixture(autouse=True)
    def world(self, transactional_db: None, doors: Any) -> None:
        """Rows are committed, because threads have connections of their own; five jobs are allowed."""
        doors.USER_UNFINISHED = 5
        Repo.objects.create(owner="dream", name="paperboy")

    def test_exactly_as_many_as_allowed_come_in(self) -> None:
        ends = at_once(lambda index: submit(order(job_id=f"job-{index}"), by=ALICE), 16)
        assert ends == {"made": 5, "refused": 11}
        assert Job.objects.count() == 5

    def test_the_same_order_that_fills_the_quota_is_one_job_and_replays(self) -> None:
        for index in range(4):
            submit(order(job_id=f"earlier-{index}"), by=ALICE)
        ends = at_once(lambda _: submit(order(job_id="the-last"), by=ALICE), 12)
        assert ends == {"made": 1, "replayed": 11}


def test_what_is_counted_are_the_unfinished_states_from_their_index(db: None) -> None:
    assert all(f"'{status}'" in quotas.LOCK_AND_COUNT for status in ACTIVE)
    assert quotas.LOCK_AND_COUNT.count("'") == 2 * len(ACTIVE)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + quotas.LOCK_AND_COUNT.split(";")[1], ["alice"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "job_unfinished_by_user" in plan


def test_it_costs_one_query(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        quotas.check_unfinished("alice")
