"""A model whose every call is reserved, journalled and settled; the only kind a station ever holds."""

from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from builds import breaker, caps, carried, halts, ledger
from builds.budgets import (
    ReservationExceeded,
    bound_after,
    cost,
    fit,
    input_bound,
    price_of,
    share_of,
    worst_case,
)
from builds.coding.transcript import request_hash
from builds.models import Job, ModelCall, Reservation
from builds.ports import (
    Interrupted,
    LeaseLost,
    Message,
    Ports,
    ProviderTrouble,
    Refused,
    Reply,
    Request,
    ToolCall,
    Unavailable,
    Usage,
)
from builds.pulse import Pulse
from builds.secrets import mask
from builds.values import dump, load

LOOKED_BACK = 4  # turns: an earlier one whose answer was lost or cut off has nothing to tell


class Metered:
    """The Model port with the ledger around it. What looks like a secret neither goes out nor comes in.

    An identical request is answered from the journal, for nothing. Raises OverBudget or Halted before,
    ReservationExceeded after a call, and ProviderTrouble where the job has to wait; what else the model
    raises is passed on once money is settled.
    """

    def __init__(self, ports: Ports, job: Job, pulse: Pulse) -> None:
        self.ports = ports
        self.job = job
        self.pulse = pulse

    def complete(self, request: Request) -> Reply:
        """Answer from the journal, or call the model, or the one that stands in for it."""
        request = masked_request(request)
        name = request_hash(request)
        known = self.journalled(request, name)
        if known is not None:
            return known
        try:
            return self.call(request, name)
        except ProviderTrouble:
            stand_in = self.stand_in_for(request)
            if stand_in is None:
                raise
            return self.call(stand_in, name, instead_of=request.model)

    def call(self, request: Request, name: str, *, instead_of: str = "") -> Reply:
        """Ask the breaker, reserve, call, settle."""
        provider = self.provider_of(request.model)
        wait = breaker.held(provider)
        if wait is not None:
            raise ProviderTrouble(f"{provider} is in trouble; the next try is later.", retry_after=wait)
        try:
            reservation, request = self.reserve(request, name, instead_of)
        except BaseException:
            breaker.withdrawn(provider)
            raise
        connection.close()  # a model takes its time, and needs no backend of Postgres meanwhile
        try:
            reply = masked_reply(self.pulse.call(self.ports.model.complete, request))
        except LeaseLost:
            raise  # whoever claims next settles it
        except Interrupted:
            self.lose(reservation, "The job was interrupted while the model was answering.")
            breaker.withdrawn(provider)
            raise
        except Unavailable as error:
            raise self.troubled(reservation, provider, error) from error
        except Refused as error:
            self.refuse(reservation, provider, error)
            raise
        self.book(reservation, reply, provider)
        return reply

    def provider_of(self, model: str) -> str:
        """What a breaker is for: limits and outages are those of one model at one endpoint."""
        return f"{model} at {self.ports.endpoint or 'the endpoint'}"

    def stand_in_for(self, request: Request) -> Request | None:
        """The same request for the model that stands in, while this one's breaker is open.

        It is asked at the same endpoint, so the code goes nowhere that it does not go anyway. It never
        reviews what it wrote, nor writes again after it has reviewed.
        """
        model = self.ports.fallback
        if (
            model not in self.ports.prices
            or model == request.model
            or not breaker.is_open(self.provider_of(request.model))
        ):
            return None
        answered = ModelCall.objects.filter(job=self.job, model=model, state=ModelCall.State.ANSWERED)
        reviewed = answered.filter(purpose="review")
        other_role = answered.exclude(purpose="review") if request.purpose == "review" else reviewed
        return None if other_role.exists() else replace(request, model=model)

    @cached_property
    def carried_since(self) -> int:
        """The first attempt whose answers are used again."""
        return carried.since(self.job)

    def journalled(self, request: Request, name: str) -> Reply | None:
        """The answer that this attempt already paid for, or an earlier one whose answers still hold."""
        turn = {"purpose": request.purpose, "item": request.item, "turn": request.turn}
        calls = ModelCall.objects.filter(
            job=self.job, attempt__gte=self.carried_since, request_hash=name, **turn
        )
        # A cleanup takes old answers away; what they cost stays.
        found = calls.filter(state=ModelCall.State.ANSWERED, reply__isnull=False).order_by("-id").first()
        return load(Reply, found.reply) if found else None

    def reserve(self, request: Request, name: str, instead_of: str) -> tuple[Reservation, Request]:
        """Take the worst case from the budget and note the call, in one fenced transaction."""
        price, bound = price_of(self.ports.prices, request.model), self.bound(request)
        with self.job.fenced():
            halts.check()
            self.job.refresh_from_db(fields=ledger.RESERVED_FIELDS)
            account = ledger.account_of(self.job).within(share_of(self.job.station))
            request = fit(request, price, account, bound)
            worst = worst_case(request, price, bound)
            caps.hold(self.job, worst.usd)
            call = ModelCall.objects.create(
                job=self.job,
                attempt=self.job.attempt,
                station=self.job.station,
                purpose=request.purpose,
                item=request.item,
                turn=request.turn,
                model=request.model,
                instead_of=instead_of,
                request_hash=name,
                prompt_version=request.prompt_version,
                request_bytes=bound,
            )
            return ledger.reserve(self.job, call, worst), request

    def bound(self, request: Request) -> int:
        """The most input tokens: by what was reported for an earlier call of this conversation, and by bytes.

        That call's request is an exact beginning of this one: it ended where the model then answered.
        """
        ends = [at for at, message in enumerate(request.messages) if at and message.role == "assistant"]
        names = {
            request_hash(replace(request, messages=request.messages[:at])): at for at in ends[-LOOKED_BACK:]
        }
        calls = ModelCall.objects.filter(job=self.job, model=request.model, request_hash__in=names)
        answered = calls.filter(state=ModelCall.State.ANSWERED, cached_tokens__lte=F("input_tokens"))
        known = [(names[call.request_hash], call.input_tokens) for call in answered]
        return bound_after(request, *max(known)) if known else input_bound(request)

    def book(self, reservation: Reservation, reply: Reply, provider: str) -> None:
        """Settle at what the provider says it counted, and keep the answer, in one transaction."""
        price = price_of(self.ports.prices, reservation.call.model)
        usage = reply.usage
        # A provider that does not say what it counted is booked at the worst case.
        usd = cost(price, usage) if usage else reservation.usd
        tokens = usage.input_tokens + usage.output_tokens if usage else reservation.tokens
        with self.job.fenced():
            ledger.settle(reservation, tokens, usd)
            breaker.answered(provider)
            self.note(
                reservation, state=ModelCall.State.ANSWERED, reply=dump(reply), cost_usd=usd, usage=usage
            )
            ModelCall.objects.filter(pk=reservation.call_id).update(
                finish=reply.finish,
                provider_request_id=reply.request_id[:200],
                price_source=(usage.priced_by or "settings") if usage else "reserved",
            )
        if usd > reservation.usd or tokens > reservation.tokens:
            raise ReservationExceeded(
                f"{reservation.call.model} took ${usd} and {tokens} tokens; at most ${reservation.usd} and "
                f"{reservation.tokens} were reserved. The call is booked in full and the job stops."
            )

    def troubled(self, reservation: Reservation, provider: str, error: Unavailable) -> ProviderTrouble:
        """Settle or release, tell the breaker, and say how long the job should wait."""
        with self.job.fenced():
            self.lose(reservation, str(error), charged=error.charged)
            pause = breaker.failed(provider, error)
        return ProviderTrouble(str(error), retry_after=pause, charged=error.charged, kind=error.kind)

    def refuse(self, reservation: Reservation, provider: str, error: Refused) -> None:
        """A refusal costs nothing. Of a key or a name it tells nothing about the provider's health."""
        with self.job.fenced():
            self.lose(reservation, str(error), charged=False)
            if error.code == "auth_or_config":
                breaker.withdrawn(provider)
            else:
                breaker.answered(provider)

    def lose(self, reservation: Reservation, why: str, *, charged: bool = True) -> None:
        """No answer came: settle in full, unless the call was certainly not billed."""
        with self.job.fenced():
            if charged:
                ledger.settle(reservation, reservation.tokens, reservation.usd)
            else:
                ledger.release(reservation)
            state = ModelCall.State.LOST if charged else ModelCall.State.REFUSED
            usd = reservation.usd if charged else Decimal(0)
            self.note(reservation, state=state, error=mask(why)[:2000], cost_usd=usd, usage=None)

    def note(self, reservation: Reservation, *, usage: Usage | None, **changes: Any) -> None:
        """Write how the call ended."""
        if usage:
            changes |= {
                "input_tokens": usage.input_tokens,
                "cached_tokens": usage.cached_tokens,
                "output_tokens": usage.output_tokens,
            }
        ModelCall.objects.filter(pk=reservation.call_id).update(answered_at=Now(), **changes)


def masked_request(request: Request) -> Request:
    """The request as it leaves the house; the same request always makes the same one."""
    return replace(request, messages=tuple(masked_message(message) for message in request.messages))


def masked_message(message: Message) -> Message:
    """One message, with the calls that the model made in it."""
    return replace(message, content=mask(message.content), tool_calls=masked_calls(message.tool_calls))


def masked_reply(reply: Reply) -> Reply:
    """The answer as it is stored and worked with: live and from the journal alike."""
    return replace(reply, text=mask(reply.text), tool_calls=masked_calls(reply.tool_calls))


def masked_calls(calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
    """Arguments stay JSON: a mark holds nothing that JSON would escape."""
    return tuple(replace(call, arguments=mask(call.arguments)) for call in calls)
