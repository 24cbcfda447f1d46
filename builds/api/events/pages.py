"""Events in pages: the oldest first, from a sequence number on."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.events.told import told
from builds.api.parameters import Parameters
from builds.api.problems import problem
from builds.api.views import Door, find, look_again_in
from builds.models import Job

USUAL, MOST = 100, 500
LATEST = 10**18


class EventPages(Door):
    """What happened to a job."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        """Events after a sequence number; 304 when the caller has seen exactly these."""
        asked = EventParameters(request)
        after, limit = asked.after(), asked.whole("limit", usual=USUAL, most=MOST)
        asked.check()
        job = find(request, job_id)
        etag = f'"{job.pk}-{after}-{limit}-{job.last_sequence}-{job.status}"'
        answer = get_conditional_response(cast("HttpRequest", request), etag=etag)
        if answer is not None and answer.status_code == 412:
            return problem(request, "precondition_failed", "There are other events than If-Match names")
        answer = answer or Response(page(request, job, after, limit))
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        if not job.is_final:
            answer["Retry-After"] = str(look_again_in(job))
        return answer


class EventParameters(Parameters):
    """`after` and `limit`; a page of events has no cursor, since events have numbers."""

    def __init__(self, request: Request) -> None:
        super().__init__(request, once=("after",), pages=("limit",))

    def after(self) -> int:
        """The last sequence number that the caller has; 0 for none."""
        value = self.body.get("after", "0")
        if not (value.isascii() and value.isdigit() and int(value[:19]) < LATEST):
            self.flaw("after", "after must be a sequence number, 0 or more")
            return 0
        return int(value)


def page(request: Request, job: Job, after: int, limit: int) -> dict[str, Any]:
    """The events, where the following ones are, and whether any can follow."""
    found = list(job.events.filter(sequence__gt=after).order_by("sequence")[: limit + 1])
    shown = found[:limit]
    last = shown[-1].sequence if shown else after
    here = f"{settings.PUBLIC_URL}{request.path}"
    return {
        "events": [told(event) for event in shown],
        "last": job.last_sequence,
        "final": job.is_final,
        "next": f"{here}?after={last}&limit={limit}" if len(found) > limit else None,
    }
