"""/api/status and /metrics: who may read them, and what they cost."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import redis
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from builds.models import DeadLetter, Halt, Job, Sweep
from tests.api.world import Api, is_problem, pause
from tests.callbacks.world import happen

if TYPE_CHECKING:
    from builds.models import Repo

TOKEN = "a token for the watchman"
AN_HOUR = timedelta(hours=1)


def look(token: str = TOKEN) -> Any:
    """What Prometheus does."""
    return Client(raise_request_exception=False).get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_strangers_see_neither(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN
    client = Client(raise_request_exception=False)
    is_problem(client.get("/api/status"), 401, "not_authenticated")
    is_problem(client.get("/metrics"), 401, "not_authenticated")
    is_problem(look("wrong"), 401, "not_authenticated")
    is_problem(client.get(f"/metrics?token={TOKEN}"), 401, "not_authenticated")


def test_without_a_token_in_the_settings_nobody_reads_metrics(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = ""
    is_problem(look(""), 401, "not_authenticated")
    is_problem(look(), 401, "not_authenticated")


def test_the_status_of_a_quiet_service(alice: Api, db: None, redis_client: redis.Redis) -> None:
    found = alice.get("/status").json()
    assert found | {"time": "", "commit": ""} == {
        "version": "0.1.0",
        "commit": "",
        "time": "",
        "halted": None,
        "workers": {"count": 0, "heartbeats": []},
        "queues": {
            "queued": {"count": 0, "due": 0, "oldestDueSeconds": None},
            "running": {"count": 0, "oldestSeconds": None, "abandoned": 0},
            "paused": {"count": 0, "oldestSeconds": None},
        },
        "oldestApprovalSeconds": None,
        "callbacks": {"undelivered": 0, "oldestSeconds": None},
        "deadLetters": 0,
        "breakers": [],
        "migrations": {"ok": True, "detail": None},
        "sandbox": "bwrap",
        "sweepSeconds": None,
    }


def test_the_status_names_everything_that_is_late(alice: Api, job: Job, redis_client: redis.Redis) -> None:
    pause(job, "owner")
    job.approvals.update(asked_at=timezone.now() - 3 * AN_HOUR)
    Sweep.objects.create(by="tests")
    Sweep.objects.update(at=timezone.now() - AN_HOUR)
    Halt.objects.create(by="olga", reason="The provider bills twice.")
    DeadLetter.objects.create(job=job, attempt=1, station="plan", code="x", error="y", tries=3)
    happen(job, "started")
    job.events.update(created_at=timezone.now() - 2 * AN_HOUR)
    late = alice.submit(jobId="late")
    Job.objects.filter(job_id=late.json()["jobId"]).update(run_after=timezone.now() - AN_HOUR)
    gone = alice.submit(jobId="gone")
    past = timezone.now() - AN_HOUR
    Job.objects.filter(job_id=gone.json()["jobId"]).update(
        status="running", started_at=past, lease_until=past
    )
    found = alice.get("/status").json()
    assert found["queues"]["queued"]["due"] == found["queues"]["queued"]["count"] == 1
    assert found["queues"]["running"]["abandoned"] == found["queues"]["running"]["count"] == 1
    assert found["deadLetters"] == 1
    assert found["halted"]["reason"] == "The provider bills twice."
    hours = {
        "queued": found["queues"]["queued"]["oldestDueSeconds"],
        "running": found["queues"]["running"]["oldestSeconds"],
        "paused": found["oldestApprovalSeconds"],
        "callbacks": found["callbacks"]["oldestSeconds"],
        "sweep": found["sweepSeconds"],
    }
    rounded = {name: round(seconds / 3600) for name, seconds in hours.items()}
    assert rounded == {"queued": 1, "running": 1, "paused": 3, "callbacks": 2, "sweep": 1}


def test_what_it_costs_does_not_grow(alice: Api, repo: "Repo", settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            answer = alice.get("/status") if path == "/status" else look()
        assert answer.status_code == 200
        return len(counted)

    def grow(first: int, count: int) -> tuple[int, int]:
        for number in range(first, first + count):
            made = alice.submit(jobId=f"job-{number}").json()["jobId"]
            pause(Job.objects.get(job_id=made), "owner")
        look()
        return queries("/status"), queries("/metrics")

    look()
    assert grow(0, 1) == grow(1, 5)


def test_what_prometheus_reads_can_be_read(settings: LazySettings, db: None) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = look()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.content.decode()))
    assert len({family.name for family in families}) == len(families) > 25
