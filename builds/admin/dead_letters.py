"""Dead letters in the admin: what was given up, and the way to start it again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from builds import operations
from builds.admin.invisible import visible
from builds.admin.people import person_of
from builds.admin.read_only import ReadOnlyAdmin
from builds.models import DeadLetter
from builds.refusals import NotDone

AT_ONCE = 100


class ReplayedFilter(admin.SimpleListFilter):
    """What waits for somebody, and what went on."""

    title = "replayed"
    parameter_name = "replayed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Two words."""
        return [("no", "Not yet"), ("yes", "Replayed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        """All for a word that there is not."""
        waits = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if waits is None else queryset.filter(replayed_at__isnull=waits)


class DeadLetterAdmin(ReadOnlyAdmin):
    """What ended because trying again did not help; replaying starts the next attempt where it failed."""

    list_display = (
        "failed_at",
        "shown_job",
        "repo",
        "station",
        "code",
        "shown_error",
        "tries",
        "replayed_at",
        "replayed_by",
    )
    list_filter = (ReplayedFilter, "code", "station", ("job__repo", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("job__repo",)
    search_fields = ("job__job_id", "job__title", "error")
    actions = ("replay",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """What the action asks for."""
        return request.user.has_perm("builds.operate_job")

    @admin.display(description="job", ordering="job__job_id")
    def shown_job(self, letter: DeadLetter) -> SafeString:
        """The caller's name of the job."""
        return visible(letter.job.job_id)

    @admin.display(description="repo", ordering="job__repo")
    def repo(self, letter: DeadLetter) -> str:
        """Where it was to go."""
        return str(letter.job.repo)

    @admin.display(description="error")
    def shown_error(self, letter: DeadLetter) -> SafeString:
        """Why; the outside may have written part of it."""
        return visible(letter.error)

    @admin.action(description="Replay from where it failed", permissions=["operate"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """Many at once; those that cannot be are named with the reason."""
        letters = list(queryset.select_related("job")[: AT_ONCE + 1])
        if len(letters) > AT_ONCE:
            messages.error(request, f"Choose at most {AT_ONCE} at once; nothing was done.")
            return
        done = sum(self.replay_one(request, letter) for letter in letters)
        if done:
            messages.success(request, f"Replayed: {done} job{'' if done == 1 else 's'}.")

    def replay_one(self, request: HttpRequest, letter: DeadLetter) -> bool:
        """Whether it was done."""
        try:
            operations.replay(letter.job.job_id, by=person_of(request))
        except NotDone as refusal:
            messages.warning(request, f"Skipped {letter.job.job_id}: {refusal}")
            return False
        self.log_change(request, letter, "Replayed")
        return True
