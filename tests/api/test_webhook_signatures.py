"""Who may deliver, and what: signed over the bytes, of bounded size, JSON, under GitHub's own headers."""

import json

import pytest
from django.conf import LazySettings

from builds.api import webhooks
from builds.models import Event, Job
from tests import factories
from tests.api import github_deliveries as github
from tests.api.github_deliveries import SECRET, send
from tests.api.servers import ask, serve
from tests.api.world import is_problem

pytestmark = pytest.mark.django_db
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def opened(settings: LazySettings) -> Job:
    settings.GITHUB_WEBHOOK_SECRETS = (SECRET,)
    return factories.job(job_id="dm_7", pr_number=7, branch=github.BRANCH, status="succeeded")


def test_a_ping_is_answered() -> None:
    payload = {"zen": "Design for failure.", "hook_id": 1, "hook": {"type": "Repository"}}
    answer = send("ping", payload)
    assert (answer.status_code, answer.json()) == (202, {"ok": True, "pong": True})


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        github.signature(b"{}"),
        github.signature(json.dumps(github.comment()).encode(), "another secret entirely"),
        github.signature(json.dumps(github.comment()).encode()).upper(),
        github.signature(json.dumps(github.comment()).encode()) + "0",
        "sha256=" + "é" * 64,
    ],
)
def test_what_is_not_signed_over_exactly_these_bytes_is_refused(signature: str) -> None:
    answer = send("issue_comment", github.comment(), **{"X-Hub-Signature-256": signature})
    is_problem(answer, 401, "signature_invalid")
    assert Event.objects.count() == 0


def test_a_signature_over_the_same_json_in_other_bytes_is_none() -> None:
    payload = github.comment()
    compact = json.dumps(payload, separators=(",", ":")).encode()
    signed = github.signature(json.dumps(payload).encode())
    is_problem(send("issue_comment", compact, **{"X-Hub-Signature-256": signed}), 401, "signature_invalid")


def test_two_secrets_hold_while_one_is_exchanged_for_the_other(settings: LazySettings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = ("the new secret of this hook", SECRET)
    body = json.dumps(github.comment()).encode()
    for known in settings.GITHUB_WEBHOOK_SECRETS:
        headers = {"X-Hub-Signature-256": github.signature(body, known)}
        assert send("issue_comment", body, **headers).json()["recorded"] == ["dm_7"]


def test_without_a_secret_nothing_is_taken(settings: LazySettings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = ()
    body = json.dumps(github.comment()).encode()
    answer = send("issue_comment", body, **{"X-Hub-Signature-256": github.signature(body, "")})
    assert "GITHUB_WEBHOOK_SECRET" in is_problem(answer, 503, "webhooks_off")["detail"]
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("payload", "headers", "status", "code"),
    [
        (b"{", {}, 400, "invalid_json"),
        (b"\xff", {}, 400, "invalid_json"),
        (b"[]", {}, 400, "invalid_json"),
        (b"", {}, 400, "invalid_json"),
        (b"[" * 100_000, {}, 400, "invalid_json"),
        (b'{"a": ' + b"1" * 5000 + b"}", {}, 400, "invalid_json"),
        (b"{}", {"X-GitHub-Event": ""}, 400, "invalid"),
        (b"{}", {"X-GitHub-Delivery": "a b"}, 400, "invalid"),
        (b"payload=%7B%7D", FORM, 415, "unsupported_media_type"),
        (b" " * (webhooks.LARGEST + 1), {}, 413, "too_large"),
    ],
)  # fmt: skip
def test_a_signed_body_that_cannot_be_read_is_refused_with_the_reason(
    payload: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    is_problem(send("issue_comment", payload, **headers), status, code)


def test_a_large_delivery_is_taken_as_far_as_the_limit() -> None:
    payload = github.comment(filler="x" * (webhooks.LARGEST - 10_000))
    assert send("issue_comment", payload).json()["recorded"] == ["dm_7"]


@pytest.mark.django_db(transaction=True)
def test_a_large_delivery_over_a_socket_is_taken_and_one_that_is_too_large_is_not(
    child_environment: dict[str, str], free_port: int
) -> None:
    body = json.dumps(github.comment(filler="x" * 1_000_000)).encode()
    too_large = b"x" * (webhooks.LARGEST + 1)
    headers = {"X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}

    def sent(found: bytes) -> tuple[int, bytes]:
        signed = {**headers, "X-Hub-Signature-256": github.signature(found)}
        status, _, answer = ask("POST", f"{address}/api/webhooks/github", found, **signed)
        return status, answer

    with serve({**child_environment, "GITHUB_WEBHOOK_SECRET": SECRET}, free_port) as address:
        assert sent(too_large)[0] == 413
        assert json.loads(sent(body)[1])["recorded"] == ["dm_7"]
        assert json.loads(sent(body)[1])["ignored"] == "This delivery was taken before"
    assert Event.objects.count() == 1
