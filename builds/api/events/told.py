"""An event as the outside sees it, in pages and in streams alike."""

from typing import Any

from builds.models import Event
from builds.public_results import moment

ENDINGS = frozenset({"complete", "failed", "canceled"})
"""Callback statuses that end an attempt."""


def told(event: Event) -> dict[str, Any]:
    """The same names as in callbacks, and what only who asks is told."""
    return {
        "sequence": event.sequence,
        "event": event.name,
        "attempt": event.attempt,
        "station": event.station or None,
        "status": event.callback_status or None,
        "message": event.message,
        "step": event.step or None,
        "actor": event.actor or None,
        "data": event.data,
        "requestId": event.request_id,
        "timestamp": moment(event.created_at),
    }
