"""The delivery log of callbacks, and the operators' way to send them again."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from builds.admin.bounded import recent
from builds.admin.invisible import visible
from builds.admin.people import person_of
from builds.admin.read_only import ReadOnlyAdmin
from builds.models import CallbackDelivery, Job
from builds.redelivery import redeliver
from builds.refusals import NotDone

AT_ONCE = 100


class CallbackDeliveryAdmin(ReadOnlyAdmin):
    """Every try to tell a receiver what happened; sending again starts at the event of the chosen row."""

    list_display = ("at", "job", "sequence", "told", "number", "outcome", "status", "duration_ms", "why")
    list_filter = ("outcome", "at", *recent("event__callback_status"))
    list_select_related = ("event__job",)
    search_fields = ("event__job__job_id", "event__request_id")
    path_to_job = "event__job"
    actions = ("send_again",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """What the action asks for."""
        return request.user.has_perm("builds.operate_job")

    @admin.display(description="job", ordering="event__job__job_id")
    def job(self, delivery: CallbackDelivery) -> SafeString:
        """The caller's name of the job."""
        return visible(delivery.event.job.job_id)

    @admin.display(description="event", ordering="event__sequence")
    def sequence(self, delivery: CallbackDelivery) -> int:
        """Its number in the job."""
        return delivery.event.sequence

    @admin.display(description="told", ordering="event__callback_status")
    def told(self, delivery: CallbackDelivery) -> str:
        """The status that the receiver was told."""
        return delivery.event.callback_status

    @admin.display(description="error")
    def why(self, delivery: CallbackDelivery) -> SafeString:
        """Why it failed; the receiver may have written part of it."""
        return visible(delivery.error)

    @admin.action(description="Send again from this event on", permissions=["operate"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[CallbackDelivery]) -> None:
        """Of several rows of a job, from the earliest event on."""
        first: dict[Job, int] = {}
        for row in queryset.select_related("event__job")[: AT_ONCE + 1]:
            first[row.event.job] = min(row.event.sequence, first.get(row.event.job, row.event.sequence))
        send(self, request, first.items())


def send(model_admin: ModelAdmin, request: HttpRequest, jobs: Iterable[tuple[Job, int | None]]) -> None:
    """Send each job's callbacks again from an event on, write down who did, and tell how it went."""
    person = person_of(request)
    chosen = list(jobs)
    if len(chosen) > AT_ONCE:
        messages.error(request, f"Choose at most {AT_ONCE} jobs at once; nothing was done.")
        return
    for job, sequence in chosen:
        try:
            event = redeliver(job.job_id, by=person, sequence=sequence)
        except NotDone as refusal:
            messages.warning(request, f"Skipped {job.job_id}: {refusal}")
            continue
        done = f"Sending callbacks again from event {event.sequence} ({event.callback_status}) on"
        model_admin.log_change(request, job, done)
        messages.success(request, f"{done}: {job.job_id}.")
