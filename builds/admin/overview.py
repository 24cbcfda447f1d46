"""The first page: what waits, what runs, what failed, and what it cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
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
    """Seven queries, however many jobs there are."""
    since = timezone.now() - timedelta(days=DAYS)
    recent = Q(finished_at__gte=since)
    counts = Job.objects.aggregate(
        running=Count("pk", filter=PUBLIC["running"]),
        queued=Count("pk", filter=PUBLIC["queued"]),
        failed=Count("pk", filter=PUBLIC["failed"] & recent),
        succeeded=Count("pk", filter=PUBLIC["complete"] & recent),
    )
    spent = Reservation.objects.filter(settled_at__gte=since).aggregate(total=Sum("settled_usd"))["total"]
    oldest = open_questions().first()
    jobs = Job.objects.select_related("repo").order_by("-updated_at")
    return Overview(
        **counts,
        waiting=open_questions().count(),
        cost=spent or Decimal(0),
        oldest=oldest.asked_at if oldest else None,
        questions=tuple(for_person(person).select_related("job__repo")[:SHOWN]),
        failures=tuple(jobs.filter(PUBLIC["failed"] & recent)[:SHOWN]),
        active=tuple(jobs.filter(status__in=[JobStatus.RUNNING, JobStatus.QUEUED])[:SHOWN]),
    )
