"""What a callback says, how it is signed, and when it is tried again."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from standardwebhooks.webhooks import Webhook

from builds.models import Event
from builds.public import base_path
from builds.public_results import moment

DELAYS = tuple(settings.CALLBACK_BACKOFF * times for times in (1, 6, 60, 360, 1440, 3600, 7200))
"""The wait after each try that failed; the last one repeats. From 5 s to 10 hours, unless set otherwise."""

LONGEST = timedelta(hours=72)
AT_LEAST = 3
LONGEST_TEXT = 4000
FAILED = "Build failed: "


def delay_after(tries: int, age: timedelta, *, spread: float = 1.0) -> timedelta | None:
    """How long to wait after so many tries; None to give up an event of that age.

    Each event is tried at least three times, however old: behind a receiver that was away for days, the
    events that wait their turn still get their chance. `spread` is the jitter, 0.8 to 1.2.
    """
    delay = DELAYS[min(tries, len(DELAYS)) - 1] * spread
    return None if tries >= AT_LEAST and age + delay > LONGEST else delay


def webhook_id(event: Event) -> str:
    """The name of the message at every try, and when it is sent again: a function of job and sequence."""
    return f"msg_{sha256(event.job.job_id.encode()).hexdigest()[:32]}_{event.sequence}"


def body(event: Event) -> bytes:
    """The message as JSON. From the event alone, so that every try says the same."""
    told: dict[str, Any] = {"jobId": event.job.job_id, "status": event.callback_status}
    pull = pull_address(event)
    why = event.message.removeprefix(FAILED) if event.callback_status == "failed" else ""
    optional = {
        "step": event.step,
        "message": shortened(event.message),
        "prUrl": pull,
        "error": shortened(why),
    }
    told |= {name: value for name, value in optional.items() if value}
    told["sequence"] = event.sequence
    told["timestamp"] = moment(event.created_at)
    told["requestId"] = event.request_id
    told["links"] = {"self": f"{settings.PUBLIC_URL}{base_path(event.job)}"}
    if pull:
        told["links"]["pullRequest"] = pull
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def pull_address(event: Event) -> str:
    """Where the pull request is, as far as this event knows of one."""
    if event.callback_status in {"deploying", "deployed"}:
        return event.job.pr_url
    return str(event.data.get("prUrl") or event.data.get("url") or "")


def shortened(text: str) -> str:
    """A sentence for a machine that stores it; a whole report is read at `links.self`."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def headers(name: str, said: bytes, *, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret, the newest first."""
    at = at.astimezone(UTC)  # the library takes whatever zone it is given for UTC
    signatures = [Webhook(secret).sign(msg_id=name, timestamp=at, data=said.decode()) for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
