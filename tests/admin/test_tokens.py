"""Operator tokens in the admin: made and shown once, revoked, and nothing edited by hand."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from builds import token_text
from builds.models import OperatorToken, StoriaSubject
from tests import factories, people
from tests.api.operators import token_of
from tests.api.world import Api

pytestmark = pytest.mark.django_db
LIST = "/admin/builds/operatortoken/"
ADD = f"{LIST}add/"


def signed_in(user: User) -> Client:
    """A browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def maker(name: str, *permissions: str, **more: Any) -> User:
    """One of the staff who may make tokens."""
    return people.user(name, "add_operatortoken", *permissions, **more)


def read(answer: Any) -> str:
    """The page."""
    assert answer.status_code == 200
    return str(answer.content.decode())


def wish(**changes: Any) -> dict[str, Any]:
    """The form, filled in."""
    return {"name": "nightly <import>", "scopes": ["builds:read"], "days": "30", **changes}


def test_a_token_is_shown_once_and_kept_as_a_digest() -> None:
    olga = signed_in(maker("olga", "operate_job"))
    answer = olga.post(ADD, wish(scopes=["builds:operate", "builds:read"]))
    token = answer.context["token"]
    row = OperatorToken.objects.get()
    assert token in read(answer)
    assert "no-store" in answer["Cache-Control"]
    assert (row.digest, row.owner.username, row.scopes) == (
        token_text.digest(token), "olga", ["builds:read", "builds:operate"],
    )  # fmt: skip
    assert LogEntry.objects.get().change_message == "Made for olga: builds:read, builds:operate"
    for page in (LIST, f"{LIST}{row.pk}/change/", ADD):
        shown = read(olga.get(page))
        assert token not in shown
        assert row.digest not in shown
    assert "nightly &lt;import&gt;" in read(olga.get(LIST))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scopes": ["builds:operate"]}, "it needs the permission builds.operate_job"),
        ({"scopes": ["builds:all"]}, "builds:all is not one of the available choices"),
        ({"scopes": []}, "This field is required"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "367"}, "less than or equal to 366"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_wrong_wish_is_told_on_the_form_and_makes_nothing(changes: dict[str, Any], sentence: str) -> None:
    shown = read(signed_in(maker("mary")).post(ADD, wish(**changes)))
    assert sentence in shown
    assert not OperatorToken.objects.exists()


def test_only_a_superuser_makes_one_for_another() -> None:
    other = maker("program")
    mary, root = signed_in(maker("mary")), signed_in(people.root())
    assert 'name="owner"' not in read(mary.get(ADD))
    mary.post(ADD, wish(owner=other.pk))
    root.post(ADD, wish(owner=other.pk))
    assert set(OperatorToken.objects.values_list("owner__username", "created_by")) == {
        ("mary", "mary"), ("program", "root"),
    }  # fmt: skip


def test_who_may_not_make_tokens_does_not() -> None:
    vic = signed_in(people.vic())
    assert vic.get(ADD).status_code == vic.post(ADD, wish()).status_code == 403
    assert not OperatorToken.objects.exists()


@pytest.mark.parametrize("who", ["its owner", "an operator", "a viewer"])
def test_a_token_is_revoked_by_its_owner_or_an_operator(who: str) -> None:
    owner = maker("mary")
    row, text = token_of(owner, "builds:read")
    by = {"its owner": owner, "an operator": people.olga(), "a viewer": maker("vera")}[who]
    shown = read(signed_in(by).post(LIST, {"action": "revoke", "_selected_action": [row.pk]}, follow=True))
    row.refresh_from_db()
    assert (row.revoked_at is not None) == (who != "a viewer")
    assert ("Revoked: " in shown) == (who != "a viewer")
    assert Api(bearer=text).get("/dream-build/x").status_code == (404 if who == "a viewer" else 401)


def test_who_only_makes_tokens_sees_their_own() -> None:
    token_of(people.olga(), "builds:read")
    mary = User.objects.create_user("mary", is_staff=True)
    mary.user_permissions.set(maker("like-mary").user_permissions.filter(codename="add_operatortoken"))
    row, _ = token_of(mary, "builds:read")
    shown = read(signed_in(mary).get(LIST))
    assert row.prefix in shown
    assert "olga" not in shown


@pytest.mark.parametrize("page", ["change", "delete"])
def test_nothing_is_edited_or_deleted_by_hand(page: str) -> None:
    row, _ = token_of(people.olga(), "builds:read")
    answer = signed_in(people.root()).post(f"{LIST}{row.pk}/{page}/", {"post": "yes", "name": "x"})
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.name == "of a test"


class TestStoriaSubject:
    """On the page of a user, and compared by four eyes."""

    def test_it_is_set_on_the_page_of_the_user(self) -> None:
        rita = people.rita()
        page = reverse("admin:auth_user_change", args=[rita.pk])
        form = {
            "username": "rita", "is_active": "on", "is_staff": "on", "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00", "storia_subject-TOTAL_FORMS": "1",
            "storia_subject-INITIAL_FORMS": "0", "storia_subject-0-subject": "u-17",
        }  # fmt: skip
        root = signed_in(people.root())
        assert "Storia subject" in read(root.get(page))
        assert root.post(page, form).status_code == 302
        assert StoriaSubject.objects.get().user == rita

    def test_who_asked_at_storia_does_not_approve_in_the_admin(self) -> None:
        rita = people.rita()
        StoriaSubject.objects.create(user=rita, subject="alice")
        job = factories.paused()
        form = {"decision": "approve", "content_hash": factories.HASH}
        shown = read(
            signed_in(rita).post(reverse("admin:builds_job_decide", args=[job.pk]), form, follow=True)
        )
        assert "You asked for this build; a reviewer other than you decides it." in shown
        assert job.approvals.get().state == "open"
        waiting = signed_in(rita).get("/admin/builds/job/?waiting=me")
        assert list(waiting.context["cl"].result_list) == []
