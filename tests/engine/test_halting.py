"""Halt: from the next reservation on no model is called, jobs wait with their work saved, and all go on."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from builds import halts, refusals
from builds.claims import any_due, claim
from builds.metered import Metered
from builds.models import Halt, ModelCall, Reservation
from builds.operations import cancel, halt, resume, run_now
from builds.ports import Halted, Reply, Request
from builds.public import public_status
from builds.pulse import Pulse
from tests.engine.test_money import PRICES, Counting, ask
from tests.world import ALICE, OLGA, World

LEASE = timedelta(seconds=30)


class HaltedAt:
    """A model during whose call of that number an operator halts; the call then hangs."""

    def __init__(self, model: Any, number: int) -> None:
        self.model, self.number, self.calls = model, number, 0

    def complete(self, request: Request) -> Reply:
        """Answer, as the model does."""
        self.calls += 1
        if self.calls == self.number:
            halt(by=OLGA, reason="Too dear.")
            connection.close()  # this thread's own, which nobody would close
            threading.Event().wait(60)
        reply: Reply = self.model.complete(request)
        return reply


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.sampled(2)
def test_a_halt_in_the_middle_of_a_build_loses_nothing(world: World, settings: Any, number: int) -> None:
    settings.LEASE = timedelta(seconds=2)
    job = world.submit()
    model = HaltedAt(world.model, number)
    halting = replace(world, ports=replace(world.ports, model=model))
    job = halting.run(job)
    assert (job.status, job.wait_cause, job.wait_reason, job.tries) == (
        "queued", "halted", "Halted by olga: Too dear.", 0,
    )  # fmt: skip
    assert public_status(job) == "queued"
    assert (model.calls, job.reserved_usd) == (number, Decimal(0))
    assert job.events.get(name="run.halt_requested").actor == "olga"
    assert not any_due()
    assert claim("tests", LEASE) is None
    resume(by=OLGA)
    job = world.run(job)
    assert (job.status, job.error_message) == ("succeeded", "")
    assert job.events.get(name="run.halt_lifted").actor == "olga"
    answered = list(job.model_calls.filter(state="answered").values_list("purpose", "item", "turn"))
    assert len(answered) == len(set(answered))
    assert job.model_calls.count() - len(answered) == 1


def test_the_ledger_refuses_the_next_call_before_anything_is_reserved(world: World, settings: Any) -> None:
    world.submit()
    job = claim("tests", LEASE)
    assert job is not None
    provider = Counting()
    ports = replace(world.ports, model=provider, prices=PRICES)
    with Pulse(job, lease=LEASE, call_deadline=settings.PORT_DEADLINE) as pulse:
        halt(by=OLGA, reason="Wait.")
        with pytest.raises(Halted, match="Halted by olga: Wait"):
            Metered(ports, job, pulse).complete(ask())
    assert provider.seen == []
    assert not ModelCall.objects.exists()
    assert not Reservation.objects.exists()


def test_orders_are_taken_and_steered_meanwhile(world: World) -> None:
    halt(by=OLGA, reason="Wait.")
    first, second = world.submit(), world.submit()
    run_now(first.job_id, by=ALICE)
    assert not world.step()
    assert cancel(second.job_id, by=ALICE).status == "canceled"
    resume(by=OLGA)
    assert world.step()


def test_only_operators_halt_once_and_resume_once(world: World) -> None:
    with pytest.raises(refusals.MayNotDecide):
        halt(by=ALICE, reason="No.")
    with pytest.raises(refusals.MayNotDecide):
        resume(by=ALICE)
    with pytest.raises(refusals.CommentMissing):
        halt(by=OLGA, reason="  ")
    with pytest.raises(refusals.WrongState, match="Nothing is halted"):
        resume(by=OLGA)
    halt(by=OLGA, reason="One.")
    with pytest.raises(refusals.WrongState, match=r"Halted by olga: One\.; it is halted already"):
        halt(by=OLGA, reason="Two.")
    lifted = resume(by=OLGA)
    assert (lifted.lifted_by, lifted.lifted_at is not None, halts.current()) == ("olga", True, None)
    halt(by=OLGA, reason="Three.")
    assert Halt.objects.count() == 2
