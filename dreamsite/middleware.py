"""Gives every request an id, which is in the answer, in logs, in events and in what we call; and a line."""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from dreamsite.web_metrics import method_of, observe, route_of

log = structlog.get_logger()

SOUND = re.compile(r"[A-Za-z0-9._:-]{8,64}")
DEVICES = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "payment",
    "publickey-credentials-get",
    "usb",
)
CLOSED = {
    "Permissions-Policy": ", ".join(f"{device}=()" for device in DEVICES),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ASKED_BY_MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: a log line only where the answer is no."""


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take `X-Request-Id` from the caller when it is sound, else make one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        name = given if SOUND.fullmatch(given) else uuid4().hex
        request.META["dream.request_id"] = name
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
            finished(request, response, time.monotonic() - began)
        response["X-Request-Id"] = name
        return response

    return middleware


def closed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What Django and django-csp do not say: no device of the reader and no page of others has a part."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in CLOSED.items():
            response.setdefault(name, value)
        return response

    return middleware


def finished(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count it, and say it in one line. The path that was asked for may hold anything; the route does not."""
    observe(request, response, seconds)
    if request.path in ASKED_BY_MACHINES and response.status_code < 400:
        return
    names = {"method": method_of(request), "route": route_of(request), "status": response.status_code}
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    log.log(level, "request.finished", **names, duration_ms=round(seconds * 1000))
