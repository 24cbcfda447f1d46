"""What a second request under the same key is answered: each row of the old system's table, as it is now.

There a run, its key, a message in a queue and a status were four writes that could each fail alone. Here the
key and the run are one transaction of the database that is the truth, and the doorbell only wakes a worker
sooner: there is no `pending`, no marker, no 503 and nothing that a client has to send again.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from builds.models import IdempotencyKey, Job, Repo, StationRun
from builds.sweep import sweep
from tests.api.orders import order
from tests.api.v1.world import SPEC, V1, run_body
from tests.api.world import Api, is_problem, stored


def said(answer: Any) -> tuple[int, str, bool, str, bool]:
    """Status, run, and what is told of the key."""
    found = answer.json()
    key = found["idempotency"]
    return answer.status_code, found["run"]["id"], key["replayed"], key["status"], key["requeued"]


def test_a_new_key_makes_a_run(alice: V1, repo: Repo) -> None:
    answer = alice.order(" k1 ")
    run = answer.json()["run"]["id"]
    assert run.startswith("run_")
    assert len(run) == 40
    assert said(answer) == (202, run, False, "succeeded", False)
    assert (answer.json()["idempotency"]["key"], answer["Location"]) == ("k1", f"/v1/runs/{run}")
    assert "Idempotent-Replayed" not in answer


def test_same_key_and_same_body_give_the_same_run(alice: V1, repo: Repo) -> None:
    first = alice.order("k1")
    before = stored()
    again = alice.order("k1")
    assert said(again) == (200, first.json()["run"]["id"], True, "succeeded", False)
    assert again["Idempotent-Replayed"] == "true"
    assert stored() == before


SAME: list[tuple[str, dict[str, Any]]] = [
    ("an unknown field", {"extra": 1}),
    ("names in other letters, with spaces", {"repo": {"owner": " ACME", "name": "Shop "}}),
    ("what is meant anyway: prMode", {"prMode": "draft"}),
    ("what is meant anyway: a blank prMode", {"prMode": " "}),
    ("what is meant anyway: the requestor", {"requestor": " alice "}),
    ("what is meant anyway: null", {"budget": None, "metadata": None, "queueName": ""}),
]


@pytest.mark.parametrize("changes", [changes for _, changes in SAME], ids=[name for name, _ in SAME])
def test_what_says_the_same_is_the_same_body(alice: V1, repo: Repo, changes: dict[str, Any]) -> None:
    alice.order("k1")
    assert alice.order("k1", **changes).status_code == 200
    assert Job.objects.count() == 1


def test_the_order_of_members_and_the_way_a_repository_is_named_do_not_count(alice: V1, repo: Repo) -> None:
    alice.order("k1", goal="Be fast")
    turned = dict(reversed(run_body(goal="  Be fast ", repo=None, repoId=f"repo_{repo.uid}").items()))
    assert alice.post("/runs", turned, **{"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"spec": f"{SPEC} "},
        {"spec": None, "issue": {"number": 1}},
        {"goal": "Be fast"},
        {"prMode": "ready"},
        {"repo": {"owner": "acme", "name": "other"}},
        {"baseBranch": "main"},
        {"budget": {"maxDollars": 1}},
        {"planApproval": True},
        {"metadata": {"a": 1}},
    ],
)
def test_same_key_and_another_body_are_refused(alice: V1, repo: Repo, changes: dict[str, Any]) -> None:
    Repo.objects.create(owner="acme", name="other")
    alice.order("k1")
    before = stored()
    found = is_problem(alice.order("k1", **changes), 409, "idempotency_key_reused")
    assert found["error"] == "Idempotency key already used with different payload"
    assert stored() == before


def test_a_key_is_its_callers(alice: V1, bob: V1, olga: V1, repo: Repo) -> None:
    runs = {caller.order("k1").json()["run"]["id"] for caller in (alice, bob, olga)}
    assert len(runs) == 3
    assert bob.order("k1", goal="Another").status_code == 409
    assert IdempotencyKey.objects.count() == 3


def test_a_key_that_never_made_a_run_is_free(alice: V1, repo: Repo) -> None:
    Repo.objects.update(enabled=False)
    assert alice.order("k1").status_code == 422
    assert alice.order("k1", prMode="merge").status_code == 400
    Repo.objects.update(enabled=True)
    assert alice.order("k1", goal="Another").status_code == 202


@pytest.mark.parametrize("happened", ["disabled", "canceled", "cheaper", "endpoints"])
def test_a_replay_is_answered_whatever_has_happened_since(alice: V1, repo: Repo, happened: str) -> None:
    run = alice.order("k1").json()["run"]["id"]
    match happened:
        case "disabled":
            Repo.objects.update(enabled=False)
        case "canceled":
            alice.post(f"/runs/{run}/cancel", {})
        case "cheaper":
            Repo.objects.update(policy={"max_dollars": 0.01})
        case _:
            Repo.objects.update(policy={"endpoints": ["https://else.example"]})
    assert said(alice.order("k1"))[:3] == (200, run, True)


def test_a_key_is_known_for_48_hours_and_then_as_good_as_new(alice: V1, repo: Repo) -> None:
    first = alice.order("k1").json()["run"]["id"]
    IdempotencyKey.objects.update(created_at=Now() - timedelta(hours=47, minutes=59))
    assert alice.order("k1").status_code == 200
    IdempotencyKey.objects.update(created_at=Now() - timedelta(hours=48, seconds=1))
    answer = alice.order("k1", goal="Another")
    assert answer.status_code == 202
    assert answer.json()["run"]["id"] != first
    assert IdempotencyKey.objects.count() == 1


def test_the_sweep_forgets_keys_that_nobody_asks_about(alice: V1, repo: Repo) -> None:
    alice.order("old")
    IdempotencyKey.objects.update(created_at=Now() - timedelta(hours=49))
    alice.order("new")
    sweep("tests")
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]
    assert Job.objects.count() == 2


def test_a_lost_doorbell_needs_no_client(alice: V1, repo: Repo) -> None:
    """The old `queue publish threw`: the run is stored and due, so the sweep rings for it."""
    run = alice.order("k1").json()["run"]["id"]  # this test commits nothing, so nobody has rung
    assert said(alice.order("k1"))[:3] == (200, run, True)
    assert sweep("tests").rang == 1


def test_a_run_and_its_key_go_together(alice: V1, repo: Repo) -> None:
    alice.order("k1")
    StationRun.objects.all().delete()
    Job.objects.all().delete()
    assert not IdempotencyKey.objects.exists()
    assert alice.order("k1").status_code == 202


def test_storias_orders_need_no_key_and_are_replayed_by_their_name(alice: V1, repo: Repo) -> None:
    assert [Api().post(body=order()).status_code for _ in range(2)] == [202, 200]
    assert not IdempotencyKey.objects.exists()
