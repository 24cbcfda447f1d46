"""Every error of the doors: one table of codes, one body (RFC 9457), never HTML, never a stack trace."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import is_valid_path
from django.views import defaults
from rest_framework import exceptions
from rest_framework.request import Request

from builds.ports import Unavailable
from builds.refusals import NotDone, QuotaExceeded, ScopeMissing
from specs.parsed import BadSpec, EmptySpec

log = structlog.get_logger(__name__)

CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "The request is not valid"),
    "invalid_json": (400, "The body is not sound JSON"),
    "invalid_cursor": (400, "The cursor is not of this list"),
    "comment_missing": (400, "A no needs a reason"),
    "unknown_station": (400, "There is no such station"),
    "not_authenticated": (401, "Not authenticated"),
    "signature_invalid": (401, "The delivery is not signed by a known secret"),
    "forbidden": (403, "Not allowed"),
    "not_trusted": (403, "The trust level is too low"),
    "scope_missing": (403, "The token is not for this"),
    "token_not_for_this_job": (403, "The token was made for something else"),
    "may_not_decide": (403, "Somebody else has to decide"),
    "not_found": (404, "Not found"),
    "job_not_found": (404, "Job not found"),
    "artifact_not_found": (404, "Artifact not found"),
    "run_not_found": (404, "Run not found"),
    "repo_not_found": (404, "Repository not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "not_acceptable": (406, "Only JSON is served here"),
    "job_id_reused": (409, "The job id is in use for another order"),
    "not_paused": (409, "The job asks no question now"),
    "content_changed": (409, "The content is no longer what was shown"),
    "already_decided": (409, "Somebody else decided first"),
    "wrong_state": (409, "The job's state does not allow it"),
    "pull_request_open": (409, "A pull request of this job is open"),
    "repo_exists": (409, "The repository is registered already"),
    "idempotency_key_reused": (409, "The idempotency key is in use for something else"),
    "not_done": (409, "Refused"),
    "artifact_gone": (410, "The artifact is not kept any more"),
    "precondition_failed": (412, "The content is no longer what was seen"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be JSON"),
    "range_not_satisfiable": (416, "The range is behind the end"),
    "repo_not_registered": (422, "The repository is not registered"),
    "model_not_priced": (422, "A model has no price"),
    "endpoint_not_allowed": (422, "The code may not go to this model endpoint"),
    "budget_too_large": (422, "The budget is larger than the repository allows"),
    "issue_unreadable": (422, "The issue cannot be read as a spec"),
    "content_hash_missing": (428, "A decision names the content it is for"),
    "quota_exceeded": (429, "Too many unfinished jobs"),
    "throttled": (429, "Too many requests"),
    "internal": (500, "Something is wrong here"),
    "unavailable": (503, "Not available now"),
    "too_many_streams": (503, "Too many watch already"),
    "webhooks_off": (503, "Webhooks are not taken here"),
    "not_ready": (503, "Not ready"),
}
"""Code → HTTP status and title. The codes of `builds.refusals` are all in it."""

BY_STATUS = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "throttled",
    503: "unavailable",
}
"""What Django and REST framework raise themselves, by status."""

LOOK_AGAIN = 60  # seconds after an order that was one too many
TOO_LARGE = "Request body is larger than 256 KB"
NO_SPEC = "Spec markdown is empty"
NO_SUCH_JOB = "Job not found"  # the old system's text, whatever the operation calls it


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a body: where (a JSON pointer), and what in one sentence."""

    pointer: str
    detail: str


class BadInput(Exception):
    """The request is refused before anything looks at it. `flaws` are all that was found."""

    def __init__(self, detail: str, flaws: tuple[Flaw, ...] = (), *, code: str = "invalid") -> None:
        super().__init__(detail)
        self.flaws = flaws
        self.code = code


def problem(request: HttpRequest | Request, code: str, detail: str, **more: Any) -> HttpResponse:
    """An `application/problem+json` answer. `more` are further members; `headers` go beside the body."""
    status, title = CODES[code]
    headers: Mapping[str, str] = more.pop("headers", {})
    body = {
        "type": f"urn:dream-machine:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": request.META.get("dream.request_id", ""),
        "error": detail,  # what clients of the old systems read
        **more,
    }
    answer = HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    answer["Cache-Control"] = "no-store"
    for name, value in headers.items():
        answer[name] = value
    return answer


def problem_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler. None hands what nobody expected to Django, which logs it (500)."""
    request = context["request"]
    for kind, answer in ANSWERS:
        if isinstance(error, kind):
            return answer(request, error)
    return None


def bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    """All flaws, and the first as the sentence."""
    return problem(request, error.code, str(error), errors=[vars(flaw) for flaw in error.flaws])


def bad_spec(request: HttpRequest, error: BadSpec) -> HttpResponse:
    """The parser cannot take it as a spec; a text of invisible characters alone is an empty one."""
    flaw = Flaw("/specMarkdown", str(error))
    headline = NO_SPEC if isinstance(error, EmptySpec) else str(error)
    return bad_input(request, BadInput(headline, (flaw,)))


def refused(request: HttpRequest, error: NotDone) -> HttpResponse:
    """An operation said no; nothing has changed."""
    return problem(request, error.code, NO_SUCH_JOB if error.code == "job_not_found" else sentence(error))


def sentence(error: NotDone) -> str:
    """What a refusal says for itself, else what its kind says."""
    return str(error) or type(error).__doc__ or CODES[error.code][1]


def out_of_scope(request: HttpRequest, error: ScopeMissing) -> HttpResponse:
    """The token is sound and not for this; which scopes would do is told twice (RFC 6750, section 3.1)."""
    wanted = " ".join(error.scopes)
    headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{wanted}"'}
    return problem(request, error.code, sentence(error), scopes=list(error.scopes), headers=headers)


def over_quota(request: HttpRequest, error: QuotaExceeded) -> HttpResponse:
    """A job has to end first; nobody knows when, so the time is a guess."""
    return problem(request, error.code, sentence(error), headers={"Retry-After": str(LOOK_AGAIN)})


def from_framework(request: HttpRequest, error: exceptions.APIException) -> HttpResponse:
    """What REST framework raises itself, with the headers it asks for."""
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    code = BY_STATUS.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
    return problem(request, code, str(error.detail), headers=headers)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database or a port does not answer; the same request may work in a moment."""
    log.warning("request.unavailable", error=type(error).__name__)
    why = "A service that this needs does not answer; try again in a moment"
    return problem(request, "unavailable", why, headers={"Retry-After": "5"})


ANSWERS: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
    (BadInput, bad_input),
    (ScopeMissing, out_of_scope),
    (QuotaExceeded, over_quota),
    (NotDone, refused),
    (BadSpec, bad_spec),
    (exceptions.APIException, from_framework),
    (RequestDataTooBig, lambda request, _: problem(request, "too_large", TOO_LARGE)),
    (UnreadablePostError, lambda request, _: problem(request, "invalid", "The body could not be read")),
    (Http404, lambda request, _: problem(request, "not_found", "Not found")),
    (PermissionDenied, lambda request, error: problem(request, "forbidden", str(error) or "Not allowed")),
    (OperationalError, unavailable),
    (InterfaceError, unavailable),
    (Unavailable, unavailable),
)
"""Kind of exception → how it is told. The first that fits is taken."""


def for_people(request: HttpRequest) -> bool:
    """The admin keeps its HTML pages; everything else speaks JSON."""
    return request.path.startswith("/admin/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a wrong Host header, a malformed request."""
    if for_people(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return problem(request, "too_large", TOO_LARGE)
    return problem(request, "invalid", HTTPStatus.BAD_REQUEST.phrase)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if for_people(request):
        return defaults.permission_denied(request, exception)
    return problem(request, "forbidden", str(exception) or "Not allowed")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if for_people(request):
        return defaults.page_not_found(request, exception)
    return problem(request, "not_found", f"Not found{hint(request.path)}")


def hint(path: str) -> str:
    """What a path with a slash too many was meant to be; empty when that is nothing either."""
    meant = path.rstrip("/")
    known = meant != path and is_valid_path(meant)
    return f"; addresses here end without a slash: {meant[:200]}" if known else ""


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; the cause is in the log under the same request id, and only there."""
    if for_people(request):
        return defaults.server_error(request)
    return problem(request, "internal", "Something went wrong here; the log knows it by the request id")
