"""The base of all lists: everybody with the view permission looks, nobody edits a row by hand."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from builds.admin.bounded import BoundedChangeList, BoundedPaginator
from builds.models import Job


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows are the truth of the engine: a hand that edits one breaks what approvals and money rely on."""

    show_full_result_count = False  # counting 100 000 events twice for each page is not worth it
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    paginator = BoundedPaginator
    path_to_job = "job"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """One that knows that not everything was counted."""
        return BoundedChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The whole name of a job finds its rows by an index; any other words are looked for in every row."""
        if self.path_to_job and search_term:
            job = Job.objects.filter(job_id=search_term.strip()).values_list("pk", flat=True).first()
            if job is not None:
                return queryset.filter(**{self.path_to_job: job}), False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what is in the list as its title."""
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the engine."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What may be done to a job is an operation, with an event and a name beside it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Evidence, money and decisions are kept."""
        return False
