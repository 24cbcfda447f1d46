"""Which earlier attempts' answers a job may use again: nothing is paid twice, and a fresh start is fresh.

An answer of an earlier attempt is used for an identical request of the same station. But a station that had
ended by its answers, and that somebody runs again, begins afresh: the same answers would end it the same way.
"""

from builds.coding.closing import FAILURES
from builds.models import Event, Job, StationRun
from builds.states import StationStatus

ENDED_BY_ITS_ANSWERS = frozenset(
    {
        *FAILURES,
        "checks_failed",
        "content",
        "empty_change_set",
        "format_errors",
        "plan_invalid",
        "rejected",
        "review_invalid",
    }
)
"""Codes of an attempt that another answer of the model could have avoided."""


def since(job: Job) -> int:
    """The first attempt whose answers of the present station may be used again."""
    if job.attempt == 1:
        return 1
    reruns = Event.objects.filter(job=job, name="run.rerun", attempt__lte=job.attempt)
    for event in reruns.order_by("-attempt"):
        if began_afresh(job, event.attempt, from_here=event.data.get("from") == job.station):
            return event.attempt
    return 1


def began_afresh(job: Job, attempt: int, *, from_here: bool) -> bool:
    """Whether the attempt before ended the present station by itself, and this one wants it otherwise."""
    before = StationRun.objects.filter(job=job, attempt=attempt - 1, station=job.station)
    if from_here and before.filter(status=StationStatus.SUCCEEDED.value).exists():
        return True
    endings = Event.objects.filter(job=job, attempt=attempt - 1, name="run.failed", station=job.station)
    return endings.filter(data__code__in=ENDED_BY_ITS_ANSWERS).exists()
