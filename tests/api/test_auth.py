"""Who gets in: sound tokens of Storia, and nothing else."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from builds.api.auth import BearerAuthentication, Caller
from tests.api.tokens import OTHER, SECRET, claims, part, raw, tampered, token
from tests.api.world import is_problem

HS256 = {"alg": "HS256", "typ": "JWT"}
HOUR = 3600


def enter(header: str | None, **more: Any) -> Caller:
    """Go through the door with an Authorization header."""
    given: dict[str, Any] = {} if header is None else {"HTTP_AUTHORIZATION": header}
    request = APIRequestFactory().get("/api/dream-build/j1", **given, **more)
    caller, _ = BearerAuthentication().authenticate(Request(request))
    return caller


def refusal(header: str | None) -> str:
    """The sentence of the 401 that a header is answered with."""
    headers = {} if header is None else {"Authorization": header}
    answer = Client(raise_request_exception=False).get("/api/dream-build/j1", headers=headers)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    return str(is_problem(answer, 401, "not_authenticated")["detail"])


def now() -> int:
    return int(time.time())


NOT_TOKENS = [
    ("no header", None, "Missing Authorization header"),
    ("an empty header", "", "Missing Authorization header"),
    ("the scheme alone", "Bearer", "Invalid Authorization header format (expected Bearer <token>)"),
    ("a scheme and a space", "Bearer ", "Invalid Authorization header format (expected Bearer <token>)"),
    ("another scheme", "Basic YTpi", "Invalid Authorization header format (expected Bearer <token>)"),
    ("lower case", "bearer {sound}", "Invalid Authorization header format (expected Bearer <token>)"),
    ("two spaces", "Bearer  {sound}", "Invalid Authorization header format (expected Bearer <token>)"),
    ("two tokens", "Bearer {sound} {sound}", "Invalid Authorization header format (expected Bearer <token>)"),
    ("the bare secret", f"Bearer {SECRET.replace(' ', '')}", "Not a JWT"),
    ("a word", "Bearer hello", "Not a JWT"),
    ("three dots", "Bearer {sound}.x", "Not a JWT"),
    ("an encrypted token of five parts", "Bearer {sound}.x.y", "Not a JWT"),
    ("two dots and nothing", "Bearer ..", "JWT verification failed:"),
    ("garbage in three parts", "Bearer !!!.???.###", "JWT verification failed:"),
    ("letters that are not ASCII", "Bearer \xe9.\xe9.\xe9", "JWT verification failed:"),
    ("a huge token", "Bearer " + "a" * 100_000, "Token is longer than 8192 characters"),
]


@pytest.mark.parametrize(("name", "header", "sentence"), NOT_TOKENS, ids=[row[0] for row in NOT_TOKENS])
def test_a_header_without_a_token_is_refused(name: str, header: str | None, sentence: str) -> None:
    assert refusal(header.format(sound=token()) if header else header).startswith(sentence)


FAILED = "JWT verification failed:"
FORGED = "Invalid JWT signature"
ALGORITHM = "Unsupported JWT algorithm:"
NO_SUB = "JWT missing sub claim"
EVIL = "https://evil.example/keys.json"
TOO_LONG = "JWT lifetime must be at most 900 seconds"
Make = Callable[[], str]
ATTACKS: list[tuple[str, Make, str]] = [
    ("alg none, no signature", lambda: f"{part({'alg': 'none'})}.{part(claims())}.", f"{ALGORITHM} none"),
    ("alg None", lambda: raw({"alg": "None"}, claims()), f"{ALGORITHM} None"),
    ("alg null", lambda: raw({"alg": None}, claims()), f"{ALGORITHM} None"),
    ("no alg", lambda: raw({"typ": "JWT"}, claims()), f"{ALGORITHM} None"),
    ("alg a list", lambda: raw({"alg": ["HS256"]}, claims()), f"{ALGORITHM} ['HS256']"),
    ("RS256 signed with the secret", lambda: raw({"alg": "RS256"}, claims()), f"{ALGORITHM} RS256"),
    ("HS512", lambda: jwt.encode(claims(), SECRET * 2, algorithm="HS512"), f"{ALGORITHM} HS512"),
    ("HS384", lambda: jwt.encode(claims(), SECRET * 2, algorithm="HS384"), f"{ALGORITHM} HS384"),
    ("alg in lower case", lambda: raw({"alg": "hs256"}, claims()), f"{ALGORITHM} hs256"),
    ("a script as alg", lambda: raw({"alg": "<b>\n" * 50}, claims()), f"{ALGORITHM} <b><b>"),
    ("another key", lambda: token(key=OTHER), FORGED),
    ("no key", lambda: raw(HS256, claims(), key=""), FORGED),
    ("no signature", lambda: token().rpartition(".")[0] + ".", FORGED),
    ("a higher level after signing", lambda: tampered(dreamTrustLevel="shipper"), FORGED),
    ("another user after signing", lambda: tampered(sub="bob"), FORGED),
    ("an unknown crit", lambda: raw({**HS256, "crit": ["x"]}, claims()), FAILED),
    ("a detached payload", lambda: raw({**HS256, "b64": False, "crit": ["b64"]}, claims()), FAILED),
    ("a kid that is no text", lambda: raw({**HS256, "kid": {"a": 1}}, claims()), FAILED),
    ("its own key inside", lambda: raw({**HS256, "jwk": {"k": part(OTHER)}}, claims(), key=OTHER), FORGED),
    ("an address of its own keys", lambda: raw({**HS256, "jku": EVIL}, claims(), key=OTHER), FORGED),
    ("a certificate of its own", lambda: raw({**HS256, "x5c": [part(OTHER)]}, claims(), key=OTHER), FORGED),
    ("a kid that is a list", lambda: raw({**HS256, "kid": ["old"]}, claims()), FAILED),
    ("a kid that asks the database", lambda: raw({**HS256, "kid": "' OR 1=1 --"}, claims(), key=""), FORGED),
    ("a kid of 4000 characters", lambda: raw({**HS256, "kid": "k" * 4000}, claims(), key="k"), FORGED),
    ("a kid that is a path", lambda: raw({**HS256, "kid": "../../dev/null"}, claims(), key=""), FORGED),
    ("a header that is a list", lambda: raw([1], claims()), FAILED),
    ("a payload that is a list", lambda: raw(HS256, [1]), FAILED),
    ("a token inside a token", lambda: raw({**HS256, "cty": "JWT"}, token()), FAILED),
    ("a payload that is no JSON", lambda: raw(HS256, "{"), FAILED),
    ("a header nested without end", lambda: raw("[" * 3000, claims()), FAILED),
    ("no sub", lambda: token(sub=None), NO_SUB),
    ("an empty sub", lambda: token(sub=" "), NO_SUB),
    ("a sub that is a number", lambda: raw(HS256, claims(sub=7)), NO_SUB),
    ("a sub that cannot be stored", lambda: raw(HS256, claims(sub="a\0b")), NO_SUB),
    ("half a character as sub", lambda: raw(HS256, claims(sub="\ud800")), NO_SUB),
    ("a sub that is true", lambda: raw(HS256, claims(sub=True)), NO_SUB),
    ("a sub of 201 characters", lambda: token(sub="a" * 201), NO_SUB),
    ("no level", lambda: token(dreamTrustLevel=None), "JWT missing dreamTrustLevel claim"),
    ("an unknown level", lambda: token(dreamTrustLevel="root"), "Unknown dreamTrustLevel: root"),
    ("a level in capitals", lambda: token(dreamTrustLevel="Builder"), "Unknown dreamTrustLevel: Builder"),
    ("a list of levels", lambda: token(dreamTrustLevel=["shipper"]), "Unknown dreamTrustLevel: ['shipper']"),
    ("a level that is an object", lambda: token(dreamTrustLevel={}), "Unknown dreamTrustLevel: {}"),
    ("half a character as level", lambda: raw(HS256, claims(dreamTrustLevel="\ud800")), "Unknown dreamTrust"),
    ("a level and a NUL", lambda: token(dreamTrustLevel="builder\0"), "Unknown dreamTrustLevel: builder"),
    ("no issuer", lambda: token(iss=None), "JWT invalid issuer: None"),
    ("another issuer", lambda: token(iss="evil"), "JWT invalid issuer: evil"),
    ("a list of issuers", lambda: raw(HS256, claims(iss=["storia"])), "JWT invalid issuer: ['storia']"),
    ("no exp", lambda: token(exp=None), "JWT missing exp claim"),
    ("exp as text", lambda: raw(HS256, claims(exp=str(now() + 60))), "JWT missing exp claim"),
    ("exp true", lambda: raw(HS256, claims(exp=True)), "JWT missing exp claim"),
    ("exp NaN", lambda: raw(HS256, claims(exp=float("nan"))), "JWT missing exp claim"),
    ("exp infinite", lambda: raw(HS256, claims(exp=float("inf"))), "JWT missing exp claim"),
    ("exp below infinity", lambda: raw(HS256, claims(exp=float("-inf"))), "JWT missing exp claim"),
    ("exp of 400 digits", lambda: raw(HS256, claims(exp=10**400)), "JWT missing exp claim"),
    ("exp of 5000 digits", lambda: raw(HS256, json.dumps(claims(exp=0))[:-2] + "9" * 5000 + "}"), FAILED),
    ("iat NaN", lambda: raw(HS256, claims(iat=float("nan"))), "JWT missing iat claim"),
    ("iat true", lambda: raw(HS256, claims(iat=True)), "JWT missing iat claim"),
    ("iat of 400 digits below zero", lambda: raw(HS256, claims(iat=-(10**400))), "JWT missing iat claim"),
    ("exp 0", lambda: token(iat=-300, exp=0), "JWT expired"),
    ("no iat", lambda: token(iat=None), "JWT missing iat claim"),
    ("expired", lambda: token(iat=now() - 400, exp=now() - 61), "JWT expired"),
    ("from the future", lambda: token(iat=now() + 70, exp=now() + 300), "JWT not yet valid (iat in future)"),
    ("not before tomorrow", lambda: token(nbf=now() + 24 * HOUR), "JWT not yet valid (nbf in future)"),
    ("nbf as text", lambda: token(nbf="soon"), "JWT not yet valid (nbf in future)"),
    ("good for ten years", lambda: token(exp=now() + 10 * 365 * 24 * HOUR), TOO_LONG),
    ("good for 901 seconds", lambda: token(iat=now(), exp=now() + 901), TOO_LONG),
    ("ends before it begins", lambda: token(iat=now() + 30, exp=now() + 20), TOO_LONG),
    ("nbf NaN", lambda: raw(HS256, claims(nbf=float("nan"))), "JWT not yet valid (nbf in future)"),
    ("a jti that is a list", lambda: raw(HS256, claims(jti=["j1"])), "JWT jti claim must be a text"),
    ("an empty jti", lambda: raw(HS256, claims(jti="")), "JWT jti claim must be a text"),
    ("a jti that cannot be stored", lambda: raw(HS256, claims(jti="j\0")), "JWT jti claim must be a text"),
    ("a jti that is false", lambda: raw(HS256, claims(jti=False)), "JWT jti claim must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "sentence"), ATTACKS, ids=[row[0] for row in ATTACKS])
def test_an_unsound_token_is_refused(name: str, make: Make, sentence: str) -> None:
    assert refusal(f"Bearer {make()}").startswith(sentence)


def test_a_sound_token_names_its_person_and_what_it_is_bound_to() -> None:
    caller = enter(f"Bearer {token(sub='alice', jti='job-1')}", REMOTE_ADDR="192.0.2.7")

    assert (caller.person.subject, caller.person.level, caller.person.via) == ("alice", "builder", "api")
    assert caller.person.address == "192.0.2.7"
    assert not caller.person.reviews
    assert not caller.person.operates
    assert (caller.user_id, caller.job_id) == ("alice", "job-1")


@pytest.mark.parametrize(
    "header", [{"jku": EVIL}, {"jwk": {"k": part(OTHER)}}, {"x5c": ["x"]}, {"x5u": EVIL}]
)
def test_keys_in_a_header_are_not_looked_at(header: dict[str, Any]) -> None:
    assert enter(f"Bearer {token(headers=header)}").person.name == "alice"


@pytest.mark.parametrize("level", ["observer", "planner", "builder", "shipper"])
def test_every_level_gets_in_and_keeps_its_level(level: str) -> None:
    assert enter(f"Bearer {token(dreamTrustLevel=level)}").person.level == level


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(-300, -30), (30, 300), (0, 900), (0.5, 60.25)],
    ids=["a clock that is behind", "a clock that is ahead", "the longest life", "fractions"],
)
def test_a_minute_of_skew_and_fifteen_of_life_are_fine(begins: float, ends: float) -> None:
    assert enter(f"Bearer {token(iat=now() + begins, exp=now() + ends)}").person.name == "alice"


def test_without_a_configured_secret_nobody_gets_in(doors: Any) -> None:
    doors.STORIA_SECRETS = ()
    assert refusal(f"Bearer {token()}") == "STORIA_MOLTWORKER_SECRET not configured"


class TestRotation:
    """Several secrets at once, with and without names."""

    def test_each_of_two_secrets_opens(self, doors: Any) -> None:
        doors.STORIA_SECRETS = (SECRET, OTHER)
        assert enter(f"Bearer {token(key=SECRET)}").user_id == "alice"
        assert enter(f"Bearer {token(key=OTHER)}").user_id == "alice"

    def test_a_kid_picks_its_secret_and_only_that(self, doors: Any) -> None:
        doors.STORIA_SECRETS = (f"old:{OTHER}", f"new:{SECRET}")
        assert enter(f"Bearer {token(headers={'kid': 'new'})}").user_id == "alice"
        assert enter(f"Bearer {token()}").user_id == "alice"
        assert refusal(f"Bearer {token(headers={'kid': 'old'})}") == "Invalid JWT signature"

    def test_an_unknown_kid_gets_only_secrets_without_a_name(self, doors: Any) -> None:
        doors.STORIA_SECRETS = (f"old:{OTHER}", SECRET)
        assert enter(f"Bearer {token(headers={'kid': 'of storia'})}").user_id == "alice"
        assert refusal(f"Bearer {token(key=OTHER, headers={'kid': 'unknown'})}") == "Invalid JWT signature"


class TestAudience:
    """Only where one is configured."""

    def test_the_right_one_gets_in_alone_or_in_a_list(self, doors: Any) -> None:
        doors.JWT_AUDIENCE = "dream"
        assert enter(f"Bearer {token(aud='dream')}").user_id == "alice"
        assert enter(f"Bearer {token(aud=['x', 'dream'])}").user_id == "alice"

    @pytest.mark.parametrize("audience", [None, "other", ["other"], "dreamer"])
    def test_any_other_is_refused(self, doors: Any, audience: Any) -> None:
        doors.JWT_AUDIENCE = "dream"
        assert refusal(f"Bearer {token(aud=audience)}").startswith("JWT invalid audience:")


class TestSharedSecret:
    """The bare secret, for as long as a client of the old system needs it."""

    @pytest.fixture(autouse=True)
    def allowed(self, doors: Any) -> None:
        doors.ALLOW_SHARED_SECRET = True
        doors.STORIA_SECRETS = (
            "named:a-bare-secret-of-more-than-32-bytes",
            "and-another-one-just-as-long-as-that",
        )

    @pytest.mark.parametrize(
        "secret", ["a-bare-secret-of-more-than-32-bytes", "and-another-one-just-as-long-as-that"]
    )
    def test_it_is_a_builder_of_its_own_and_nobody_else(self, secret: str) -> None:
        caller = enter(f"Bearer {secret}")
        assert (caller.person.subject, caller.person.level) == ("shared-secret", "builder")
        assert (caller.user_id, caller.job_id) == ("", "")

    @pytest.mark.parametrize("secret", ["a-bare", "named", "wrong", "\xe9\xe9", "named:a-bare-secret"])
    def test_a_wrong_one_is_refused(self, secret: str) -> None:
        assert refusal(f"Bearer {secret}") == "Invalid secret"

    def test_a_token_is_still_a_token(self) -> None:
        key = "a-bare-secret-of-more-than-32-bytes"
        assert enter(f"Bearer {token(key=key)}").person.subject == "alice"
        assert refusal(f"Bearer {token(key=OTHER)}") == "Invalid JWT signature"
