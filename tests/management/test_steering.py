"""`dream cancel` and `dream rerun`, and how `dream watch` ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from builds.journal import record
from tests import factories
from tests.management.conftest import Dream


def test_a_job_that_no_worker_has_is_canceled_at_once(dream: Dream) -> None:
    job = factories.job()
    answer = dream("cancel", job.job_id, "-m", "Wrong branch.")
    assert (answer.code, answer.out) == (0, f"{job.job_id} is canceled.\n")
    job.refresh_from_db()
    assert (job.status, job.error_message) == ("canceled", "Wrong branch.")


def test_a_running_job_is_asked_to_stop(dream: Dream) -> None:
    job = factories.job(status="running", started_at=timezone.now())
    assert "is asked to stop" in dream("cancel", job.job_id).out
    job.refresh_from_db()
    assert job.cancel_requested_at is not None


def test_an_ended_job_is_not_canceled(dream: Dream) -> None:
    job = factories.ended()
    answer = dream("cancel", job.job_id)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "there is nothing to cancel" in answer.err


def test_only_the_requester_and_operators_steer(dream: Dream) -> None:
    job = factories.job()
    refused = dream("cancel", job.job_id, by="rita")
    assert (refused.code, refused.err) == (1, "dream: Only the requester or an operator does this.\n")
    assert dream("cancel", job.job_id, by="olga").code == 0


def test_a_job_for_the_night_is_due_now(dream: Dream) -> None:
    job = factories.job(run_after=timezone.now() + timedelta(hours=3))
    assert dream("run-now", job.job_id).out.startswith(f"{job.job_id} is due now, at intake.")
    job.refresh_from_db()
    assert job.run_after <= timezone.now()
    refused = dream("run-now", factories.ended().job_id)
    assert (refused.code, "waits for no clock; it is failed" in refused.err) == (1, True)


def test_a_rerun_goes_on_where_it_stopped(dream: Dream) -> None:
    job = factories.ended()
    answer = dream("rerun", job.job_id)
    assert f"{job.job_id} starts attempt 2 from verify, with $20.00 of $20.00 left." in answer.out
    job.refresh_from_db()
    assert (job.status, job.attempt, job.station) == ("queued", 2, "verify")


def test_a_rerun_starts_where_and_with_what_it_is_told(dream: Dream) -> None:
    job = factories.ended()
    document = dream("rerun", job.job_id, "--from", "implement", "--budget", "30", "--json").document
    assert (document["attempts"], document["station"], document["budget"]["maxDollars"]) == (
        2,
        "implement",
        30.0,
    )
    job.refresh_from_db()
    assert job.max_dollars == Decimal(30)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--from", "nowhere"], 2, "invalid choice: 'nowhere'"),
        (["--from", "deploy"], 1, "It cannot start from deploy"),
        (["--budget", "-1"], 2, "not between"),
    ],
)
def test_a_rerun_that_cannot_be_is_refused(dream: Dream, words: list[str], code: int, sentence: str) -> None:
    job = factories.ended()
    answer = dream("rerun", job.job_id, *words)
    assert (answer.code, answer.out) == (code, "")
    assert sentence in answer.err
    job.refresh_from_db()
    assert job.attempt == 1


def test_a_job_that_goes_on_is_not_run_again(dream: Dream) -> None:
    answer = dream("rerun", factories.job().job_id)
    assert answer.code == 1
    assert "Only a job that has ended can run again" in answer.err


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 5), ("canceled", 5)])
def test_watching_an_ended_job_tells_how_it_ended(dream: Dream, status: str, code: int) -> None:
    assert dream("watch", factories.ended(status).job_id).code == code


def test_watching_a_paused_job_shows_events_and_the_question(dream: Dream) -> None:
    job = factories.paused()
    with transaction.atomic():
        record(job, "station.succeeded", "2 work items done", station="implement")
        record(job, "run.paused", "It drops a column", station="create_pr")
    answer = dream("watch", job.job_id, by="rita")
    assert answer.code == 3
    lines = answer.out.splitlines()
    assert lines[1].split()[1:] == ["✔", "implement", "2", "work", "items", "done"]
    assert lines[2].split()[1:3] == ["‖", "create_pr"]
    assert f"dream approve {job.job_id} --hash {factories.HASH[:12]}" in answer.out


def test_watching_as_json_ends_with_one_document_and_its_events(dream: Dream) -> None:
    job = factories.paused()
    with transaction.atomic():
        record(job, "run.paused", "It drops a column", station="create_pr")
    answer = dream("watch", job.job_id, "--json")
    assert answer.code == 3
    assert answer.document["status"] == "paused"
    assert [event["name"] for event in answer.document["events"]] == ["run.paused"]
