"""Where a token may come from, and whom it speaks for: one header, its own user, its own job."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from builds.models import Repo
from tests.api.orders import order
from tests.api.servers import ask, serve
from tests.api.tokens import token
from tests.api.world import Api, is_problem, stored

MISSING = "Missing Authorization header"
FORMAT = "Invalid Authorization header format (expected Bearer <token>)"
Headers = list[tuple[str, str]]
BEARER, BASIC = ("Authorization", "Bearer {sound}"), ("Authorization", "Basic YTpi")
PLACES: list[tuple[str, str, Headers, int, str]] = [
    ("nowhere", "", [], 401, MISSING),
    ("in the address", "?token={sound}", [], 401, MISSING),
    ("in the address, as OAuth has it", "?access_token={sound}", [], 401, MISSING),
    ("in a cookie", "", [("Cookie", "Authorization=Bearer {sound}; token={sound}")], 401, MISSING),
    ("in the proxy's header", "", [("Proxy-Authorization", "Bearer {sound}")], 401, MISSING),
    ("in a header with a dash too few", "", [("X-Authorization", "Bearer {sound}")], 401, MISSING),
    ("with an underscore", "", [("Authorization_", "Bearer {sound}")], 401, MISSING),
    ("twice", "", [BEARER] * 2, 401, FORMAT),
    ("after another scheme", "", [BASIC, BEARER], 401, FORMAT),
    ("before another scheme", "", [BEARER, BASIC], 401, FORMAT),
    ("with a comma behind it", "", [("Authorization", "Bearer {sound},")], 401, "JWT verification failed"),
    ("with a tab for the space", "", [("Authorization", "Bearer\t{sound}")], 401, FORMAT),
    ("with two spaces", "", [("Authorization", "Bearer  {sound}")], 401, FORMAT),
    ("with a small b", "", [("Authorization", "bearer {sound}")], 401, FORMAT),
    ("with the header in small letters", "", [("authorization", "Bearer {sound}")], 404, "Job not found"),
    ("where it belongs", "", [BEARER], 404, "Job not found"),
]  # fmt: skip


def test_a_token_counts_in_one_place_alone(child_environment: dict[str, str], free_port: int) -> None:
    limited = {**child_environment, "DREAM_API_RATE": "1000/hour"}
    with serve(limited, free_port) as address:
        _, told, _ = ask("GET", f"{address}/api/dream-build/j1", Authorization=f"Bearer {token(sub='carol')}")
        assert told["ratelimit-policy"] == '"caller";q=1000;w=3600'
        found, wanted = {}, {}
        for name, query, headers, status, detail in PLACES:
            wanted[name] = (status, detail)
            answer, body = get(address, f"/api/dream-build/j1{query}", headers)
            found[name] = (answer, body["detail"][: len(detail)])
            assert body["status"] == answer
    assert found == wanted


def get(address: str, path: str, headers: Headers) -> tuple[int, Any]:
    """A request with headers exactly as they are given, also the same one twice."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    sound = token()
    try:
        connection.putrequest("GET", path.format(sound=sound))
        for name, value in headers:
            connection.putheader(name, value.format(sound=sound))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


BINDINGS: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    ("its own user and job", {"jti": "job-1"}, {}, 202, ""),
    ("no job at all", {}, {}, 202, ""),
    ("another job", {"jti": "job-2"}, {}, 403, "jti claim is not the jobId"),
    ("another user", {"sub": "bob"}, {}, 403, "sub claim is not the userId"),
    ("the user in capitals", {"sub": "Alice"}, {}, 403, "sub claim is not the userId"),
    ("the job and a space", {"jti": "job-1 "}, {}, 403, "jti claim is not the jobId"),
    ("a user who is named in the body", {}, {"userId": "bob"}, 403, "sub claim is not the userId"),
    ("the shared secret's user", {"sub": "shared-secret"}, {}, 403, "sub claim is not the userId"),
    ("a level in the body", {"dreamTrustLevel": "observer"}, {"trustLevel": "shipper"}, 403, "trust level"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("case", BINDINGS, ids=lambda case: case[0])
def test_a_token_speaks_for_its_own_user_and_job(repo: Repo, case: tuple[Any, ...]) -> None:
    _, claims, changes, status, detail = case
    answer = Api(claims).post(body=order(**changes))
    assert answer.status_code == status, answer.content
    if status == 403:
        code = "not_trusted" if "trust" in detail else "token_not_for_this_job"
        assert detail in is_problem(answer, 403, code)["detail"]
        assert stored() == (0, 0, 0, 0)
