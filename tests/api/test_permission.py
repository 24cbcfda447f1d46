"""What a view declares is what a caller's token must be for; what is not declared is refused."""

import json
from typing import Any, ClassVar

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from builds.api.auth import Caller
from builds.api.permission import Scoped, Scopes
from builds.people import Person
from builds.scopes import BY_LEVEL, SCOPES, Scope, level_of, widened

NAME = "a1b2"


class Door(APIView):
    """A view that reads, writes, and forgot to say what its PUT needs."""

    permission_classes = [Scoped]
    scopes: ClassVar[Scopes] = {"GET": "builds:read", "POST": ("builds:write", "builds:operate")}

    def get(self, request: Request) -> Response:
        return Response({})

    def post(self, request: Request) -> Response:
        return Response({})

    def put(self, request: Request) -> Response:
        return Response({})


def ask(method: str, *scopes: Scope, token: str = NAME, level: str = "observer") -> Any:
    """Send a caller with these scopes through the door."""
    person = Person(name="alice", subject="alice", level=level)
    request = APIRequestFactory().generic(method, "/")
    caller: Any = Caller(person=person, scopes=widened(scopes), token=token)
    force_authenticate(request, caller)
    return Door.as_view()(request)


@pytest.mark.parametrize(
    ("method", "scope", "status"),
    [
        ("GET", "builds:read", 200),
        ("HEAD", "builds:read", 200),
        ("GET", "repos:read", 403),
        ("POST", "builds:read", 403),
        ("POST", "builds:write", 200),
        ("POST", "builds:operate", 200),
        ("POST", "builds:deploy", 200),
        ("GET", "builds:approve", 200),
        ("PUT", "builds:write", 403),
        ("DELETE", "metrics:read", 405),
        ("OPTIONS", "metrics:read", 200),
    ],
)
def test_a_scope_opens_what_it_is_declared_for_and_what_it_includes(
    method: str, scope: Scope, status: int
) -> None:
    assert ask(method, scope).status_code == status


def test_a_refusal_names_every_scope_that_would_do() -> None:
    answer = ask("POST", "builds:approve")
    found = json.loads(answer.content)
    assert (found["code"], found["scopes"]) == ("scope_missing", ["builds:write", "builds:operate"])
    assert found["detail"] == "This token lacks the scope builds:write or builds:operate"
    assert 'scope="builds:write builds:operate"' in answer["WWW-Authenticate"]


def test_a_signed_level_that_is_too_low_is_told_in_the_words_of_the_old_system() -> None:
    answer = ask("POST", *BY_LEVEL["planner"], token="", level="planner")
    assert b"Insufficient trust level: planner. Required: builder or shipper" in answer.content


def test_no_level_operates_or_registers_repositories() -> None:
    assert not {"builds:operate", "repos:write", "metrics:read"} & BY_LEVEL["shipper"]


@pytest.mark.parametrize("scope", SCOPES)
def test_only_write_counts_as_builder_and_only_deploy_as_shipper(scope: Scope) -> None:
    counted = {"builds:write": "builder", "builds:deploy": "shipper"}
    assert level_of([scope]) == counted.get(scope, "observer")
