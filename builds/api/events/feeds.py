"""What one web process knows of the jobs that are watched: read once, shared by all who watch.

A word from Redis says which job to look at, and every few seconds all of them are looked at without one.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

import structlog
from django.conf import settings
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from builds.announcing import CHANNEL
from builds.api.events.reading import read
from builds.api.events.told import told
from builds.models import Event, Job
from dreamsite.closing import CLOSING

log = structlog.get_logger()

KEPT = 1000
"""Frames that a feed keeps; who is further behind reads from the database."""
AT_ONCE = 500
DEAF = 1.0
"""Seconds until Redis is listened to again after it went away."""

Frame = tuple[int, bytes]


def framed(event: Event) -> Frame:
    """An event as a frame of the stream; its number is what `Last-Event-ID` will say."""
    data = json.dumps(told(event), separators=(",", ":"), ensure_ascii=False)
    return event.sequence, f"id: {event.sequence}\nevent: {event.name}\ndata: {data}\n\n".encode()


def frames_after(job_pk: int, after: int) -> list[Frame]:
    """The next events of a job, a bounded number of them."""
    rows = Event.objects.filter(job_id=job_pk, sequence__gt=after).order_by("sequence")[:AT_ONCE]
    return [framed(row) for row in rows]


def looked_at(job_pk: int, after: int) -> tuple[list[Frame], bool]:
    """New frames, and whether the attempt has ended and these are its last."""
    job = Job.objects.only("status", "last_sequence").get(pk=job_pk)
    frames = frames_after(job_pk, after)
    last = frames[-1][0] if frames else after
    return frames, job.is_final and last >= job.last_sequence


def last_sequences(job_pks: list[int]) -> dict[int, int]:
    """Where the events of these jobs end now."""
    return dict(Job.objects.filter(pk__in=job_pks).values_list("pk", "last_sequence"))


class Feed:
    """The newest frames of one job, without gaps, and how far they reach."""

    def __init__(self, job_pk: int, after: int) -> None:
        self.job_pk = job_pk
        self.frames: list[Frame] = []
        self.last = after
        self.ended = False
        self.read_once = False
        self.watchers = 0
        self.stale = True
        self.reader: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()

    @property
    def first(self) -> int:
        """The number of the oldest frame that is kept; the one to come while there is none."""
        return self.frames[0][0] if self.frames else self.last + 1

    def after(self, position: int) -> list[Frame]:
        """Frames behind a position from `first - 1` on; numbers have no gaps."""
        return self.frames[max(0, position + 1 - self.first) :]

    def take(self, frames: list[Frame], *, ended: bool) -> None:
        """Keep what was read, and wake all who wait."""
        self.frames = (self.frames + frames)[-KEPT:]
        self.last = frames[-1][0] if frames else self.last
        self.ended, self.read_once = ended, True
        self.wake()

    def wake(self) -> None:
        """Let all who wait look again."""
        woken, self.changed = self.changed, asyncio.Event()
        woken.set()


class Place:
    """The right to one stream: there as long as somebody holds it, and free when nobody does any more."""

    def __init__(self) -> None:
        self.sender: ref[asyncio.Task[Any] | None] | None = None
        self.since = 0.0
        """When the frame that its reader has not taken yet was sent; 0 while there is none."""

    def give_up(self) -> None:
        """Stop sending. The reader can connect again, and goes on where it was."""
        task = self.sender() if self.sender else None
        if task:
            task.cancel()


class Hub:
    """The feeds of one event loop. It listens and looks only while somebody watches."""

    def __init__(self) -> None:
        self.places: WeakSet[Place] = WeakSet()
        self.feeds: dict[int, Feed] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.watchers = 0

    def place(self) -> Place | None:
        """A place for one stream more; None when there is none.

        A stream that is answered but never begun, as its reader is gone, holds none either: nothing has to be
        given back, so nothing can be forgotten.
        """
        if len(self.places) >= settings.STREAMS:
            return None
        taken = Place()
        self.places.add(taken)
        return taken

    @contextmanager
    def watching(self, job_pk: int, after: int) -> Iterator[Feed]:
        """The feed of a job, as long as somebody watches it."""
        feed = self.feeds.get(job_pk)
        if feed is None:
            feed = self.feeds[job_pk] = Feed(job_pk, after)
        feed.watchers += 1
        self.watchers += 1
        if not self.tasks:
            self.tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.look())]
            CLOSING.listeners.add(self.wake)
        self.mark(job_pk)
        try:
            yield feed
        finally:
            feed.watchers -= 1
            self.watchers -= 1
            if not feed.watchers:
                self.feeds.pop(job_pk, None)
            if not self.watchers:
                for task in self.tasks:
                    task.cancel()
                self.tasks = []
                CLOSING.listeners.discard(self.wake)

    def wake(self) -> None:
        """Let everybody look again, at whether this process is asked to stop."""
        for feed in self.feeds.values():
            feed.wake()

    def mark(self, job_pk: int) -> None:
        """Somebody says that there is something new; one reader a job, however many say it."""
        feed = self.feeds.get(job_pk)
        if feed is None:
            return
        feed.stale = True
        if feed.reader is None or feed.reader.done():
            feed.reader = asyncio.create_task(self.refresh(feed))

    async def refresh(self, feed: Feed) -> None:
        """Read until nothing is new. A database that does not answer is asked again at the next look."""
        while feed.stale and feed.watchers:
            feed.stale = False
            try:
                frames, ended = await read(looked_at, feed.job_pk, feed.last)
            except (DatabaseError, Job.DoesNotExist) as error:
                log.warning("events.unread", error=type(error).__name__)
                return
            feed.stale = feed.stale or len(frames) == AT_ONCE
            if frames or ended != feed.ended or not feed.read_once:
                feed.take(frames, ended=ended)

    async def listen(self) -> None:
        """Hear which jobs have something new. What was said while nobody listened is looked for."""
        while True:
            with suppress(RedisError, OSError):
                async with Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    for job_pk in list(self.feeds):
                        self.mark(job_pk)
                    async for word in channel.listen():
                        if word["type"] == "message" and word["data"].isdigit():
                            self.mark(int(word["data"]))
            await asyncio.sleep(DEAF)

    async def look(self) -> None:
        """Without a word from anybody, all that are watched in one query."""
        while True:
            await asyncio.sleep(settings.STREAM_LOOK)
            self.give_up_the_stuck()
            try:
                found = await read(last_sequences, list(self.feeds))
            except DatabaseError:
                continue
            for job_pk, last in found.items():
                feed = self.feeds.get(job_pk)
                if feed is not None and (last != feed.last or not feed.read_once):
                    self.mark(job_pk)

    def give_up_the_stuck(self) -> None:
        """Free the places of readers who took nothing for two heartbeats.

        A server waits without end for a connection that takes nothing; the stream would not even come to its
        own end.
        """
        latest = time.monotonic() - 2 * settings.STREAM_HEARTBEAT
        for place in list(self.places):
            if 0 < place.since < latest:
                place.give_up()


HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop."""
    return HUBS.setdefault(asyncio.get_running_loop(), Hub())
