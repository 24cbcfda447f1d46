"""Tickets: a browser's EventSource sends no header, so a caller gets it a short-lived word for one job.

The one thing of the API that is let in by its query string: for a minute, for one job's events, to look only.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.rates import count
from builds.api.views import Door, caller, find
from builds.models import Job
from builds.public import base_path
from builds.public_results import moment

LIFE = timedelta(seconds=60)
LONGEST = 2000


class Tickets(Door):
    """Makes a ticket for the events of a job."""

    scopes = {"POST": "builds:read"}

    def post(self, request: Request, job_id: str) -> Response:
        """For who may see the job. 201 with the address to open, until when."""
        job, who = find(request, job_id), caller(request)
        ticket = signer().sign_object([job.pk, who.person.subject, who.expires])
        url = f"{settings.PUBLIC_URL}{base_path(job)}/events?ticket={quote(ticket, safe='')}"
        return Response(
            {"ticket": ticket, "url": url, "expiresAt": moment(timezone.now() + LIFE)}, status=201
        )


@dataclass(frozen=True)
class Holder:
    """Who got a ticket, and when the token that it was got with ends; 0 for no end."""

    subject: str
    expires: float


def read_ticket(request: HttpRequest, ticket: str, job_id: str) -> tuple[Job, Holder]:
    """The job that a ticket is for, and whose it is. Raises AuthenticationFailed, counted as any other."""
    try:
        return opened(ticket, job_id)
    except AuthenticationFailed:
        count(request, "failures", settings.AUTH_FAILURE_RATE, str(request.META.get("REMOTE_ADDR") or ""))
        raise


def opened(ticket: str, job_id: str) -> tuple[Job, Holder]:
    """The same. Raises AuthenticationFailed for another job's, and after a minute."""
    try:
        job_pk, subject, expires = signer().unsign_object(ticket[:LONGEST], max_age=LIFE)
    except SignatureExpired:
        raise AuthenticationFailed("The ticket is older than a minute; get another one") from None
    except BadSignature:
        raise AuthenticationFailed("This is no ticket of ours") from None
    job = Job.objects.select_related("repo", "spec").filter(pk=job_pk, job_id=job_id).first()
    if job is None:
        raise AuthenticationFailed("The ticket is for another job")
    return job, Holder(subject, expires)


def signer() -> TimestampSigner:
    """Made anew each time, so that a changed key counts."""
    return TimestampSigner(salt="builds.api.events.tickets", sep=".")
