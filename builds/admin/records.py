"""The tables that only grow: decisions, events, money and evidence, to look things up."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from builds.admin.bounded import recent
from builds.admin.invisible import visible
from builds.admin.read_only import ReadOnlyAdmin
from builds.models import Approval, Event


class ApprovalAdmin(ReadOnlyAdmin):
    """Every question, who answered it, when, and for exactly which content."""

    list_display = ("asked_at", "job", "station", "state", "decided_by", "decided_at", "via", "short_hash")
    list_filter = ("state", "asked_at", *recent("station", "may_decide", "via"))
    list_select_related = ("job",)
    search_fields = ("job__job_id", "decided_by", "content_hash")

    @admin.display(description="content")
    def short_hash(self, approval: Approval) -> str:
        """Enough of the hash to compare."""
        return approval.content_hash[:12]


class EventAdmin(ReadOnlyAdmin):
    """Everything that happened, in the order in which it did."""

    list_display = ("created_at", "job", "sequence", "name", "station", "actor", "shown_message")
    list_filter = recent("name", "station")
    list_select_related = ("job",)
    search_fields = ("job__job_id", "request_id", "actor")
    ordering = ("-id",)

    @admin.display(description="message")
    def shown_message(self, event: Event) -> SafeString:
        """The message; a model may have written part of it."""
        return visible(event.message)


class StationRunAdmin(ReadOnlyAdmin):
    """What each station did in each attempt."""

    list_display = (
        "job",
        "attempt",
        "station",
        "status",
        "tries",
        "started_at",
        "finished_at",
        "cost_usd",
        "tokens",
    )
    list_filter = ("status", *recent("station"))
    list_select_related = ("job",)
    search_fields = ("job__job_id", "note")


class WorkItemAdmin(ReadOnlyAdmin):
    """Planned changes and how they ended."""

    list_display = ("job", "attempt", "key", "title", "status", "failure", "finished_at")
    list_filter = recent("status", "failure")
    list_select_related = ("job",)
    search_fields = ("job__job_id", "title")


class ModelCallAdmin(ReadOnlyAdmin):
    """Each call to a model; its reply is shown only on its own page."""

    list_display = (
        "sent_at", "job", "purpose", "item", "turn", "model", "instead_of", "state", "input_tokens",
        "cached_tokens", "output_tokens", "cost_usd", "price_source",
    )  # fmt: skip
    list_filter = ("state", *recent("purpose", "model"))
    list_select_related = ("job",)
    search_fields = ("job__job_id", "provider_request_id", "request_hash")
    ordering = ("-id",)


class ReservationAdmin(ReadOnlyAdmin):
    """The ledger: what was reserved before each call, and what it was settled at."""

    list_display = (
        "reserved_at",
        "job",
        "usd",
        "settled_usd",
        "tokens",
        "settled_tokens",
        "state",
        "exceeded",
    )
    list_filter = ("state", "exceeded")
    list_select_related = ("job",)
    search_fields = ("job__job_id",)
    ordering = ("-id",)


class BreakerAdmin(ReadOnlyAdmin):
    """Models whose provider is or was in trouble; all workers leave one alone while it is open."""

    list_display = ("provider", "failures", "kind", "open_until", "probe_until", "opened_at", "updated_at")
    search_fields = ("provider",)


class CheckResultAdmin(ReadOnlyAdmin):
    """Each run of a check, on exactly one tree."""

    list_display = ("created_at", "job", "phase", "check_name", "outcome", "tree_sha")
    list_filter = recent("outcome", "phase")
    list_select_related = ("job",)
    search_fields = ("job__job_id", "tree_sha")
    ordering = ("-id",)


class ArtifactAdmin(ReadOnlyAdmin):
    """Blobs by their sha256; they are downloaded from the job's page."""

    list_display = ("created_at", "job", "attempt", "station", "kind", "name", "size")
    list_filter = recent("kind", "station")
    list_select_related = ("job",)
    search_fields = ("job__job_id", "name", "sha256")


class RepoAdmin(admin.ModelAdmin):
    """Target repositories. Who operates may register one and set its policy; nobody deletes one with jobs."""

    list_display = ("__str__", "default_branch", "enabled", "updated_at")
    list_filter = ("enabled",)
    search_fields = ("owner", "name")
    readonly_fields = ("created_at", "updated_at")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Its jobs name it; switch it off instead."""
        return False
