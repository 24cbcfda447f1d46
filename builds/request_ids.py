"""The id of the request that began a piece of work, for the calls that are made because of it."""

import structlog


def current_request_id() -> str:
    """That of the request or job at hand; empty where there is none, as in a command."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")


def request_header(name: str) -> dict[str, str]:
    """A header of that name with the id; nothing where there is none."""
    found = current_request_id()
    return {name: found} if found else {}
