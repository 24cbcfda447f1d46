"""What the job page posts and downloads. Each goes through `operations`, and through nothing else."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from builds import operations, refusals
from builds.adapters import connect
from builds.admin import steering
from builds.admin.people import person_of
from builds.models import Job
from builds.operations.questions import mine
from builds.people import Person
from builds.ports import Refused, Unavailable

DECISIONS = {"approve": operations.approve, "reject": operations.reject}
KEPT = "comment_not_sent"


@require_POST
def decide(request: HttpRequest, object_id: str, job_admin: ModelAdmin) -> HttpResponse:
    """Answer the open question, for exactly the content whose hash was shown."""
    job = found(job_admin, request, object_id)
    person = person_of(request)
    choice = request.POST.get("decision", "")
    comment = request.POST.get("comment", "").strip()
    operation = DECISIONS.get(choice)
    if operation is None:
        return refuse(request, job, comment, "Press Approve or Reject.")
    content_hash = request.POST.get("content_hash", "")
    try:
        operation(job.job_id, by=person, content_hash=content_hash, comment=comment)
    except refusals.NoSuchJob as error:
        raise PermissionDenied from error
    except refusals.NotDone as refusal:
        return refuse(request, job, comment, sentence(refusal))
    done = "Approved" if choice == "approve" else "Rejected"
    job_admin.log_change(request, job, f"{done} content {content_hash[:12]}. {comment}".strip())
    return go_on(request, job, done, person)


def refuse(request: HttpRequest, job: Job, comment: str, why: str) -> HttpResponse:
    """Back to the page with one sentence; what was typed is not lost."""
    messages.error(request, f"Not done: {why}")
    request.session[KEPT] = {"job": job.pk, "comment": comment}
    return redirect("admin:builds_job_change", job.pk)


def go_on(request: HttpRequest, job: Job, done: str, person: Person) -> HttpResponse:
    """To the next question that waits for this person, else back to the job."""
    following = mine(person).exclude(job=job).first()
    if following is None:
        messages.success(request, f"{done}: {job.title}. Nothing else waits for you.")
        return redirect("admin:builds_job_change", job.pk)
    messages.success(request, f"{done}: {job.title}. This is the next one that waits for you.")
    return redirect("admin:builds_job_change", following.job_id)


def kept_comment(request: HttpRequest, job: Job) -> str:
    """The comment of a decision on this job that was refused, once."""
    kept = request.session.get(KEPT)
    if not kept or kept.get("job") != job.pk:
        return ""
    del request.session[KEPT]
    return str(kept["comment"])


def sentence(refusal: refusals.NotDone) -> str:
    """What the refusal says for itself, else what its kind says."""
    return str(refusal) or str(type(refusal).__doc__)


def cancel(request: HttpRequest, object_id: str, job_admin: ModelAdmin) -> HttpResponse:
    """Ask before stopping one job."""
    return steering.steer_one(job_admin, request, found(job_admin, request, object_id), steering.CANCEL)


def run_now(request: HttpRequest, object_id: str, job_admin: ModelAdmin) -> HttpResponse:
    """Ask before starting one job that waits."""
    return steering.steer_one(job_admin, request, found(job_admin, request, object_id), steering.RUN_NOW)


def rerun(request: HttpRequest, object_id: str, job_admin: ModelAdmin) -> HttpResponse:
    """Ask from where, before starting one job again."""
    return steering.steer_one(job_admin, request, found(job_admin, request, object_id), steering.RERUN)


@require_safe
def download_diff(request: HttpRequest, object_id: str, job_admin: ModelAdmin) -> HttpResponse:
    """The whole diff, as git made it."""
    job = found(job_admin, request, object_id)
    return download(job.change_set, f"{job.job_id}.patch")


@require_safe
def download_artifact(
    request: HttpRequest, object_id: str, artifact_id: int, job_admin: ModelAdmin
) -> HttpResponse:
    """One blob that a station left behind."""
    job = found(job_admin, request, object_id)
    artifact = job.artifacts.filter(pk=artifact_id).first()
    return download(artifact.sha256 if artifact else "", artifact.name if artifact else "")


def download(sha: str, name: str) -> HttpResponse:
    """Always an attachment of bytes: generated content is never shown as a page of ours."""
    if not sha:
        raise Http404("There is no such artifact.")
    try:
        data = connect().artifacts.get(sha)
    except (Refused, Unavailable) as error:
        raise Http404(f"It cannot be read: {error}") from error
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"  # noqa: FBT003
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def found(job_admin: ModelAdmin, request: HttpRequest, object_id: str) -> Job:
    """The job, for somebody who may look at it. Raises Http404, PermissionDenied."""
    job = seen(job_admin, request, object_id)
    if job is None:
        raise Http404("There is no such job.")
    return job


def seen(job_admin: ModelAdmin, request: HttpRequest, object_id: str) -> Job | None:
    """The job of an address; None when there is none. Raises PermissionDenied for who may not look."""
    key = unquote(object_id)
    jobs = Job.objects.select_related("repo", "spec")
    job = jobs.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if not job_admin.has_view_permission(request, job):
        raise PermissionDenied
    return job
