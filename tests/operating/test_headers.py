"""Every answer there is, of whatever kind, comes with the headers that keep a browser closed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.operating.walls import WALLS

PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
GROUP = re.compile(r"\(\?P<\w+>[^)]*\)")
ANCHOR = re.compile(r"\^|\$|\\Z|\\")
VALUES = {"int": "1", "path": "1", "str": "x", "slug": "x", "uuid": "0" * 8}


def paths(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """An address for each route."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from paths(pattern, route)
        elif isinstance(pattern, URLPattern):
            filled = PARAMETER.sub(lambda found: VALUES.get(found[1] or "str", "x"), route)
            yield "/" + GROUP.sub("1", filled).replace("^", "").replace("$", "").replace("\\Z", "").replace(
                "\\", ""
            )


ROUTES = sorted(set(paths(get_resolver())))
OTHERS = (
    "/nothing/here",
    "/admin/nothing/here",
    "/static/skin/skin.css",
    "/static/admin/css/base.css",
    "/static/nothing.css",
    "/api/dream-build/%00",
)


def open_walls(answer: Any) -> dict[str, str]:
    """The headers that are missing or say something else."""
    headers = answer.headers
    return {name: headers.get(name, "") for name, fits in WALLS.items() if not fits(headers.get(name, ""))}


def asked(client: Client, path: str) -> Any:
    """The answer, read to its end, which closes it."""
    answer = client.get(path)
    list(answer)
    return answer


@pytest.fixture
def admin(db: None) -> Client:
    """Who may open every page."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_walk_finds_the_routes() -> None:
    assert len(ROUTES) > 80
    assert {"/healthz", "/readyz", "/metrics", "/api/status", "/favicon.ico", "/api/dream-build/x"} <= set(
        ROUTES
    )


def test_every_answer_to_a_stranger_is_closed(db: None) -> None:
    client = Client(raise_request_exception=False)
    found = {path: open_walls(asked(client, path)) for path in (*ROUTES, *OTHERS)}
    assert {path: missing for path, missing in found.items() if missing} == {}


def test_every_page_of_an_administrator_is_closed(admin: Client) -> None:
    answers = {path: asked(admin, path) for path in (*ROUTES, *OTHERS)}
    assert {path: open_walls(answer) for path, answer in answers.items() if open_walls(answer)} == {}
    assert {path for path, answer in answers.items() if answer.status_code == 500} == set()
    assert sum(answer.status_code == 200 for answer in answers.values()) > 30


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_answered_closed_too(method: str, admin: Client) -> None:
    for path in (
        "/api/dream-build",
        "/admin/",
        "/admin/queues/",
        "/healthz",
        "/nothing",
        "/static/skin/skin.css",
    ):
        assert open_walls(getattr(admin, method)(path)) == {}


def test_a_wrong_host_and_a_fault_of_ours_are_answered_closed(admin: Client, settings: object) -> None:
    assert open_walls(admin.get("/admin/", headers={"Host": "evil.example"})) == {}
    settings.ROOT_URLCONF = "tests.operating.faulty_urls"  # type: ignore[attr-defined]
    answer = admin.get("/fault")
    assert answer.status_code == 500
    assert open_walls(answer) == {}


def test_browsers_are_told_to_come_by_https_where_the_service_does(admin: Client, settings: object) -> None:
    settings.SECURE_HSTS_SECONDS = 3600  # type: ignore[attr-defined]
    answer = Client().get("/healthz", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=3600"
    assert "Strict-Transport-Security" not in Client().get("/healthz").headers
