"""Reads the fields of a body one by one, and gathers everything that is wrong with them."""

import ipaddress
import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from builds.api.problems import BadInput, Flaw

REPO_PART = re.compile(r"[a-zA-Z0-9._-]+")


class Fields:
    """The members of one JSON object. Null is the same as absent; every flaw is noted, none is raised.

    `detail` of the answer is the first flaw's headline: the sentence that the old system gave.
    """

    def __init__(self, body: dict[str, Any], *, at: str = "") -> None:
        self.body = body
        self.at = at
        self.flaws: list[Flaw] = []
        self.headline = ""

    def flaw(self, name: str, detail: str, headline: str = "") -> None:
        """Note that something is wrong."""
        self.headline = self.headline or headline or detail
        self.flaws.append(Flaw(f"{self.at}/{name}", detail))

    def check(self) -> None:
        """Raise BadInput when anything was noted."""
        if self.flaws:
            raise BadInput(self.headline, tuple(self.flaws))

    def flawed(self, name: str) -> bool:
        """Whether something is noted of a field already."""
        return any(flaw.pointer == f"{self.at}/{name}" for flaw in self.flaws)

    def text(self, name: str, *, longest: int, required: str = "", default: str = "") -> str:
        """A string. `required` is the old system's sentence for a missing or blank one."""
        value = self.body.get(name)
        if value is None or value == "" or (required and isinstance(value, str) and not value.strip()):
            if required:
                self.flaw(name, f"{name} is required", required)
            return default
        if not isinstance(value, str):
            self.flaw(name, f"{name} must be a string")
            return default
        if len(value) > longest:
            self.flaw(name, f"{name} has {len(value)} characters; at most {longest} are allowed")
            return default
        return value

    def one_of(self, name: str, words: tuple[str, ...], *, default: str = "") -> str:
        """One of a few words; required when there is no default."""
        value = self.body.get(name)
        if value is None and default:
            return default
        if not isinstance(value, str) or value not in words:
            self.flaw(name, f"{name} must be one of: {', '.join(words)}")
            return default
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, bool):
            self.flaw(name, f"{name} must be true or false")
            return False
        return bool(value)

    def number(self, name: str, *, most: float, headline: str = "", whole: bool = False) -> float:
        """A number above 0. Booleans and numbers in quotes are none."""
        value = self.body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            self.flaw(name, f"{name} must be a number above 0", headline)
        elif value > most:
            self.flaw(name, f"{name} must be at most {most:,.0f}")
        elif whole and value != int(value):
            self.flaw(name, f"{name} must be a whole number")
        else:
            return value
        return 0

    def moment(self, name: str) -> datetime | None:
        """An ISO-8601 time with a zone, in UTC. An empty text is a mistake, not the wish for no limit."""
        value = self.text(name, longest=40)
        if not value and self.body.get(name) != "":
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 2000 <= found.year <= 2200:
            self.flaw(name, f"{name} must be an ISO-8601 time with a zone, like 2030-01-31T06:00:00Z")
            return None
        return found.astimezone(UTC)


def is_name(value: str) -> bool:
    """A job id that a URL, a log line and a person can hold."""
    return (
        0 < len(value) <= 200
        and value.isprintable()
        and value == value.strip()
        and "/" not in value
        and value not in {".", ".."}
    )


def is_repo_part(value: str) -> bool:
    """An owner or a name, as the old system had them, without its hole (`..`)."""
    return bool(REPO_PART.fullmatch(value)) and value not in {".", ".."}


def callback_flaw(value: str, *, insecure: bool, hosts: tuple[str, ...] = ()) -> str:
    """What is wrong with a callback address; empty when nothing is.

    `insecure` allows http and loopback; with `hosts`, only these are allowed.
    """
    invalid = f"Invalid callbackUrl: {value[:200]}"
    if not value.isprintable() or " " in value or "\\" in value:
        return invalid
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return invalid
    if parts.scheme != "https" and not (insecure and parts.scheme == "http"):
        return "callbackUrl must use HTTPS" if parts.scheme and parts.netloc else invalid
    if not host or port == 0:
        return invalid
    if parts.username is not None or parts.password is not None:
        return "callbackUrl must not hold a user name or a password"
    if not insecure and is_private(host):
        return "callbackUrl must not point at a private or loopback address"
    if hosts and host.removesuffix(".") not in hosts:
        return "callbackUrl must point at a host that this installation sends callbacks to"
    return ""


def is_private(host: str) -> bool:
    """A literal address that is not of the public internet. Names are looked up when the call is made."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
