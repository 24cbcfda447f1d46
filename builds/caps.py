"""Caps over many jobs: a user's day, a repo's day, a night. They hold in the reservation's transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, Q, Sum, When

from builds.budgets import Cap, CapReached, OverBudget
from builds.models import Job, Reservation
from builds.schedule import Window
from builds.spans import Span, day_of, night_of

LOCKS = 0x6361_7073  # the class of our advisory locks


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A cap as it applies to a job now: which reservations it counts, and in which time."""

    name: str  # also what is locked
    usd: Decimal
    span: Span
    counted: Q
    scope: str


def limits_of(job: Job, now: datetime) -> Iterator[Limit]:
    """The caps that hold for a job, always in the same order, so that two that lock them never cross."""
    day = day_of(now, settings.OFFPEAK_ZONE)
    if settings.USER_DAY_USD is not None:
        counted = Q(job__user_id=job.user_id)
        yield Limit(
            name=f"the day of {job.user_id}",
            usd=settings.USER_DAY_USD,
            span=day,
            counted=counted,
            scope="user",
        )
    repo_usd = job.repo.rules.day_usd if job.repo.rules.day_usd is not None else settings.REPO_DAY_USD
    if repo_usd is not None:
        yield Limit(
            name=f"the day of {job.repo}",
            usd=repo_usd,
            span=day,
            counted=Q(job__repo=job.repo_id),
            scope="repo",
        )
    night = night_of(now, window())
    if settings.NIGHT_USD is not None and night is not None:
        yield Limit(name="this night", usd=settings.NIGHT_USD, span=night, counted=Q(), scope="global")


def window() -> Window:
    """When nights are; days are those of the same zone."""
    return Window(*settings.OFFPEAK, settings.OFFPEAK_ZONE)


def caps_of(job: Job) -> tuple[Cap, ...]:
    """How each cap that holds for a job stands; without caps nothing is asked of the database."""
    if not any_set(job):
        return ()
    now, _ = now_and_day()
    return tuple(as_cap(limit, now) for limit in limits_of(job, now))


def now_and_day() -> tuple[datetime, Span]:
    """The database's time, and the day it is in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT STATEMENT_TIMESTAMP()")
        now: datetime = cursor.fetchone()[0]
    return now, day_of(now, settings.OFFPEAK_ZONE)


def any_set(job: Job) -> bool:
    """Whether any cap could hold for it."""
    everywhere = (settings.USER_DAY_USD, settings.REPO_DAY_USD, settings.NIGHT_USD)
    return any(cap is not None for cap in (*everywhere, job.repo.rules.day_usd))


def as_cap(limit: Limit, now: datetime) -> Cap:
    """What has been taken of it."""
    span = limit.span
    return Cap(
        name=limit.name,
        usd=limit.usd,
        taken=taken(limit.counted, span),
        resets_at=span.resets,
        resets_in=span.resets - now,
        scope=limit.scope,
    )


def taken(counted: Q, span: Span) -> Decimal:
    """Dollars spent or reserved by calls that were made in that time."""
    rows = Reservation.objects.filter(counted, reserved_at__gte=span.start, reserved_at__lt=span.end)
    open_ones = When(state=Reservation.State.OPEN, then=F("usd"))
    found: Decimal | None = rows.aggregate(usd=Sum(Case(open_ones, default=F("settled_usd"))))["usd"]
    return found or Decimal(0)


def hold(job: Job, usd: Decimal) -> None:
    """Make sure that a reservation fits under every cap, inside the transaction that makes it.

    Who holds a cap's lock is alone with it until that transaction ends, so two jobs never both take the last
    dollar. Raises CapReached, or OverBudget where even an untouched cap is too small for the call.
    """
    if not any_set(job):
        return
    now, _ = now_and_day()
    for limit in limits_of(job, now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, limit.name])
        cap = as_cap(limit, now)
        if usd <= cap.left:
            continue
        if not cap.taken:
            raise OverBudget(f"One call may cost ${usd:.4f}, and the cap on {cap.name} is ${cap.usd:.2f}.")
        raise CapReached(cap)
