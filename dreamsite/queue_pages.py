"""django-rq's own pages, to look at and for operators only: starting a job again is our business."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern
from django.views.decorators.http import require_safe
from django_rq.urls import get_admin_urlpatterns, get_api_urlpatterns

# django-rq 4.2 carries one script and three styles inside its pages; these let in exactly those.
SCRIPTS = ["'self'", "'sha256-1kZe1KRxelr3ptMPsod17Z6BDvbtm4WcufgsZGvsErM='"]
STYLES = [
    "'self'",
    "'sha256-v5MY146GJAjl1QbCe2MklIw9r0xCNOWCEWSPd53tlgQ='",
    "'sha256-3HT4TFoCN6UZR/IBz5IGZ/l8VEv+BIOqCR558/XA3Jg='",
    "'sha256-KKjBAGERxCMkpnyRzzx30Ft5uJyWEE4TggCMJ9MJhMw='",
    "'unsafe-hashes'",
]

View = Callable[..., HttpResponseBase]


def operators_only(view: View) -> View:
    """GET and HEAD for `builds.operate_job`; other staff are refused, strangers go to the admin's login."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not request.user.has_perm("builds.operate_job"):
            raise PermissionDenied("The queues are for operators (permission builds.operate_job).")
        try:
            return view(request, *arguments, **named)
        except LookupError:  # the library does not ask whether a queue or a job is there
            raise Http404 from None

    return csp_update({"script-src": SCRIPTS, "style-src": STYLES})(
        admin.site.admin_view(require_safe(guarded))
    )


def guarded_figures() -> list[URLPattern]:
    """The pages that the library lets in by a token of its own; here they are like the others."""
    patterns = get_api_urlpatterns()
    for pattern in patterns:
        pattern.callback = operators_only(pattern.callback)
    return patterns


app_name = "django_rq"
urlpatterns = [*guarded_figures(), *get_admin_urlpatterns(view_wrapper=operators_only)]
