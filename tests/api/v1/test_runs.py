"""Runs at `/v1`: listed, looked at, canceled, retried, decided; the same rows as Storia's jobs."""

from typing import Any

import pytest

from builds.adapters import connect
from builds.models import Artifact, Job, Repo
from tests.api.orders import order
from tests.api.v1.world import SPEC, V1
from tests.api.world import HASH, Api, is_problem, pause

STATIONS = ["intake", "plan", "implement", "verify", "review", "create_pr", "deploy"]


@pytest.fixture
def run(alice: V1, repo: Repo) -> dict[str, Any]:
    """Alice's run, as it came in."""
    found: dict[str, Any] = alice.order().json()["run"]
    return found


def end(run: dict[str, Any], status: str, **more: Any) -> Job:
    """Let a run have ended at verify."""
    job = Job.objects.get(job_id=run["id"])
    reached = ("intake", "plan", "implement")
    job.station_runs.filter(station__in=reached).update(status="succeeded")
    changes = {"station": "verify", "started_at": job.created_at, "finished_at": job.created_at, **more}
    Job.objects.filter(pk=job.pk).update(status=status, **changes)
    return job


def keep(run: dict[str, Any], data: bytes, **more: Any) -> Artifact:
    """Something that a station left behind."""
    values = {"kind": "plan", "name": "plan", "station": "plan", "attempt": 1, "size": len(data), **more}
    job = Job.objects.get(job_id=run["id"])
    sha = connect().artifacts.put(data)
    made: Artifact = job.artifacts.create(sha256=sha, **values)
    return made


def test_a_run_shows_all_its_stations_from_the_start(alice: V1, run: dict[str, Any]) -> None:
    found = alice.get(f"/runs/{run['id']}").json()
    assert {**found["run"], "gate": None, "actions": []} == {**run, "gate": None, "actions": []}
    assert [each["station"] for each in found["stations"]] == STATIONS
    assert {each["status"] for each in found["stations"]} == {"pending"}
    assert found["stations"][0]["id"] == f"station_{run['id']}_intake"
    assert (found["artifacts"], found["run"]["currentStation"], found["run"]["actions"]) == (
        [],
        None,
        ["cancel"],
    )


def test_other_peoples_runs_are_not_there(alice: V1, bob: V1, run: dict[str, Any]) -> None:
    for method, path in [("GET", ""), ("POST", "/cancel"), ("POST", "/retry"), ("GET", "/artifacts")]:
        found = is_problem(bob.send(method, f"/runs/{run['id']}{path}", {}), 404, "run_not_found")
        assert found["error"] == "Not found"
    assert bob.get("/runs").json()["runs"] == []


def test_a_job_of_one_door_is_a_run_of_the_other(alice: V1, run: dict[str, Any]) -> None:
    storia = Api()
    assert storia.get(f"/dream-build/{run['id']}").json()["status"] == "queued"
    assert storia.submit().status_code == 202
    found = alice.get("/runs/job-1").json()["run"]
    assert (found["id"], found["prMode"], found["repo"]) == (
        "job-1",
        "ready",
        {"owner": "acme", "name": "shop"},
    )
    assert [each["id"] for each in alice.get("/runs").json()["runs"]] == ["job-1", run["id"]]
    assert storia.post(f"/dream-build/{run['id']}/cancel", {}).status_code == 202
    assert alice.get(f"/runs/{run['id']}").json()["run"]["status"] == "canceled"
    assert alice.post("/runs/job-1/cancel", {}).json()["run"]["status"] == "canceled"
    assert storia.get("/dream-build/job-1").json()["status"] == "canceled"


def test_storias_door_finds_a_repository_whatever_its_case(alice: V1, repo: Repo) -> None:
    assert Api().post(body=order(repoOwner="Acme", repoName="SHOP")).status_code == 202


def test_lists_are_filtered_and_paged(alice: V1, repo: Repo) -> None:
    ids = [alice.order(spec=f"{SPEC}\n{n}").json()["run"]["id"] for n in range(5)]
    end({"id": ids[0]}, "succeeded")
    seen, path = [], "/runs?limit=2&repo=ACME/shop"
    while path:
        found = alice.get(path).json()
        seen += [each["id"] for each in found["runs"]]
        path = (found["next"] or "").partition("/v1")[2]
    assert seen == ids[::-1]
    assert [each["id"] for each in alice.get("/runs?status=succeeded").json()["runs"]] == [ids[0]]
    assert len(alice.get(f"/runs?repoId=repo_{repo.uid}").json()["runs"]) == 5
    assert alice.get("/runs?repo=acme/other").json()["runs"] == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit must be an integer between 1 and 100"),
        ("limit=101", "limit must be an integer between 1 and 100"),
        ("limit=ten", "limit must be an integer between 1 and 100"),
        ("status=complete", "Invalid status filter"),
        ("repo=shop", "repo filter must be in owner/name format"),
        ("repoId=7", "repoId must be repo_ and a UUID"),
        ("cursor=x", "The cursor is not of this list"),
        ("state=queued", "There is no query parameter state"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(alice: V1, db: None, query: str, sentence: str) -> None:
    answer = alice.get(f"/runs?{query}")
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_a_list_asks_as_little_for_many_runs_as_for_one(
    alice: V1, repo: Repo, django_assert_num_queries: Any
) -> None:
    for n in range(4):
        alice.order(spec=f"{SPEC}\n{n}")
    with django_assert_num_queries(2):
        assert len(alice.get("/runs").json()["runs"]) == 4


@pytest.mark.parametrize(
    ("status", "word", "station"),
    [("succeeded", "succeeded", None), ("failed", "failed", "verify"), ("canceled", "canceled", None)],
)
def test_how_a_run_ended_is_told_in_the_words_of_the_old_system(
    alice: V1, run: dict[str, Any], status: str, word: str, station: str | None
) -> None:
    end(run, status, error_code="x" if status != "succeeded" else "", error_message="Three tests fail.")
    found = alice.get(f"/runs/{run['id']}").json()["run"]
    assert (found["status"], found["currentStation"]) == (word, station)
    assert found["failureReason"] == ("Three tests fail." if status == "failed" else None)


def test_cancel_may_be_sent_again(alice: V1, run: dict[str, Any]) -> None:
    first = alice.post(f"/runs/{run['id']}/cancel", {"reason": "No longer wanted"})
    assert (first.status_code, first.json()["run"]["status"]) == (200, "canceled")
    again = alice.post(f"/runs/{run['id']}/cancel", {})
    assert (again.status_code, again.json()) == (200, first.json())


def test_canceling_a_run_that_has_succeeded_changes_nothing(alice: V1, run: dict[str, Any]) -> None:
    end(run, "succeeded")
    answer = alice.post(f"/runs/{run['id']}/cancel", {})
    assert (answer.status_code, answer.json()["run"]["status"]) == (200, "succeeded")


def test_a_retry_is_the_next_attempt_of_the_same_run(alice: V1, run: dict[str, Any]) -> None:
    end(run, "failed", error_code="checks_failed", error_station="verify")
    answer = alice.post(f"/runs/{run['id']}/retry", {"budget": {"maxDollars": 7}})
    found = answer.json()
    assert (answer.status_code, found["retriedFromRunId"], found["attempt"]) == (202, run["id"], 2)
    assert (found["run"]["id"], found["run"]["status"]) == (run["id"], "queued")
    assert found["run"]["budget"]["maxDollars"] == 7
    is_problem(alice.post(f"/runs/{run['id']}/retry", {}), 409, "wrong_state")
    assert Job.objects.count() == 1


@pytest.mark.parametrize("status", ["queued", "running", "paused", "succeeded"])
def test_only_failed_and_canceled_runs_are_retried(alice: V1, run: dict[str, Any], status: str) -> None:
    Job.objects.update(status=status)
    found = is_problem(alice.post(f"/runs/{run['id']}/retry", {}), 409, "wrong_state")
    assert found["error"] == "Only failed or canceled runs can be retried"


def test_a_retry_takes_no_more_than_the_policy_gives(alice: V1, run: dict[str, Any]) -> None:
    end(run, "failed")
    Repo.objects.update(policy={"max_dollars": 6})
    wanted = {"budget": {"maxDollars": 7}, "fromStation": "verify"}
    is_problem(alice.post(f"/runs/{run['id']}/retry", wanted), 422, "budget_too_large")
    is_problem(alice.post(f"/runs/{run['id']}/retry", {"budget": {"maxTokens": 7}}), 400, "invalid")


def test_a_paused_run_is_approved_for_what_it_showed(alice: V1, run: dict[str, Any]) -> None:
    pause(Job.objects.get(), "owner")
    shown = alice.get(f"/runs/{run['id']}").json()["run"]
    assert (shown["status"], shown["gate"]["contentHash"], shown["actions"]) == (
        "paused", HASH, ["approve", "reject", "cancel"],
    )  # fmt: skip
    is_problem(alice.post(f"/runs/{run['id']}/approve", {}), 428, "content_hash_missing")
    is_problem(alice.post(f"/runs/{run['id']}/approve", {"contentHash": "0" * 64}), 409, "content_changed")
    is_problem(alice.post(f"/runs/{run['id']}/reject", {"contentHash": HASH}), 400, "comment_missing")
    answers = [alice.post(f"/runs/{run['id']}/approve", {"contentHash": HASH}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert answers[0].json()["run"]["status"] == "running"
    is_problem(
        alice.post(f"/runs/{run['id']}/reject", {"contentHash": HASH, "comment": "no"}),
        409,
        "already_decided",
    )


def test_a_paused_run_is_rejected_with_a_reason(alice: V1, run: dict[str, Any]) -> None:
    pause(Job.objects.get(), "owner")
    answer = alice.post(f"/runs/{run['id']}/reject", {"contentHash": HASH, "comment": "Too risky"})
    assert (answer.status_code, answer.json()["run"]["status"]) == (202, "failed")
    assert answer.json()["run"]["failureReason"] == "alice rejected it: Too risky"


@pytest.mark.parametrize(
    ("data", "media_type", "storage", "payload"),
    [
        (b'{"a": [1]}', "application/json", "inline", {"a": [1]}),
        (b"two\nlines", "text/plain; charset=utf-8", "inline", "two\nlines"),
        (b"\x89PNG", "image/png", "store", None),
        (b"x" * (256 * 1024 + 1), "text/plain", "store", None),
    ],
)
def test_an_artifact_comes_with_its_payload(
    alice: V1, run: dict[str, Any], data: bytes, media_type: str, storage: str, payload: Any
) -> None:
    row = keep(run, data, media_type=media_type)
    (listed,) = alice.get(f"/runs/{run['id']}/artifacts").json()["artifacts"]
    assert alice.get(f"/runs/{run['id']}").json()["artifacts"] == [listed]
    found = alice.get(f"/runs/{run['id']}/artifacts/{listed['id']}").json()["artifact"]
    assert found == {**listed, "payload": payload}
    assert (listed["id"], listed["runId"], listed["type"], listed["storage"]) == (
        f"artifact_{row.pk}", run["id"], "plan", storage,
    )  # fmt: skip


def test_an_artifact_that_is_not_kept_any_more_says_so(alice: V1, run: dict[str, Any]) -> None:
    row = keep(run, b"x")
    Artifact.objects.update(sha256="0" * 64)
    is_problem(alice.get(f"/runs/{run['id']}/artifacts/artifact_{row.pk}"), 410, "artifact_gone")


@pytest.mark.parametrize("name", ["1", "artifact_0", "artifact_x", "artifact_" + "9" * 30, "artifact_\u00b2"])
def test_an_unknown_artifact_is_not_found(alice: V1, run: dict[str, Any], name: str) -> None:
    is_problem(alice.get(f"/runs/{run['id']}/artifacts/{name}"), 404, "artifact_not_found")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_strangers_are_not_told_what_is_no_route(alice: V1, db: None, method: str) -> None:
    assert alice.client.generic(method, "/v1/nowhere").status_code == 401
    is_problem(alice.send(method, "/nowhere"), 404, "not_found")


def test_ping_answers_whoever_has_a_sound_token(alice: V1, db: None) -> None:
    assert alice.get("/ping").json() == {"ok": True, "message": "pong"}
    assert alice.client.get("/v1/ping").status_code == 401
    alice.client.cookies["bob_password"] = "x"
    assert alice.client.get("/v1/ping").status_code == 401
