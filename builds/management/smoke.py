"""What `dream smoke` asks a running service, and how: over HTTP, as any client would."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from uuid import uuid4

PATIENCE = 15
"""Seconds for one answer."""
ENDS_WITHIN = 60
SPEC = "# Smoke test\n\nNothing is to be built.\n\n## Acceptance criteria\n\n- The run was canceled.\n"


class Broken(Exception):
    """What is not as it should be; the message says what was seen instead."""


class LeftOut(Exception):
    """Why something could not be asked; no fault of the service."""


@dataclass(frozen=True)
class Seen:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Service:
    """The service that is asked, with the token that is for it; `target` is owner/name, empty: only look."""

    url: str
    token: str
    target: str = ""
    run_id: str = ""
    key: str = field(default_factory=lambda: f"smoke-{uuid4().hex}")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Seen:
        """One request with the token. Raises Broken when nothing that is HTTP comes back."""
        return self.ask_as_stranger(
            method, path, body, **{"Authorization": f"Bearer {self.token}", **headers}
        )

    def ask_as_stranger(self, method: str, path: str, body: Any = None, **headers: str) -> Seen:
        """The same without it."""
        given = {"Accept": "application/json", "User-Agent": "dream-smoke", **headers}
        data = None
        if body is not None:
            data, given["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"{self.url}{path}", data, given, method=method)  # noqa: S310  checked
        try:
            with OPENER.open(request, timeout=PATIENCE) as answer:
                return Seen(answer.status, lowered(answer.headers), parsed(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Seen(error.code, lowered(error.headers), parsed(error.read()))
        except (OSError, HTTPException) as error:
            raise Broken(f"{method} {path}: {error}") from None

    def expect(self, status: int, seen: Seen) -> Seen:
        """The same answer. Raises Broken for another status, LeftOut where the token is not for this."""
        if seen.status == 403 and status != 403 and isinstance(seen.body, dict):
            raise LeftOut(str(seen.body.get("detail", "the token is not for this")))
        if seen.status != status:
            said = seen.body.get("detail", "") if isinstance(seen.body, dict) else ""
            raise Broken(f"HTTP {seen.status} instead of {status}{': ' if said else ''}{said}")
        return seen


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is for the address that was named, and for no other."""

    def redirect_request(self, *_: Any) -> None:
        """The redirect itself is the answer."""


OPENER = urllib.request.build_opener(NoRedirects)


def lowered(headers: Any) -> dict[str, str]:
    """Headers by their names in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def parsed(body: bytes) -> Any:
    """JSON as such; None for anything else."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def healthy(service: Service) -> None:
    """It answers a stranger."""
    seen = service.expect(200, service.ask_as_stranger("GET", "/healthz"))
    if not (isinstance(seen.body, dict) and seen.body.get("ok") is True):
        raise Broken("the answer does not say ok")


def ready(service: Service) -> None:
    """A job that came in now would be worked."""
    service.expect(200, service.ask_as_stranger("GET", "/readyz"))


def closed(service: Service) -> None:
    """No token, no answer; and the refusal is problem+json."""
    seen = service.expect(401, service.ask_as_stranger("GET", "/v1/ping"))
    if not seen.headers.get("content-type", "").startswith("application/problem+json"):
        raise Broken(f"the refusal is {seen.headers.get('content-type')}")


def no_cookie(service: Service) -> None:
    """A token in a cookie opens nothing."""
    cookies = f"token={service.token}; session={service.token}"
    service.expect(401, service.ask_as_stranger("GET", "/v1/ping", Cookie=cookies))


def no_query(service: Service) -> None:
    """Nor does one in the address."""
    service.expect(401, service.ask_as_stranger("GET", "/v1/ping?token=smoke"))


def pong(service: Service) -> None:
    """The token is sound."""
    seen = service.expect(200, service.ask("GET", "/v1/ping"))
    if not (isinstance(seen.body, dict) and seen.body.get("message") == "pong"):
        raise Broken("there is no pong")


def named(service: Service) -> None:
    """The id that a caller gives a request comes back."""
    seen = service.ask("GET", "/v1/ping", **{"X-Request-Id": service.key})
    if seen.headers.get("x-request-id") != service.key:
        raise Broken(f"X-Request-Id is {seen.headers.get('x-request-id')}")


def listed(path: str, name: str) -> Callable[[Service], None]:
    """A list is there, in pages."""

    def look(service: Service) -> None:
        seen = service.expect(200, service.ask("GET", f"{path}?limit=1"))
        if not (isinstance(seen.body, dict) and isinstance(seen.body.get(name), list)):
            raise Broken(f"the answer has no list of {name}")

    return look


def nothing_there(service: Service) -> None:
    """What is not there is a 404 that says so."""
    seen = service.expect(404, service.ask("GET", "/v1/runs/smoke-nothing-of-that-name"))
    if not (isinstance(seen.body, dict) and seen.body.get("code") == "run_not_found"):
        raise Broken("the refusal has another code than run_not_found")


def ordered(service: Service) -> None:
    """A run is taken, once for its key. It has a cent, which pays for no call of a model."""
    owner, _, name = service.target.partition("/")
    body = {
        "repo": {"owner": owner, "name": name},
        "spec": SPEC,
        "queueName": "smoke",
        "budget": {"maxTokens": 1000, "maxDollars": 0.01},
    }
    key = {"Idempotency-Key": service.key}
    first = service.expect(202, service.ask("POST", "/v1/runs", body, **key))
    again = service.expect(200, service.ask("POST", "/v1/runs", body, **key))
    service.run_id = first.body["run"]["id"]
    if again.body["run"]["id"] != service.run_id or not again.body["idempotency"]["replayed"]:
        raise Broken("the same request with the same key made another run")


def looked_at(service: Service) -> None:
    """The run has all its stations from the start."""
    seen = service.expect(200, service.ask("GET", f"/v1/runs/{service.run_id}"))
    stations = [station["station"] for station in seen.body["stations"]]
    if len(stations) != 7 or stations[0] != "intake":
        raise Broken(f"its stations are {', '.join(stations)}")


def canceled(service: Service) -> None:
    """It ends when it is asked to."""
    service.expect(200, service.ask("POST", f"/v1/runs/{service.run_id}/cancel", {"reason": "smoke test"}))
    end, status = time.monotonic() + ENDS_WITHIN, ""
    while time.monotonic() < end:
        seen = service.expect(200, service.ask("GET", f"/v1/runs/{service.run_id}"))
        if (status := seen.body["run"]["status"]) in {"canceled", "failed", "succeeded"}:
            return
        time.sleep(0.5)
    raise Broken(f"it is still {status} after {ENDS_WITHIN} s")


LOOKS: tuple[tuple[str, Callable[[Service], None]], ...] = (
    ("serves /healthz without a token", healthy),
    ("is ready", ready),
    ("asks for a token", closed),
    ("takes no token from a cookie", no_cookie),
    ("takes no token from an address", no_query),
    ("answers ping with pong", pong),
    ("gives back X-Request-Id", named),
    ("lists repositories", listed("/v1/repos", "repos")),
    ("lists runs", listed("/v1/runs", "runs")),
    ("lists jobs", listed("/api/dream-build", "jobs")),
    ("says of an unknown run that it is not there", nothing_there),
)
WRITES: tuple[tuple[str, Callable[[Service], None]], ...] = (
    ("takes a run once for its key", ordered),
    ("shows the run and its stations", looked_at),
    ("cancels the run", canceled),
)
