"""Whatever goes wrong at a door is told as JSON, with a request id, and never as HTML."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from builds import refusals
from builds.api.problems import ANSWERS, BY_STATUS, CODES, problem, problem_response
from builds.ports import Unavailable
from tests.api.world import Api, is_problem

PLAIN = Client(raise_request_exception=False)


def breaks(request: HttpRequest) -> HttpResponse:
    """A view that nobody expected to fail."""
    raise RuntimeError("the password is swordfish")


urlpatterns = [path("breaks", breaks), path("admin/breaks", breaks), path("", include("dreamsite.urls"))]
handler500 = "builds.api.problems.server_error"


OWN = [kind for kind in refusals.NotDone.__subclasses__() if kind.__module__ == refusals.__name__]
ALL_REFUSALS = (refusals.NotDone, *OWN)


@pytest.mark.parametrize("refusal", ALL_REFUSALS, ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_its_status_and_a_sentence(refusal: type[refusals.NotDone]) -> None:
    answer = problem_response(refusal(), {"request": HttpRequest()})
    assert answer is not None
    assert 400 <= answer.status_code < 500
    assert json.loads(answer.content)["detail"]


def test_codes_are_told_with_statuses_that_exist() -> None:
    assert set(BY_STATUS.values()) <= set(CODES)
    assert {CODES[code][0] for code in BY_STATUS.values()} == set(BY_STATUS)
    assert len({kind for kind, _ in ANSWERS}) == len(ANSWERS)


@pytest.mark.parametrize(
    "error", [OperationalError("host=10.0.0.7 password=x"), Unavailable("s3 at 10.0.0.7")]
)
def test_an_outage_is_a_503_that_gives_nothing_away(error: Exception) -> None:
    answer = problem_response(error, {"request": HttpRequest()})
    assert answer is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert b"10.0.0.7" not in answer.content


def test_what_nobody_expected_is_left_to_the_log() -> None:
    assert problem_response(RuntimeError("x"), {"request": HttpRequest()}) is None


def test_a_problem_may_say_more() -> None:
    request = HttpRequest()
    request.path = "/x"
    body = json.loads(problem(request, "not_ready", "No.", checks={"redis": False}).content)
    assert (body["checks"], body["instance"]) == ({"redis": False}, "/x")


@pytest.mark.parametrize(
    "where", ["/nothing", "/api", "/api/", "/api/nothing", "/v2/x", "/api/dream-build/", "/healthz/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_is_not_there_is_a_404_in_json(where: str, method: str) -> None:
    is_problem(PLAIN.generic(method, where), 404, "not_found")


def test_a_slash_at_the_end_is_another_address(alice: Api) -> None:
    for path_ in ("/dream-build/job-1/", "/dream-build/", "/dream-build//"):
        found = is_problem(alice.post(path_, {}), 404, "not_found")
        meant = f"/api{path_}".rstrip("/")
        assert found["detail"] == f"Not found; addresses here end without a slash: {meant}"
    assert is_problem(alice.get("/nothing/"), 404, "not_found")["detail"] == "Not found"


@pytest.mark.urls(__name__)
def test_an_unexpected_failure_tells_its_request_id_and_nothing_else() -> None:
    answer = PLAIN.get("/breaks", headers={"X-Request-Id": "my-request-7"})
    found = is_problem(answer, 500, "internal")
    assert found["request_id"] == "my-request-7"
    assert b"swordfish" not in answer.content


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_the_admin_keeps_its_pages() -> None:
    answer = PLAIN.get("/admin/breaks")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (500, "text/html")
    assert b"swordfish" not in answer.content


@pytest.mark.parametrize("path_", ["/dream-build", "/dream-build/job-1", "/dream-build/job-1/approve"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_refused_with_those_that_are_allowed(alice: Api, path_: str, method: str) -> None:
    answer = alice.send(method, path_)
    is_problem(answer, 405, "method_not_allowed")
    assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path_", "allowed"),
    [("/dream-build", "GET, POST, HEAD, OPTIONS"), ("/dream-build/x", "GET, HEAD, OPTIONS")],
)
def test_options_say_what_is_allowed(alice: Api, path_: str, allowed: str) -> None:
    answer = alice.send("OPTIONS", path_)
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", allowed)


@pytest.mark.parametrize(
    ("method", "path_", "kept"),
    [
        ("GET", "/dream-build", "private, no-cache"),
        ("HEAD", "/dream-build", "private, no-cache"),
        ("GET", "/dream-build/job-1", "private, no-cache"),
        ("GET", "/dream-build/job-1/artifacts", "private, no-cache"),
        ("GET", "/dream-build/none", "no-store"),
        ("POST", "/dream-build", "no-store"),
        ("POST", "/dream-build/job-1/cancel", "no-store"),
        ("PUT", "/dream-build", "no-store"),
        ("OPTIONS", "/dream-build", "no-store"),
    ],
)
def test_no_cache_gives_an_answer_to_somebody_else(
    alice: Api, job: Any, method: str, path_: str, kept: str
) -> None:
    answer = alice.send(method, path_)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == (kept, "Authorization")


def test_a_stranger_learns_nothing_from_methods(db: None) -> None:
    for method in ("GET", "PUT", "OPTIONS", "HEAD"):
        answer = PLAIN.generic(method, "/api/dream-build/job-1")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_another_host_name_is_refused_in_json() -> None:
    is_problem(PLAIN.get("/healthz", headers={"Host": "evil.example"}), 400, "invalid")


def test_a_length_that_is_declared_too_large_is_refused(alice: Api, db: None) -> None:
    is_problem(alice.post(body=b"{" + b" " * 300_000 + b"}"), 413, "too_large")


@pytest.mark.parametrize(
    "given",
    ["short", "has space inside", "x" * 65, "<script>alert(1)</script>", "\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"],
)
def test_an_unsound_request_id_is_replaced(given: str) -> None:
    answer = PLAIN.get("/nothing", headers={"X-Request-Id": given})
    assert is_problem(answer, 404, "not_found")["request_id"] != given


def test_cross_site_forgery_rules_do_not_concern_the_doors(alice: Api, repo: Any) -> None:
    strict = Api(client=Client(enforce_csrf_checks=True))
    assert strict.submit().status_code == 202
