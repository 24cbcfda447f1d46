"""Public, and about nothing but us: does the process live, and could it do its work?"""

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.http import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from builds.api.problems import problem
from builds.models import Sweep
from dreamsite.schema import why_not

OLDEST_SWEEP = timedelta(minutes=5)
PATIENCE = 2  # seconds for Redis to answer


class Health(APIView):
    """Says that this process answers; touches nothing."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> HttpResponseBase:
        """Always 200."""
        return Response({"ok": True, "service": "dream-machine"}, headers={"Cache-Control": "no-store"})


class Ready(APIView):
    """Says whether a job that came in now would be worked, and if not, which part is missing."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> HttpResponseBase:
        """200 when every part is sound, else 503 with the sentence of each. No address or secret is told."""
        found = {name: look() for name, look in PARTS.items()}
        broken = [why for why in found.values() if why]
        checks = {name: {"ok": not why, "detail": why or None} for name, why in found.items()}
        if broken:
            return problem(request, "not_ready", " ".join(broken), ok=False, checks=checks)
        return Response({"ok": True, "checks": checks}, headers={"Cache-Control": "no-store"})


def database() -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def migrations() -> str:
    """Tables that are older than the code, or from which a newer version took away what this one needs."""
    try:
        return why_not(connection)
    except DatabaseError:
        return "The migrations could not be looked at."


def doorbell() -> str:
    """Redis only rings, but without it work waits for the sweep."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
    )
    try:
        client.ping()
    except (RedisError, OSError):
        return "Redis does not answer."
    finally:
        client.close()
    return ""


def sweep() -> str:
    """Without it nothing notices lost workers and due work; on the database's clock."""
    try:
        fresh = Sweep.objects.filter(at__gt=Now() - OLDEST_SWEEP).exists()
    except DatabaseError:
        return "The newest sweep could not be looked at."
    return "" if fresh else "No sweep ran in the last 5 minutes; is the scheduler up?"


PARTS: dict[str, Callable[[], str]] = {
    "database": database,
    "migrations": migrations,
    "redis": doorbell,
    "sweep": sweep,
}
