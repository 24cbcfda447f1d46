"""GET /api/dream-build: the jobs of whoever asks, in pages that lose and repeat nothing."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.db.models import F
from django.utils import timezone

from builds.api.pages import MOST, USUAL
from builds.models import Approval, Halt, Job, Repo
from builds.public import public_status
from builds.public_lists import STATUSES
from tests import factories
from tests.api.world import Api, is_problem, pause

pytestmark = pytest.mark.django_db
PLACE = "/dream-build"


@pytest.fixture
def many(repo: Repo) -> list[Job]:
    """Seven jobs of Alice's and two of Bob's."""
    mine = [factories.job(job_id=f"job-{n}", repo=repo) for n in range(1, 8)]
    for n in (1, 2):
        factories.job(job_id=f"bob-{n}", repo=repo, user_id="bob", requester="bob")
    return mine


def names(api: Api, query: str = "") -> list[str]:
    """The job ids of one page."""
    answer = api.get(f"{PLACE}{query}")
    assert answer.status_code == 200, answer.content
    return [job["jobId"] for job in answer.json()["jobs"]]


def walk(api: Api, query: str) -> list[list[str]]:
    """All pages, by following `next`."""
    pages = []
    while query:
        answer = api.get(f"{PLACE}{query}")
        assert answer.status_code == 200, answer.content
        pages.append([job["jobId"] for job in answer.json()["jobs"]])
        following = answer.json()["next"]
        query = f"?{urlsplit(following).query}" if following else ""
        if following:
            assert following.startswith("http://localhost:8000/api/dream-build?")
            assert f'<{following}>; rel="next"' in answer.headers["Link"]
    return pages


def change(job_id: str, **columns: Any) -> None:
    """Write what the engine would have written."""
    assert Job.objects.filter(job_id=job_id).update(**columns) == 1


def test_the_newest_come_first_and_each_row_speaks_as_the_document_does(alice: Api, job: Job) -> None:
    pause(job, "owner")
    listed = alice.get(PLACE).json()
    whole = alice.get(f"{PLACE}/job-1").json()
    (row,) = listed["jobs"]
    assert (listed["next"], listed["halted"]) == (None, None)
    assert {"status", "title", "repo", "budget", "error", "gate", "actions", "links"} <= set(row)
    assert row["gate"].items() <= whole["gate"].items()
    assert {name: value for name, value in row.items() if name != "gate"}.items() <= whole.items()
    assert row["actions"] == ["approve", "reject", "cancel"]


def test_an_empty_list_is_a_list(alice: Api, repo: Repo) -> None:
    answer = alice.get(PLACE)
    assert (answer.status_code, answer.json()) == (200, {"jobs": [], "next": None, "halted": None})
    assert "Link" not in answer.headers


def test_a_halt_is_told_above_the_list(alice: Api, repo: Repo) -> None:
    Halt.objects.create(by="olga", reason="a bad night")
    found = alice.get(PLACE).json()["halted"]
    assert (found["by"], found["reason"]) == ("olga", "a bad night")


class TestPages:
    """Every job once."""

    @pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
    def test_every_job_is_on_exactly_one_page(self, alice: Api, many: list[Job], limit: int) -> None:
        pages = walk(alice, f"?limit={limit}")
        assert [name for page in pages for name in page] == [f"job-{n}" for n in range(7, 0, -1)]
        assert {len(page) for page in pages[:-1]} <= {limit}

    def test_jobs_that_come_in_meanwhile_move_nothing(self, alice: Api, many: list[Job], repo: Repo) -> None:
        first = alice.get(f"{PLACE}?limit=3").json()
        factories.job(job_id="later", repo=repo)
        change("job-4", status="running")
        assert names(alice, f"?{urlsplit(first['next']).query}") == ["job-4", "job-3", "job-2"]

    def test_a_page_has_twenty_and_at_most_a_hundred(self, alice: Api, repo: Repo) -> None:
        for n in range(MOST + 1):
            factories.job(job_id=f"job-{n}", repo=repo)
        assert [len(names(alice, query)) for query in ("", f"?limit={MOST}")] == [USUAL, MOST]

    def test_filters_go_along_and_the_limit_may_change(self, alice: Api, many: list[Job]) -> None:
        Job.objects.filter(job_id__in=["job-2", "job-4", "job-6"]).update(status="paused")
        following = alice.get(f"{PLACE}?status=paused&limit=1").json()["next"]
        assert "status=paused" in following
        cursor = urlsplit(following).query.replace("limit=1", "limit=50")
        assert names(alice, f"?{cursor}") == ["job-4", "job-2"]

    def test_a_later_page_says_where_the_list_begins(self, alice: Api, many: list[Job]) -> None:
        following = alice.get(f"{PLACE}?limit=3").json()["next"]
        link = alice.get(f"{PLACE}?{urlsplit(following).query}").headers["Link"]
        assert '<http://localhost:8000/api/dream-build?limit=3>; rel="first"' in link

    def test_a_strange_cursor_is_one_clear_400(
        self, alice: Api, bob: Api, many: list[Job], settings: LazySettings
    ) -> None:
        own = urlsplit(alice.get(f"{PLACE}?limit=1").json()["next"]).query
        cursor = own.partition("cursor=")[2]
        strange = {
            "nonsense": (alice, "cursor=abc"),
            "NUL": (alice, "cursor=%00"),
            "no ASCII": (alice, "cursor=%C3%BC.%C3%BC"),
            "changed": (alice, f"cursor=A{cursor[1:]}"),
            "other filters": (alice, f"cursor={cursor}&status=paused"),
            "somebody else's": (bob, f"cursor={cursor}"),
        }
        codes = {what: api.get(f"{PLACE}?{query}").json()["code"] for what, (api, query) in strange.items()}
        assert codes == dict.fromkeys(strange, "invalid_cursor") | {"NUL": "invalid"}
        other = alice.get(f"{PLACE}/job-1/artifacts?cursor={cursor}")
        assert "start again" in is_problem(other, 400, "invalid_cursor")["detail"]
        settings.SECRET_KEY = "another key, from a later day"
        is_problem(alice.get(f"{PLACE}?{own}"), 400, "invalid_cursor")


class TestFilters:
    """Public words in, the right jobs out."""

    @pytest.mark.parametrize("word", STATUSES)
    def test_each_status_lists_exactly_the_jobs_that_say_it(self, alice: Api, repo: Repo, word: str) -> None:
        now = timezone.now()
        for status in ("queued", "running", "paused", "succeeded", "failed", "canceled"):
            for started in (None, now):
                for cause in ("", "cap", "halted", "provider"):
                    factories.job(repo=repo, status=status, started_at=started, wait_cause=cause)
        wanted = [job.job_id for job in Job.objects.order_by("-id") if public_status(job) == word]
        assert wanted
        assert names(alice, f"?limit=100&status={word}") == wanted

    @pytest.mark.parametrize("query", ["?status=paused,failed", "?status=failed&status=paused"])
    def test_several_statuses_may_be_asked_for(self, alice: Api, many: list[Job], query: str) -> None:
        change("job-2", status="paused")
        change("job-5", status="failed")
        assert names(alice, query) == ["job-5", "job-2"]

    def test_by_repository_and_by_user(self, alice: Api, many: list[Job]) -> None:
        change("job-3", repo=factories.repo("acme", "other"))
        assert names(alice, "?repo=acme/other") == ["job-3"]
        assert names(alice, "?repo=acme/none") == []
        change("job-4", user_id="carol")  # Alice asked, for Carol
        assert names(alice, "?userId=carol") == ["job-4"]
        assert names(alice, "?userId=bob") == []

    def test_since_a_moment(self, alice: Api, many: list[Job]) -> None:
        day = timezone.now() - timedelta(days=1)
        Job.objects.filter(job_id__in=["job-1", "job-2"]).update(
            created_at=F("created_at") - timedelta(days=3)
        )
        moment = f"{day:%Y-%m-%dT%H:%M:%SZ}"
        assert names(alice, f"?since={moment}") == [f"job-{n}" for n in range(7, 2, -1)]
        assert walk(alice, f"?since={moment}&limit=2")[-1] == ["job-3"]
        assert names(alice, "?since=2100-01-01T00:00:00%2B01:00") == []

    def test_what_awaits_the_caller(self, alice: Api, bob: Api, many: list[Job]) -> None:
        for name, who in (("job-2", "owner"), ("job-3", "reviewer"), ("job-4", "other_reviewer")):
            pause(Job.objects.get(job_id=name), who)
        pause(Job.objects.get(job_id="job-5"), "owner")
        Approval.objects.filter(job__job_id="job-5").update(state="approved")
        assert names(alice, "?awaitingMe=true") == ["job-2"]
        assert len(names(alice, "?awaitingMe=false")) == 7
        assert names(bob, "?awaitingMe=true") == []
        reader = Api({"dreamTrustLevel": "observer"})
        assert names(reader, "?awaitingMe=true") == []

    @pytest.mark.parametrize(
        ("query", "pointer", "sentence"),
        [
            ("limit=0", "/limit", "limit must be a whole number from 1 to 100"),
            ("limit=101", "/limit", "limit must be"),
            ("limit=-1", "/limit", "limit must be"),
            ("limit=1e1", "/limit", "limit must be"),
            ("limit=%D9%A3", "/limit", "limit must be"),
            ("limit=1&limit=2", "/limit", "limit is given 2 times; give it once"),
            ("status=done", "/status", "status must be one or more of: queued, running, paused"),
            ("status=succeeded", "/status", "status must be one or more of"),
            ("status=paused,", "/status", "status must be one or more of"),
            ("repo=acme", "/repo", "repo must be a repository as owner/name"),
            ("repo=a/b/c", "/repo", "repo must be"),
            ("repo=../x", "/repo", "repo must be"),
            ("userId=", "/userId", "userId is empty; leave it out, or give it a value"),
            ("userId=%00", "/userId", "userId holds a character that cannot be stored"),
            (f"userId={'x' * 201}", "/userId", "userId has 201 characters"),
            ("since=yesterday", "/since", "since must be an ISO-8601 time with a zone"),
            ("since=2030-01-31", "/since", "since must be"),
            ("awaitingMe=yes", "/awaitingMe", "awaitingMe must be true or false"),
            ("state=open", "/state", "There is no query parameter state; there are repo, userId, since"),
            ("a%2Fb=1", "/a~1b", "There is no query parameter a/b"),
            ("%00=1", "/\0", "There is no query parameter ;"),
            ("token=x", "/token", "There is no query parameter token"),
        ],
    )
    def test_a_question_that_makes_no_sense_is_refused(
        self, alice: Api, repo: Repo, query: str, pointer: str, sentence: str
    ) -> None:
        found = is_problem(alice.get(f"{PLACE}?{query}"), 400, "invalid")
        assert found["detail"].startswith(sentence)
        assert [flaw["pointer"] for flaw in found["errors"]] == [pointer]

    def test_everything_that_is_wrong_is_told_at_once(self, alice: Api, repo: Repo) -> None:
        found = is_problem(alice.get(f"{PLACE}?limit=0&status=x&repo=y&z=1"), 400, "invalid")
        assert {flaw["pointer"] for flaw in found["errors"]} == {"/limit", "/status", "/repo", "/z"}

    def test_a_thousand_parameters_are_refused_too(self, alice: Api, repo: Repo) -> None:
        is_problem(alice.get(f"{PLACE}?{'&'.join(f'p{n}=1' for n in range(1200))}"), 400, "invalid")


class TestWhoSees:
    """Own jobs only."""

    def test_everybody_lists_what_they_asked_for_and_what_is_theirs(
        self, alice: Api, bob: Api, many: list[Job]
    ) -> None:
        change("job-7", user_id="bob")  # asked for by Alice, on Bob's behalf
        assert names(bob) == ["bob-2", "bob-1", "job-7"]
        assert names(alice)[0] == "job-7"
        assert [len(page) for page in walk(bob, "?limit=1")] == [1, 1, 1]

    @pytest.mark.parametrize("level", ["observer", "planner"])
    def test_readers_are_offered_nothing(self, many: list[Job], level: str) -> None:
        rows = Api({"dreamTrustLevel": level}).get(PLACE).json()["jobs"]
        assert len(rows) == 7
        assert {tuple(row["actions"]) for row in rows} == {()}

    def test_without_a_token_there_is_no_list(self, alice: Api, many: list[Job]) -> None:
        is_problem(alice.client.get("/api/dream-build"), 401, "not_authenticated")


def test_a_list_costs_as_many_queries_for_many_as_for_one(
    alice: Api, repo: Repo, django_assert_num_queries: Any
) -> None:
    for n in range(30):
        factories.paused("owner", job_id=f"job-{n}", repo=repo)
    for query in ("?limit=1", "?limit=30", "?awaitingMe=true&since=2020-01-01T00:00:00Z&status=paused"):
        with django_assert_num_queries(4):  # own jobs, those for others, open questions, halt
            assert names(alice, query)


def test_a_large_spec_is_not_read_for_a_list(alice: Api, repo: Repo, django_assert_num_queries: Any) -> None:
    factories.job(repo=repo)
    with django_assert_num_queries(4) as asked:
        names(alice)
    statement = asked.captured_queries[0]["sql"]
    assert not any(column in statement for column in ("markdown", '"plan"', '"intake"', '"review"'))
