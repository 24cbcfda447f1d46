"""What today has cost: by user, repo and model, and how far the caps have come."""

from dataclasses import dataclass

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When

from builds.breaker import troubled
from builds.budgets import Cap
from builds.caps import caps_of, now_and_day
from builds.models import Breaker, Job, Reservation
from builds.operations.looking import visible
from builds.people import Person
from builds.spans import Span


@dataclass(frozen=True)
class Line:
    """One user, repo or model, with dollars settled and dollars still reserved."""

    name: str
    calls: int
    spent: float
    reserved: float


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Today as one person may see it."""

    day: Span
    total: Line
    users: tuple[Line, ...]
    repos: tuple[Line, ...]
    models: tuple[Line, ...]
    caps: tuple[Cap, ...]
    troubled: tuple[Breaker, ...]


OPEN, SETTLED = Q(state=Reservation.State.OPEN), Q(state=Reservation.State.SETTLED)


def spending(by: Person) -> Spending:
    """The present day of the caps' time zone. Who neither reviews nor operates sees their own builds."""
    _, day = now_and_day()
    jobs = visible(by).order_by()
    rows = Reservation.objects.filter(OPEN | SETTLED, reserved_at__gte=day.start, job__in=jobs).order_by()
    return Spending(
        day=day,
        total=total(rows),
        users=lines(rows, F("job__user_id")),
        repos=lines(rows, F("job__repo__owner"), F("job__repo__name")),
        models=lines(rows, F("call__model")),
        caps=caps_today(rows),
        troubled=tuple(troubled()),
    )


def total(rows: QuerySet[Reservation]) -> Line:
    """Everything in one line."""
    found = rows.aggregate(**SUMS)
    return Line("", found["calls"], float(found["spent"] or 0), float(found["reserved"] or 0))


SUMS = {
    "calls": Count("id"),
    "spent": Sum(Case(When(SETTLED, then=F("settled_usd")))),
    "reserved": Sum(Case(When(OPEN, then=F("usd")))),
}


def lines(rows: QuerySet[Reservation], *names: F) -> tuple[Line, ...]:
    """One line for each name, the dearest first."""
    named = {f"name{at}": name for at, name in enumerate(names)}
    grouped = rows.annotate(**named).values(*named).annotate(**SUMS)
    found = (
        Line(
            "/".join(row[name] for name in named),
            row["calls"],
            float(row["spent"] or 0),
            float(row["reserved"] or 0),
        )
        for row in grouped
    )
    return tuple(sorted(found, key=lambda line: (-line.spent - line.reserved, line.name)))


def caps_today(rows: QuerySet[Reservation]) -> tuple[Cap, ...]:
    """Each cap that today's builds come under, once."""
    newest = rows.values("job__user_id", "job__repo").annotate(job=Max("job")).values("job")
    jobs = Job.objects.filter(pk__in=newest).select_related("repo")
    return tuple({cap.name: cap for job in jobs for cap in caps_of(job)}.values())
