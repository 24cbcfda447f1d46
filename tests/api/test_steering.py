"""approve, reject, cancel, rerun: each once, by those who may, for what was shown."""

from typing import Any

import pytest

from builds.models import Approval, Job
from builds.ports import PullRequest
from builds.values import dump
from tests.api.world import HASH, Api, is_problem, pause

PULL = PullRequest(
    number=7,
    url="https://github.example/pull/7",
    branch="dream/x",
    base_branch="main",
    head_sha="5" * 40,
    state="open",
    draft=False,
    title="[Dream] X",
    body="",
)

pytestmark = pytest.mark.django_db
OTHER = "cd" * 32


def state(job: Job) -> tuple[str, int, int]:
    """What a refusal must not change."""
    job.refresh_from_db()
    return job.status, job.attempt, job.last_sequence


def finish(job: Job, status: str = "failed", **columns: Any) -> None:
    """Let a job have ended at plan."""
    Job.objects.filter(pk=job.pk).update(status=status, station="plan", **columns)
    job.station_runs.filter(station="intake").update(status="succeeded")
    job.refresh_from_db()


class TestApprove:
    """A yes to exactly what was shown."""

    def test_the_owner_s_yes_queues_the_job_and_is_kept(self, alice: Api, paused: Job) -> None:
        answer = alice.post("/dream-build/job-1/approve", {"contentHash": HASH, "comment": "fine"})
        assert answer.status_code == 202, answer.content
        found = answer.json()
        assert (found["ok"], found["message"]) == (True, "Job job-1 approved and resumed")
        assert (found["status"], found["gate"]) == ("running", None)
        decision = Approval.objects.get()
        assert (decision.state, decision.subject, decision.via) == ("approved", "alice", "api")
        assert (decision.comment, decision.address) == ("fine", "127.0.0.1")

    def test_the_same_yes_again_is_fine_and_changes_nothing(self, alice: Api, paused: Job) -> None:
        body = {"contentHash": HASH}
        assert alice.post("/dream-build/job-1/approve", body).status_code == 202
        before = state(paused)
        assert alice.post("/dream-build/job-1/approve", body).status_code == 200
        assert state(paused) == before

    def test_a_no_after_a_yes_is_too_late(self, alice: Api, paused: Job) -> None:
        alice.post("/dream-build/job-1/approve", {"contentHash": HASH})
        answer = alice.post("/dream-build/job-1/reject", {"contentHash": HASH, "comment": "no"})
        is_problem(answer, 409, "already_decided")

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 428, "content_hash_missing"),
            (None, 428, "content_hash_missing"),
            ({"contentHash": ""}, 428, "content_hash_missing"),
            ({"contentHash": OTHER}, 409, "content_changed"),
            ({"contentHash": 7}, 400, "invalid"),
            ({"contentHash": "x" * 65}, 400, "invalid"),
            ({"contentHash": HASH, "comment": 7}, 400, "invalid"),
            ({"contentHash": HASH, "comment": "x" * 4001}, 400, "invalid"),
            ({"contentHash": HASH, "comment": "\0"}, 400, "invalid"),
        ],
    )
    def test_a_yes_to_nothing_or_something_else_is_refused(
        self, alice: Api, paused: Job, body: Any, status: int, code: str
    ) -> None:
        before = state(paused)
        is_problem(alice.post("/dream-build/job-1/approve", body), status, code)
        assert state(paused) == before
        assert Approval.objects.get().state == "open"

    def test_a_job_that_asks_nothing_takes_no_answer(self, alice: Api, job: Job) -> None:
        problem = is_problem(
            alice.post("/dream-build/job-1/approve", {"contentHash": HASH}), 409, "not_paused"
        )
        assert problem["detail"] == "Job is not paused (current status: queued)"

    @pytest.mark.parametrize("may_decide", ["reviewer", "other_reviewer"])
    def test_a_reviewer_s_question_is_not_the_owner_s(self, alice: Api, job: Job, may_decide: str) -> None:
        pause(job, may_decide)
        before = state(job)
        for action in ("approve", "reject"):
            answer = alice.post(f"/dream-build/job-1/{action}", {"contentHash": HASH, "comment": "x"})
            is_problem(answer, 403, "may_not_decide")
        assert state(job) == before


class TestReject:
    """A no, with its reason."""

    def test_a_no_ends_the_job_with_its_reason(self, alice: Api, paused: Job) -> None:
        answer = alice.post("/dream-build/job-1/reject", {"contentHash": HASH, "comment": "keep the column"})
        assert answer.status_code == 202
        found = answer.json()
        assert (found["status"], found["error"]["code"]) == ("failed", "rejected")
        assert "keep the column" in found["error"]["message"]

    @pytest.mark.parametrize("comment", [None, "", "   "])
    def test_a_no_without_a_reason_is_refused(self, alice: Api, paused: Job, comment: str | None) -> None:
        answer = alice.post("/dream-build/job-1/reject", {"contentHash": HASH, "comment": comment})
        is_problem(answer, 400, "comment_missing")
        paused.refresh_from_db()
        assert paused.status == "paused"


class TestCancel:
    """Stops what goes on."""

    def test_a_waiting_job_stops_at_once(self, alice: Api, job: Job) -> None:
        answer = alice.post("/dream-build/job-1/cancel", {"reason": "not needed"})
        assert answer.status_code == 202
        found = answer.json()
        assert (found["status"], found["error"]["message"]) == ("canceled", "not needed")

    def test_a_running_job_is_asked_to_stop(self, alice: Api, job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(status="running")
        assert alice.post("/dream-build/job-1/cancel").status_code == 202
        job.refresh_from_db()
        assert job.cancel_requested_at is not None

    def test_an_ended_job_cannot_be_stopped(self, alice: Api, job: Job) -> None:
        finish(job)
        is_problem(alice.post("/dream-build/job-1/cancel"), 409, "wrong_state")

    @pytest.mark.parametrize("body", [{"reason": 7}, {"reason": "x" * 1001}, [], b"{"])
    def test_a_strange_reason_is_refused(self, alice: Api, job: Job, body: Any) -> None:
        assert alice.post("/dream-build/job-1/cancel", body).status_code == 400
        assert state(job)[0] == "queued"


class TestRunNow:
    """Starts what waits for a clock."""

    def test_a_job_for_the_night_is_due_at_once(self, alice: Api, job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(run_after="2100-01-01T22:00:00Z", queue_name="night")
        offered = alice.get("/dream-build/job-1").json()
        assert offered["scheduledFor"] == "2100-01-01T22:00:00.000Z"
        assert offered["links"]["run-now"].endswith("/api/dream-build/job-1/run-now")
        answer = alice.post("/dream-build/job-1/run-now")
        assert answer.status_code == 202, answer.content
        found = answer.json()
        assert (found["message"], found["scheduledFor"]) == ("Job job-1 is due now", None)
        assert "run-now" not in found["actions"]

    def test_an_ended_job_waits_for_no_clock(self, alice: Api, job: Job) -> None:
        finish(job)
        is_problem(alice.post("/dream-build/job-1/run-now"), 409, "wrong_state")


class TestRerun:
    """The next attempt on the same row."""

    def test_it_goes_on_where_it_stopped_with_more_money(self, alice: Api, job: Job) -> None:
        finish(job, error_code="budget_exhausted", error_station="plan")
        answer = alice.post("/dream-build/job-1/rerun", {"budget": {"maxDollars": 5}, "reason": "more money"})
        assert answer.status_code == 202, answer.content
        found = answer.json()
        assert (found["attempts"], found["station"], found["status"]) == (2, "plan", "queued")
        assert (found["budget"]["maxDollars"], found["error"]) == (5.0, None)
        assert found["stations"][0]["status"] == "succeeded"

    def test_it_starts_from_a_named_station(self, alice: Api, job: Job) -> None:
        finish(job)
        answer = alice.post("/dream-build/job-1/rerun", {"fromStation": "intake"})
        assert answer.json()["station"] == "intake"

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"fromStation": "nowhere"}, 400, "unknown_station"),
            ({"fromStation": "create_pr"}, 409, "wrong_state"),
            ({"fromStation": 3}, 400, "invalid"),
            ({"budget": 5}, 400, "invalid"),
            ({"budget": {"maxDollars": 0}}, 400, "invalid"),
            ({"budget": {"maxDollars": "5"}}, 400, "invalid"),
            ({"budget": {"maxDollars": 10_001}}, 400, "invalid"),
            ({"budget": {"maxTokens": 5}}, 400, "invalid"),
            ({"reason": ["x"]}, 400, "invalid"),
        ],
    )
    def test_a_wrong_wish_is_refused(self, alice: Api, job: Job, body: Any, status: int, code: str) -> None:
        finish(job)
        before = state(job)
        is_problem(alice.post("/dream-build/job-1/rerun", body), status, code)
        assert state(job) == before

    def test_a_job_that_goes_on_is_not_started_again(self, alice: Api, job: Job) -> None:
        is_problem(alice.post("/dream-build/job-1/rerun"), 409, "wrong_state")

    def test_an_open_pull_request_forbids_other_commits(self, alice: Api, job: Job) -> None:
        finish(job, "succeeded", pr_number=7, pull=dump(PULL))
        is_problem(
            alice.post("/dream-build/job-1/rerun", {"fromStation": "intake"}), 409, "pull_request_open"
        )


@pytest.mark.parametrize("action", ["approve", "reject", "cancel", "rerun", "run-now"])
@pytest.mark.parametrize("level", ["observer", "planner"])
def test_readers_change_nothing(paused: Job, action: str, level: str) -> None:
    before = state(paused)
    reader = Api({"dreamTrustLevel": level})
    answer = reader.post(f"/dream-build/job-1/{action}", {"contentHash": HASH, "comment": "x"})
    is_problem(answer, 403, "not_trusted")
    assert state(paused) == before
