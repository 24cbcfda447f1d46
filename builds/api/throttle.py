"""The rate of each caller, for every view of REST framework: `DREAM_API_RATE`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from builds.api.auth import Caller
from builds.api.rates import count


class CallerThrottle(BaseThrottle):
    """Each operator token has its own count, and so has each subject of Storia's tokens."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Raises Throttled. Who needs no token is not counted."""
        if isinstance(request.user, Caller):
            count_caller(request, request.user)
        return True


def count_caller(request: HttpRequest | Request, caller: Caller) -> None:
    """One more request of a caller. Raises Throttled. For views that are not REST framework's, too."""
    count(request, "caller", settings.API_RATE, caller.token or caller.person.subject)
