"""Events as they happen: `text/event-stream`, one watcher at a time, under ASGI."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any
from weakref import ref

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from builds import operations, refusals
from builds.api.auth import caller_of
from builds.api.events.feeds import Feed, Hub, Place, frames_after, hub
from builds.api.events.pages import LATEST, EventPages
from builds.api.events.reading import read
from builds.api.events.tickets import read_ticket
from builds.api.fields import is_name
from builds.api.permission import require
from builds.api.problems import BadInput, Flaw, problem, problem_response
from builds.api.throttle import count_caller
from builds.models import Job
from builds.people import Person
from builds.public import detail
from dreamsite.closing import CLOSING

AGAIN = 3000
"""Milliseconds after which a browser connects again."""
NOT_HERE = "Streams need the ASGI server (`manage.py web`); ask for application/json"
PAGES = EventPages.as_view()


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a stream begins with: the job as it stands, and where its reader is."""

    job_pk: int
    after: int
    last: int
    final: bool
    snapshot: dict[str, Any]
    until: float = 0.0
    """When the caller's token ends, in seconds of the epoch; 0 for no end."""

    @property
    def over(self) -> bool:
        """Whether the reader has everything there will be."""
        return self.final and self.after >= self.last


@csrf_exempt
async def events(request: HttpRequest, job_id: str) -> HttpResponseBase:
    """A stream for who prefers `text/event-stream`, pages for everybody else."""
    if request.method != "GET" or not prefers_stream(request):
        return await sync_to_async(PAGES)(request, job_id)
    if not hasattr(request, "scope"):
        return problem(request, "not_acceptable", NOT_HERE)
    try:
        opening = await read(opened, request, job_id)
    except Exception as error:
        refusal = problem_response(error, {"request": request})
        if refusal is None:
            raise
        return refusal
    if opening.over:
        return nothing_more()
    here = hub()
    place = here.place()
    if place is None:
        many = f"This process holds {settings.STREAMS} streams already; try again in a moment"
        return problem(request, "too_many_streams", many, headers={"Retry-After": "10"})
    frames = while_taken(stream(opening, here), place)
    answer = StreamingHttpResponse(frames, content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # a proxy that collects an answer would hold it back
    answer["Vary"] = "Authorization, Accept"
    return answer


def nothing_more() -> HttpResponse:
    """204: a browser does not connect again."""
    answer = HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    del answer["Content-Type"]  # of nothing
    return answer


def prefers_stream(request: HttpRequest) -> bool:
    """Whether the caller would rather have a stream than JSON."""
    return request.get_preferred_type(["application/json", "text/event-stream"]) == "text/event-stream"


def opened(request: HttpRequest, job_id: str) -> Opening:
    """Let the caller in, and read the job. Raises what doors raise."""
    after = read_up_to(request)
    if ticket := request.GET.get("ticket"):
        job, holder = read_ticket(request, ticket, job_id)
        by = Person(name=holder.subject, subject=holder.subject)
        return opening_of(job, after, by, allowed=frozenset(), until=holder.expires)
    caller = caller_of(request)
    count_caller(request, caller)
    require(caller, "builds:read")
    if not is_name(job_id):
        raise refusals.NoSuchJob
    job = operations.find(job_id, caller.person)
    return opening_of(job, after, caller.person, allowed=caller.allowed, until=caller.expires)


def opening_of(job: Job, after: int, by: Person, *, allowed: frozenset[str], until: float = 0.0) -> Opening:
    """From the rows as they are."""
    snapshot = detail(job, by, allowed=allowed)
    return Opening(
        job_pk=job.pk,
        after=min(after, job.last_sequence),
        last=job.last_sequence,
        final=job.is_final,
        snapshot=snapshot,
        until=until,
    )


def read_up_to(request: HttpRequest) -> int:
    """The last event that the reader has: `Last-Event-ID`, which a browser sends by itself, else `after`.

    Raises BadInput.
    """
    for where, value in (
        ("Last-Event-ID", request.headers.get("Last-Event-ID", "")),
        ("after", request.GET.get("after", "")),
    ):
        if not value:
            continue
        if not (value.isascii() and value.isdigit() and int(value[:19]) < LATEST):
            sentence = f"{where} must be a sequence number, 0 or more"
            raise BadInput(sentence, (Flaw(f"/{where}", sentence),))
        return int(value)
    return 0


async def stream(opening: Opening, here: Hub) -> AsyncGenerator[bytes, None]:
    """The snapshot, then each event once and in order, with a heartbeat while nothing happens."""
    ends = time.time() + settings.STREAM_SECONDS
    if opening.until:
        ends = min(ends, opening.until)
    data = json.dumps(opening.snapshot, separators=(",", ":"), ensure_ascii=False)
    with here.watching(opening.job_pk, opening.after) as feed, suppress(DatabaseError):
        yield f"retry: {AGAIN}\nevent: snapshot\ndata: {data}\n\n".encode()
        position = opening.after
        while (left := ends - time.time()) > 0 and not CLOSING.asked:
            changed = feed.changed  # taken before the look, so that nothing falls in between
            frames = await behind(feed, position)
            if frames:
                yield b"".join(frame for _, frame in frames)
                position = frames[-1][0]
            elif feed.read_once and feed.ended and position >= feed.last:
                return
            elif not await woken(changed, min(left, settings.STREAM_HEARTBEAT)):
                yield b": still here\n\n"
    yield b": connect again\n\n"


async def while_taken(frames: AsyncGenerator[bytes, None], place: Place) -> AsyncIterator[bytes]:
    """The frames, for who has a place; it notes how long the reader takes for one."""
    place.sender = ref(asyncio.current_task())  # no more than a reference: it holds us, as its result
    async with aclosing(frames):
        async for frame in frames:
            place.since = time.monotonic()
            yield frame
            place.since = 0.0


async def behind(feed: Feed, position: int) -> list[tuple[int, bytes]]:
    """What a watcher has not had yet: of the feed, or of the database where the feed begins later."""
    if position + 1 < feed.first:
        older = await read(frames_after, feed.job_pk, position)
        return [frame for frame in older if frame[0] < feed.first] or feed.after(position)
    return feed.after(position)


async def woken(changed: asyncio.Event, seconds: float) -> bool:
    """Whether something changed within a time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
        return True
    return False
