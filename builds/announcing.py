"""Tells web processes, through Redis, that a job has new events. Who watches reads them from the database.

A word that is lost costs nothing but time: whoever watches looks at the database every few seconds anyway.
"""

import time
from functools import partial
from threading import Lock

import redis
import structlog
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

log = structlog.get_logger()

CHANNEL = "dream:events"
PATIENCE = 0.25
"""Seconds for Redis to take a word: no build waits for one that is down."""
PAUSE = 5.0
"""Seconds in which a Redis that did not answer is not spoken to again."""


class Announcer:
    """Says the primary key of a job on a channel that everybody hears."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.client: redis.Redis | None = None
        self.paused_until = 0.0

    def say(self, job_pk: int) -> None:
        """Never raises; a Redis that does not answer is left alone for a while."""
        if time.monotonic() < self.paused_until:
            return
        try:
            self.connected().publish(CHANNEL, job_pk)
        except (RedisError, OSError) as error:
            self.paused_until = time.monotonic() + PAUSE
            log.warning("events.unannounced", error=type(error).__name__)

    def connected(self) -> redis.Redis:
        """The client of this process; after a fork its pool makes new connections."""
        with self.lock:
            if self.client is None:
                self.client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
                )
            return self.client


ANNOUNCER = Announcer()


def announce_on_commit(job_pk: int) -> None:
    """Once the rows are there to be read; never fails the transaction that wrote them."""
    transaction.on_commit(partial(ANNOUNCER.say, job_pk), robust=True)
