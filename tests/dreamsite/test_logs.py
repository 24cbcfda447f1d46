"""Log lines: one shape for all, and nothing in them that must not leave."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client

from builds.evidence import Intake
from builds.secrets import RULES
from builds.values import load
from dreamsite import logs
from tests.gates.tables.row import Row
from tests.gates.tables.secrets import FOUND

Lines = Callable[[], list[dict[str, Any]]]
log = structlog.get_logger("builds.tests")
PLANTED = [
    row
    for row in FOUND
    if row.rule in RULES and not row.before and isinstance(next(iter(row.after.values())), str)
]


class Terminal(io.StringIO):
    """Where a person looks."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What has been logged in this test, as JSON."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logs.formatter("json"))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in heard.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def shown(out: io.StringIO, wanted: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a handler of that format writes there."""
    monkeypatch.setitem(vars(sys), "stdout", out)
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 1, "Port %s is taken", ("8000",), None)
    return logs.formatter(wanted).format(record)


def fail(words: str) -> None:
    """As a database does."""
    raise LookupError(words)


def test_a_line_is_json_with_the_known_keys_first(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(
        station="plan", attempt=2, job_id="dark-mode", request_id="r-12345678"
    ):
        log.info("run.claimed", fence=7)
    (line,) = lines()
    assert list(line) == [
        "ts",
        "level",
        "event",
        "request_id",
        "job_id",
        "attempt",
        "station",
        "fence",
        "logger",
    ]
    assert (line["level"], line["event"], line["attempt"], line["fence"]) == ("info", "run.claimed", 2, 7)
    assert line["ts"].endswith("Z")


def test_what_a_library_says_comes_in_the_same_shape_and_under_one_name(lines: Lines) -> None:
    logging.getLogger("library.worker").warning("Worker %s is gone", "w1")
    (line,) = lines()
    assert (line["event"], line["message"]) == ("library.message", "Worker w1 is gone")
    assert (line["level"], line["logger"]) == ("warning", "library.worker")


def test_libraries_that_show_prompts_when_they_debug_are_not_asked_to(lines: Lines) -> None:
    logs.configure({"format": "json", "level": "DEBUG"})
    try:
        assert not logging.getLogger("openai._base_client").isEnabledFor(logging.INFO)
        assert logging.getLogger("builds.engine").isEnabledFor(logging.DEBUG)
    finally:
        logs.configure(settings.LOGGING)


def test_an_exception_is_told_by_kind_place_and_its_first_line_without_what_it_held(lines: Lines) -> None:
    secret_of_a_local = "def unpublished(): pass"
    try:
        load(Intake, {"base_sha": [secret_of_a_local]})
    except ValueError:
        log.exception("station.error")
    try:
        fail(f"no such row\nDETAIL: it holds {secret_of_a_local}")
    except LookupError:
        log.exception("callback.error")
    assert secret_of_a_local not in json.dumps(lines())
    _, line = lines()
    (kind,) = line["exception"]
    assert set(kind) == {"type", "message", "frames"}
    assert (kind["type"], kind["message"]) == ("LookupError", "no such row")
    assert kind["frames"][-1].endswith(" fail")


def test_a_long_value_is_cut(lines: Lines) -> None:
    log.info("run.claimed", why="word " * 1000, nested={"also": ["x" * 1000]})
    (line,) = lines()
    assert len(line["why"]) == len(line["nested"]["also"][0]) == 500


@pytest.mark.parametrize("row", PLANTED, ids=str)
def test_a_planted_key_of_every_known_kind_is_masked_wherever_it_stands(row: Row, lines: Lines) -> None:
    text = str(next(iter(row.after.values())))
    log.warning("forge.refused", doing=text, deep=[{"more": text}])
    logging.getLogger("urllib3").warning("%s", text)
    said = json.dumps(lines())
    assert "[masked: " in said
    assert logs.shortened(text, 500) not in said


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "STORIA_SECRETS", "CALLBACK_SECRETS", "DATABASE_URL", "REDIS_URL"]
)
def test_what_the_settings_hold_as_a_secret_is_masked_however_plain_it_looks(name: str, lines: Lines) -> None:
    value = getattr(settings, name)
    log.info("run.claimed", why=f"It said {value}", seen=value)
    said = json.dumps(lines())
    for secret in logs.our_secrets():
        assert secret not in said


def test_a_terminal_gets_lines_for_eyes_and_everything_else_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(shown(io.StringIO(), "auto", monkeypatch))["message"] == "Port 8000 is taken"
    at_a_terminal = shown(Terminal(), "auto", monkeypatch)
    assert not at_a_terminal.startswith("{")
    assert "Port 8000 is taken" in at_a_terminal
    assert json.loads(shown(Terminal(), "json", monkeypatch))["level"] == "warning"
    assert "\x1b" not in shown(io.StringIO(), "console", monkeypatch)


def test_a_request_is_one_line_that_names_its_route_and_carries_its_id(lines: Lines) -> None:
    answer = Client(headers={"X-Request-Id": "story-000042"}).get("/api/dream-build/somebody's-job?token=abc")
    assert answer.headers["X-Request-Id"] == "story-000042"
    (line,) = lines()
    assert line | {"duration_ms": 0, "ts": ""} == {
        "ts": "",
        "level": "info",
        "event": "request.finished",
        "request_id": "story-000042",
        "method": "GET",
        "route": "/api/dream-build/<str:job_id>",
        "status": 401,
        "duration_ms": 0,
        "logger": "dreamsite.middleware",
    }


def test_health_checks_are_not_logged(lines: Lines) -> None:
    assert Client().get("/healthz").status_code == 200
    assert lines() == []
