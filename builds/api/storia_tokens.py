"""Storia's tokens: short-lived JWTs of HS256, signed with one of the secrets that we share with it."""

import hmac
from collections.abc import Callable, Iterator
from typing import Any

import jwt
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed

from builds.api.parsers import storable
from builds.scopes import BY_LEVEL

LEVELS = tuple(BY_LEVEL)
LEEWAY = 60
LONGEST_LIFE = 900
LATEST = 1e12  # seconds; far beyond any calendar, and still an ordinary number


def keys() -> Iterator[tuple[str, str]]:
    """(kid, secret) of each configured secret; the kid is empty where none is given."""
    for entry in settings.STORIA_SECRETS:
        kid, colon, secret = entry.partition(":")
        yield (kid, secret) if colon else ("", entry)


def is_shared_secret(token: str) -> bool:
    """Compared with every secret, in time that depends on none."""
    given = token.encode()
    matches = [hmac.compare_digest(given, secret.encode()) for _, secret in keys()]
    return any(matches)


def verified(token: str) -> dict[str, Any]:
    """The claims of a token that one of our secrets signed with HS256. Raises AuthenticationFailed."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise AuthenticationFailed(f"JWT verification failed: {error}") from None
    algorithm = header.get("alg")
    if algorithm != "HS256":
        raise AuthenticationFailed(f"Unsupported JWT algorithm: {shown(algorithm)}")
    for secret in candidates(header.get("kid", "")):
        try:
            return jwt.decode(token, secret, algorithms=["HS256"], options=SIGNATURE_ONLY)
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise AuthenticationFailed(f"JWT verification failed: {error}") from None
    raise AuthenticationFailed("Invalid JWT signature")


# The claims are checked below, in the order and with the sentences of the old system.
SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "iss", "aud", "sub", "jti")},
}


def candidates(kid: str) -> list[str]:
    """The secrets a token may be signed with: those of its kid; without a known kid, those without one."""
    known = list(keys())
    if not kid:
        return [secret for _, secret in known]
    return [secret for name, secret in known if name == kid] or [secret for name, secret in known if not name]


def claims_of(token: str, *, now: float) -> dict[str, Any]:
    """What a sound token says. Raises AuthenticationFailed. `now` in seconds."""
    claims = verified(token)
    check_claims(claims, now=now)
    return claims


def check_claims(claims: dict[str, Any], *, now: float) -> None:
    """Raise AuthenticationFailed with the sentence of the first rule that does not hold. `now` in seconds."""
    for broken, sentence in RULES:
        if broken(claims, now):
            raise AuthenticationFailed(sentence(claims))


def is_text(value: object) -> bool:
    """A text that can be stored and shown."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= 200 and storable(value)


def is_time(value: object) -> bool:
    """A NumericDate: a number that can be reckoned with, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LATEST < value < LATEST


def wrong_audience(claims: dict[str, Any]) -> bool:
    """Only asked where an audience is configured; the claim may be a text or a list of texts."""
    found = claims.get("aud")
    audiences = found if isinstance(found, list) else [found]
    return bool(settings.JWT_AUDIENCE) and settings.JWT_AUDIENCE not in audiences


def shown(value: object) -> str:
    """Something a stranger sent, short and printable."""
    return "".join(c for c in str(value)[:40] if c.isprintable())


Claims = dict[str, Any]
Rule = tuple[Callable[[Claims, float], bool], Callable[[Claims], str]]
RULES: tuple[Rule, ...] = (
    (lambda c, _: not is_text(c.get("sub")), lambda _: "JWT missing sub claim"),
    (lambda c, _: c.get("dreamTrustLevel") is None, lambda _: "JWT missing dreamTrustLevel claim"),
    (
        lambda c, _: c["dreamTrustLevel"] not in LEVELS,
        lambda c: f"Unknown dreamTrustLevel: {shown(c['dreamTrustLevel'])}",
    ),
    (
        lambda c, _: c.get("iss") != settings.JWT_ISSUER,
        lambda c: f"JWT invalid issuer: {shown(c.get('iss'))}",
    ),
    (lambda c, _: wrong_audience(c), lambda c: f"JWT invalid audience: {shown(c.get('aud'))}"),
    (lambda c, _: not is_time(c.get("exp")), lambda _: "JWT missing exp claim"),
    (lambda c, _: not is_time(c.get("iat")), lambda _: "JWT missing iat claim"),
    (lambda c, now: c["exp"] + LEEWAY < now, lambda _: "JWT expired"),
    (lambda c, now: c["iat"] - LEEWAY > now, lambda _: "JWT not yet valid (iat in future)"),
    (
        lambda c, now: "nbf" in c and not (is_time(c["nbf"]) and c["nbf"] - LEEWAY <= now),
        lambda _: "JWT not yet valid (nbf in future)",
    ),
    (
        lambda c, _: not 0 < c["exp"] - c["iat"] <= LONGEST_LIFE,
        lambda _: f"JWT lifetime must be at most {LONGEST_LIFE} seconds (exp - iat)",
    ),
    (
        lambda c, _: c.get("jti") is not None and not is_text(c["jti"]),
        lambda _: "JWT jti claim must be a text of at most 200 characters",
    ),
)
"""Which claims a token needs, in the order in which they are asked: (broken, sentence)."""
