"""The admin site: which tables it shows, its navigation, and its first page."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

from builds import halts, models
from builds.admin import records
from builds.admin.dead_letters import DeadLetterAdmin
from builds.admin.deliveries import CallbackDeliveryAdmin
from builds.admin.halting import HaltAdmin, halt_page
from builds.admin.jobs import JobAdmin
from builds.admin.overview import overview
from builds.admin.people import person_of
from builds.admin.tokens import OperatorTokenAdmin
from builds.operations.questions import for_person

PAGES: tuple[tuple[type[Model], type[ModelAdmin]], ...] = (
    (models.Job, JobAdmin),
    (models.Repo, records.RepoAdmin),
    (models.Approval, records.ApprovalAdmin),
    (models.Event, records.EventAdmin),
    (models.DeadLetter, DeadLetterAdmin),
    (models.Halt, HaltAdmin),
    (models.CallbackDelivery, CallbackDeliveryAdmin),
    (models.StationRun, records.StationRunAdmin),
    (models.WorkItem, records.WorkItemAdmin),
    (models.CheckResult, records.CheckResultAdmin),
    (models.Artifact, records.ArtifactAdmin),
    (models.ModelCall, records.ModelCallAdmin),
    (models.Reservation, records.ReservationAdmin),
    (models.Breaker, records.BreakerAdmin),
    (models.OperatorToken, OperatorTokenAdmin),
)
"""Every table of this product that the admin shows. The others are on the job's page."""


SHOWN_COUNT = 100  # every page counts what waits; more than 99 is shown as 99+


@dataclass(frozen=True, kw_only=True)
class NavigationLink:
    """One place in the bar at the top."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


class DreamSite(AdminSite):
    """Django's admin with our pages and a small skin."""

    site_header = "Dream Machine"
    site_title = "Dream Machine"
    index_title = "Overview"
    site_url = None  # "/" leads here

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        for model, page in PAGES:
            self.register(model, page)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page has; the navigation holds only what this person may open."""
        places = navigation(request)
        halt = halts.current() if places else None
        return {**super().each_context(request), "navigation": places, "halt": halt}

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """One page beside Django's."""
        return [path("halt/", self.admin_view(self.halt), name="halt"), *super().get_urls()]

    def halt(self, request: HttpRequest) -> HttpResponse:
        """Stop everything, or let it go on."""
        return halt_page(request, self.each_context(request))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The overview."""
        found = overview(person_of(request)) if request.user.has_perm("builds.view_job") else None
        return super().index(request, {**(extra_context or {}), "overview": found})


def navigation(request: HttpRequest) -> tuple[NavigationLink, ...]:
    """The bar at the top, for this person."""
    if not request.user.is_active or not request.user.has_perm("builds.view_job"):
        return ()
    person = person_of(request)
    jobs = reverse("admin:builds_job_changelist")
    waiting = f"{jobs}?waiting={'me' if person.reviews else 'anyone'}"
    places: list[tuple[str, str, int | None]] = [
        ("Overview", reverse("admin:index"), None),
        ("Waiting for review", waiting, for_person(person).order_by()[:SHOWN_COUNT].count()),
        ("Jobs", jobs, None),
        ("Failed", f"{jobs}?status=failed", None),
    ]
    if person.operates:
        given_up = models.DeadLetter.objects.filter(replayed_at=None).count()
        letters = reverse("admin:builds_deadletter_changelist")
        places.append(("Dead letters", f"{letters}?replayed=no", given_up))
        places.append(("Queues", reverse("django_rq:home"), None))
    here = request.get_full_path()
    return tuple(
        NavigationLink(label=label, url=url, count=count, is_current=url == here)
        for label, url, count in places
    )
