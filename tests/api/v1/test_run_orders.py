"""What a run may be ordered with, and what is said about the rest."""

from typing import Any

import pytest

from builds.models import IdempotencyKey, Job, Repo
from tests.api.v1.world import V1, run_body
from tests.api.world import is_problem, stored

BOTH = "repo and issue objects are required"
NAMES = "repo.owner and repo.name are required"
NUMBER = "issue.number must be a positive integer"
GOAL = "goal must be a non-empty string when provided"
MODE = "prMode must be one of: draft, ready"


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"repo": None}, "/repo", BOTH),
        ({"repo": "acme/shop"}, "/repo", BOTH),
        ({"spec": None}, "/issue", BOTH),
        ({"spec": None, "issue": 7}, "/issue", BOTH),
        ({"repo": {"owner": "acme"}}, "/repo", NAMES),
        ({"repo": {"owner": " ", "name": "shop"}}, "/repo", NAMES),
        ({"repo": {"owner": 1, "name": "shop"}}, "/repo", NAMES),
        ({"repo": {"owner": "a/b", "name": "shop"}}, "/repo", "must be names of a repository"),
        ({"repoId": "repo_1"}, "/repoId", "Give repo or repoId, not both"),
        ({"issue": {"number": 1}}, "/spec", "Give issue or spec, not both"),
        ({"spec": None, "issue": {}}, "/issue/number", NUMBER),
        *[
            ({"spec": None, "issue": {"number": number}}, "/issue/number", NUMBER)
            for number in (0, -1, 1.5, "7", True, 2**31, [7])
        ],
        ({"spec": "  \n"}, "/spec", "spec must not be empty"),
        ({"spec": 7}, "/spec", "spec must be a string"),
        ({"spec": "x" * 200_001}, "/spec", "spec has 200001 characters"),
        ({"spec": "\u200b"}, "/spec", "The spec is empty"),
        ({"prMode": "merge"}, "/prMode", MODE),
        ({"prMode": 1}, "/prMode", MODE),
        ({"goal": " "}, "/goal", GOAL),
        ({"goal": 5}, "/goal", GOAL),
        ({"goal": "x" * 4001}, "/goal", "goal has 4001 characters"),
        ({"requestor": 7}, "/requestor", "requestor must be a string"),
        ({"budget": 5}, "/budget", "budget must be an object"),
        ({"budget": {"maxDollars": 0}}, "/budget/maxDollars", "must be a number above 0"),
        ({"budget": {"maxDollars": 1e-9}}, "/budget/maxDollars", "at least 0.000001"),
        ({"budget": {"maxTokens": 1.5}}, "/budget/maxTokens", "whole number"),
        ({"priority": "urgent"}, "/priority", "priority must be one of"),
        ({"baseBranch": "a..b"}, "/baseBranch", "not a branch name"),
        ({"branchPrefix": "main/"}, "/branchPrefix", "protected branch"),
        ({"callbackUrl": "http://a.example"}, "/callbackUrl", "callbackUrl must use HTTPS"),
        ({"deadline": "tomorrow"}, "/deadline", "ISO-8601"),
        ({"metadata": []}, "/metadata", "metadata must be an object"),
        ({"planApproval": "yes"}, "/planApproval", "true or false"),
    ],
)
def test_what_is_wrong_with_a_run_is_told_with_its_place_and_stores_nothing(
    alice: V1, repo: Repo, changes: dict[str, Any], pointer: str, sentence: str
) -> None:
    before = stored()
    found = is_problem(alice.order(**changes), 400, "invalid")
    assert pointer in [flaw["pointer"] for flaw in found["errors"]]
    assert sentence in found["error"]
    assert stored() == before
    assert not IdempotencyKey.objects.exists()


def test_a_goal_that_is_null_is_not_no_goal(alice: V1, repo: Repo) -> None:
    body = {**run_body(), "goal": None}
    found = is_problem(alice.post("/runs", body, **{"Idempotency-Key": "k"}), 400, "invalid")
    assert found["error"] == GOAL


@pytest.mark.parametrize("key", [None, "", "   ", "x" * 256])
def test_a_run_needs_a_key(alice: V1, repo: Repo, key: str | None) -> None:
    answer = alice.post("/runs", run_body(), **({} if key is None else {"Idempotency-Key": key}))
    assert is_problem(answer, 400, "invalid")["error"].startswith("Idempotency-Key")
    assert not Job.objects.exists()


def test_the_key_is_asked_for_before_the_body_is_looked_at(alice: V1) -> None:
    assert is_problem(alice.post("/runs", b"{"), 400, "invalid")["error"] == (
        "Idempotency-Key header is required"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"repo": {"owner": "acme", "name": "gone"}}, "Repository not found"),
        ({"repo": None, "repoId": "repo_00000000-0000-0000-0000-000000000000"}, "Repository not found"),
        ({"repo": None, "repoId": "7"}, "Repository not found"),
    ],
)
def test_a_run_needs_a_registered_repository(
    alice: V1, repo: Repo, changes: dict[str, Any], sentence: str
) -> None:
    assert is_problem(alice.order(**changes), 422, "repo_not_registered")["error"] == sentence


def test_a_repository_that_is_switched_off_takes_no_run(alice: V1, repo: Repo) -> None:
    Repo.objects.update(enabled=False)
    assert is_problem(alice.order(), 422, "repo_not_registered")["error"] == "Repository is disabled"


def test_what_a_run_leaves_open_comes_from_repository_and_settings(alice: V1, repo: Repo) -> None:
    Repo.objects.update(default_branch="trunk", policy={"max_dollars": 3, "max_tokens": 50_000})
    found = alice.order().json()["run"]
    assert (found["baseBranch"], found["prMode"], found["goal"], found["issueNumber"]) == (
        "trunk", "draft", None, None,
    )  # fmt: skip
    assert (found["budget"]["maxDollars"], found["budget"]["maxTokens"]) == (3, 50_000)
    assert (found["requestor"], found["status"], found["attempt"]) == ("alice", "queued", 1)
    job = Job.objects.get(job_id=found["id"])
    assert (job.requester, job.user_id, job.branch_prefix) == ("alice", "alice", "dream/")


def test_what_a_run_says_is_kept(alice: V1, repo: Repo) -> None:
    body: dict[str, Any] = {
        "repo": None, "repoId": f"repo_{repo.uid}", "baseBranch": "next", "prMode": "ready",
        "goal": " Be fast ",
        "budget": {"maxDollars": 1.5, "maxTokens": 9000}, "priority": "high", "planApproval": True,
        "metadata": {"a": 1}, "requestor": "alice",
    }  # fmt: skip
    found = alice.order(**body).json()["run"]
    job = Job.objects.get(job_id=found["id"])
    assert (found["prMode"], found["goal"], found["baseBranch"]) == ("ready", "Be fast", "next")
    assert (job.plan_approval, job.metadata, job.priority, float(job.max_dollars)) == (
        True,
        {"a": 1},
        10,
        1.5,
    )


@pytest.mark.parametrize("budget", [{"maxDollars": 3.01}, {"maxTokens": 50_001}])
def test_a_budget_above_the_policys_is_refused(alice: V1, repo: Repo, budget: dict[str, Any]) -> None:
    Repo.objects.update(policy={"max_dollars": 3, "max_tokens": 50_000})
    found = is_problem(alice.order(budget=budget), 422, "budget_too_large")
    assert "The policy of acme/shop gives one build at most" in found["error"]


def test_code_that_may_not_go_to_the_configured_endpoint_goes_nowhere(alice: V1, repo: Repo) -> None:
    Repo.objects.update(policy={"endpoints": ["https://models.acme.example/v1"]})
    found = is_problem(alice.order(), 422, "endpoint_not_allowed")
    assert "https://models.acme.example/v1 alone; here models are asked at scripted" in found["error"]
    Repo.objects.update(policy={"endpoints": ["Scripted/"]})
    assert alice.order().status_code == 202


def test_a_token_speaks_for_its_own_user_and_its_own_job(alice: V1, repo: Repo) -> None:
    is_problem(alice.order(requestor="bob"), 403, "token_not_for_this_job")
    bound = V1({"jti": "job-1"})
    is_problem(bound.order(), 403, "token_not_for_this_job")


def test_who_operates_orders_for_others(olga: V1, repo: Repo, bob: V1) -> None:
    found = olga.order(requestor="bob").json()["run"]
    assert bob.get(f"/runs/{found['id']}").json()["run"]["requestor"] == "bob"
    assert Job.objects.get().requester == "olga"


def test_who_may_only_read_orders_nothing(repo: Repo) -> None:
    is_problem(V1({"dreamTrustLevel": "observer"}).order(), 403, "not_trusted")
