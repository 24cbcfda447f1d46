"""django-rq's pages inside the admin: operators look, nobody else, and nobody changes anything there."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls.resolvers import RoutePattern

from dreamsite.queue_pages import urlpatterns
from tests.api.operators import client_of, user

pytestmark = pytest.mark.django_db
PAGES = ("", "queues/0/", "queues/0/finished/", "queues/0/failed/", "workers/0/", "stats.json")
CHANGES = (
    "queues/0/empty/",
    "queues/0/failed/clear/",
    "queues/0/requeue-all/",
    "queues/actions/0/",
    "stats.json/token/",
)


def client_of_staff(name: str, *permissions: str) -> Client:
    """Somebody of the staff, signed in."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_operators_look(page: str) -> None:
    answer = client_of_staff("olga", "operate_job").get(f"/admin/queues/{page}")
    assert answer.status_code == 200


@pytest.mark.parametrize("page", [*PAGES, *CHANGES])
def test_other_staff_are_refused(page: str) -> None:
    answer = client_of_staff("rita", "review_job").get(f"/admin/queues/{page}")
    assert answer.status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_asked_who_they_are(page: str) -> None:
    answer = Client().get(f"/admin/queues/{page}")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("page", CHANGES)
def test_not_even_operators_change_queues_by_hand(page: str) -> None:
    assert client_of_staff("olga", "operate_job").post(f"/admin/queues/{page}").status_code == 405


def test_the_copy_that_the_library_hangs_into_the_admin_is_not_there() -> None:
    assert client_of_staff("olga", "operate_job").get("/admin/django_rq/dashboard/").status_code == 404


ROUTES = [str(pattern.pattern) for pattern in urlpatterns if isinstance(pattern.pattern, RoutePattern)]
EVERY_PAGE = sorted({re.sub(r"<[^>]+>", "0", route) for route in ROUTES})


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_page_that_the_library_has_or_will_have_opens_for_others(page: str) -> None:
    address = f"/admin/queues/{page}"
    reviewer = client_of_staff("rita", "review_job", "view_job")
    assert (reviewer.get(address).status_code, reviewer.post(address).status_code) == (403, 405)
    assert (Client().get(address).status_code, Client().post(address).status_code) == (302, 302)


def test_no_token_opens_them() -> None:
    operator = client_of(user("olga", "operate_job"), "builds:operate", "metrics:read")
    for page in PAGES:
        assert (
            operator.client.get(
                f"/admin/queues/{page}", headers={"Authorization": f"Bearer {operator.bearer}"}
            ).status_code
            == 302
        )
