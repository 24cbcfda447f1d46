"""Tickets: a browser's EventSource sends no header, so a caller gets it a short-lived word for one job.

The one thing of the API that is let in by its query string: for a minute, for one job's events, to look only.
"""

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.views import Door, find
from builds.models import Job
from builds.public import base_path
from builds.public_results import moment

LIFE = timedelta(seconds=60)
LONGEST = 300


class Tickets(Door):
    """Makes a ticket for the events of a job."""

    scopes = {"POST": "builds:read"}

    def post(self, request: Request, job_id: str) -> Response:
        """For who may see the job. 201 with the address to open, until when."""
        job = find(request, job_id)
        ticket = signer().sign_object(job.pk)
        url = f"{settings.PUBLIC_URL}{base_path(job)}/events?ticket={quote(ticket, safe='')}"
        return Response(
            {"ticket": ticket, "url": url, "expiresAt": moment(timezone.now() + LIFE)}, status=201
        )


def job_of_ticket(ticket: str, job_id: str) -> Job:
    """The job that a ticket is for. Raises AuthenticationFailed for any other, and after a minute."""
    try:
        job_pk = signer().unsign_object(ticket[:LONGEST], max_age=LIFE)
    except SignatureExpired:
        raise AuthenticationFailed("The ticket is older than a minute; get another one") from None
    except BadSignature:
        raise AuthenticationFailed("This is no ticket of ours") from None
    job = Job.objects.select_related("repo", "spec").filter(pk=job_pk, job_id=job_id).first()
    if job is None:
        raise AuthenticationFailed("The ticket is for another job")
    return job


def signer() -> TimestampSigner:
    """Made anew each time, so that a changed key counts."""
    return TimestampSigner(salt="builds.api.events.tickets", sep=".")
