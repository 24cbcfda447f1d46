"""Counts, together with all other processes, in the Redis of the doorbell: losing it loses only counts."""

import time
from threading import Lock

import redis
import structlog
from django.conf import settings
from redis.exceptions import RedisError

from dreamsite.env import Rate

log = structlog.get_logger(__name__)

PATIENCE = 0.25
"""Seconds for Redis to answer: a count is a courtesy, and nobody waits for it."""
PAUSE = 5.0
"""Seconds in which a Redis that did not answer is not asked again, so that requests stay as quick as ever."""


class Counter:
    """Counts in windows that begin at the same moment for every process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.client: redis.Redis | None = None
        self.paused_until = 0.0

    def count(self, name: str, rate: Rate) -> tuple[int, int] | None:
        """How many with this one in the present window, and seconds to its end; None: nobody can tell."""
        if time.monotonic() < self.paused_until:
            return None
        window, passed = divmod(int(time.time()), rate.seconds)
        key = f"dream:rate:{name}:{window}"
        try:
            with self.connected().pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, rate.seconds)
                counted = int(pipe.execute()[0])
        except (RedisError, OSError) as error:
            self.paused_until = time.monotonic() + PAUSE
            log.warning("rates.uncounted", error=type(error).__name__)
            return None
        return counted, rate.seconds - passed

    def connected(self) -> redis.Redis:
        """The client of this process."""
        with self.lock:
            if self.client is None:
                self.client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
                )
            return self.client


COUNTER = Counter()
