"""Jobs in the admin: the list, the page where a paused one is decided, and what operators do to many."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from builds.admin import deliveries, job_views, steering
from builds.admin.filters import StatusFilter, WaitingFilter
from builds.admin.invisible import visible
from builds.admin.people import person_of
from builds.admin.read_only import ReadOnlyAdmin
from builds.admin.review_page import review_page
from builds.admin.templatetags.skin import ago, dollars
from builds.models import Job
from builds.public import public_status


class JobAdmin(ReadOnlyAdmin):
    """One row for each job; its page is at the usual address and nothing on it is a form field of the row."""

    list_display = ("key", "shown_title", "repo", "badge", "station", "cost", "age")
    list_display_links = ("key", "shown_title")
    list_filter = (StatusFilter, WaitingFilter, "repo")
    list_select_related = ("repo",)
    search_fields = ("job_id", "title", "user_id", "requester", "branch", "spec_name")
    search_help_text = "Job, title, person or branch"
    ordering = ("-id",)
    path_to_job = "pk"
    actions = ("cancel_jobs", "run_now_jobs", "rerun_jobs", "redeliver_callbacks")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """What the actions ask for."""
        return request.user.has_perm("builds.operate_job")

    @admin.display(description="job", ordering="job_id")
    def key(self, job: Job) -> SafeString:
        """The caller's name of the job."""
        return visible(job.job_id)

    @admin.display(description="title", ordering="title")
    def shown_title(self, job: Job) -> SafeString:
        """The spec's title, with nothing invisible in it."""
        return visible(job.title)

    @admin.display(description="status", ordering="status")
    def badge(self, job: Job) -> SafeString:
        """The public word."""
        word = public_status(job)
        return format_html('<span class="badge status-{}">{}</span>', word, word)

    @admin.display(description="cost / budget", ordering="spent_usd")
    def cost(self, job: Job) -> SafeString:
        """A bar and the dollars; the bar turns amber at four fifths."""
        return format_html(
            '<span class="cost"><meter max="{0}" low="{2}" high="{2}" optimum="0" value="{1}"></meter>'
            "{3} / {4}</span>",
            f"{job.max_dollars:.6f}",
            f"{job.spent_usd:.6f}",
            f"{job.max_dollars * 4 / 5:.6f}",
            dollars(job.spent_usd),
            dollars(job.max_dollars),
        )

    @admin.display(description="age", ordering="created_at")
    def age(self, job: Job) -> SafeString:
        """Since it was posted."""
        return format_html('<time datetime="{}">{}</time>', job.created_at.isoformat(), ago(job.created_at))

    @admin.action(description="Cancel…", permissions=["operate"])
    def cancel_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Stop many, after a look at which."""
        return steering.steer_many(self, request, queryset, steering.CANCEL)

    @admin.action(description="Run now…", permissions=["operate"])
    def run_now_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Start many that wait, after a look at which."""
        return steering.steer_many(self, request, queryset, steering.RUN_NOW)

    @admin.action(description="Rerun…", permissions=["operate"])
    def rerun_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Start many again, after a look at which."""
        return steering.steer_many(self, request, queryset, steering.RERUN)

    @admin.action(description="Send callbacks again", permissions=["operate"])
    def redeliver_callbacks(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """From the first that was never delivered on, else the newest; receivers know repeated ones."""
        deliveries.send(self, request, ((job, None) for job in queryset[: deliveries.AT_ONCE + 1]))

    def get_urls(self) -> list[URLPattern]:
        """The pages beside the list."""
        pages = (
            ("decide", job_views.decide),
            ("cancel", job_views.cancel),
            ("run-now", job_views.run_now),
            ("rerun", job_views.rerun),
            ("changes.patch", job_views.download_diff),
            ("artifacts/<int:artifact_id>", job_views.download_artifact),
        )
        return [
            *(
                path(
                    f"<path:object_id>/{where}",
                    self.admin_site.admin_view(view),
                    {"job_admin": self},
                    name=f"builds_job_{view.__name__}",
                )
                for where, view in pages
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one job."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        job = job_views.seen(self, request, object_id)
        if job is None:
            messages.warning(request, "There is no such job.")
            return redirect("admin:builds_job_changelist")
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "is_nav_sidebar_enabled": False,  # the diff needs the room
            "title": job.title,
            "opts": self.opts,
            "original": job,
            "job": job,
            "page": review_page(job, person_of(request)),
            "comment": job_views.kept_comment(request, job),
        }
        return TemplateResponse(request, "admin/builds/job/change_form.html", context)
