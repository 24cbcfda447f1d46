"""Where GitHub tells what happened to pull requests: `POST /api/webhooks/github`, signed, each told once."""

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import IO, Any

import structlog
from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from builds import operations
from builds.api.github_payloads import read
from builds.api.parsers import not_json
from builds.api.problems import BadInput, Flaw, problem
from builds.api.rates import count
from builds.api.views import Door

log = structlog.get_logger()

LARGEST = 2 * 1024 * 1024
"""Bytes of a delivery. GitHub's own limit is 25 MB; of the events that are read here none comes near 1 MB."""

NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")
SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
OFF = "GITHUB_WEBHOOK_SECRET is not set here, so no delivery can be told from a forged one, and none is taken"
UNSIGNED = "X-Hub-Signature-256 is not the HMAC-SHA256 of this body under a secret of GITHUB_WEBHOOK_SECRET"
FORM = "Choose application/json as the content type of the webhook"


class RawParser(BaseParser):
    """The bytes as they came, whatever they are said to be: the signature is over these. Raises BadInput."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read one byte more than allowed at most: a declared length is not believed."""
        body: bytes = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise BadInput(f"A delivery is larger than {LARGEST // 1024**2} MB", code="too_large")
        return body


class GithubWebhook(Door):
    """No caller but GitHub, known by the signature; so no token is asked for."""

    authentication_classes = []
    permission_classes = []
    parser_classes = [RawParser]

    def post(self, request: Request) -> HttpResponseBase:
        """202 with what was recorded, or with the reason why nothing was; GitHub shows it to the admins."""
        if not settings.GITHUB_WEBHOOK_SECRETS:
            return problem(request, "webhooks_off", OFF)
        given: Any = request.data
        body = given if isinstance(given, bytes) else b""
        if not is_signed(body, request.headers.get("X-Hub-Signature-256", "")):
            count(request, "failures", settings.AUTH_FAILURE_RATE, str(request.META.get("REMOTE_ADDR") or ""))
            return problem(request, "signature_invalid", UNSIGNED)
        event, delivery = named(request, "X-GitHub-Event"), named(request, "X-GitHub-Delivery")
        payload = read_json(request, body)
        if event == "ping":
            return taken(event, delivery, pong=True)
        try:
            found = operations.hear(read(event, payload), delivery=delivery, event=event)
        except operations.Ignored as why:
            return taken(event, delivery, ignored=str(why))
        if found.before:
            return taken(event, delivery, ignored="This delivery was taken before")
        return taken(event, delivery, recorded=[job.job_id for job in found.jobs])


def is_signed(body: bytes, header: str) -> bool:
    """Compared with every secret, in time that depends on none; never true without a secret."""
    given = SIGNATURE.fullmatch(header)
    claimed = bytes.fromhex(given[1]) if given else b""
    made = (hmac.new(secret.encode(), body, sha256).digest() for secret in settings.GITHUB_WEBHOOK_SECRETS)
    matches = [hmac.compare_digest(claimed, one) for one in made]
    return any(matches)


def named(request: Request, header: str) -> str:
    """A header that GitHub always sends. Raises BadInput."""
    found = request.headers.get(header, "")
    if not NAME.fullmatch(found):
        raise BadInput(f"{header} is missing, or is none of GitHub's")
    return found


def read_json(request: Request, body: bytes) -> dict[str, Any]:
    """The payload. Lenient beside the bodies of our own API: a delivery of GitHub's is not to be lost.

    Raises BadInput, UnsupportedMediaType.
    """
    if body and not str(request.content_type).partition(";")[0].strip().lower().endswith("json"):
        raise UnsupportedMediaType(str(request.content_type)[:80], detail=FORM)
    try:
        found = json.loads(body)
    except RecursionError:
        raise not_json("is nested too deeply") from None
    except ValueError as error:
        raise not_json(str(error)[:200]) from None
    if not isinstance(found, dict):
        flaw = Flaw("", "A payload is a JSON object")
        raise BadInput("Request body must be a JSON object", (flaw,), code="invalid_json")
    return found


def taken(event: str, delivery: str, **what: Any) -> Response:
    """The answer, and the line in the log."""
    log.info("github.delivery", event_name=event, delivery=delivery, **what)
    return Response({"ok": True, **what}, status=202)
