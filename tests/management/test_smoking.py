"""`dream smoke` against a real server, and against things that are none."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from builds.models import Job, Repo
from tests.api.operators import token_of, user
from tests.api.servers import serve
from tests.management.conftest import Dream


@pytest.fixture
def service(transactional_db: None, child_environment: dict[str, str], free_port: int) -> Iterator[str]:
    """A server on this machine, with a repository."""
    Repo.objects.create(owner="acme", name="shop")
    with serve(child_environment, free_port) as address:
        yield address


@pytest.fixture
def token() -> str:
    """Of an operator who may do all that a smoke test asks for."""
    owner = user("olga", "operate_job", "add_job", "view_repo")
    return token_of(owner, "builds:write", "builds:operate", "repos:read")[1]


def test_a_sound_service_passes_and_nothing_is_made(dream: Dream, service: str, token: str) -> None:
    answer = dream("smoke", "--url", service, "--token", token, by="alice")
    lines = answer.out.splitlines()
    states = {line[9:].partition(":")[0]: line[:8].strip() for line in lines}
    assert states.pop("is ready") == "broken"  # no scheduler sweeps here, and that is said
    assert set(states.values()) == {"ok"}
    assert len(states) == 10
    assert "No sweep ran" in answer.out
    assert answer.code == 1
    assert Job.objects.count() == 0


def test_a_run_is_ordered_once_and_canceled(dream: Dream, service: str, token: str, tmp_path: Path) -> None:
    kept = tmp_path / "token"
    kept.write_text(token + "\n")
    options = ("--url", f"{service}/", "--token-file", str(kept), "--write", "acme/shop", "--json")
    found = json.loads(dream("smoke", *options, by="alice").out)
    states = {look["name"]: look["state"] for look in found["looks"]}
    assert [states[name] for name in list(states)[-3:]] == ["ok", "ok", "ok"]
    assert (Job.objects.get().status, str(Job.objects.get().spent_usd)) == ("canceled", "0.000000")


@pytest.mark.campaign
def test_what_the_token_is_not_for_is_left_out_and_said(dream: Dream, service: str) -> None:
    scraper = token_of(user("mona", "view_job"), "metrics:read")[1]
    out = dream("smoke", "--url", service, "--token", scraper, by="alice").out
    assert "left out lists runs: This token lacks the scope builds:read" in out


def test_something_else_at_that_address_is_broken_line_by_line(dream: Dream, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/healthz").respond_with_data("hello", content_type="text/plain")
    answer = dream("smoke", "--url", httpserver.url_for(""), "--token", "x", by="alice")
    assert answer.code == 1
    assert "broken   serves /healthz without a token: the answer does not say ok" in answer.out
    assert "broken   answers ping with pong: HTTP 500 instead of 200" in answer.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "ftp://x", "--token", "x"), "--url begins with"),
        (("--url", "http://x"), "give --token or --token-file"),
        (("--url", "http://x", "--token", "x", "--write", "shop"), "OWNER/NAME"),
        (("--url", "http://x", "--token-file", "/nowhere/at/all"), "--token-file"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(dream: Dream, options: tuple[str, ...], said: str) -> None:
    answer = dream("smoke", *options, by="alice")
    assert answer.code == 2
    assert said in answer.err
