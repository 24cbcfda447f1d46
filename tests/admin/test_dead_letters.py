"""Dead letters in the admin: counted for operators, filtered, replayed by one click, many at once."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from builds.models import DeadLetter, Job
from tests import factories, people

pytestmark = pytest.mark.django_db
LIST = "/admin/builds/deadletter/"


@pytest.fixture
def olga(client: Client) -> Client:
    client.force_login(people.olga())
    return client


def given_up() -> DeadLetter:
    """A job that ran out of tries at verify."""
    job = factories.ended(error_code="unavailable")
    return DeadLetter.objects.create(
        job=job, attempt=1, station="verify", code="unavailable", error="502 <b>", tries=3
    )


def replay(client: Client, *letters: DeadLetter) -> str:
    """Choose some in the list and press Go."""
    form = {"action": "replay", "_selected_action": [str(letter.pk) for letter in letters]}
    return str(client.post(reverse("admin:builds_deadletter_changelist"), form, follow=True).content.decode())


def test_operators_see_how_many_wait_and_where(olga: Client) -> None:
    letter = given_up()
    shown = olga.get("/admin/").content.decode()
    assert 'href="/admin/builds/deadletter/?replayed=no"' in shown
    shown = olga.get(LIST).content.decode()
    for part in (letter.job.job_id, "acme/billing", "unavailable", "502 &lt;b&gt;"):
        assert part in shown


def test_many_are_replayed_at_once_and_those_that_cannot_be_are_named(olga: Client) -> None:
    first, second, gone = given_up(), given_up(), given_up()
    Job.objects.filter(pk=gone.job.pk).update(status="queued")
    shown = replay(olga, first, second, gone)
    assert "Replayed: 2 jobs." in shown
    assert f"Skipped {gone.job.job_id}: Only a job that has ended can run again" in shown
    assert Job.objects.filter(status="queued", attempt=2, station="verify").count() == 2
    assert LogEntry.objects.filter(change_message="Replayed").count() == 2
    waiting = olga.get(f"{LIST}?replayed=no").context["cl"].result_list
    assert [letter.pk for letter in waiting] == [gone.pk]
    assert "olga" in olga.get(f"{LIST}?replayed=yes").content.decode()


def test_who_does_not_operate_only_looks(client: Client) -> None:
    letter = given_up()
    client.force_login(people.rita())
    assert "Replay from where it failed" not in client.get(LIST).content.decode()
    replay(client, letter)
    letter.refresh_from_db()
    assert letter.replayed_at is None
