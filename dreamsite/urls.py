"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from builds.api.docs import docs, docs_document
from builds.api.health import Health, Ready
from builds.api.schema import Schema
from builds.api.watching import Status, metrics
from dreamsite.favicon import favicon

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("favicon.ico", favicon),
    path("healthz", Health.as_view()),
    path("readyz", Ready.as_view()),
    path("metrics", metrics),
    path("api/status", Status.as_view()),
    path("api/schema", Schema.as_view()),
    path("api/docs", docs),
    path("api/docs/openapi.json", docs_document),
    path("", include("builds.api.urls")),
    path("v1/", include("builds.api.v1.urls")),
    path("admin/queues/", include("dreamsite.queue_pages")),
    path("admin/", admin.site.urls),
]

handler400 = "builds.api.problems.bad_request"
handler403 = "builds.api.problems.forbidden"
handler404 = "builds.api.problems.not_found"
handler500 = "builds.api.problems.server_error"
