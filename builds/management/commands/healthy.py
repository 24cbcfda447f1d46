"""`manage.py healthy`: whether a service of this host does its part, for containers to ask."""

import urllib.request
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.db.models.functions import Now
from redis.exceptions import RedisError

from builds.management.terminal import stop
from builds.models import Sweep
from builds.queue import worker_heard
from builds.sweep import STALE

PATIENCE = 10  # seconds


class Command(BaseCommand):
    """Say nothing and end with 0, or say in one line what is wrong and end with 1."""

    help = "Whether web, worker or scheduler of this host does its part: exit code 0 or 1."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which service, and where it listens."""
        parser.add_argument("service", choices=sorted(SERVICES))
        parser.add_argument("--port", type=int, default=8000, help="Port of web.")

    def handle(self, *_: Any, service: str, port: int, **__: Any) -> None:
        """Ask it as far from its own word as can be: rows and answers, not processes."""
        try:
            wrong = SERVICES[service](port)
        except (OSError, RedisError, DatabaseError) as error:
            wrong = str(error)
        if wrong:
            stop("healthy", f"{service}: {wrong}")


def web(port: int) -> str:
    """It answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE):
        return ""


def worker(_: int) -> str:
    """It told Redis that it lives."""
    return "" if worker_heard() else "no worker of this host was heard in the last two minutes"


def scheduler(_: int) -> str:
    """Somebody swept a moment ago."""
    return "" if Sweep.objects.filter(at__gt=Now() - STALE).exists() else "no sweep ran in the last minute"


SERVICES: dict[str, Callable[[int], str]] = {"web": web, "worker": worker, "scheduler": scheduler}
