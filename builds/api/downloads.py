"""Hands out blobs: as attachments, streamed in bounded memory, whole or one range of them."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Generator, Iterator
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from builds.adapters import connect
from builds.api.problems import problem
from builds.models import Artifact
from builds.ports import Refused, Unavailable

RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
LONGEST_NAME = 120
GONE = ("artifact_missing", "artifact_damaged")
NO_CHANGE = "The content is no longer what If-Match names"

Span = tuple[int, int]
"""From the first byte up to the second, which is not part of it."""


def download(request: Request, artifact: Artifact) -> HttpResponseBase:
    """An artifact's bytes, or the problem that keeps them away.

    Knows `If-None-Match`, `If-Match`, one `Range` with `If-Range`, and HEAD. Generated content is never shown
    as a page of ours: it is an attachment, of exactly its type, in a sandbox.
    """
    etag = f'"{artifact.sha256}"'
    asked_of = cast("HttpRequest", request)
    if answer := get_conditional_response(asked_of, etag=etag):
        if answer.status_code == 412:
            return problem(request, "precondition_failed", NO_CHANGE)
        return with_headers(answer, artifact, etag)
    try:
        span = asked_span(request, artifact.size, etag)
    except ValueError as error:
        size = {"Content-Range": f"bytes */{artifact.size}"}
        return problem(request, "range_not_satisfiable", str(error), headers=size)
    try:
        body = Body(connect().artifacts.stream(artifact.sha256, span))
    except Refused as error:
        if error.code not in GONE:
            raise Unavailable(str(error)) from error
        return problem(request, "artifact_gone", f"The bytes of {artifact.name} are not kept any more")
    return with_headers(answered(request, body, artifact, span), artifact, etag)


def answered(request: Request, body: "Body", artifact: Artifact, span: Span | None) -> HttpResponseBase:
    """The bytes with what tells how many and which; a HEAD has these alone."""
    if request.method == "HEAD":
        body.close()
        answer: HttpResponseBase = HttpResponse()
    elif hasattr(request, "scope"):  # under ASGI Django would read a plain iterator to its end at once
        answer = StreamingHttpResponse(AsyncBody(body))
    else:
        answer = StreamingHttpResponse(body)
    start, stop = span or (0, artifact.size)
    answer["Content-Length"] = str(stop - start)
    if span:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{artifact.size}"
    return answer


def with_headers(answer: HttpResponseBase, artifact: Artifact, etag: str) -> HttpResponseBase:
    """What every answer about the bytes says; also a 304."""
    digest = base64.b64encode(bytes.fromhex(artifact.sha256)).decode()
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    if answer.status_code == 304:
        return answer
    answer["Content-Type"] = artifact.media_type
    answer["Content-Disposition"] = attachment(artifact.name)
    answer["Accept-Ranges"] = "bytes"
    answer["Repr-Digest"] = f"sha-256=:{digest}:"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def attachment(name: str) -> str:
    """`Content-Disposition` for a name that a station chose: no folder, no control character, not hidden."""
    safe = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    safe = safe.strip(" .")[-LONGEST_NAME:] or "artifact"
    return content_disposition_header(True, safe) or "attachment"  # noqa: FBT003


def asked_span(request: Request, size: int, etag: str) -> Span | None:
    """What one `Range` asks for; None for the whole. Raises ValueError for a range that is not there.

    Several ranges, other units and what cannot be read are answered with the whole, as RFC 9110 allows; so is
    a range of other content than `If-Range` names.
    """
    asked = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise ValueError(f"The artifact has {size} bytes; the range is behind its end")
    return start, stop


class Body:
    """Pieces whose first is read at once, so that what is not there is found before the answer begins."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self.first = next(pieces, b"")
        self.pieces = pieces
        self.close = pieces.close

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        yield from self.pieces


class AsyncBody:
    """The same for an event loop, which reads each piece in a thread; no faster than its client takes it."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.close = body.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body.first
        while (piece := await asyncio.to_thread(next, self.body.pieces, None)) is not None:
            yield piece
