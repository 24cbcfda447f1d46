"""Lists of jobs as the outside asks for them: filters in public words, and the rows that fit them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from builds.models import Approval, Job
from builds.operations import visible_by_place
from builds.operations.questions import mine
from builds.people import Person
from builds.ports import RepoName
from builds.public import EVERYTHING, summary
from builds.states import HELD, JobStatus

STARTED = Q(started_at__isnull=False) & ~Q(wait_cause__in=HELD)
STATUSES: dict[str, Q] = {
    "queued": Q(status=JobStatus.QUEUED.value) & ~STARTED,
    "running": Q(status=JobStatus.RUNNING.value) | (Q(status=JobStatus.QUEUED.value) & STARTED),
    "paused": Q(status=JobStatus.PAUSED.value),
    "complete": Q(status=JobStatus.SUCCEEDED.value),
    "failed": Q(status=JobStatus.FAILED.value),
    "canceled": Q(status=JobStatus.CANCELED.value),
}
"""The public words, by what they are in rows; the same rule as `public.public_status`."""

SLACK = timedelta(hours=1)
"""No transaction lasts so long: ids and moments of creation are in the same order, but for this."""

LARGE = ("plan", "intake", "review", "pull")
"""Columns that no row of a list shows."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which jobs somebody wants to see; what is empty filters nothing."""

    statuses: tuple[str, ...] = ()
    repo: RepoName | None = None
    user_id: str = ""
    since: datetime | None = None
    awaiting: Person | None = None

    def of(self, by: Person) -> tuple[QuerySet[Job], ...]:
        """The jobs that this person may see and that fit, as sets that do not overlap; specs left out."""
        return tuple(
            self.narrowed(jobs).select_related(None).select_related("repo").defer(*LARGE)
            for jobs in visible_by_place(by)
        )

    def narrowed(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        """What the filters leave."""
        if self.statuses:
            wanted = Q()
            for status in self.statuses:
                wanted |= STATUSES[status]
            jobs = jobs.filter(wanted)
        if self.repo:
            jobs = jobs.filter(repo__owner=self.repo.owner, repo__name=self.repo.name)
        if self.user_id:
            jobs = jobs.filter(user_id=self.user_id)
        if self.since:
            jobs = jobs.filter(created_at__gte=self.since, pk__gt=before(self.since))
        if self.awaiting:
            jobs = jobs.filter(STATUSES["paused"], pk__in=mine(self.awaiting).order_by().values("job"))
        return jobs


def before(moment: datetime) -> Coalesce:
    """An id that is smaller than those of all jobs made since a moment, found by an index.

    Pages are in the order of ids: without a floor the last page would look at all jobs there are.
    """
    older = Job.objects.filter(created_at__lt=moment - SLACK).order_by("-created_at")
    return Coalesce(Subquery(older.values("pk")[:1]), 0)


def summaries(jobs: list[Job], by: Person, *, allowed: frozenset[str] = EVERYTHING) -> list[dict[str, Any]]:
    """The rows of a list, with one query for all open questions."""
    asked = Approval.objects.filter(state=Approval.State.OPEN, job__in=[job.pk for job in jobs])
    questions = {question.job_id: question for question in asked.defer("findings")}
    return [summary(job, by, questions.get(job.pk), allowed=allowed) for job in jobs]
