"""Who calls: Storia with a short-lived JWT, an operator's or a program's token, or the bare shared secret."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from builds import token_text
from builds.api import operator_tokens, storia_tokens
from builds.api.rates import count
from builds.people import Person
from builds.scopes import BY_LEVEL, Scope, allowed

LONGEST_TOKEN = 8192
SHARED_SUBJECT = "shared-secret"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The user of an API request: who it is, what for, and what the token is bound to (empty: to nothing).

    `scopes` hold what they include. `token` is how an operator token begins, empty for anybody else;
    `unbacked` are scopes that it has and its owner may not use. `expires` is when a JWT is no longer taken,
    in seconds of the epoch; 0 for what is looked up at every request.
    """

    is_authenticated: ClassVar[bool] = True

    person: Person
    scopes: frozenset[Scope]
    token: str = ""
    unbacked: frozenset[Scope] = frozenset()
    job_id: str = ""
    user_id: str = ""
    expires: float = 0.0

    @property
    def allowed(self) -> frozenset[str]:
        """What the token lets its bearer do to jobs; what they may do to one is asked besides."""
        return allowed(self.scopes)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; no cookies, no query string. Every failure is a 401 that says why."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """Raises AuthenticationFailed, also without a header: every door that uses this needs a caller."""
        return caller_of(request), None

    def authenticate_header(self, request: Request) -> str:
        """What `WWW-Authenticate` says beside a 401."""
        return "Bearer"


def caller_of(request: HttpRequest | Request) -> Caller:
    """Who sends a request. For views that are not REST framework's, too.

    Raises AuthenticationFailed, or Throttled after too many of those from one address. A sound token is let
    in whatever came before: behind a proxy, strangers could else lock everybody out.
    """
    try:
        return authenticated(request)
    except AuthenticationFailed:
        count(request, "failures", settings.AUTH_FAILURE_RATE, str(request.META.get("REMOTE_ADDR") or ""))
        raise


def authenticated(request: HttpRequest | Request) -> Caller:
    """Who sends a request. Raises AuthenticationFailed."""
    header = request.headers.get("authorization", "")
    address = str(request.META.get("REMOTE_ADDR") or "")[:64]
    if header.startswith(f"Bearer {token_text.MARK}"):
        token = bearer(header)
        if not is_allowed_secret(token):
            return by_operator_token(token, address)
    if not settings.STORIA_SECRETS:
        raise AuthenticationFailed("STORIA_MOLTWORKER_SECRET not configured")
    token = bearer(header)
    if is_allowed_secret(token):
        return Caller(person=shared(address), scopes=BY_LEVEL["builder"])
    if token.count(".") != 2:
        raise AuthenticationFailed("Invalid secret" if settings.ALLOW_SHARED_SECRET else "Not a JWT")
    return by_claims(storia_tokens.claims_of(token, now=time.time()), address)


def bearer(header: str) -> str:
    """The token of the header: `Bearer`, one space, one word. Raises AuthenticationFailed."""
    if not header:
        raise AuthenticationFailed("Missing Authorization header")
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer" or not token or " " in token:
        raise AuthenticationFailed("Invalid Authorization header format (expected Bearer <token>)")
    if len(token) > LONGEST_TOKEN:
        raise AuthenticationFailed(f"Token is longer than {LONGEST_TOKEN} characters")
    return token


def is_allowed_secret(token: str) -> bool:
    """Whether it is the bare secret, and that is let in."""
    return bool(settings.ALLOW_SHARED_SECRET) and storia_tokens.is_shared_secret(token)


def shared(address: str) -> Person:
    """The bare secret names nobody, so it is a person of its own and never more than a builder.

    It sees the jobs that it posted itself; a `userId` in a body cannot make it somebody else.
    """
    return Person(name=SHARED_SUBJECT, subject=SHARED_SUBJECT, level="builder", via="api", address=address)


def by_claims(claims: dict[str, Any], address: str) -> Caller:
    """The person that verified claims name."""
    subject, level = claims["sub"], claims["dreamTrustLevel"]
    person = Person(name=subject, subject=subject, level=level, via="api", address=address)
    job_id = claims.get("jti") or ""
    expires = claims["exp"] + storia_tokens.LEEWAY
    return Caller(person=person, scopes=BY_LEVEL[level], job_id=job_id, user_id=subject, expires=expires)


def by_operator_token(token: str, address: str) -> Caller:
    """The owner of an operator token, as far as its scopes go. Only who operates orders for other people."""
    held = operator_tokens.held_by(token, address)
    person = held.person
    return Caller(
        person=person,
        scopes=held.scopes,
        token=held.prefix,
        unbacked=held.unbacked,
        expires=held.expires,
        user_id="" if person.operates else person.subject,
    )
