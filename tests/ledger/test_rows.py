"""The same runs against the real ledger: rows that agree with the book at every step, crashes included."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from builds import ledger
from builds.adapters import connect
from builds.budgets import Account, OverBudget, ReservationExceeded, Worst
from builds.metered import Metered
from builds.models import Job, ModelCall, Reservation
from builds.ports import Price, ProviderTrouble, Reply, Request, Unavailable
from builds.pulse import Pulse
from builds.states import JobStatus
from tests import factories
from tests.ledger.providers import HONEST, WAYS, Provider, drawn_price, first_request, longer

CALLS = 14


class Dead(BaseException):
    """The worker is gone: nothing of its own code runs any more."""


@dataclass
class Door:
    """The Model port of a provider, whose answers may be lost on the way, with or without the worker."""

    provider: Provider
    chance: random.Random

    def complete(self, request: Request) -> Reply:
        """Answer, break off, refuse, or die."""
        luck = self.chance.random()
        if luck < 0.08:
            raise Unavailable("429", charged=False)
        if luck < 0.16:
            raise Unavailable("the stream broke off")
        if luck < 0.24:
            raise Dead
        held = Reservation.objects.latest("id")
        worst = Worst(held.tokens - request.max_tokens, request.max_tokens, held.usd)
        return Reply(text="ok", usage=self.provider.answer(request, worst))


def start(chance: random.Random, price: Price) -> Job:
    """A job at implement, under a lease."""
    dollars = max(
        Decimal("0.000001"), Decimal(chance.choice((1, 5, 20))) * (price.input + price.output) / 100
    )
    job = factories.job(
        station="implement",
        max_dollars=dollars.quantize(Decimal("0.000001")),
        max_tokens=chance.choice((60_000, 10**7)),
    )
    with transaction.atomic():
        job.move(JobStatus.RUNNING, fence=1)
    return job


def claimed_again(job: Job) -> Job:
    """Another worker goes on: the fence grows, and what the old one left open is settled."""
    with transaction.atomic():
        job = Job.objects.get(pk=job.pk)
        job.move(JobStatus.RUNNING, fence=F("fence") + 1)
        ledger.settle_lost(job)
    return job


def agrees(job: Job) -> Account:
    """The job's row is the sum of its reservations; nothing is open between two calls."""
    job.refresh_from_db()
    rows = list(Reservation.objects.filter(job=job))
    assert job.spent_usd == sum((row.settled_usd for row in rows), Decimal(0))
    assert job.tokens_used == sum(row.settled_tokens for row in rows)
    assert (job.reserved_usd, job.tokens_reserved) == (Decimal(0), 0)
    assert not [row for row in rows if row.state == Reservation.State.OPEN]
    return ledger.account_of(job)


def settled_twice(job: Job) -> None:
    """A second settlement or release of any reservation changes nothing."""
    before = ledger.account_of(Job.objects.get(pk=job.pk))
    with transaction.atomic():
        for row in Reservation.objects.filter(job=job).select_related("call"):
            ledger.settle(row, row.tokens, row.usd)
            ledger.release(row)
    assert ledger.account_of(Job.objects.get(pk=job.pk)) == before


def play(seed: int, direct: Callable[[Pulse], None], settings: Any) -> bool:
    """One run; whether somebody was noticed."""
    chance = random.Random(seed)
    price, way = drawn_price(chance), WAYS[seed % len(WAYS)]
    provider = Provider(chance, way, price)
    job, request, noticed = start(chance, price), first_request(chance), False
    for _ in range(CALLS):
        door = Door(provider, chance)
        ports = replace(connect(), model=door, prices={"writer": price}, endpoint=f"run {seed}", fallback="")
        pulse = Pulse(job, lease=settings.LEASE, call_deadline=settings.PORT_DEADLINE)
        direct(pulse)
        try:
            Metered(ports, job, pulse).complete(request)
        except ProviderTrouble:
            pass
        except Dead:
            job = claimed_again(job)
        except OverBudget:
            break
        except ReservationExceeded:
            noticed = True
            break
        account = agrees(job)
        assert account.left >= 0
        assert account.tokens_left >= 0
        settled_twice(job)
        request = longer(chance, request)
    account = agrees(job)
    exceeded = Reservation.objects.filter(job=job, exceeded=True).exists()
    assert exceeded == noticed
    assert noticed or account.left >= 0
    assert not (noticed and way in HONEST)
    assert ModelCall.objects.filter(job=job, state="sent").count() == 0
    return noticed


@pytest.fixture
def direct() -> Callable[[Pulse], None]:
    """A pulse that calls without a thread: these tests are about rows."""

    def make(pulse: Pulse) -> None:
        vars(pulse)["call"] = lambda function, *args: function(*args)

    return make


@pytest.mark.campaign
@pytest.mark.django_db(transaction=True)
def test_rows_agree_with_the_book(direct: Callable[[Pulse], None], settings: Any) -> None:
    noticed = sum(play(seed, direct, settings) for seed in range(30))
    assert noticed >= 5


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_rows_agree_with_the_book_in_three_hundred_runs(
    direct: Callable[[Pulse], None], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    noticed = sum(play(seed, direct, settings) for seed in range(1_000, 1_300))
    with capsys.disabled():
        print(f"\n300 runs against Postgres: {noticed} providers noticed, no overspend by another")  # noqa: T201
