"""Finds secrets in any text: source, diffs, logs, prompts. A pure function of the text."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from builds.secrets.names import is_made_up, is_placeholder, is_random, is_secret_name
from builds.secrets.rules import KNOWN

PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
PRIVATE_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
# What stands in front of a line in a diff or in a numbered listing is no part of the key.
PREFIX = re.compile(r"[ +-]?(?:\s*\d+\| )?")
KEY_INSIDE = re.compile(r"(?:\\[rn]|[A-Za-z0-9+/=]){24,}")
KEY_LINE = re.compile(
    r"\s*[\"'`(]*(?:[A-Za-z0-9+/=]{16,}(?:\\[rn])*|[A-Za-z-]+: [^\n]{1,80}|)[\"'`,;+)\\ ]*\r?"
)
KEY_LAST_LINE = re.compile(r"\s*[\"'`(]*[A-Za-z0-9+/=]{2,}(?:\\[rn])*[\"'`,;+)\\ ]*\r?")
KEY_LINES = 400

JWT = re.compile(r"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{16,1500}")
URL = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.]{1,24})://(?P<user>[^\s:/@\"'`<>\[\]\\]{0,80})"
    r":(?P<secret>[^\s:/@\"'`<>\[\]\\]{3,200})@(?P<host>[\w.\[\]:-]{0,250})",
    re.IGNORECASE,
)
DATABASES = {"postgres", "postgresql", "mysql", "mariadb", "mongodb", "redis", "rediss", "amqp", "amqps"}
DATABASES |= {"mssql", "oracle", "clickhouse", "cockroachdb", "sqlserver", "valkey"}
NOWHERE = re.compile(r"(?:^|\.)(?:example(?:\.\w+)?|invalid|test|localhost)(?::\d+)?$|^127\.", re.IGNORECASE)

ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{2,80})[\"'\]]{0,2}\s{0,8}(?::=|=>|[=:])\s{0,8}[rbuf]?\\?[\"'`]"
    r"(?P<secret>[\w+/=.~!@#%^&*-]{16,300})\\?[\"'`]"
)
BARE = re.compile(
    r"^[ +-]?(?:\s*\d+\| )?\s{0,40}(?:export\s+|-\s+|ENV\s+)?(?P<name>[A-Za-z_][\w.-]{2,80})"
    r"\s{0,8}[=:]\s{0,8}(?P<secret>[\w+/=~!@#%^&*-]{16,300})\s*\r?$",
    re.MULTILINE,
)


@dataclass(frozen=True, order=True)
class Secret:
    """Where in a text a secret stands, as offsets, and the rule it meets."""

    start: int
    end: int
    rule: str


def scan(text: str) -> tuple[Secret, ...]:
    """Every secret, in order; none inside another."""
    found = [(secret.start, rank, secret) for rank, finder in enumerate(FINDERS) for secret in finder(text)]
    kept: list[Secret] = []
    for _, _, secret in sorted(found):  # of two at one place the first finder knows better
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
    return tuple(kept)


def _known(text: str) -> Iterator[Secret]:
    for rule in KNOWN:
        for pattern in rule.patterns:
            for match in pattern.finditer(text):
                group = match.lastindex if match.lastindex and len(match[match.lastindex] or "") > 15 else 0
                start, end = match.span(group)
                if _stands_alone(text, start, end) and not is_made_up(text[start:end]):
                    yield Secret(start, end, rule.name)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not a piece out of the middle of a longer word, such as a hash or an image."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (
        behind.isalnum() and text[end - 1].isalnum()
    )


def _private_keys(text: str) -> Iterator[Secret]:
    for match in PRIVATE_KEY.finditer(text):
        end = _key_end(text, match.end())
        if end > match.end():
            yield Secret(match.start(), end, "private_key")


def _key_end(text: str, start: int) -> int:
    """Where the key that begins here ends; `start` itself where there is no key behind its first line."""
    end = start
    if inside := KEY_INSIDE.match(text, start):
        end = inside.end()
        closing = PRIVATE_KEY_END.match(text, end)
        return closing.end() if closing else end
    place = text.find("\n", start)
    for _ in range(KEY_LINES):
        if place < 0:
            return end
        following = text.find("\n", place + 1)
        stop = following if following >= 0 else len(text)
        line = text[place + 1 : stop]
        body = line[len((PREFIX.match(line) or [""])[0]) :]
        if closing := PRIVATE_KEY_END.search(line):
            return place + 1 + closing.end()
        if not KEY_LINE.fullmatch(body) and not (end > start and KEY_LAST_LINE.fullmatch(body)):
            return end
        end = stop if body.strip() else end
        place = following
    return end


def _web_tokens(text: str) -> Iterator[Secret]:
    for match in JWT.finditer(text):
        if _is_header(match[0].partition(".")[0]):
            yield Secret(match.start(), match.end(), "json_web_token")


def _is_header(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(header, dict) and "alg" in header


def _urls(text: str) -> Iterator[Secret]:
    for match in URL.finditer(text):
        secret, host = match["secret"], match["host"]
        if is_placeholder(secret) or secret == match["user"] or NOWHERE.search(host):
            continue
        if secret.startswith(("$", "{", "%")) or host.startswith(("{", "$")):
            continue
        scheme = match["scheme"].lower().partition("+")[0]
        rule = "database_url" if scheme in DATABASES else "basic_auth_url"
        yield Secret(*match.span("secret"), rule)


def _assigned(text: str) -> Iterator[Secret]:
    for pattern in (ASSIGNED, BARE):
        for match in pattern.finditer(text):
            if is_secret_name(match["name"]) and is_random(match["secret"]):
                yield Secret(*match.span("secret"), "secret_assigned")


FINDERS: tuple[Callable[[str], Iterator[Secret]], ...] = (
    _private_keys,
    _known,
    _web_tokens,
    _urls,
    _assigned,
)


def lines_of(text: str, secret: Secret) -> range:
    """The lines that a secret touches, counted from 1."""
    first = text.count("\n", 0, secret.start) + 1
    return range(first, first + text.count("\n", secret.start, secret.end) + 1)
