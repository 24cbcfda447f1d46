"""Every route, every kind of caller, their own job and another's: nobody touches what is not theirs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from builds.adapters import connect
from builds.models import Job, Repo
from tests import factories
from tests.api.matrix import (
    EVERYBODY,
    LEVELS,
    PAGES,
    PERMISSIONS,
    PUBLIC,
    ROWS,
    SEES_ALL,
    SIGNED,
    TOKEN_SCOPES,
    Row,
)
from tests.api.operators import client_of, user
from tests.api.world import Api, pause

MINE, THEIRS = "A plan of mine", "The plan that only Zoe knows"
SECRET = "a-bare-secret-of-more-than-32-bytes"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def patterns(resolver: URLResolver, front: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the site, as it is written in the URLconfs."""
    for found in resolver.url_patterns:
        route = front + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from patterns(found, route)
        else:
            yield route, found


def routes() -> dict[str, Any]:
    """Route → view, of all that is for programs."""
    return {route: p.callback for route, p in patterns(get_resolver()) if not route.startswith(PAGES)}


def methods(view: Any) -> set[str]:
    """What a view answers; a plain function says it itself, or answers GET."""
    door = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if door is None:
        return set(getattr(view, "methods", ("GET",)))
    return {method for method in METHODS if hasattr(door, method.lower())}


def test_every_route_and_method_has_a_row() -> None:
    covered = {(row.method, row.route) for row in ROWS}
    asked = {
        (method, route.removeprefix("api/"))
        for route, view in routes().items()
        if route not in PUBLIC | SIGNED
        for method in methods(view)
    }
    assert sorted(asked - covered) == [], "add a row to tests/api/matrix.py"
    assert sorted(covered - asked) == [], "there is no such route any more"


def test_a_route_with_and_without_api_is_the_same_view() -> None:
    found = routes()
    both = [route for route in found if f"api/{route}" in found]
    assert len(both) >= 7
    for route in both:
        assert getattr(found[route], "view_class", found[route]) is getattr(
            found[f"api/{route}"], "view_class", found[f"api/{route}"]
        )


@dataclass(frozen=True)
class Somebody:
    """A kind of caller: the client, and the subject that is theirs."""

    api: Api
    subject: str


@pytest.fixture(scope="module")
def anybody() -> Client:
    """A client that sends what it is told to."""
    return Client(raise_request_exception=False)


def somebody(role: str) -> Somebody:
    """The caller of that name."""
    if role == "nobody":
        return Somebody(Api(bearer=""), "alice")
    if role == "shared":
        return Somebody(Api(bearer=SECRET), "shared-secret")
    if role in LEVELS:
        return Somebody(Api({"dreamTrustLevel": role}), "alice")
    owner = user(f"owner-{role}", *PERMISSIONS[role], is_superuser=role == "root")
    return Somebody(client_of(owner, *TOKEN_SCOPES[role]), owner.username)


def job_of(subject: str, row: Row, title: str, repo: Repo) -> Job:
    """A job in the state that the row wants."""
    made = factories.job(
        job_id=f"job-of-{subject}", user_id=subject, requester=subject, title=title, repo=repo, **row.job
    )
    factories.runs(made, "plan", "failed")
    said = connect().artifacts.put(b"said")
    made.artifacts.create(attempt=1, kind="log", name="log.txt", sha256=said, size=4, media_type="text/plain")
    if row.asks:
        pause(made, row.asks)
    return made


def everything() -> str:
    """A digest of every row of ours, except when tokens were used."""
    tables = [model._meta.db_table for label in ("builds", "specs") for model in models_of(label)]
    digest = "coalesce((SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t), '')"
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " || ".join(digest.format(table) for table in tables))
        return str(cursor.fetchone()[0])


def models_of(label: str) -> list[Any]:
    """The tables of an app; a token's last use is no change of anything."""
    return [model for model in apps.get_app_config(label).get_models() if model.__name__ != "OperatorToken"]


def ask(row: Row, who: Somebody, role: str, job: Job) -> Any:
    """The row's request about a job, by somebody."""
    names = {
        "<str:job_id>": job.job_id,
        "<str:run_id>": job.job_id,
        "<str:repo_id>": f"repo_{job.repo.uid}",
        "<str:artifact_id>": f"{'artifact_' if row.route.startswith('v1/') else ''}{job.artifacts.get().pk}",
    }
    path = "/" + row.route
    for name, value in names.items():
        path = path.replace(name, value)
    headers = {"Idempotency-Key": "a-key"} | ({"Authorization": ""} if role == "nobody" else {})
    front = "/api" if f"api/{row.route}" in routes() else ""
    return replace(who.api, front=front).send(row.method, path, row.body(job.user_id), **headers)


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["own", "other"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.route} {row.asks}".strip())
@pytest.mark.sampled(5)
def test_each_caller_gets_what_the_row_says(row: Row, whose: str, doors: Any) -> None:
    doors.ALLOW_SHARED_SECRET, doors.STORIA_SECRETS = True, (*doors.STORIA_SECRETS, SECRET)
    repo = Repo.objects.create(owner="acme", name="shop")
    zoe = job_of("zoe", row, THEIRS, repo)
    found, wanted, wrong = {}, {}, []
    for role in sorted(EVERYBODY):
        with transaction.atomic():
            who = somebody(role)
            job = job_of(who.subject, row, MINE, repo) if whose == "own" else zoe
            wanted[role] = row.expected(role, own=whose == "own")
            before = everything() if wanted[role] >= 400 else ""
            answer = ask(row, who, role, job)
            found[role] = answer.status_code
            if before and everything() != before:
                wrong.append(f"{role} changed something")
            if role not in SEES_ALL and THEIRS.encode() in answer.getvalue():
                wrong.append(f"{role} was shown {THEIRS!r}")
            transaction.set_rollback(True)
    assert found == wanted
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(PUBLIC - {""}))
def test_what_is_public_says_nothing_of_anybody(route: str, anybody: Client) -> None:
    job_of("zoe", ROWS[0], THEIRS, Repo.objects.create(owner="acme", name="shop"))
    answer = anybody.get(f"/{route}")
    assert answer.status_code in {200, 503}
    assert b"zoe" not in answer.content.lower()
