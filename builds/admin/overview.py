"""The first page: what waits, what runs, what failed, and what it cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils import timezone

from builds.admin.filters import PUBLIC
from builds.models import Approval, Job, Reservation
from builds.operations.questions import for_person, open_questions
from builds.people import Person
from builds.states import JobStatus

DAYS = 30
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The numbers and short lists of the first page. Dollars are those settled in the last 30 days."""

    waiting: int
    running: int
    queued: int
    failed: int
    succeeded: int
    cost: Decimal
    oldest: datetime | None
    questions: tuple[Approval, ...]
    failures: tuple[Job, ...]
    active: tuple[Job, ...]

    @property
    def success_rate(self) -> int | None:
        """Percent of the jobs that ended in these days without being canceled; None when none did."""
        ended = self.succeeded + self.failed
        return round(100 * self.succeeded / ended) if ended else None


def overview(person: Person) -> Overview:
    """A few queries, however many jobs there are; each looks only at what is active, or ended lately."""
    since = timezone.now() - timedelta(days=DAYS)
    active = Job.objects.filter(status__in=[JobStatus.RUNNING, JobStatus.QUEUED])
    recent = Job.objects.filter(finished_at__gte=since)
    counts = active.aggregate(
        running=Count("status", filter=PUBLIC["running"]), queued=Count("status", filter=PUBLIC["queued"])
    )
    counts |= recent.aggregate(
        failed=Count("finished_at", filter=PUBLIC["failed"]),
        succeeded=Count("finished_at", filter=PUBLIC["complete"]),
    )
    spent = Reservation.objects.filter(settled_at__gte=since).aggregate(total=Sum("settled_usd"))["total"]
    oldest = open_questions().first()
    failures = recent.filter(PUBLIC["failed"]).select_related("repo").order_by("-finished_at")
    return Overview(
        **counts,
        waiting=open_questions().count(),
        cost=spent or Decimal(0),
        oldest=oldest.asked_at if oldest else None,
        questions=tuple(for_person(person).select_related("job__repo")[:SHOWN]),
        failures=tuple(failures[:SHOWN]),
        active=at_work(),
    )


def at_work() -> tuple[Job, ...]:
    """What runs, the latest change first; then the newest of what waits."""
    jobs = Job.objects.select_related("repo")
    running = tuple(jobs.filter(status=JobStatus.RUNNING).order_by("-updated_at")[:SHOWN])
    queued = jobs.filter(status=JobStatus.QUEUED).order_by("-id")
    return running + tuple(queued[: SHOWN - len(running)])
