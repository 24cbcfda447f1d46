"""Halt and resume in the admin: one button each, for operators, and shown on every page."""

import pytest
from django.test import Client

from builds.models import Halt
from tests import factories, people

pytestmark = pytest.mark.django_db
SENTENCE = "The provider &lt;bills&gt; twice."


@pytest.fixture
def olga(client: Client) -> Client:
    client.force_login(people.olga())
    return client


def test_an_operator_halts_and_resumes(olga: Client) -> None:
    assert "Halt everything…" in olga.get("/admin/").content.decode()
    assert "work and wait" in olga.get("/admin/halt/").content.decode()
    answer = olga.post("/admin/halt/", {"do": "halt", "reason": "The provider <bills> twice."}, follow=True)
    assert SENTENCE in answer.content.decode()
    halt = Halt.objects.get()
    assert (halt.by, halt.via, halt.lifted_at) == ("olga", "admin", None)
    assert 'value="resume"' in olga.get("/admin/halt/").content.decode()
    assert "Builds go on." in olga.post("/admin/halt/", {"do": "resume"}, follow=True).content.decode()
    halt.refresh_from_db()
    assert halt.lifted_by == "olga"
    assert SENTENCE not in olga.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/builds/job/", "/admin/builds/event/", "/admin/queues/", "{job}", "{cancel}"]
)
def test_every_page_shows_it(olga: Client, page: str) -> None:
    job = factories.paused()
    Halt.objects.create(by="olga", reason="The provider <bills> twice.")
    places = {"job": f"/admin/builds/job/{job.pk}/change/", "cancel": f"/admin/builds/job/{job.pk}/cancel"}
    answer = olga.get(page.format(**places))
    assert answer.status_code == 200
    assert SENTENCE in answer.content.decode()


def test_a_halt_wants_a_reason(olga: Client) -> None:
    assert "This field is required" in olga.post("/admin/halt/", {"do": "halt"}).content.decode()
    assert not Halt.objects.exists()


def test_others_see_it_and_cannot_lift_it(client: Client) -> None:
    Halt.objects.create(by="olga", reason="Wait.")
    assert "Wait." not in client.get("/admin/login/").content.decode()
    client.force_login(people.rita())
    shown = client.get("/admin/builds/job/").content.decode()
    assert "Everything is halted" in shown
    assert "Resume…" not in shown
    assert client.post("/admin/halt/", {"do": "resume"}).status_code == 403
    assert Halt.objects.get().lifted_at is None
