"""A site whose one page fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def fault(request: HttpRequest) -> HttpResponse:
    """Something nobody expected."""
    raise ArithmeticError(request.path)


urlpatterns = [path("fault", fault)]
handler500 = "builds.api.problems.server_error"
