"""A circuit breaker for each model at each endpoint, in Postgres, so that all workers share what one learnt.

Trouble opens it, for longer each time. When that time is over, one call goes ahead as the probe: its answer
closes the breaker, its failure opens it again. Everything is on the database's clock.
"""

import random
from datetime import timedelta

import structlog
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest, Now

from builds.models import Breaker
from builds.ports import Unavailable
from builds.secrets import mask

log = structlog.get_logger()

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=10)
LONGEST_ASKED = timedelta(hours=6)  # a provider that asks for more is looked at again after this
OPENS_AT = 3  # transient failures in a row, of all workers; "too many requests" opens it at once
SPREAD = 0.2  # later by up to this share, so that those who wait do not all come back at once
PROBE = timedelta(minutes=2)  # a probe without a verdict after this time was lost with its worker
BESIDE_A_PROBE = timedelta(seconds=30)
LEAST = timedelta(seconds=1)


def pause_after(failures: int, asked: timedelta | None) -> timedelta:
    """How long to leave a provider alone after so many failures in a row; never less than it asked for."""
    doubled = FIRST * 2.0 ** min(max(0, failures - 1), 10)
    return max(min(doubled, LONGEST), min(asked or timedelta(0), LONGEST_ASKED))


def spread(pause: timedelta) -> timedelta:
    """A little later than that, never earlier."""
    pause = max(pause, LEAST)
    return pause + SPREAD * random.random() * pause  # noqa: S311  spreads retries, hides nothing


def held(provider: str) -> timedelta | None:
    """None when a call may go now, else how long to wait. In half-open whoever gets None is the probe."""
    mine = Breaker.objects.filter(provider=provider)
    row = mine.filter(open_until__isnull=False).annotate(wait=F("open_until") - Now()).first()
    if row is None:
        return None
    wait: timedelta = row.wait
    if wait > timedelta(0):
        return spread(wait)
    free = mine.filter(Q(probe_until=None) | Q(probe_until__lte=Now()), open_until__lte=Now())
    return None if free.update(probe_until=Now() + PROBE) else spread(BESIDE_A_PROBE)


def is_open(provider: str) -> bool:
    """Whether it was in trouble and has not answered since."""
    return Breaker.objects.filter(provider=provider, open_until__isnull=False).exists()


def failed(provider: str, error: Unavailable) -> timedelta:
    """Note a failure, inside the caller's transaction; returns how long the caller's job should wait.

    Calls that were under way when it opened tell nothing new, so they do not make it wait longer.
    """
    Breaker.objects.get_or_create(provider=provider)
    mine = Breaker.objects.filter(provider=provider)
    mine.update(
        failures=Case(When(open_until__gt=Now(), then=F("failures")), default=F("failures") + 1),
        kind=error.kind,
        error=mask(str(error))[:2000],
        probe_until=None,
        updated_at=Now(),
    )
    row = mine.get()
    pause = spread(pause_after(row.failures, error.retry_after))
    if error.kind == "quota" or row.failures >= OPENS_AT or row.open_until is not None:
        until = Greatest(Coalesce("open_until", Now()), Now() + pause)
        mine.update(open_until=until, opened_at=Coalesce("opened_at", Now()))
        log.warning("provider.trouble", provider=provider, kind=error.kind, failures=row.failures)
    return pause


def answered(provider: str) -> None:
    """It answered, inside the caller's transaction: the breaker closes and everybody may go."""
    troubled = Breaker.objects.filter(provider=provider).exclude(failures=0, open_until=None)
    troubled.update(failures=0, open_until=None, probe_until=None, opened_at=None, updated_at=Now())


def withdrawn(provider: str) -> None:
    """A call that was let through was not made, or told nothing: the next one may be the probe."""
    Breaker.objects.filter(provider=provider, probe_until__isnull=False).update(probe_until=None)


def troubled() -> QuerySet[Breaker]:
    """Every provider in trouble now, with how long it is still left alone."""
    rows = Breaker.objects.filter(open_until__isnull=False).annotate(wait=F("open_until") - Now())
    return rows.order_by("provider")
