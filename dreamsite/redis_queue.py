"""The settings of the one queue, made from an address of Redis."""

from typing import Any
from urllib.parse import urlsplit

from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry


def redis_queue(url: str) -> dict[str, Any]:
    """django-rq ignores client settings for a queue that is given by URL, so it is taken apart here."""
    parts = urlsplit(url)
    retry = Retry(ExponentialWithJitterBackoff(base=0.1, cap=2), 3)
    return {
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": parts.port or 6379,
        "DB": int(parts.path.lstrip("/") or 0),
        "USERNAME": parts.username or None,
        "PASSWORD": parts.password or None,
        "SSL": parts.scheme == "rediss",
        "REDIS_CLIENT_KWARGS": {"retry": retry, "health_check_interval": 30, "socket_connect_timeout": 3},
    }
