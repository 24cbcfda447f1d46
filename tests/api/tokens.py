"""Makes tokens, sound ones and all kinds of others."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt

SECRET = "a secret of these tests that is long enough for HS256"
OTHER = "another secret, also long enough for HS256..."


def claims(**changes: Any) -> dict[str, Any]:
    """Sound claims of a builder; None takes a claim away."""
    now = int(time.time())
    found = {"iss": "storia", "sub": "alice", "dreamTrustLevel": "builder", "iat": now, "exp": now + 300}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def token(*, key: str = SECRET, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token of HS256 with sound claims, except for the changes."""
    return jwt.encode(claims(**changes), key, algorithm="HS256", headers=headers)


def part(value: object) -> str:
    """A segment of a token: anything as JSON, text as it is."""
    data = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(data.encode()).rstrip(b"=").decode()


def raw(header: object, payload: object, *, key: str = SECRET) -> str:
    """A token with any header and payload, rightly signed with HMAC-SHA256 whatever the header says."""
    signed = f"{part(header)}.{part(payload)}"
    signature = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered(**changes: Any) -> str:
    """A sound token whose payload was exchanged after signing."""
    header, _, signature = token().split(".")
    return f"{header}.{part(claims(**changes))}.{signature}"
