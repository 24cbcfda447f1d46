"""Money: reserved before each model call, settled after it. Recorded spend never passes the budget."""

from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now

from builds.budgets import Account, OverBudget, Worst, share_of
from builds.models import Job, ModelCall, Reservation, StationRun

RESERVED_FIELDS = ("max_dollars", "spent_usd", "reserved_usd", "max_tokens", "tokens_used", "tokens_reserved")


def account_of(job: Job) -> Account:
    """The budget as the row in hand says it."""
    return Account(
        max_dollars=job.max_dollars,
        spent=job.spent_usd,
        reserved=job.reserved_usd,
        max_tokens=job.max_tokens,
        tokens_used=job.tokens_used,
        tokens_reserved=job.tokens_reserved,
    )


def reserve(job: Job, call: ModelCall, worst: Worst) -> Reservation:
    """Take the worst case from the budget with one guarded UPDATE, inside the caller's transaction.

    The station in the call's row says how much of the budget it may reach into. Raises OverBudget when
    another reservation was faster.
    """
    within = account_of(job).within(share_of(call.station))
    fits = Job.objects.filter(
        pk=job.pk,
        fence=job.fence,
        max_dollars=job.max_dollars,
        max_tokens=job.max_tokens,
        spent_usd__lte=within.max_dollars - worst.usd - F("reserved_usd"),
        tokens_used__lte=within.max_tokens - worst.tokens - F("tokens_reserved"),
    )
    taken = fits.update(
        reserved_usd=F("reserved_usd") + worst.usd, tokens_reserved=F("tokens_reserved") + worst.tokens
    )
    if not taken:
        raise OverBudget(f"${worst.usd:.4f} no longer fits in the budget of ${job.max_dollars:.2f}.")
    return Reservation.objects.create(
        job=job, call=call, fence=job.fence, tokens=worst.tokens, usd=worst.usd, reserved_at=Now()
    )


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
