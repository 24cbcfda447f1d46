"""The API's description as a page for people, for whoever is signed in to the admin.

The page is Swagger UI, served from here under the policy of the whole site. It reads the document with the
session; the requests that it sends on a button carry the bearer token that the reader gives it, and no cookie
is of use to them.
"""

from csp.decorators import csp_update
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from builds.api.schema import document

PICTURES: dict[str, list[str]] = {"img-src": ["'self'", "data:"]}
"""Swagger UI's style sheet holds its small pictures."""


@require_safe
@staff_member_required
@csp_update(PICTURES)
def docs(request: HttpRequest) -> HttpResponse:
    """The page."""
    return render(request, "api/docs.html")


@require_safe
@staff_member_required
def docs_document(request: HttpRequest) -> JsonResponse:
    """What the page shows: the same as `/api/schema`."""
    return JsonResponse(document())
