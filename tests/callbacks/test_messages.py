"""What a callback says and how it is signed, read by the stock verifier of Standard Webhooks."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from builds.adapters.callback_memory import MemoryCallbackSender
from builds.callbacks import body, headers, webhook_id
from builds.journal import record
from builds.models import Event, Job
from builds.ports import CallbackAnswer
from builds.states import JobStatus
from tests.callbacks.world import deliver_due, finish, happen, told_job

OLD, NEW, OTHER = (f"whsec_{name * 8}" for name in ("b2xk", "bmV3", "b3Ro"))


def said(event: Event) -> dict[str, object]:
    """The body as a receiver reads it."""
    return dict(json.loads(body(Event.objects.select_related("job").get(pk=event.pk))))


@pytest.mark.django_db
def test_a_body_holds_what_the_contract_names_and_leaves_out_what_is_empty() -> None:
    job = told_job(job_id="dm 1/ä")
    [event] = happen(job, "planning")
    event.refresh_from_db()
    assert said(event) == {
        "jobId": "dm 1/ä",
        "status": "planning",
        "message": "Parsing spec and planning work items",
        "sequence": 1,
        "timestamp": event.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestId": "r-1",
        "links": {"self": "http://localhost:8000/api/dream-build/dm%201%2F%C3%A4"},
    }


@pytest.mark.django_db
def test_step_pull_request_and_error_are_told_where_there_is_one() -> None:
    job = told_job()
    with transaction.atomic():
        step = record(job, "station.note", "Writing a.py", step="a.py", callback_status="writing")
    assert (said(step)["step"], said(step)["message"]) == ("a.py", "Writing a.py")
    Job.objects.filter(pk=job.pk).update(pr_url="https://forge.example/1")
    job.refresh_from_db()
    finish(job, JobStatus.FAILED, code="checks_failed", why="3 tests fail.")
    told = said(job.events.get(callback_status="failed"))
    assert (told["message"], told["error"]) == ("Build failed: 3 tests fail.", "3 tests fail.")
    assert told["prUrl"] == "https://forge.example/1"
    assert told["links"]["pullRequest"] == "https://forge.example/1"  # type: ignore[index]


@pytest.mark.django_db
def test_every_try_says_the_same_under_the_same_name_whatever_became_of_the_job() -> None:
    job = told_job()
    happen(job, "started")
    sender = MemoryCallbackSender([CallbackAnswer(status=500)])
    deliver_due(sender)
    Job.objects.filter(pk=job.pk).update(pr_url="https://forge.example/1", next_callback_at=datetime.now(UTC))
    deliver_due(sender)
    first, second = sender.sent
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.django_db
def test_names_differ_between_jobs_and_events_and_fit_a_header() -> None:
    jobs = [told_job(job_id=name) for name in ("a", "b", "ä\u2603 . x")]
    names = [webhook_id(event) for job in jobs for event in happen(job, "started", "planning")]
    assert len(set(names)) == 6
    assert all(name.isascii() and "." not in name and " " not in name for name in names)


@pytest.mark.django_db
def test_a_long_message_is_cut_and_the_body_stays_small() -> None:
    job = told_job()
    with transaction.atomic():
        event = record(job, "run.paused", "ä" * 50_000, callback_status="paused_approval")
    assert len(str(said(event)["message"])) == 4000
    assert len(body(event)) < 20_000


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9))])
def test_the_stock_verifier_accepts_the_signature(zone: timezone) -> None:
    now = datetime.now(UTC)
    signed = headers("msg_1", '{"a":"ü"}'.encode(), at=now.astimezone(zone), secrets=(NEW,))
    assert Webhook(NEW).verify('{"a":"ü"}'.encode(), signed) == {"a": "ü"}
    for wrong in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(now.timestamp()) - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify('{"a":"ü"}'.encode(), {**signed, **wrong})
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(b'{"a":"u"}', signed)


def test_while_secrets_change_there_are_two_signatures_and_either_verifies() -> None:
    signed = headers("msg_1", b"{}", at=datetime.now(UTC), secrets=(NEW, OLD))
    assert len(signed["webhook-signature"].split(" ")) == 2
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(b"{}", signed) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(b"{}", signed)


@pytest.mark.django_db
def test_what_is_sent_verifies_with_the_configured_secret(settings: LazySettings) -> None:
    settings.CALLBACK_SECRETS = (NEW, OLD)
    happen(told_job(), "started")
    sender = MemoryCallbackSender()
    deliver_due(sender)
    [sent] = sender.sent
    assert Webhook(OLD).verify(sent.body, dict(sent.headers))["status"] == "started"
    assert not {"authorization", "cookie"} & {name.lower() for name in sent.headers}


@pytest.mark.django_db
def test_an_attempt_can_have_only_one_ending() -> None:
    job = told_job()
    finish(job)
    with pytest.raises(IntegrityError), transaction.atomic():
        record(job, "run.failed", callback_status="failed")
