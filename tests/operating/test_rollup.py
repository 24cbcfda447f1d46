"""What happened is added up once and truly, whatever order transactions end in, and survives its rows."""

import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from builds import operations
from builds.adapters.callback_memory import MemoryCallbackSender
from builds.journal import record
from builds.measured import Measured, measured, operation
from builds.metrics import DreamCollector
from builds.models import Event, Job, ModelCall, Tally, TallyMark
from builds.ports import CallbackAnswer
from builds.rollup import MOST, SOURCES, read_events, roll_up
from builds.tallies import Sum, Sums, hand_over
from tests import factories
from tests.callbacks.world import deliver_due, happen, told_job
from tests.world import RITA, World

Values = dict[tuple[str, ...], float]


def told() -> dict[str, Values]:
    """What /metrics says: sample → labels → value."""
    found: dict[str, Values] = {}
    for family in DreamCollector().collect():
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def look_twice() -> None:
    """What is there at one look is added up at the next."""
    roll_up()
    roll_up()


def test_a_build_is_counted_by_stations_calls_money_and_its_end(world: World) -> None:
    roll_up()
    job = world.run(world.submit())
    look_twice()
    found = told()
    assert found["dream_jobs_finished_total"] == {("succeeded",): 1}
    assert found["dream_station_attempts_total"] == {
        (station, "succeeded"): 1
        for station in ("create_pr", "implement", "intake", "plan", "review", "verify")
    }
    worked = found["dream_job_duration_seconds_sum"]["succeeded",]
    by_station = sum(found["dream_station_duration_seconds_sum"].values())
    assert worked == pytest.approx(by_station, abs=0.001)
    assert 0 < worked < 60
    calls = ModelCall.objects.filter(job=job)
    assert sum(found["dream_llm_cost_usd_total"].values()) == pytest.approx(float(job.spent_usd))
    assert sum(found["dream_llm_tokens_total"].values()) == job.tokens_used
    assert sum(found["dream_llm_request_duration_seconds_count"].values()) == calls.count()
    assert {labels[0] for labels in found["dream_llm_cost_usd_total"]} == {"scripted"}
    again = told()
    assert again["dream_jobs_finished_total"] == found["dream_jobs_finished_total"]
    assert again["dream_llm_cost_usd_total"] == found["dream_llm_cost_usd_total"]


@pytest.mark.campaign
def test_totals_stay_when_the_rows_are_gone(world: World) -> None:
    roll_up()
    world.run(world.submit())
    look_twice()
    before = told()["dream_station_attempts_total"]
    Event.objects.all().delete()
    look_twice()
    assert told()["dream_station_attempts_total"] == before


def test_an_answer_of_a_person_is_counted_with_its_wait(world: World) -> None:
    roll_up()
    job = world.run(world.submit("drop-fax"))
    question = job.approvals.get()
    job.approvals.update(asked_at=timezone.now() - timedelta(minutes=10))
    operations.approve(job.job_id, by=RITA, content_hash=question.content_hash)
    look_twice()
    found = told()
    assert found["dream_approvals_total"] == {(gate, "approved"): 1 for gate in question.gates}
    assert found["dream_approval_wait_seconds_bucket"][question.gates[0], "300"] == 0
    assert found["dream_approval_wait_seconds_bucket"][question.gates[0], "900"] == 1
    assert 600 <= found["dream_approval_wait_seconds_sum"][question.gates[0],] < 700


@pytest.mark.campaign
def test_what_was_there_before_the_first_look_is_not_counted(world: World) -> None:
    world.run(world.submit())
    look_twice()
    assert "dream_jobs_finished_total" not in told()


def test_a_row_whose_transaction_ends_late_is_counted_all_the_same(transactional_db: None) -> None:
    late, early = factories.job(status="running"), factories.job(status="running")
    roll_up()
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            fail(late)
            written.set()
            go_on.wait(20)
        connection.close()

    def fail(job: Job) -> None:
        record(job, "run.failed", "x", data={"code": "budget_exhausted"})

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    with transaction.atomic():
        fail(early)
    look_twice()
    look_twice()
    assert not Tally.objects.filter(
        metric="dream_jobs_finished_total"
    ).exists()  # the slow one has a lower number
    go_on.set()
    thread.join()
    look_twice()
    assert told()["dream_jobs_finished_total"] == {("failed",): 2}
    assert told()["dream_budget_blocked_total"] == {("job",): 2}


def test_two_that_look_at_once_count_nothing_twice(transactional_db: None) -> None:
    roll_up()
    job = told_job()
    for _ in range(20):
        happen(job, "started")
    sender = MemoryCallbackSender([CallbackAnswer(status=500)])
    deliver_due(sender)
    threads = [threading.Thread(target=look_and_close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    look_twice()
    assert told()["dream_callback_deliveries_total"] == {("started", "failed"): 1}


def look_and_close() -> None:
    """In a thread."""
    look_twice()
    connection.close()


def test_a_cap_is_counted_by_whose_it_is(transactional_db: None) -> None:
    job = factories.job(status="running")
    roll_up()
    for data in ({"cause": "cap", "scope": "user"}, {"cause": "cap", "scope": "repo"}, {"cause": "outside"}):
        with transaction.atomic():
            record(job, "station.waiting", "x", station="plan", data=data)
    look_twice()
    assert told()["dream_budget_blocked_total"] == {("repo",): 1, ("user",): 1}


def test_a_late_scrape_catches_up_piece_by_piece(transactional_db: None) -> None:
    job = factories.job(status="running")
    ended = [
        Event(job=job, sequence=number, attempt=number, name="run.failed", data={"code": "x"})
        for number in range(1, MOST + 11)
    ]
    roll_up()
    first = Event.objects.bulk_create(ended)[0].pk
    sums: Sums = defaultdict(Sum)
    came = read_events(first - 1, first + MOST + 9, sums)
    assert came == first + MOST - 1
    assert sums["dream_jobs_finished_total", ("failed",)].count == MOST
    assert read_events(came, first + MOST + 9, sums) == first + MOST + 9
    assert sums["dream_jobs_finished_total", ("failed",)].count == MOST + 10


def test_requests_to_github_are_named_without_names_and_numbers() -> None:
    asked = {
        ("GET", "/repos/acme/shop"): "GET repository",
        ("POST", "/repos/acme/shop/git/trees?recursive=1"): "POST git/trees",
        ("GET", "/api/v3/repos/acme/commits/pulls/17/reviews"): "GET pulls/*/reviews",
        ("GET", "/repos/acme/shop/git/ref/heads/dream/a-title-1f2e"): "GET git/ref/*",
        ("POST", "/app/installations/777/access_tokens"): "POST app/installations/*/access_tokens",
        ("POST", "/graphql"): "POST graphql",
    }
    assert {key: operation(*key) for key in asked} == asked


def test_what_a_worker_counted_is_added_to_what_others_did(transactional_db: None) -> None:
    measured.take()
    for status in (200, 200, 404):
        measured.github(
            "GET",
            "/repos/a/b/pulls",
            status,
            {"x-ratelimit-remaining": "41", "x-ratelimit-reset": "4102444800"},
        )
    hand_over()
    measured.github("GET", "/repos/a/b/pulls", 200, {})
    hand_over()
    found = told()
    assert found["dream_github_requests_total"] == {("GET pulls", "200"): 3, ("GET pulls", "404"): 1}
    assert found["dream_github_rate_remaining"] == {(): 41}
    assert Measured().take() == ({}, None)


def test_a_limit_that_was_renewed_since_is_not_told(transactional_db: None) -> None:
    measured.take()
    measured.github("GET", "/x", 200, {"x-ratelimit-remaining": "41", "x-ratelimit-reset": "1000000000"})
    hand_over()
    assert "dream_github_rate_remaining" not in told()


def test_each_source_has_one_mark(transactional_db: None) -> None:
    look_twice()
    assert set(TallyMark.objects.values_list("source", flat=True)) == {source.name for source in SOURCES}
