"""POST /api/dream-build: stored once, or refused with one sentence and nothing stored."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from builds.models import Event, Job, Repo, StationRun
from builds.pipeline import STATIONS
from specs.models import Spec
from tests.api.orders import BAD_ORDERS, SPEC, order
from tests.api.tokens import token
from tests.api.world import Api, is_problem, stored

pytestmark = pytest.mark.django_db


def test_a_sound_order_is_stored_and_accepted(alice: Api, repo: Repo) -> None:
    answer = alice.post(body=order(metadata={"ticket": 7}), **{"X-Request-Id": "request-0001"})

    assert answer.status_code == 202, answer.content
    assert answer.headers["Location"] == "/api/dream-build/job-1"
    assert answer.headers["X-Request-Id"] == "request-0001"
    assert "Idempotent-Replayed" not in answer.headers
    assert answer.json() == {
        "ok": True,
        "jobId": "job-1",
        "mode": "immediate",
        "message": "Job job-1 started",
        "status": "queued",
        "scheduledFor": None,
        "links": {
            "self": "http://localhost:8000/api/dream-build/job-1",
            "events": "http://localhost:8000/api/dream-build/job-1/events",
            "artifacts": "http://localhost:8000/api/dream-build/job-1/artifacts",
        },
    }
    job = Job.objects.get()
    assert (job.job_id, job.requester, job.user_id, job.trust_level) == ("job-1", "alice", "alice", "builder")
    assert (str(job.max_dollars), job.max_tokens, job.metadata) == ("2.500000", 100_000, {"ticket": 7})
    assert (job.request_id, job.repo, job.spec.markdown) == ("request-0001", repo, SPEC)
    assert tuple(StationRun.objects.values_list("station", flat=True)) == STATIONS
    assert [event.sequence for event in Event.objects.all()] == [1]


def test_a_queue_name_defers(alice: Api, repo: Repo, settings: LazySettings) -> None:
    start = (timezone.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    settings.OFFPEAK = (start.time(), (start + timedelta(hours=1)).time())
    answer = alice.submit(queueName="night").json()
    scheduled = datetime.fromisoformat(answer["scheduledFor"])
    assert start <= scheduled <= start + timedelta(minutes=5)
    assert alice.submit(queueName="night").json() == answer
    assert (answer["mode"], answer["message"]) == ("queued", "Job job-1 queued for deferred processing")


def test_both_fronts_are_the_same_door(alice: Api, repo: Repo) -> None:
    assert Api(front="").submit().status_code == 202
    assert alice.submit().status_code == 200
    assert Api(front="").get("/dream-build/job-1").json() == alice.get("/dream-build/job-1").json()


def test_a_strange_job_id_survives_its_addresses(alice: Api, repo: Repo) -> None:
    answer = alice.submit(jobId="Nacht #1? 50% ü")
    assert answer.status_code == 202
    assert answer.headers["Location"] == "/api/dream-build/Nacht%20%231%3F%2050%25%20%C3%BC"
    assert alice.client.get(answer.headers["Location"]).status_code == 401
    assert alice.get(answer.headers["Location"].removeprefix("/api")).json()["jobId"] == "Nacht #1? 50% ü"


class TestAgain:
    """The same job id once more."""

    def test_the_same_order_is_answered_alike_and_stores_nothing(self, alice: Api, repo: Repo) -> None:
        first = alice.submit()
        rows = stored()
        again = alice.post(body={**order(), "unknown": "field", "trustLevel": "shipper"})

        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
        assert again.json() == first.json()
        assert again.headers["Location"] == first.headers["Location"]
        assert stored() == rows

    @pytest.mark.parametrize(
        "changes",
        [{"specMarkdown": "# Other"}, {"budget": {"maxTokens": 1, "maxDollars": 1}}, {"priority": "low"}],
    )
    def test_another_order_of_that_name_is_a_conflict(
        self, alice: Api, repo: Repo, changes: dict[str, Any]
    ) -> None:
        alice.submit()
        rows = stored()
        is_problem(alice.submit(**changes), 409, "job_id_reused")
        assert stored() == rows

    def test_other_people_s_names_are_taken_too(self, alice: Api, bob: Api, repo: Repo) -> None:
        alice.submit()
        is_problem(bob.submit(userId="bob"), 409, "job_id_reused")
        assert Job.objects.get().user_id == "alice"

    def test_a_replay_still_works_when_the_repo_is_gone_from_the_register(
        self, alice: Api, repo: Repo
    ) -> None:
        alice.submit()
        Repo.objects.update(enabled=False)
        assert alice.submit().status_code == 200


@pytest.mark.parametrize("case", BAD_ORDERS, ids=lambda case: case[0])
def test_a_bad_order_is_refused_and_nothing_is_stored(alice: Api, repo: Repo, case: tuple[Any, ...]) -> None:
    _, changes, pointer, detail = case
    problem = is_problem(alice.submit(**changes), 400, "invalid")
    assert problem["detail"].startswith(detail)
    assert pointer in {flaw["pointer"] for flaw in problem["errors"]}
    assert problem["instance"] == "/api/dream-build"
    assert stored() == (0, 0, 0, 0)


UNSUPPORTED = "unsupported_media_type"
NO_JSON = "Invalid JSON body"
BAD_REQUESTS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("nothing at all", {"body": b""}, 400, "invalid_json", NO_JSON),
    ("half an object", {"body": b'{"jobId": '}, 400, "invalid_json", NO_JSON),
    ("a key twice", {"body": b'{"jobId": "a", "jobId": "b"}'}, 400, "invalid_json", NO_JSON),
    ("NaN as dollars", {"body": b'{"budget": {"maxDollars": NaN}}'}, 400, "invalid_json", NO_JSON),
    ("no UTF-8", {"body": b'{"jobId": "\xff"}'}, 400, "invalid_json", NO_JSON),
    ("brackets without end", {"body": b"[" * 200_000}, 400, "invalid_json", NO_JSON),
    ("a list", {"body": []}, 400, "invalid_json", "Request body must be a JSON object"),
    ("text", {"body": "order"}, 400, "invalid_json", "Request body must be a JSON object"),
    ("an empty object", {"body": {}}, 400, "invalid", "Missing required job fields"),
    ("NUL in the spec", {"body": order(specMarkdown="# a\0b")}, 400, "invalid", "specMarkdown holds a"),
    ("NUL in metadata", {"body": order(metadata={"a": "\0"})}, 400, "invalid", "metadata.a holds"),
    ("NUL in an unknown field", {"body": order(x="\0")}, 400, "invalid", "x holds a character"),
    ("half a character", {"body": order(jobId="\ud800")}, 400, "invalid", "jobId holds a character"),
    ("an invisible spec", {"body": order(specMarkdown="\u200b")}, 400, "invalid", "Spec markdown is empty"),
    ("300 KB", {"body": order(x="x" * 300_000)}, 413, "too_large", "Request body is larger"),
    ("a form", {"body": b"jobId=1", "Content-Type": "application/x-www-form-urlencoded"}, 415,
     UNSUPPORTED, "Unsupported media type"),
    ("text/plain", {"body": b"{}", "Content-Type": "text/plain"}, 415, UNSUPPORTED, "Unsupported"),
    ("no content type", {"body": b"{}", "Content-Type": ""}, 415, UNSUPPORTED, "Unsupported"),
    ("a broken content type", {"body": b"{}", "Content-Type": ";;/"}, 415, UNSUPPORTED, "Unsupported"),
    ("HTML wanted", {"body": order(), "Accept": "text/html"}, 406, "not_acceptable", "Could not satisfy"),
    ("an unknown repo", {"body": order(repoName="other")}, 422, "repo_not_registered", "acme/other is"),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD_REQUESTS, ids=lambda case: case[0])
def test_a_bad_request_is_refused_and_nothing_is_stored(
    alice: Api, repo: Repo, case: tuple[Any, ...]
) -> None:
    _, request_, status, code, sentence = case
    headers = {key: value for key, value in request_.items() if key != "body"}
    problem = is_problem(alice.post(body=request_["body"], **headers), status, code)
    assert problem["detail"].startswith(sentence)
    assert stored() == (0, 0, 0, 0)


def test_a_disabled_repo_takes_no_orders(alice: Api, repo: Repo) -> None:
    Repo.objects.update(enabled=False)
    is_problem(alice.submit(), 422, "repo_not_registered")
    assert stored() == (0, 0, 0, 0)


def test_a_model_without_a_price_takes_no_orders(alice: Api, repo: Repo) -> None:
    Repo.objects.update(policy={"writer": "gpt-nobody-priced"})
    problem = is_problem(alice.submit(), 422, "model_not_priced")
    assert "gpt-nobody-priced" in problem["detail"]
    assert stored() == (0, 0, 0, 0)


class TestTrust:
    """The signed claim decides, and nothing in the body."""

    @pytest.mark.parametrize("level", ["observer", "planner"])
    def test_readers_build_nothing(self, repo: Repo, level: str) -> None:
        answer = Api({"dreamTrustLevel": level}).submit(trustLevel="shipper")
        problem = is_problem(answer, 403, "not_trusted")
        assert problem["detail"] == f"Insufficient trust level: {level}. Required: builder or shipper"
        assert stored() == (0, 0, 0, 0)

    def test_a_body_makes_nobody_a_shipper(self, alice: Api, repo: Repo) -> None:
        alice.submit(trustLevel="shipper")
        assert Job.objects.get().trust_level == "builder"

    def test_a_token_speaks_for_its_own_user_only(self, alice: Api, repo: Repo) -> None:
        is_problem(alice.submit(userId="bob"), 403, "token_not_for_this_job")
        assert stored() == (0, 0, 0, 0)

    def test_a_token_that_names_a_job_is_for_that_job_only(self, repo: Repo) -> None:
        bound = Api({"jti": "job-2"})
        is_problem(bound.submit(jobId="job-1"), 403, "token_not_for_this_job")
        assert stored() == (0, 0, 0, 0)
        assert bound.submit(jobId="job-2").status_code == 202

    def test_the_bare_secret_asks_in_its_own_name(self, repo: Repo, doors: LazySettings) -> None:
        secret = "one-bare-secret-without-any-spaces-in-it"
        doors.STORIA_SECRETS, doors.ALLOW_SHARED_SECRET = (secret,), True
        bare = {"Authorization": f"Bearer {secret}"}
        client = Api()
        assert client.post(body=order(), **bare).status_code == 202
        job = Job.objects.get()
        assert (job.requester, job.user_id, job.trust_level) == ("shared-secret", "alice", "builder")
        assert client.get("/dream-build/job-1", **bare).status_code == 200

    def test_nobody_gets_in_without_a_token(self, repo: Repo) -> None:
        answer = Client().post("/api/dream-build", order(), content_type="application/json")
        problem = is_problem(answer, 401, "not_authenticated")
        assert problem["detail"] == "Missing Authorization header"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert stored() == (0, 0, 0, 0)

    def test_neither_a_query_string_nor_a_cookie_lets_in(self, admin_client: Client, repo: Repo) -> None:
        sound = token()
        answer = admin_client.get("/api/dream-build/job-1", {"token": sound, "access_token": sound})
        is_problem(answer, 401, "not_authenticated")


def test_two_orders_of_one_spec_share_its_row(alice: Api, repo: Repo) -> None:
    alice.submit(jobId="one")
    alice.submit(jobId="two")
    assert (Job.objects.count(), Spec.objects.count()) == (2, 1)


def test_a_post_costs_eight_statements_and_a_repeated_one_costs_two(
    alice: Api, repo: Repo, django_assert_num_queries: Any
) -> None:
    for spec in (SPEC, "# Another spec", SPEC):  # new or known
        job_id = f"job-{Job.objects.count()}"
        # repo and job? begin, lock and count, spec, job, station runs, event, commit
        with django_assert_num_queries(8):
            assert alice.submit(jobId=job_id, specMarkdown=spec, queueName="night").status_code == 202
        with django_assert_num_queries(2):
            again = alice.submit(jobId=job_id, specMarkdown=spec, queueName="night")
        assert again.status_code == 200
        with django_assert_num_queries(2):
            assert alice.submit(jobId=job_id, specMarkdown="# Quite another").status_code == 409


def test_what_a_post_stores_is_what_it_answers(alice: Api, repo: Repo) -> None:
    answer = alice.submit(deadline="2100-01-31T07:00:00+01:00", queueName="night").json()
    job = Job.objects.get()
    assert (job.spec.markdown, job.spec.title, job.title) == (SPEC, "Add a greeting", "Add a greeting")
    assert (job.last_sequence, Event.objects.get().sequence) == (1, 1)
    assert answer["scheduledFor"] == alice.get("/dream-build/job-1").json()["scheduledFor"]
