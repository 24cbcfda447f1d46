"""Gives every request an id that is in the answer, in logs, in events and in what we call ourselves."""

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

SOUND = re.compile(r"[A-Za-z0-9._:-]{8,64}")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take `X-Request-Id` from the caller when it is sound, else make one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        name = given if SOUND.fullmatch(given) else uuid4().hex
        request.META["dream.request_id"] = name
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
        response["X-Request-Id"] = name
        return response

    return middleware
