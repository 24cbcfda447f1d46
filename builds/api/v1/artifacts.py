"""The doors to what stations left behind: the list, and each artifact with its payload."""

import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from builds import refusals
from builds.adapters import connect
from builds.api.pages import listed
from builds.api.parameters import Parameters
from builds.api.v1.limits import limited
from builds.api.v1.runs import USUAL, find_run
from builds.api.v1.words import artifact, is_inline
from builds.api.views import Door, person
from builds.models import Artifact
from builds.ports import Refused, Unavailable

MARK = "artifact_"
GONE = ("artifact_missing", "artifact_damaged")


class NoSuchArtifact(refusals.NotDone):
    """The run has no such artifact."""

    code = "artifact_not_found"


class ArtifactGone(refusals.NotDone):
    """The artifact is listed, but its bytes are not kept any more."""

    code = "artifact_gone"


class Artifacts(Door):
    """What is kept of a run."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, run_id: str) -> Response:
        """The newest first, in pages."""
        asked = Parameters(request)
        job = find_run(request, run_id)
        paging = limited(asked, of=f"v1 artifacts of {job.pk}", by=person(request), usual=USUAL)
        page = paging.page(job.artifacts.all())
        return listed(request, "artifacts", page, [artifact(row, job) for row in page.rows])


class OneArtifact(Door):
    """One of them."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, run_id: str, artifact_id: str) -> Response:
        """With its payload: JSON as such, other text as a string, null where `url` alone has the bytes."""
        job = find_run(request, run_id)
        number = artifact_id.removeprefix(MARK)
        known = artifact_id.startswith(MARK) and number.isascii() and number.isdigit() and len(number) < 19
        row = job.artifacts.filter(pk=number).first() if known else None
        if row is None:
            raise NoSuchArtifact("Not found")
        return Response({"artifact": {**artifact(row, job), "payload": payload(row)}})


def payload(row: Artifact) -> Any:
    """What an artifact holds. Raises ArtifactGone, or Unavailable."""
    if not is_inline(row):
        return None
    try:
        text = connect().artifacts.get(row.sha256).decode("utf-8", "replace")
    except Refused as error:
        if error.code not in GONE:
            raise Unavailable(str(error)) from error
        raise ArtifactGone(f"The bytes of {row.name} are not kept any more") from None
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
