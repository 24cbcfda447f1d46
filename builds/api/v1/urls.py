"""The routes below `/v1`: exact paths, no slash at the end."""

from django.urls import path

from builds.api.v1 import artifacts, deciding, events, ping, repos, runs, steering

urlpatterns = [
    path("ping", ping.Ping.as_view()),
    path("repos", repos.Repos.as_view()),
    path("repos/<str:repo_id>", repos.OneRepo.as_view()),
    path("runs", runs.Runs.as_view()),
    path("runs/<str:run_id>", runs.OneRun.as_view()),
    path("runs/<str:run_id>/events", events.run_events),
    path("runs/<str:run_id>/artifacts", artifacts.Artifacts.as_view()),
    path("runs/<str:run_id>/artifacts/<str:artifact_id>", artifacts.OneArtifact.as_view()),
    path("runs/<str:run_id>/cancel", steering.Cancel.as_view()),
    path("runs/<str:run_id>/retry", steering.Retry.as_view()),
    path("runs/<str:run_id>/approve", deciding.Approve.as_view()),
    path("runs/<str:run_id>/reject", deciding.Reject.as_view()),
    path("<path:rest>", ping.Nowhere.as_view()),
]
