"""Filters of the job list."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from builds.admin.people import person_of
from builds.models import Job
from builds.operations.questions import mine, open_questions
from builds.states import HELD, JobStatus

HOLDS = Q(started_at=None) | Q(wait_cause__in=HELD)
PUBLIC = {
    "queued": Q(status=JobStatus.QUEUED) & HOLDS,
    "running": Q(status=JobStatus.RUNNING) | (Q(status=JobStatus.QUEUED) & ~HOLDS),
    "paused": Q(status=JobStatus.PAUSED),
    "complete": Q(status=JobStatus.SUCCEEDED),
    "failed": Q(status=JobStatus.FAILED),
    "canceled": Q(status=JobStatus.CANCELED),
}
"""The public words of `public_status` as a query. A test holds one against the other."""


class StatusFilter(admin.SimpleListFilter):
    """By the word that everybody outside sees too."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All six words."""
        return [(word, word.capitalize()) for word in PUBLIC]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Jobs of that word; all for a word that there is not."""
        chosen = PUBLIC.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


class WaitingFilter(admin.SimpleListFilter):
    """What waits for an answer."""

    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """For me, or for anybody."""
        return [("me", "For me"), ("anyone", "For anyone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """The jobs of these questions."""
        match self.value():
            case "me":
                return queryset.filter(pk__in=mine(person_of(request)).order_by().values("job"))
            case "anyone":
                return queryset.filter(pk__in=open_questions().order_by().values("job"))
            case _:
                return queryset
