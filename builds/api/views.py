"""The doors for Storia: each reads what was sent, calls one operation, and tells what became of the job."""

from hashlib import sha256
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from builds import operations, refusals
from builds.api.auth import Caller
from builds.api.decisions import decision, read_dollars
from builds.api.fields import Fields, is_name
from builds.api.intake import read_order
from builds.api.listing import listing
from builds.api.parsers import strict_object
from builds.api.permission import Scoped, Scopes
from builds.api.problems import problem
from builds.canonical import canonical_json
from builds.models import Approval, Job
from builds.orders import Order
from builds.people import Person
from builds.public import base_path, detail, links, public_status, scheduled_for
from builds.public_results import moment
from builds.scopes import DECIDE, STEER

LONGEST_REASON = 1000


class TokenMismatch(refusals.NotDone):
    """The token was made for another job or another user."""

    code = "token_not_for_this_job"


class Door(APIView):
    """What all doors share."""

    permission_classes = [Scoped]
    scopes: ClassVar[Scopes] = {}

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """REST framework takes a body that is sent in chunks, without a length, for none at all."""
        if "chunked" in request.headers.get("Transfer-Encoding", "") and not request.headers.get(
            "content-length"
        ):
            request.META["CONTENT_LENGTH"] = "1"  # any but 0; the parser reads what is there
        return super().initialize_request(request, *args, **kwargs)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Every answer depends on who asks."""
        return {**super().default_response_headers, "Vary": "Authorization"}

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """What a view has not said otherwise is kept by nobody."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Nothing but `Allow`, which every answer carries."""
        return Response(status=204)


class Jobs(Door):
    """Where new jobs come in, and where they are listed."""

    scopes = {"GET": "builds:read", "POST": "builds:write"}

    def get(self, request: Request) -> Response:
        """The jobs that the caller may see, the newest first, in pages."""
        return listing(request, by=person(request), allowed=caller(request).allowed)

    def post(self, request: Request) -> Response:
        """Store an order once; the same order again is answered alike and runs nothing."""
        order = read_order(body(request, required=True))
        check_binding(caller(request), order)
        request_id = request.META.get("dream.request_id", "")
        submitted = operations.submit(order, by=person(request), request_id=request_id)
        answer = Response(accepted(submitted.job), status=200 if submitted.replayed else 202)
        answer["Location"] = base_path(submitted.job)
        if submitted.replayed:
            answer["Idempotent-Replayed"] = "true"
        return answer


class OneJob(Door):
    """A job as it stands."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        """Everything of the job; 304 when the caller has seen exactly this."""
        job = find(request, job_id)
        found = told(job, request)
        etag = f'"{sha256(canonical_json(found)).hexdigest()[:32]}"'
        answer = get_conditional_response(cast("HttpRequest", request), etag=etag) or Response(found)
        if answer.status_code == 412:
            return problem(request, "precondition_failed", "The job is no longer what If-Match names")
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        if not job.is_final:
            answer["Retry-After"] = str(look_again_in(job))
        return answer


class Approve(Door):
    """Says yes to a paused job."""

    scopes = {"POST": DECIDE}

    def post(self, request: Request, job_id: str) -> Response:
        """202, or 200 when the same person already gave the same answer."""
        content_hash, comment = decision(Fields(body(request)))
        before = answered_before(request, job_id, content_hash, Approval.State.APPROVED)
        job = operations.approve(job_id, by=person(request), content_hash=content_hash, comment=comment)
        return changed(job, request, f"Job {job.job_id} approved and resumed", replayed=before)


class Reject(Door):
    """Says no to a paused job."""

    scopes = {"POST": DECIDE}

    def post(self, request: Request, job_id: str) -> Response:
        """202, or 200 when the same person already gave the same answer."""
        content_hash, comment = decision(Fields(body(request)))
        before = answered_before(request, job_id, content_hash, Approval.State.REJECTED)
        job = operations.reject(job_id, by=person(request), content_hash=content_hash, comment=comment)
        return changed(job, request, f"Job {job.job_id} rejected", replayed=before)


class Cancel(Door):
    """Stops a job."""

    scopes = {"POST": STEER}

    def post(self, request: Request, job_id: str) -> Response:
        """At once where no worker has it, else within seconds by its worker."""
        fields = Fields(body(request))
        reason = fields.text("reason", longest=LONGEST_REASON)
        fields.check()
        find(request, job_id)
        job = operations.cancel(job_id, by=person(request), reason=reason)
        return changed(job, request, f"Job {job.job_id} is being canceled")


class RunNow(Door):
    """Lets a job that waits start."""

    scopes = {"POST": STEER}

    def post(self, request: Request, job_id: str) -> Response:
        """Whatever clock it waits for: a window, a quota, its next try."""
        fields = Fields(body(request))
        reason = fields.text("reason", longest=LONGEST_REASON)
        fields.check()
        find(request, job_id)
        job = operations.run_now(job_id, by=person(request), reason=reason)
        return changed(job, request, f"Job {job.job_id} is due now")


class Rerun(Door):
    """Starts the next attempt."""

    scopes = {"POST": STEER}

    def post(self, request: Request, job_id: str) -> Response:
        """From a station, or from where the attempt stopped."""
        fields = Fields(body(request))
        station = fields.text("fromStation", longest=20)
        reason = fields.text("reason", longest=LONGEST_REASON)
        dollars = read_dollars(fields)
        fields.check()
        find(request, job_id)
        job = operations.rerun(
            job_id, by=person(request), from_station=station, max_dollars=dollars, reason=reason
        )
        return changed(job, request, f"Job {job.job_id} started again as attempt {job.attempt}")


def caller(request: Request) -> Caller:
    """Who calls, as BearerAuthentication found out."""
    return cast("Caller", request.user)


def person(request: Request) -> Person:
    """Who calls, as operations know people."""
    return caller(request).person


def body(request: Request, *, required: bool = False) -> dict[str, Any]:
    """The JSON object that was sent; nothing at all counts as {} where no field is required."""
    found = cast("dict[str, Any]", request.data)
    return found if found or not required or request.stream is not None else strict_object(b"")


def find(request: Request, job_id: str) -> Job:
    """The job of that name, if the caller may see it. Raises NoSuchJob."""
    if not is_name(job_id):
        raise refusals.NoSuchJob
    return operations.find(job_id, person(request))


def check_binding(who: Caller, order: Order) -> None:
    """A token speaks for its own user, and for its own job where it names one. Raises TokenMismatch.

    The token itself is sound, so this is a 403 and not a 401: another token would not be asked for.
    """
    if who.user_id and who.user_id != order.user_id:
        whose = "owner" if who.token else "sub claim"
        raise TokenMismatch(f"The token's {whose} is not the userId of this job")
    if who.job_id and who.job_id != order.job_id:
        raise TokenMismatch("The token's jti claim is not the jobId of this job")


def accepted(job: Job) -> dict[str, Any]:
    """The answer to an order; the first words are the old system's."""
    queued = bool(job.queue_name)
    return {
        "ok": True,
        "jobId": job.job_id,
        "mode": "queued" if queued else "immediate",
        "message": f"Job {job.job_id} {'queued for deferred processing' if queued else 'started'}",
        "status": public_status(job),
        "scheduledFor": moment(scheduled_for(job)),
        "links": links(job, ()),
    }


def told(job: Job, request: Request) -> dict[str, Any]:
    """The job as this caller sees it."""
    return detail(job, person(request), allowed=caller(request).allowed)


def changed(job: Job, request: Request, message: str, *, replayed: bool = False) -> Response:
    """The answer to a decision or an action: what was done, and the job."""
    return Response({"ok": True, "message": message, **told(job, request)}, status=200 if replayed else 202)


def look_again_in(job: Job) -> int:
    """Seconds after which looking again is worth it: a person takes longer than a station."""
    later = scheduled_for(job)
    if later is not None:
        return max(5, min(300, int((later - timezone.now()).total_seconds())))
    return 30 if public_status(job) == "paused" else 5


def answered_before(request: Request, job_id: str, content_hash: str, state: Approval.State) -> bool:
    """Whether this person already gave this answer; looked at before the operation. Raises NoSuchJob."""
    job = find(request, job_id)
    mine = job.approvals.filter(attempt=job.attempt, state=state, content_hash=content_hash)
    return mine.filter(subject=person(request).subject).exists()
