"""For those who watch the service: `/api/status` for people, `/metrics` for Prometheus."""

from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from builds import refusals
from builds.api.auth import caller_of
from builds.api.permission import require
from builds.api.problems import problem_response, unavailable
from builds.api.throttle import count_caller
from builds.metrics import DreamCollector
from builds.public_results import moment
from builds.queue import heartbeats
from builds.vitals import Age, Vitals, vitals
from dreamsite.schema import why_not
from dreamsite.version import commit
from dreamsite.web_metrics import REGISTRY


class Status(APIView):
    """How the service is, for whoever has a token: numbers and ages, nobody's names and no content."""

    scopes: ClassVar = {"GET": ("builds:read", "builds:operate")}

    def get(self, request: Request) -> HttpResponseBase:
        """As many queries however many jobs there are."""
        return Response(status(vitals()), headers={"Cache-Control": "no-store"})


def status(now: Vitals) -> dict[str, Any]:
    """The body. Ages in seconds; null where there is nothing of that age."""
    return {
        "version": settings.VERSION,
        "commit": commit() or None,
        "time": moment(now.now),
        "halted": {"at": moment(now.halt.at), "reason": now.halt.reason} if now.halt else None,
        "workers": workers(),
        "queues": {
            "queued": {
                "count": now.queued,
                "due": now.due.count,
                "oldestDueSeconds": now.seconds(now.due.since),
            },
            "running": aged(now, now.running) | {"abandoned": now.abandoned.count},
            "paused": aged(now, now.paused),
        },
        "oldestApprovalSeconds": now.seconds(now.paused.since),
        "callbacks": {"undelivered": now.callbacks.count, "oldestSeconds": now.seconds(now.callbacks.since)},
        "deadLetters": now.dead_letters,
        "breakers": [
            {"provider": each.provider, "kind": each.kind, "openUntil": moment(each.open_until)}
            for each in now.troubled
        ],
        "migrations": {"ok": not (why := why_not(connection)), "detail": why or None},
        "sandbox": settings.SANDBOX,
        "sweepSeconds": now.seconds(now.swept),
    }


def aged(now: Vitals, found: Age) -> dict[str, Any]:
    """How many, and the age of the oldest."""
    return {"count": found.count, "oldestSeconds": now.seconds(found.since)}


def workers() -> dict[str, Any]:
    """Those that Redis knows; null where it does not answer."""
    try:
        beats = heartbeats()
    except (RedisError, OSError):
        return {"count": None, "heartbeats": None}
    return {
        "count": len(beats),
        "heartbeats": [{"name": name, "seconds": age} for name, age in beats.items()],
    }


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for the bearer of DREAM_METRICS_TOKEN or of a token with the scope `metrics:read`."""
    try:
        check_scraper(request)
    except (APIException, refusals.NotDone) as error:
        return cast("HttpResponse", problem_response(error, {"request": request}))
    registry = CollectorRegistry()
    try:
        registry.register(DreamCollector())
        said = generate_latest(registry) + generate_latest(REGISTRY)
    except (OperationalError, InterfaceError) as error:
        return unavailable(request, error)
    return HttpResponse(said, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def check_scraper(request: HttpRequest) -> None:
    """Let in who may read metrics. Raises AuthenticationFailed, Throttled, NotTrusted or ScopeMissing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if scheme == "Bearer" and wanted and constant_time_compare(token, wanted):
        return
    caller = caller_of(request)
    count_caller(request, caller)
    require(caller, "metrics:read")
