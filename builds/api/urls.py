"""The routes for Storia, once with `/api` in front and once without: exact paths, no slash at the end."""

from django.urls import path

from builds.api import artifacts, views
from builds.api.events import tickets
from builds.api.events.streams import events
from builds.api.webhooks import GithubWebhook

ROUTES = (
    ("dream-build", views.Jobs),
    ("dream-build/<str:job_id>", views.OneJob),
    ("dream-build/<str:job_id>/approve", views.Approve),
    ("dream-build/<str:job_id>/reject", views.Reject),
    ("dream-build/<str:job_id>/cancel", views.Cancel),
    ("dream-build/<str:job_id>/rerun", views.Rerun),
    ("dream-build/<str:job_id>/run-now", views.RunNow),
    ("dream-build/<str:job_id>/ticket", tickets.Tickets),
    ("dream-build/<str:job_id>/artifacts", artifacts.Artifacts),
    ("dream-build/<str:job_id>/artifacts/<str:artifact_id>", artifacts.OneArtifact),
)

urlpatterns = [path(f"{front}{route}", door.as_view()) for front in ("api/", "") for route, door in ROUTES]
urlpatterns += [path(f"{front}dream-build/<str:job_id>/events", events) for front in ("api/", "")]
urlpatterns += [path("api/webhooks/github", GithubWebhook.as_view())]
