"""Cancel, run now and rerun, of one job or many: always a page first that says what happens to which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from builds import operations
from builds.admin.forms import CancelForm, RerunForm
from builds.admin.people import person_of
from builds.models import Job
from builds.people import Person
from builds.refusals import NotDone, WrongState

AT_ONCE = 100

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What an operator does to jobs. `check` raises NotDone where `act` would."""

    name: str
    title: str
    button: str
    done: str
    effect: str
    form: type[CancelForm]
    check: Callable[[Job, Person, str], None]
    act: Callable[[Job, Person, Values], Job]


def check_cancel(job: Job, person: Person, start: str) -> None:
    """Raise why it cannot be canceled."""
    operations.owned(job.job_id, person)
    if job.is_final:
        raise WrongState(f"It has ended ({job.status}).")


def check_rerun(job: Job, person: Person, start: str) -> None:
    """Raise why it cannot start again from there."""
    operations.owned(job.job_id, person)
    operations.check_rerun(job, start or job.error_station or job.station)


def check_run_now(job: Job, person: Person, start: str) -> None:
    """Raise why it cannot be hurried."""
    operations.owned(job.job_id, person)
    if "run-now" not in operations.actions(job, person):
        raise WrongState(f"It waits for no clock ({job.status}).")


CANCEL = Operation(
    name="cancel",
    title="Cancel",
    button="Cancel the build",
    done="Canceled",
    effect="A waiting or paused build stops at once, a running one within ten seconds. What it has made is "
    "kept, nothing is pushed any more, and it may be rerun.",
    form=CancelForm,
    check=check_cancel,
    act=lambda job, person, given: operations.cancel(job.job_id, by=person, reason=given["reason"]),
)
RUN_NOW = Operation(
    name="run_now",
    title="Run now",
    button="Start at once",
    done="Due now",
    effect="A build that waits for its window, a quota or its next try is due at once. Limits of "
    "repositories and users hold for it as for any other.",
    form=CancelForm,
    check=check_run_now,
    act=lambda job, person, given: operations.run_now(job.job_id, by=person, reason=given["reason"]),
)
RERUN = Operation(
    name="rerun",
    title="Rerun",
    button="Start the next attempt",
    done="Started again",
    effect="The next attempt starts on the same job, within what is left of its budget. Evidence of earlier "
    "stations is kept; gates are asked again.",
    form=RerunForm,
    check=check_rerun,
    act=lambda job, person, given: operations.rerun(
        job.job_id,
        by=person,
        from_station=given["from_station"],
        max_dollars=given["max_dollars"],
        reason=given["reason"],
    ),
)


def steer_one(job_admin: ModelAdmin, request: HttpRequest, job: Job, operation: Operation) -> HttpResponse:
    """From the page of a job."""
    return steer(job_admin, request, [job], operation) or redirect("admin:builds_job_change", job.pk)


def steer_many(
    job_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Job], operation: Operation
) -> HttpResponse | None:
    """From the list; None goes back to it."""
    jobs = list(queryset.select_related("repo", "spec")[: AT_ONCE + 1])
    if len(jobs) > AT_ONCE:
        messages.error(request, f"Choose at most {AT_ONCE} jobs at once; nothing was done.")
        return None
    return steer(job_admin, request, jobs, operation)


def steer(
    job_admin: ModelAdmin, request: HttpRequest, jobs: Sequence[Job], operation: Operation
) -> HttpResponse | None:
    """The confirmation page; once it is confirmed, the deed, and None."""
    person = person_of(request)
    confirmed = request.method == "POST" and "confirmed" in request.POST
    start = (jobs[0].error_station or jobs[0].station) if len(jobs) == 1 else ""
    form = operation.form(request.POST if confirmed else None, jobs=jobs, initial={"from_station": start})
    if confirmed and form.is_valid():
        act(job_admin, request, jobs, operation, form.cleaned_data)
        return None
    can, skipped = sorted_out(jobs, person, operation)
    context = {
        **job_admin.admin_site.each_context(request),
        "title": f"{operation.title} {jobs[0].title}" if len(jobs) == 1 else f"{operation.title} jobs",
        "opts": job_admin.opts,
        "operation": operation,
        "action_name": f"{operation.name}_jobs",
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "jobs": can,
        "skipped": skipped,
        "only": jobs[0] if len(jobs) == 1 else None,
        "form": form,
        "is_nav_sidebar_enabled": False,
    }
    return TemplateResponse(request, "admin/builds/job/confirm.html", context)


def sorted_out(
    jobs: Sequence[Job], person: Person, operation: Operation
) -> tuple[list[Job], list[tuple[Job, str]]]:
    """Those it can be done to, and the others with the reason."""
    can, skipped = [], []
    for job in jobs:
        try:
            operation.check(job, person, "")
        except NotDone as refusal:
            skipped.append((job, str(refusal)))
        else:
            can.append(job)
    return can, skipped


def act(
    job_admin: ModelAdmin, request: HttpRequest, jobs: Sequence[Job], operation: Operation, given: Values
) -> None:
    """Do it to each, write down who did, and tell how it went."""
    person = person_of(request)
    done = 0
    for job in jobs:
        try:
            operation.act(job, person, given)
        except NotDone as refusal:
            messages.warning(request, f"Skipped {job.job_id}: {refusal}")
            continue
        done += 1
        job_admin.log_change(request, job, f"{operation.done}. {given['reason']}".strip())
    if done:
        names = jobs[0].title if len(jobs) == 1 else f"{done} jobs"
        messages.success(request, f"{operation.done}: {names}.")
