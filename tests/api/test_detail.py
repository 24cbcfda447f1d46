"""GET /api/dream-build/{jobId}: everything of a job, for those who may see it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from builds.evidence import CheckRun, Criterion, Finding, LeftOut, Plan, PlannedItem, Quote, Review
from builds.models import Artifact, CheckResult, Halt, Job, JobCriterion, StationRun, WorkItem
from builds.public import public_status
from builds.values import dump
from tests.api.orders import order
from tests.api.world import FINDING, HASH, Api, is_problem, pause

pytestmark = pytest.mark.django_db

CONTRACT = {
    *("jobId", "specId", "userId", "title", "status", "station", "priority", "repo", "baseBranch", "baseSha"),
    *("branch", "prUrl", "prNumber", "deployUrl", "error", "tokensUsed", "costEstimate", "budget", "plan"),
    *("completedItems", "criteria", "checks", "review", "vexReview", "gate", "stations", "artifacts"),
    *("attempts", "scheduledFor", "waitReason", "actions", "links", "requestId", "halted"),
    *("createdAt", "startedAt", "updatedAt", "finishedAt"),
}


def see(api: Api) -> dict[str, Any]:
    """The job as somebody sees it."""
    answer = api.get("/dream-build/job-1")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def change(job: Job, **columns: Any) -> None:
    """Write what the engine would have written."""
    Job.objects.filter(pk=job.pk).update(**columns)
    job.refresh_from_db()


def test_a_new_job_says_everything_the_contract_names(alice: Api, job: Job) -> None:
    found = see(alice)
    assert set(found) >= CONTRACT
    assert (found["status"], found["station"], found["attempts"]) == ("queued", "intake", 1)
    assert (found["jobId"], found["specId"], found["userId"]) == ("job-1", "spec-1", "alice")
    assert (found["title"], found["repo"], found["baseBranch"]) == ("Add a greeting", "acme/shop", "main")
    assert found["budget"] == {
        "maxTokens": 100_000,
        "maxDollars": 2.5,
        "spent": 0.0,
        "reserved": 0.0,
        "left": 2.5,
    }
    unknown = (
        "baseSha",
        "branch",
        "prUrl",
        "prNumber",
        "deployUrl",
        "error",
        "plan",
        "review",
        "vexReview",
        "gate",
    )
    assert [found[name] for name in unknown] == [None] * len(unknown)
    assert [run["status"] for run in found["stations"]] == ["pending"] * 7
    assert found["actions"] == ["cancel"]
    assert set(found["links"]) == {"self", "events", "artifacts", "cancel"}
    assert found["createdAt"].endswith("Z")


def test_nothing_secret_is_told(alice: Api, job: Job) -> None:
    told = alice.get("/dream-build/job-1").content.decode()
    assert "storia.example/callbacks" not in told
    assert job.payload_hash not in told


def test_a_plan_its_items_and_criteria_are_shown(alice: Api, job: Job) -> None:
    first = PlannedItem(key="1", title="Greet", criteria=(1,), paths=("shop/*.py",), check="tests")
    plan = Plan(
        summary="Small",
        items=(first,),
        left_out=(LeftOut(number=2, why="not now"),),
        quote=Quote(
            low_usd="0.10", high_usd="0.40", low_minutes=2, high_minutes=9, basis="estimate, 0 past builds"
        ),
    )
    change(job, plan=dump(plan), plan_sha=plan.sha)
    WorkItem.objects.create(
        job=job, attempt=1, ordinal=1, key="1", title="Greet", planned=dump(first), status="done"
    )
    WorkItem.objects.create(job=job, attempt=1, ordinal=2, key="r1", title="Repair", planned=dump(first))
    JobCriterion.objects.create(job=job, number=1, text="greets", status="met", evidence="tests::test_greet")
    found = see(alice)
    assert found["plan"]["sha"] == plan.sha
    assert [(item["key"], item["status"]) for item in found["plan"]["items"]] == [
        ("1", "done"),
        ("r1", "pending"),
    ]
    assert found["plan"]["leftOut"] == [{"id": 2, "why": "not now"}]
    assert found["plan"]["quote"]["highUsd"] == "0.40"
    assert found["completedItems"] == ["Greet"]
    assert found["criteria"][0] | {} == {
        "id": 1, "text": "greets", "status": "met", "evidence": "tests::test_greet", "proposed": False,
    }  # fmt: skip
    assert Criterion(number=1, text="greets").number == found["criteria"][0]["id"]


def add_check(job: Job, phase: Any, tree: str, outcome: Any, tests: dict[str, Any]) -> None:
    run = CheckRun(
        phase=phase, check="tests", argv=("t",), tree_sha=tree, outcome=outcome, tests=tests, exit_code=0
    )
    CheckResult.objects.create(
        job=job, attempt=1, phase=phase, check_name="tests", tree_sha=tree, outcome=outcome, run=dump(run)
    )


def test_evidence_of_an_older_tree_is_not_shown_as_evidence(alice: Api, job: Job) -> None:
    review = Review(
        tree_sha="b" * 40, verdict="approve", summary="Fine", findings=(Finding(**FINDING),), risk="high"
    )
    change(job, tree_sha="b" * 40, review=dump(review))
    add_check(job, "baseline", "a" * 40, "failed", {"t1": "failed"})
    add_check(job, "after", "0" * 40, "failed", {"t1": "failed"})
    add_check(job, "after", "b" * 40, "passed", {"t1": "passed", "t2": "passed", "t3": "skipped"})
    found = see(alice)
    assert [(run["check"], run["outcome"]) for run in found["checks"]["before"]] == [("tests", "failed")]
    assert [run["tests"] for run in found["checks"]["after"]] == [{"passed": 2, "failed": 0, "skipped": 1}]
    assert found["review"]["findings"] == [FINDING]
    assert found["vexReview"] == {"riskLevel": "high", "recommendation": "proceed", "flaggedCount": 1}

    change(job, tree_sha="c" * 40)
    found = see(alice)
    assert (found["checks"]["after"], found["review"], found["vexReview"]) == ([], None, None)


def test_money_is_told_in_dollars_to_a_millionth(alice: Api, job: Job) -> None:
    change(job, spent_usd=Decimal("0.1234567"), reserved_usd=Decimal("0.3"), tokens_used=1234)
    found = see(alice)
    assert (found["costEstimate"], found["tokensUsed"]) == (0.123457, 1234)
    assert found["budget"]["left"] == pytest.approx(2.076543)


def test_a_question_says_what_a_yes_does_and_who_may_say_it(alice: Api, job: Job) -> None:
    pause(job, "other_reviewer")
    found = see(alice)
    gate = found["gate"]
    assert found["status"] == "paused"
    assert (gate["name"], gate["station"], gate["contentHash"]) == ("NothingDestructive", "create_pr", HASH)
    assert (gate["onApprove"], gate["onReject"]) == ("One pull request is opened.", "The job fails.")
    assert gate["mayDecide"] == "other_reviewer"
    assert gate["whyNot"] == "You asked for this build; a reviewer other than you decides it."
    assert gate["findings"] == [FINDING]
    assert found["actions"] == ["cancel"]


def test_an_owner_s_question_offers_its_answers(alice: Api, paused: Job) -> None:
    found = see(alice)
    assert found["gate"]["whyNot"] is None
    assert found["actions"] == ["approve", "reject", "cancel"]
    assert found["links"]["approve"].endswith("/api/dream-build/job-1/approve")


def test_a_failure_says_why_where_and_whether_again_may_help(alice: Api, job: Job) -> None:
    change(job, status="failed", error_code="worker_killed", error_message="It died.", error_station="plan")
    found = see(alice)
    assert found["error"] == {
        "code": "worker_killed",
        "message": "It died.",
        "station": "plan",
        "retryable": True,
    }
    assert found["actions"] == ["rerun"]
    change(job, error_code="budget_exhausted")
    assert see(alice)["error"]["retryable"] is False


def test_a_finished_job_shows_its_pull_request_timeline_and_artifacts(alice: Api, job: Job) -> None:
    start = timezone.now()
    change(job, status="succeeded", pr_number=7, pr_url="https://forge.example/7", finished_at=start)
    StationRun.objects.filter(station="plan").update(
        status="succeeded", started_at=start, finished_at=start + timedelta(seconds=1.5), note="1 item"
    )
    Artifact.objects.create(job=job, attempt=1, kind="review", name="review.md", sha256="0" * 64, size=3)
    found = see(alice)
    assert (found["status"], found["prNumber"], found["prUrl"]) == ("complete", 7, "https://forge.example/7")
    assert found["links"]["pullRequest"] == "https://forge.example/7"
    run = found["stations"][1]
    assert (run["station"], run["durationMs"], run["note"]) == ("plan", 1500, "1 item")
    assert [artifact["name"] for artifact in found["artifacts"]] == ["review.md"]


@pytest.mark.parametrize(
    ("status", "started", "word"),
    [
        ("queued", False, "queued"),
        ("queued", True, "running"),
        ("running", True, "running"),
        ("paused", True, "paused"),
        ("succeeded", True, "complete"),
        ("failed", True, "failed"),
        ("canceled", False, "canceled"),
    ],
)
def test_the_public_word_is_derived_from_the_row(status: str, started: bool, word: str) -> None:
    assert public_status(Job(status=status, started_at=timezone.now() if started else None)) == word


class TestWhoSees:
    """Own jobs only; others do not exist."""

    @pytest.mark.parametrize("path", ["", "/approve", "/reject", "/cancel", "/rerun"])
    def test_other_people_s_jobs_and_unknown_ones_are_alike(self, bob: Api, paused: Job, path: str) -> None:
        method = "POST" if path else "GET"
        body = {"contentHash": HASH, "comment": "no"} if path else None
        other = is_problem(bob.send(method, f"/dream-build/job-1{path}", body), 404, "job_not_found")
        unknown = is_problem(bob.send(method, f"/dream-build/none{path}", body), 404, "job_not_found")
        assert other["detail"] == unknown["detail"] == "Job not found"
        paused.refresh_from_db()
        assert paused.status == "paused"

    @pytest.mark.parametrize("level", ["observer", "planner"])
    def test_readers_see_their_jobs_and_are_offered_nothing(self, paused: Job, level: str) -> None:
        found = see(Api({"dreamTrustLevel": level}))
        assert found["jobId"] == "job-1"
        assert (found["actions"], set(found["links"])) == ([], {"self", "events", "artifacts"})

    @pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 201, "%0a", "..%5c", "%ff"])
    def test_a_name_that_no_job_can_have_is_not_found(self, alice: Api, db: None, name: str) -> None:
        is_problem(alice.get(f"/dream-build/{name}"), 404, "job_not_found")


def test_the_document_names_the_request_that_made_the_job(alice: Api, repo: Any) -> None:
    alice.post(body=order(), **{"X-Request-Id": "request-0001"})
    assert see(alice)["requestId"] == "request-0001"


def test_a_halt_is_told_on_every_job(alice: Api, job: Job) -> None:
    assert see(alice)["halted"] is None
    Halt.objects.create(by="olga", reason="a bad night")
    assert (see(alice)["halted"]["by"], see(alice)["halted"]["reason"]) == ("olga", "a bad night")


def test_of_many_artifacts_the_newest_hundred_are_in_the_document(alice: Api, job: Job) -> None:
    rows = [
        Artifact(job=job, attempt=1, kind="log", name=f"{n}.log", sha256="0" * 64, size=3) for n in range(101)
    ]
    Artifact.objects.bulk_create(rows)
    found = see(alice)
    names = [row["name"] for row in found["artifacts"]]
    assert (len(names), names[0], names[-1]) == (100, "100.log", "1.log")
    assert found["artifacts"][0]["url"] == f"{found['links']['artifacts']}/{found['artifacts'][0]['id']}"


def test_a_look_costs_always_the_same_few_queries(
    alice: Api, paused: Job, django_assert_num_queries: Any
) -> None:
    def few() -> None:
        # job, question, items, criteria, checks, stations, artifacts, halt
        with django_assert_num_queries(8):
            see(alice)

    few()
    for n in range(1, 10):
        add_check(paused, "after", "b" * 40, "passed", {f"t{n}": "passed"})
        JobCriterion.objects.create(job=paused, number=n, text="x")
        Artifact.objects.create(job=paused, attempt=1, kind="log", name=f"{n}", sha256="0" * 64, size=3)
    few()
