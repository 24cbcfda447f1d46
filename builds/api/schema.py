"""The API's own description, OpenAPI 3.1: made of the routes that there are and of `described`."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.cache import get_conditional_response
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer2
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.described.callbacks import WEBHOOKS
from builds.api.described.introduction import INTRODUCTION, TAGS
from builds.api.described.operation import Operation
from builds.api.described.shared import HEADERS, SECURITY_SCHEMES
from builds.api.described.table import COMPONENTS, ROUTES
from builds.api.views import Door
from builds.canonical import canonical_json

FOR_PEOPLE = ("/admin/", "/api/docs", "/favicon.ico")
SHORT = "/dream-build"
METHODS = ("get", "post", "put", "patch", "delete")


class DescribedGenerator(SchemaGenerator):
    """drf-spectacular's, with our own words for the routes instead of those it guesses from serializers."""

    def parse(self, input_request: Any, public: Any) -> dict[str, Any]:
        """The paths: every route of the URLconf that is described."""
        return {path: found for path, view in routes() if (found := described(path, view))}

    def get_schema(self, request: Any = None, public: Any = None) -> dict[str, Any]:
        """The whole document."""
        found = cast("dict[str, Any]", super().get_schema(request, public))
        found["components"] = {
            "schemas": COMPONENTS,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        }
        found["info"]["description"] = INTRODUCTION
        return {**found, "tags": TAGS, "webhooks": WEBHOOKS}


def routes() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every route that is for programs, as OpenAPI writes its path, with its view."""
    for path, view in walked(get_resolver().url_patterns, "/"):
        if path != "/" and not path.startswith(FOR_PEOPLE):
            yield path, view


def walked(
    patterns: Iterable[URLPattern | URLResolver], front: str
) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The same for a part of the URLconf."""
    for pattern in patterns:
        if "<path:" in str(pattern.pattern):
            continue  # what answers that there is nothing
        path = front + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from walked(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def described(path: str, view: Callable[..., Any]) -> dict[str, Any]:
    """The operations of a route; empty for one that nobody described."""
    short = path.startswith(SHORT)
    operations = ROUTES.get(f"/api{path}" if short else path, {})
    scopes = getattr(getattr(view, "cls", None), "scopes", {})
    found = {}
    for method, operation in operations.items():
        needed = scopes.get(method.upper(), ())
        each = (needed,) if isinstance(needed, str) else needed
        found[method] = (as_alias(operation) if short else operation).told(each)
    return found


def as_alias(operation: Operation) -> Operation:
    """The same at its address without `/api`."""
    return replace(
        operation, id=f"{operation.id}WithoutApi", tag="Without /api", about=f"As `{operation.id}`."
    )


@cache
def document() -> dict[str, Any]:
    """The description; routes do not change while a process lives."""
    return DescribedGenerator().get_schema(public=True)


class Schema(Door):
    """Hands out the description."""

    renderer_classes = [JSONRenderer, OpenApiYamlRenderer2]
    permission_classes = []

    def get(self, request: Request) -> HttpResponseBase:
        """JSON, or YAML where that is asked for; 304 when the caller has it. A token may be for anything."""
        found = document()
        etag = f'"{sha256(canonical_json(found)).hexdigest()[:32]}"'
        answer = get_conditional_response(cast("HttpRequest", request), etag=etag) or Response(found)
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        return answer
