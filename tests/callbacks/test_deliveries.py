"""Events are told in order, once each by name, and again after a no, as the schedule says."""

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

from builds import operations
from builds.adapters.callback_memory import MemoryCallbackSender
from builds.deliveries import LEASE, Claim, claim, deliver, settle, tell
from builds.journal import record
from builds.models import CallbackDelivery, Event, Job
from builds.ports import CallbackAnswer, Refused, Unavailable
from builds.states import JobStatus
from tests.callbacks.world import deliver_due, finish, happen, time_passes, told_job, waits
from tests.world import OLGA

DOWN, NO, GONE = Unavailable("no answer"), CallbackAnswer(status=500), CallbackAnswer(status=410)


def statuses(sender: MemoryCallbackSender) -> list[str]:
    """What was said, in order."""
    return [json.loads(sent.body)["status"] for sent in sender.sent]


def outcomes() -> list[tuple[int, int, str]]:
    """The log: event, try, outcome."""
    rows = CallbackDelivery.objects.order_by("pk")
    return [(row.event.sequence, row.number, row.outcome) for row in rows]


@pytest.mark.django_db
def test_events_are_told_in_order_and_untold_ones_are_passed_over() -> None:
    job = told_job()
    happen(job, "started", "", "planning", "", "writing")
    finish(job)
    sender = MemoryCallbackSender()
    assert deliver_due(sender) == 4
    assert statuses(sender) == ["started", "planning", "writing", "complete"]
    job.refresh_from_db()
    assert (job.delivered_sequence, job.next_callback_at) == (job.last_sequence, None)
    assert deliver_due(sender) == 0


@pytest.mark.django_db
def test_a_job_without_an_address_is_told_to_nobody() -> None:
    job = told_job(url="")
    happen(job, "started")
    finish(job)
    sender = MemoryCallbackSender()
    assert (deliver_due(sender), waits(job)) == (0, None)


@pytest.mark.django_db
def test_later_events_wait_until_an_earlier_one_was_delivered() -> None:
    job = told_job()
    happen(job, "started", "planning")
    sender = MemoryCallbackSender([DOWN, NO])
    assert deliver_due(sender) == 1
    happen(job, "writing")
    assert deliver_due(sender) == 0
    time_passes(timedelta(seconds=7))
    assert deliver_due(sender) == 1
    time_passes(timedelta(seconds=37))
    assert deliver_due(sender) == 3
    assert statuses(sender) == ["started", "started", "started", "planning", "writing"]
    assert outcomes() == [
        (1, 1, "failed"), (1, 2, "failed"), (1, 3, "delivered"), (2, 1, "delivered"), (3, 1, "delivered"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_receiver_that_was_away_for_twelve_hours_gets_everything_in_order_once() -> None:
    job = told_job()
    happen(job, "started", "planning", "writing")
    finish(job)
    sender = MemoryCallbackSender([DOWN] * 7)
    passed = timedelta(0)
    while job.next_callback_at or not passed:
        deliver_due(sender)
        job.refresh_from_db()
        if delay := waits(job):
            passed += delay
            time_passes(delay)
    assert timedelta(hours=12) < passed < timedelta(hours=24)
    delivered = [row[0] for row in outcomes() if row[2] == "delivered"]
    assert delivered == [1, 2, 3, 4]
    assert len({sent.headers["webhook-id"] for sent in sender.sent}) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("tries", range(1, 5))
def test_the_wait_is_on_the_database_and_has_jitter(tries: int) -> None:
    job = told_job()
    happen(job, "started")
    Job.objects.filter(pk=job.pk).update(callback_tries=tries - 1)
    deliver_due(MemoryCallbackSender([DOWN]))
    wanted = [5, 30, 300, 1800][tries - 1]
    assert 0.8 * wanted - 1 < (waits(job) or timedelta(0)).total_seconds() <= 1.2 * wanted


@pytest.mark.django_db
@pytest.mark.parametrize("status", [199, 301, 302, 400, 401, 404, 429, 500, 503])
def test_only_2xx_is_a_yes(status: int) -> None:
    happen(told_job(), "started")
    deliver_due(MemoryCallbackSender([CallbackAnswer(status=status, excerpt="why")]))
    row = CallbackDelivery.objects.get()
    assert (row.outcome, row.status, row.error) == ("failed", status, f"HTTP {status}. why")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [(GONE, "gone", "HTTP 410."), (Refused("x", "Never sent there."), "refused", "Never sent there.")],
)
def test_after_gone_and_refused_nothing_more_is_told_until_a_person_sends_again(
    answer: CallbackAnswer | Refused, outcome: str, why: str
) -> None:
    job = told_job()
    happen(job, "started", "planning")
    sender = MemoryCallbackSender([answer])
    deliver_due(sender)
    happen(job, "writing")
    time_passes(timedelta(days=9))
    assert deliver_due(sender) == 0
    job.refresh_from_db()
    assert job.callback_disabled_at is not None
    assert outcomes() == [(1, 1, outcome)]
    assert job.events.get(name="callback.disabled").message == f"No more callbacks: {why}"


@pytest.mark.django_db
def test_an_event_that_nobody_takes_for_72_hours_is_given_up_and_the_next_one_goes_on() -> None:
    job = told_job()
    happen(job, "started", "planning")
    time_passes(timedelta(hours=71))
    Job.objects.update(callback_tries=12)
    sender = MemoryCallbackSender([NO])
    assert deliver_due(sender) == 2
    assert statuses(sender) == ["started", "planning"]
    assert "was given up: HTTP 500." in job.events.get(name="callback.given_up").message


@pytest.mark.django_db
def test_what_a_sender_that_was_killed_had_claimed_is_told_again_under_the_same_name() -> None:
    job = told_job()
    happen(job, "started")
    sender = MemoryCallbackSender()
    killed = claim()
    assert killed
    tell(killed.event, sender)  # arrived, and nobody wrote that down
    assert deliver_due(sender) == 0
    time_passes(LEASE)
    assert deliver_due(sender) == 1
    first, second = sender.sent
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert outcomes() == [(1, 2, "delivered")]


@pytest.mark.django_db
@pytest.mark.parametrize("late", [DOWN, GONE, CallbackAnswer(status=204)])
def test_a_sender_that_wakes_up_after_its_lease_moves_nothing(late: CallbackAnswer | Unavailable) -> None:
    job = told_job()
    happen(job, "started", "planning")
    frozen = claim()
    assert frozen
    time_passes(LEASE)
    deliver_due(MemoryCallbackSender())
    before = Job.objects.values().get(pk=job.pk)
    assert settle(frozen, tell(frozen.event, MemoryCallbackSender([late]))) is False
    assert Job.objects.values().get(pk=job.pk) == before
    assert CallbackDelivery.objects.count() == 3  # that it was tried is written down all the same


@pytest.mark.django_db
def test_claims_pass_over_hosts_that_are_busy() -> None:
    for url in ("https://A.example:8443/x", "https://b.example?y", "https://a.example:8443/z"):
        happen(told_job(url=url), "started")
    hosts = []
    while claimed := claim(busy=["b.example"]):
        hosts.append(claimed.host)
    assert hosts == ["a.example:8443", "a.example:8443"]
    last = claim()
    assert last
    assert last.host == "b.example"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_receiver_is_spoken_to() -> None:
    class Watching(MemoryCallbackSender):
        def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallbackAnswer:
            assert not connection.in_atomic_block
            return CallbackAnswer(status=204)

    happen(told_job(), "started")
    assert deliver_due(Watching()) == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_being_written_while_the_last_one_is_settled_is_not_left_behind() -> None:
    """The writer holds the job's row and commits only once the other one waits for it."""
    job = told_job()
    happen(job, "started")
    claimed = claim()
    assert claimed
    settled = threading.Thread(target=deliver_and_close, args=(claimed, MemoryCallbackSender()))
    with transaction.atomic():
        record(job, "station.started", callback_status="planning")
        settled.start()
        settled.join(0.5)
        assert settled.is_alive()
    settled.join(5)
    assert claim() is not None


def deliver_and_close(claimed: Claim, sender: MemoryCallbackSender) -> None:
    """In a thread, which has a connection of its own."""
    try:
        deliver(claimed, sender)
    finally:
        connection.close()


@pytest.mark.django_db
def test_what_happened_before_callbacks_were_delivered_is_not_told_days_late() -> None:
    job = told_job()
    happen(job, "started", "planning")
    Job.objects.update(next_callback_at=None)  # as the first version left it
    import_module("builds.migrations.0003_callbacks").leave_the_past_untold(apps, None)
    happen(job, "writing")
    sender = MemoryCallbackSender()
    deliver_due(sender)
    assert statuses(sender) == ["writing"]


@pytest.mark.django_db
def test_each_attempt_of_a_job_has_its_own_ending_and_both_are_told() -> None:
    job = told_job()
    finish(job, JobStatus.FAILED, code="checks_failed", why="No.")
    operations.rerun(job.job_id, by=OLGA, from_station="intake")
    job.refresh_from_db()
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    job.refresh_from_db()
    finish(job)
    sender = MemoryCallbackSender()
    deliver_due(sender)
    assert statuses(sender) == ["failed", "complete"]
    endings = Event.objects.filter(callback_status__in=["complete", "failed", "canceled"])
    assert list(endings.values_list("attempt", flat=True)) == [1, 2]
