"""Money: reserved before each model call, settled after it. Recorded spend never passes the budget."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from django.db.models import F
from django.db.models.functions import Now

from builds.canonical import canonical_json
from builds.models import Job, ModelCall, Reservation, StationRun
from builds.ports import Price, Request, Usage

MICRO = Decimal("0.000001")
LEAST_OUTPUT = 256  # tokens; a shorter answer is cut off before it is of any use
FRAMING = 64  # tokens a provider may add around each message and tool, by its own way of counting


class OverBudget(Exception):
    """The worst case of the next call does not fit in what is left of the budget."""


class ReservationExceeded(Exception):
    """The provider took more than the worst case that was reserved for the call."""


class NotPriced(Exception):
    """The model has no price, so no budget could hold."""


@dataclass(frozen=True)
class Worst:
    """The worst case of one call."""

    input_tokens: int
    output_tokens: int
    usd: Decimal

    @property
    def tokens(self) -> int:
        """Both ways."""
        return self.input_tokens + self.output_tokens


def input_bound(request: Request) -> int:
    """The most tokens a provider can count for the request, without knowing its tokenizer.

    No tokenizer in use makes more than one token of a byte; each message and tool may get a frame around it.
    """
    body = canonical_json({"messages": request.messages, "tools": request.tools})
    return len(body) + FRAMING * (1 + len(request.messages) + len(request.tools))


def cost(price: Price, usage: Usage) -> Decimal:
    """Dollars for what was used, rounded up to the millionth. The provider's own figure goes first."""
    if usage.cost is not None:
        return usage.cost.quantize(MICRO, rounding=ROUND_UP)
    cached = min(usage.cached_tokens, usage.input_tokens)
    rate = price.input if price.cached_input is None else price.cached_input
    parts = (usage.input_tokens - cached) * price.input + cached * rate + usage.output_tokens * price.output
    return (parts / 1_000_000).quantize(MICRO, rounding=ROUND_UP)


def worst_case(request: Request, price: Price) -> Worst:
    """What the call costs if nothing is cached and the answer is as long as it may be."""
    tokens = input_bound(request)
    usage = Usage(input_tokens=tokens, output_tokens=request.max_tokens)
    return Worst(tokens, request.max_tokens, cost(price, usage))


def fit(request: Request, price: Price, job: Job) -> Request:
    """The request with `max_tokens` lowered until its worst case fits. Raises OverBudget when none does."""
    tokens = input_bound(request)
    dollars = job.max_dollars - job.spent_usd - job.reserved_usd
    room = job.max_tokens - job.tokens_used - job.tokens_reserved - tokens
    for_input = cost(price, Usage(input_tokens=tokens, output_tokens=0))
    if price.output > 0:
        room = min(room, int((dollars - for_input) * 1_000_000 / price.output))
    most = min(request.max_tokens, room)
    if dollars < for_input or most < min(LEAST_OUTPUT, request.max_tokens):
        needed = worst_case(replace(request, max_tokens=min(LEAST_OUTPUT, request.max_tokens)), price)
        left = max(0, job.max_tokens - job.tokens_used - job.tokens_reserved)
        raise OverBudget(
            f"The next call may cost ${needed.usd:.4f} and {needed.tokens} tokens; ${dollars:.4f} "
            f"of ${job.max_dollars:.2f} and {left} of {job.max_tokens} tokens are left."
        )
    return replace(request, max_tokens=most)


def price_of(prices: Mapping[str, Price], model: str) -> Price:
    """The price of a model. Raises NotPriced."""
    if model not in prices:
        raise NotPriced(f"{model} has no price; add it to DREAM_MODEL_PRICES")
    return prices[model]


def reserve(job: Job, call: ModelCall, worst: Worst) -> Reservation:
    """Take the worst case from the budget with one guarded UPDATE, inside the caller's transaction.

    Raises OverBudget when another reservation was faster.
    """
    fits = Job.objects.filter(
        pk=job.pk,
        fence=job.fence,
        max_dollars__gte=F("spent_usd") + F("reserved_usd") + worst.usd,
        max_tokens__gte=F("tokens_used") + F("tokens_reserved") + worst.tokens,
    )
    taken = fits.update(
        reserved_usd=F("reserved_usd") + worst.usd, tokens_reserved=F("tokens_reserved") + worst.tokens
    )
    if not taken:
        raise OverBudget(f"${worst.usd:.4f} no longer fits in the budget of ${job.max_dollars:.2f}.")
    return Reservation.objects.create(job=job, call=call, fence=job.fence, tokens=worst.tokens, usd=worst.usd)


def settle(reservation: Reservation, tokens: int, usd: Decimal) -> None:
    """Give the reservation back and book what was used, inside the caller's transaction; once only."""
    mine = Reservation.objects.filter(pk=reservation.pk, state=Reservation.State.OPEN)
    exceeded = usd > reservation.usd or tokens > reservation.tokens
    booked = mine.update(
        state=Reservation.State.SETTLED,
        settled_tokens=tokens,
        settled_usd=usd,
        exceeded=exceeded,
        settled_at=Now(),
    )
    if not booked:
        return
    Job.objects.filter(pk=reservation.job_id).update(
        reserved_usd=F("reserved_usd") - reservation.usd,
        spent_usd=F("spent_usd") + usd,
        tokens_reserved=F("tokens_reserved") - reservation.tokens,
        tokens_used=F("tokens_used") + tokens,
    )
    call = reservation.call
    runs = StationRun.objects.filter(job=reservation.job_id, attempt=call.attempt, station=call.station)
    runs.update(cost_usd=F("cost_usd") + usd, tokens=F("tokens") + tokens)


def release(reservation: Reservation) -> None:
    """Give a reservation back whose call was certainly not billed, inside the caller's transaction."""
    mine = Reservation.objects.filter(pk=reservation.pk, state=Reservation.State.OPEN)
    if mine.update(state=Reservation.State.RELEASED, settled_at=Now()):
        Job.objects.filter(pk=reservation.job_id).update(
            reserved_usd=F("reserved_usd") - reservation.usd,
            tokens_reserved=F("tokens_reserved") - reservation.tokens,
        )


def settle_lost(job: Job) -> None:
    """Settle in full what workers of older fences left open: their answers may have been billed."""
    lost = Reservation.objects.filter(job=job, state=Reservation.State.OPEN, fence__lt=job.fence)
    for reservation in lost.select_related("call"):
        settle(reservation, reservation.tokens, reservation.usd)
        ModelCall.objects.filter(pk=reservation.call_id, state=ModelCall.State.SENT).update(
            state=ModelCall.State.LOST,
            error="The worker was gone before the answer came.",
            cost_usd=reservation.usd,
        )
