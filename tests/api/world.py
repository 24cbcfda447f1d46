"""What the doors' tests need: a client, questions, and looks at what was stored."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.test import Client

from tests.api.orders import order
from tests.api.tokens import token

if TYPE_CHECKING:  # the conftest is read before there are settings, and models need them
    from builds.models import Approval, Job

HASH = "ab" * 32
FINDING: dict[str, Any] = {
    "rule": "sql.drop",
    "reason": "It drops a column",
    "severity": "high",
    "path": "migrations/2.sql",
    "line": 3,
    "text": "ALTER TABLE users DROP COLUMN email;",
}


@dataclass
class Api:
    """A client of the doors; `claims` change its token, `front` is the path before the routes.

    With a `bearer` it sends that instead of a token of Storia's.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    bearer: str = ""
    front: str = "/api"
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request with a fresh token; a body that is no bytes is sent as JSON."""
        given = {"Authorization": f"Bearer {self.bearer or token(**self.claims)}", **headers}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        content_type = given.pop("Content-Type", "application/json")
        return self.client.generic(
            method, f"{self.front}{path}", data or b"", content_type=content_type, headers=given
        )

    def post(self, path: str = "/dream-build", body: Any = None, **headers: str) -> Any:
        """Send a body."""
        return self.send("POST", path, body, **headers)

    def get(self, path: str, **headers: str) -> Any:
        """Look."""
        return self.send("GET", path, **headers)

    def submit(self, **changes: Any) -> Any:
        """Post a sound order."""
        return self.post(body=order(**changes))


def pause(job: "Job", may_decide: str) -> "Approval":
    """Let a job ask; the rows that the engine would write."""
    changes = {"status": "paused", "station": "create_pr", "started_at": job.created_at}
    type(job).objects.filter(pk=job.pk).update(**changes)
    job.refresh_from_db()
    return job.approvals.create(
        attempt=job.attempt,
        station="create_pr",
        gates=["NothingDestructive"],
        reason="It drops a column",
        findings=[FINDING],
        on_approve="One pull request is opened.",
        on_reject="The job fails.",
        content_hash=HASH,
        may_decide=may_decide,
        expires_at="2100-01-01T00:00:00Z",
    )


def stored() -> tuple[int, ...]:
    """How many rows there are of all that a POST could leave behind."""
    names = ("builds.Job", "specs.Spec", "builds.Event", "builds.StationRun")
    return tuple(apps.get_model(name).objects.count() for name in names)


def is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a whole problem and return it."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.content)
    assert found["code"] == code
    assert found["status"] == status
    assert found["error"] == found["detail"] != ""
    assert found["type"] == f"urn:dream-machine:problem:{code}"
    assert found["title"]
    assert found["request_id"] == answer.headers["X-Request-Id"] != ""
    assert "Traceback" not in found["detail"]
    assert not answer.cookies
    return found
