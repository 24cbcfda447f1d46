"""The dollar cap holds: reserved before, settled after, never more recorded than allowed."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from builds import ledger
from builds.adapters import connect
from builds.budgets import OverBudget, ReservationExceeded, Worst
from builds.metered import Metered
from builds.models import Job, ModelCall, Reservation
from builds.ports import Message, Model, Ports, Price, Reply, Request, Unavailable, Usage
from builds.pulse import Pulse
from builds.states import JobStatus
from tests.world import World

PRICES = {"scripted-writer": Price(input=Decimal(3), output=Decimal(15))}


class Counting:
    """A provider that counts tokens in its own way and charges what it likes."""

    def __init__(self, usage: Usage | None = None, error: Exception | None = None) -> None:
        self.usage = usage
        self.error = error
        self.seen: list[Request] = []

    def complete(self, request: Request) -> Reply:
        """Answer, or fail."""
        self.seen.append(request)
        if self.error:
            raise self.error
        return Reply(text="ok", usage=self.usage)


def with_model(model: Model) -> Ports:
    """Ports whose only part is a model."""
    return replace(connect(), model=model, prices=PRICES, fallback="")


@pytest.fixture
def running(world: World) -> Job:
    """A job that this test works on, under a lease."""
    job = world.submit(max_dollars=Decimal("0.10"), max_tokens=100_000)
    with transaction.atomic():
        job.move(JobStatus.RUNNING, fence=1)
    return job


@pytest.fixture
def pulse(running: Job, settings: Any) -> Iterator[Pulse]:
    """The pulse of that job."""
    with Pulse(running, lease=settings.LEASE, call_deadline=settings.PORT_DEADLINE) as found:
        yield found


def ask(turn: int = 1, text: str = "hello", max_tokens: int = 1000) -> Request:
    """A small request."""
    message = Message(role="user", content=text)
    return Request(
        purpose="plan", model="scripted-writer", messages=(message,), turn=turn, max_tokens=max_tokens
    )


def test_an_identical_request_is_answered_from_the_journal_for_nothing(running: Job, pulse: Pulse) -> None:
    provider = Counting(Usage(input_tokens=10, output_tokens=5))
    metered = Metered(with_model(provider), running, pulse)
    first = metered.complete(ask())
    assert metered.complete(ask()) == first
    running.refresh_from_db()
    assert len(provider.seen) == 1
    assert running.spent_usd == Decimal("0.000105")


def test_max_tokens_is_lowered_until_the_worst_case_fits(running: Job, pulse: Pulse) -> None:
    provider = Counting(Usage(input_tokens=10, output_tokens=5))
    Metered(with_model(provider), running, pulse).complete(ask(max_tokens=50_000))
    (seen,) = provider.seen
    assert 256 <= seen.max_tokens < 6700
    reservation = Reservation.objects.get(job=running)
    assert reservation.usd <= Decimal("0.10")


def test_a_call_whose_worst_case_cannot_fit_is_never_made(running: Job, pulse: Pulse) -> None:
    Job.objects.filter(pk=running.pk).update(max_dollars=Decimal("0.001"))
    provider = Counting(Usage(input_tokens=1, output_tokens=1))
    with pytest.raises(OverBudget, match=r"of \$0.00"):
        Metered(with_model(provider), running, pulse).complete(ask())
    assert provider.seen == []
    assert not Reservation.objects.filter(job=running).exists()


@pytest.mark.parametrize(
    ("error", "state", "in_full"),
    [
        (Unavailable("the connection was dropped"), "lost", True),
        (Unavailable("429 before any work", charged=False), "refused", False),
    ],
)
def test_an_answer_that_never_came_is_settled_in_full_unless_it_was_not_billed(
    running: Job, pulse: Pulse, error: Exception, state: str, in_full: bool
) -> None:
    with pytest.raises(Unavailable):
        Metered(with_model(Counting(error=error)), running, pulse).complete(ask())
    running.refresh_from_db()
    reservation = Reservation.objects.select_related("call").get(job=running)
    assert reservation.call.state == state
    assert running.spent_usd == (reservation.usd if in_full else 0)
    assert running.reserved_usd == 0


def test_a_provider_that_says_nothing_of_usage_is_booked_at_the_worst_case(
    running: Job, pulse: Pulse
) -> None:
    Metered(with_model(Counting(None)), running, pulse).complete(ask())
    running.refresh_from_db()
    assert running.spent_usd == Reservation.objects.get(job=running).usd


def test_a_provider_that_takes_more_than_was_reserved_is_booked_in_full_and_stops_the_job(
    running: Job, pulse: Pulse
) -> None:
    greedy = Counting(Usage(input_tokens=90_000, output_tokens=90_000))
    with pytest.raises(ReservationExceeded):
        Metered(with_model(greedy), running, pulse).complete(ask())
    running.refresh_from_db()
    assert running.spent_usd == Decimal("1.62")
    assert Reservation.objects.get(job=running).exceeded


def test_twenty_reservations_at_once_never_take_more_than_there_is(running: Job) -> None:
    start, refused = threading.Barrier(20), []
    worst = Worst(input_tokens=100, output_tokens=100, usd=Decimal("0.011"))

    def take(turn: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                names = {"station": "review", "purpose": "plan", "model": "m", "request_hash": ""}
                call = ModelCall.objects.create(job=running, attempt=1, turn=turn, **names)
                ledger.reserve(running, call, worst)
        except OverBudget:
            refused.append(turn)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(turn,)) for turn in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.refresh_from_db()
    assert (running.reserved_usd, len(refused)) == (Decimal("0.099"), 11)


def test_a_budget_of_one_cent_is_never_passed_and_says_so(world: World) -> None:
    job = world.run(world.submit(max_dollars=Decimal("0.01")))
    assert (job.status, job.error_code) == ("failed", "budget_exhausted")
    assert "$0.01" in job.error_message
    assert job.spent_usd + job.reserved_usd <= Decimal("0.01")


@pytest.mark.campaign
def test_a_budget_that_ends_in_the_middle_is_never_passed(world: World) -> None:
    whole = world.run(world.submit())
    for share in ("0.3", "0.6", "0.9"):
        job = world.run(
            world.submit(max_dollars=(whole.spent_usd * Decimal(share)).quantize(Decimal("0.0001")))
        )
        assert (job.status, job.error_code) == ("failed", "budget_exhausted")
        assert 0 < job.spent_usd <= job.max_dollars
