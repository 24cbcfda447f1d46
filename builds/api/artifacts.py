"""The doors to what stations left behind: the list of a job's artifacts, and each one's bytes."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from builds import refusals
from builds.api.downloads import download
from builds.api.pages import Paging, listed
from builds.api.parameters import Parameters
from builds.api.views import Door, find, person
from builds.public import address
from builds.public_results import artifact


class NoSuchArtifact(refusals.NotDone):
    """The job has no such artifact."""

    code = "artifact_not_found"


class WhateverIsThere(BaseContentNegotiation):
    """An artifact has the type it has, whatever a client would like best."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """The first; it is used for nothing but problems."""
        first = next(iter(renderers))
        return first, first.media_type


class Artifacts(Door):
    """What is kept of a job, the newest first, in pages."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, job_id: str) -> Response:
        """Names, sizes and hashes; `url` has the bytes."""
        asked = Parameters(request)
        job = find(request, job_id)
        paging = Paging.read(asked, of=f"artifacts of {job.pk}", by=person(request))
        asked.check()
        page = paging.page(job.artifacts.all())
        return listed(request, "artifacts", page, [artifact(row, address(job)) for row in page.rows])


class OneArtifact(Door):
    """The bytes of an artifact, as an attachment."""

    scopes = {"GET": "builds:read"}

    content_negotiation_class = WhateverIsThere

    def get(self, request: Request, job_id: str, artifact_id: str) -> HttpResponseBase:
        """Whole, or one range of them. 410 when the bytes are not kept any more."""
        job = find(request, job_id)
        known = artifact_id.isascii() and artifact_id.isdigit() and len(artifact_id) < 19
        row = job.artifacts.filter(pk=artifact_id).first() if known else None
        if row is None:
            raise NoSuchArtifact(f"Job {job.job_id} has no artifact {artifact_id[:40]}")
        return download(request, row)
