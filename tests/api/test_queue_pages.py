"""django-rq's pages inside the admin: operators look, nobody else, and nobody changes anything there."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

pytestmark = pytest.mark.django_db
PAGES = ("", "queues/0/", "queues/0/finished/", "queues/0/failed/", "workers/0/", "stats.json")
CHANGES = (
    "queues/0/empty/",
    "queues/0/failed/clear/",
    "queues/0/requeue-all/",
    "queues/actions/0/",
    "stats.json/token/",
)


def client_of(name: str, *permissions: str) -> Client:
    """Somebody of the staff, signed in."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_operators_look(page: str) -> None:
    answer = client_of("olga", "operate_job").get(f"/admin/queues/{page}")
    assert answer.status_code == 200


@pytest.mark.parametrize("page", [*PAGES, *CHANGES])
def test_other_staff_are_refused(page: str) -> None:
    answer = client_of("rita", "review_job").get(f"/admin/queues/{page}")
    assert answer.status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_asked_who_they_are(page: str) -> None:
    answer = Client().get(f"/admin/queues/{page}")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("page", CHANGES)
def test_not_even_operators_change_queues_by_hand(page: str) -> None:
    assert client_of("olga", "operate_job").post(f"/admin/queues/{page}").status_code == 405


def test_the_copy_that_the_library_hangs_into_the_admin_is_not_there() -> None:
    assert client_of("olga", "operate_job").get("/admin/django_rq/dashboard/").status_code == 404
