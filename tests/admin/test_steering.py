"""Cancel and rerun in the admin: asked before, written down after, never without the permission."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from builds.models import Job
from tests import factories, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client) -> Client:
    client.force_login(people.olga())
    return client


def many(client: Client, action: str, *jobs: Job, **more: str) -> str:
    """Choose jobs in the list and press Go."""
    form = {"action": action, "_selected_action": [str(job.pk) for job in jobs], **more}
    return str(client.post(reverse("admin:builds_job_changelist"), form, follow=True).content.decode())


def one(client: Client, name: str, job: Job, **form: str) -> str:
    """Press Cancel or Rerun on the page of a job; with a form, confirm."""
    address = reverse(f"admin:builds_job_{name}", args=[job.pk])
    answer = client.post(address, {"confirmed": "yes", **form}, follow=True) if form else client.get(address)
    return str(answer.content.decode())


def test_cancel_asks_first_and_then_says_who_did(olga: Client) -> None:
    job = factories.paused()
    assert "nothing is pushed any more" in one(olga, "cancel", job)
    job.refresh_from_db()
    assert job.status == "paused"
    assert f"Canceled: {job.title}." in one(olga, "cancel", job, reason="Not wanted.")
    job.refresh_from_db()
    assert (job.status, job.error_message) == ("canceled", "Not wanted.")
    assert LogEntry.objects.get().change_message == "Canceled. Not wanted."


def test_rerun_starts_the_next_attempt_where_it_stopped_with_a_new_budget(olga: Client) -> None:
    job = factories.ended(spent_usd=Decimal("1.50"), max_dollars=Decimal(2))
    assert '<option value="verify" selected>' in one(olga, "rerun", job)
    one(olga, "rerun", job, from_station="verify", max_dollars="3.00", reason="Flaky.")
    job.refresh_from_db()
    assert (job.status, job.attempt, job.station, job.max_dollars) == ("queued", 2, "verify", Decimal(3))


def test_run_now_asks_first_and_then_the_job_is_due(olga: Client) -> None:
    later = timezone.now() + timedelta(hours=3)
    waits, runs = factories.job(run_after=later), factories.job(status="running")
    page = olga.get(reverse("admin:builds_job_change", args=[waits.pk])).content.decode()
    assert "Run now…" in page
    assert "due at once" in one(olga, "run_now", waits)
    shown = many(olga, "run_now_jobs", waits, runs, confirmed="yes", reason="")
    assert "Due now: 1 jobs" in shown.replace("job.", "jobs.")
    assert f"Skipped {runs.job_id}: Job {runs.job_id} waits for no clock; it is running." in shown
    waits.refresh_from_db()
    assert waits.run_after <= timezone.now()


def test_a_budget_that_is_spent_already_is_refused_on_the_form(olga: Client) -> None:
    job = factories.ended(spent_usd=Decimal("1.50"))
    shown = one(olga, "rerun", job, max_dollars="1.00", reason="")
    assert "$1.50 is spent already; a new budget has to be more than that." in shown
    job.refresh_from_db()
    assert job.status == "failed"


def test_a_station_that_was_never_reached_is_refused_with_its_reason(olga: Client) -> None:
    job = factories.ended()
    shown = one(olga, "rerun", job, from_station="create_pr", reason="")
    assert "It cannot start from create_pr" in shown
    job.refresh_from_db()
    assert job.attempt == 1


def test_many_are_canceled_after_a_page_that_names_who_is_skipped_and_why(olga: Client) -> None:
    waiting, queued, over = (
        factories.paused(),
        factories.job(title="Queued one"),
        factories.ended(title="Over"),
    )
    shown = many(olga, "cancel_jobs", waiting, queued, over)
    assert "Cancel 2 jobs" in shown
    assert "Skip 1 job" in shown
    assert "It has ended (failed)." in shown
    shown = many(olga, "cancel_jobs", waiting, queued, over, confirmed="yes", reason="")
    assert "Canceled: 2 jobs." in shown
    assert f"Skipped {over.job_id}: Job {over.job_id} has ended" in shown
    assert set(Job.objects.values_list("status", flat=True)) == {"canceled", "failed"}
    assert LogEntry.objects.count() == 2


def test_more_than_a_hundred_at_once_are_refused(olga: Client) -> None:
    jobs = [factories.job() for _ in range(101)]
    assert "Choose at most 100 jobs at once; nothing was done." in many(
        olga, "cancel_jobs", *jobs, confirmed="yes", reason=""
    )
    assert not Job.objects.exclude(status="queued").exists()


@pytest.mark.parametrize("who", [people.vic, people.rita])
def test_without_the_permission_nothing_is_steered(client: Client, who: object) -> None:
    client.force_login(who())  # type: ignore[operator]
    job = factories.paused()
    many(client, "cancel_jobs", job, confirmed="yes", reason="")
    one(client, "cancel", job, reason="No.")
    job.refresh_from_db()
    assert job.status == "paused"
