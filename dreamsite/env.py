"""The only reader of the environment: typed, from NAME or NAME_FILE, loud on a bad value."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PERIODS = {"second": 1, "minute": 60, "hour": 3600}
SUPERVISOR = "DREAM_SUPERVISOR_PID"


class BadSetting(Exception):
    """A variable of the environment holds a value that cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """At most so many in so many seconds."""

    most: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.most} in {self.seconds} s"


class Environment:
    """Typed access to variables; `NAME_FILE` names a file whose content is the value of `NAME`.

    Every reader raises BadSetting with one line that says what is wrong and what would be right.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = os.environ if variables is None else variables  # noqa: TID251

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding white space."""
        file = self.variables.get(f"{name}_FILE", "").strip()
        value = self.variables.get(name, "").strip()
        if file and value:
            raise BadSetting(name, f"set {name} or {name}_FILE, not both")
        if not file:
            return value or default
        try:
            return Path(file).read_text(encoding="utf-8").strip() or default
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{name}_FILE", f"cannot read {file}: {error}") from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        """1/true/yes/on or 0/false/no/off."""
        value = self.text(name).lower()
        if not value:
            return default
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise BadSetting(name, f"{value!r} is neither 1 nor 0")

    def number(self, name: str, default: float, *, least: float = 0) -> float:
        """A number not below `least`."""
        value = self.text(name)
        try:
            number = float(value) if value else default
        except ValueError:
            raise BadSetting(name, f"{value!r} is not a number") from None
        if not least <= number < float("inf"):
            raise BadSetting(name, f"{value!r} must be at least {least:g}")
        return number

    def cap(self, name: str) -> Decimal | None:
        """A number of dollars above 0; None where there is no cap."""
        value = self.text(name)
        found = dollars(name, value) if value else None
        if found == 0:
            raise BadSetting(name, "must be above 0; leave it out where there is no cap")
        return found

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = self.text(name, default)
        if value not in choices:
            raise BadSetting(name, f"{value!r} is not one of {', '.join(choices)}")
        return value

    def window(self, name: str, default: str) -> tuple[time, time]:
        """Two times of day, such as 22:00-06:00; over midnight when the second is not later."""
        value = self.text(name, default)
        try:
            start, end = (time.fromisoformat(part.strip()) for part in value.split("-"))
        except ValueError:
            raise BadSetting(name, f"{value!r} is not a window such as 22:00-06:00") from None
        if start.tzinfo or end.tzinfo:
            raise BadSetting(name, f"{value!r} must not name a zone; DREAM_TIMEZONE does")
        return start, end

    def zone(self, name: str, default: str) -> ZoneInfo:
        """A zone by its name in the tz database."""
        value = self.text(name, default)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadSetting(name, f"{value!r} is not a time zone such as Europe/Berlin") from None

    def web_address(self, name: str, default: str) -> str:
        """An https address without a slash at its end; plain http only on this machine, for tests."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise BadSetting(name, f"{value!r} is not an address such as {default}")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise BadSetting(name, f"{value!r} must start with https://")
        return value

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        """Comma-separated words; empty ones are dropped."""
        return tuple(word.strip() for word in self.text(name, default).split(",") if word.strip())

    def rate(self, name: str, default: str) -> Rate | None:
        """A number in a time, such as 100/minute; None (no limit) for 0."""
        value = self.text(name, default)
        number, _, period = value.partition("/")
        if value == "0":
            return None
        if not number.isdecimal() or int(number) < 1 or period not in PERIODS:
            raise BadSetting(name, f"{value!r} is neither 0 nor a rate such as 100/{', 100/'.join(PERIODS)}")
        return Rate(most=int(number), seconds=PERIODS[period])

    def secrets(self, name: str, *, least: int = 16) -> tuple[str, ...]:
        """Comma-separated secrets, each of at least so many characters; more than one during a change."""
        found = self.words(name)
        if any(len(secret) < least for secret in found):
            raise BadSetting(name, f"each secret has {least} characters or more; try: openssl rand -hex 32")
        return found

    def json_object(self, name: str) -> dict[str, Any]:
        """A JSON object; empty means {}."""
        value = self.text(name)
        if not value:
            return {}
        try:
            found = json.loads(value)
        except json.JSONDecodeError as error:
            raise BadSetting(name, f"is not JSON: {error}") from None
        if not isinstance(found, dict):
            raise BadSetting(name, "must be a JSON object")
        return found


def dollars(name: str, value: object) -> Decimal:
    """A price in dollars, 0 or more. Raises BadSetting."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadSetting(name, f"{value!r} is not a number of dollars") from None
    if not found.is_finite() or found < 0:
        raise BadSetting(name, f"{value!r} must be 0 or more")
    return found


def child_variables(supervisor: int = 0) -> dict[str, str]:
    """Our environment for a child of ours, which needs no bootstrap: it runs in our interpreter.

    With the pid of its supervisor, it stops when that one is gone.
    """
    tied = {SUPERVISOR: str(supervisor)} if supervisor else {}
    return {**os.environ, "DREAM_NO_BOOTSTRAP": "1", **tied}  # noqa: TID251


def supervisor_pid() -> int:
    """Who started us and must not be outlived; 0 where nobody said so. Our own children are not told."""
    return int(os.environ.pop(SUPERVISOR, 0))  # noqa: TID251
