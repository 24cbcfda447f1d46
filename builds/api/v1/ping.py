"""Does the door let me in? And what is behind no route at all."""

from typing import Any, NoReturn

from django.http import Http404, HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.views import Door


class Ping(Door):
    """For smoke tests: the token is sound. It may be for anything."""

    permission_classes = []

    def get(self, request: Request) -> Response:
        """Touches nothing but the token."""
        return Response({"ok": True, "message": "pong"})


class Nowhere(Door):
    """Everything below `/v1` that is no route: a stranger is not even told that."""

    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """401 without a sound token, else 404, whatever the method."""
        super().initial(request, *args, **kwargs)
        raise Http404

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        """Nothing is allowed here."""
        raise Http404
