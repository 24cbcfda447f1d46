"""Tells names of secrets from names that only sound like it, and random values from words and examples."""

import math
import re
from collections import Counter
from itertools import pairwise

SECRET_WORDS = {"apikey", "authkey", "credential", "credentials", "passphrase", "passwd", "password", "pwd"}
SECRET_WORDS |= {"secret", "secretkey", "token"}
SECRET_KEYS = {"access", "account", "api", "app", "auth", "client", "encryption", "master", "private"}
SECRET_KEYS |= {"secret", "service", "shared", "signing", "storage"}
# What a name that ends so holds is not the secret itself: token_url, passwordField, secret_name.
ABOUT = {
    "algorithm", "attribute", "checksum", "class", "column", "count", "digest", "endpoint", "env", "error",
    "expires", "expiry", "field", "file", "hash", "header", "help", "hint", "id", "input", "integrity",
    "kind",
    "label", "length", "limit", "message", "name", "params", "path", "pattern", "placeholder", "policy",
    "prefix", "regex", "sha", "sha1", "sha256", "sha512", "title", "ttl", "type", "uri", "url", "validator",
    "version",
}  # fmt: skip

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
PLACEHOLDER = re.compile(
    r"^(?:pass(?:word|wd)?|pw|pwd|secret|token|user|admin|root|postgres|mysql|guest|test(?:ing)?|demo)\d{0,3}$"
    r"|change.?(?:me|it)|place.?holder|example|sample|dummy|fake|redacted|masked|replace|insert|your[-_ .]?"
    r"|not.?a.?(?:real|secret)|(?:x|\*|0|-|\.|\?){4,}|<[^>]*>|\$\{|\$\(|\{\{|%\(|^\$\w+$|^\{\w*\}$|^%s$",
    re.IGNORECASE,
)
RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")
RUN = 8
SHORTEST = 16
LEAST_ENTROPY = 3.2  # bits for each character; sixteen random hex digits have about 3.4
LEAST_CHANGES = 3  # from letters to digits or back; identifiers have one or two


def is_secret_name(name: str) -> bool:
    """Whether something of this name holds a secret: `api_key`, `dbPassword`; not `passwordField`."""
    words = [word.lower() for word in WORD.findall(name) if not word.isdigit()]
    if not words or words[-1] in ABOUT:
        return False
    return not SECRET_WORDS.isdisjoint(words) or any(
        first in SECRET_KEYS and second == "key" for first, second in pairwise(words)
    )


def is_placeholder(value: str) -> bool:
    """Whether a value is there to be replaced: `changeme`, `<token>`, `xxxxxxxx`, `${TOKEN}`, `EXAMPLE`."""
    return PLACEHOLDER.search(value) is not None or is_made_up(value)


def is_made_up(value: str) -> bool:
    """Whether no machine drew this value: an EXAMPLE, a run of the alphabet, one character over and over."""
    lowered = value.lower()
    if "example" in lowered or "xxxx" in lowered or re.search(r"(.)\1{7}", lowered):
        return True
    return any(
        lowered[start : start + RUN] in run for run in RUNS for start in range(max(0, len(lowered) - RUN + 1))
    )


def is_random(value: str) -> bool:
    """Whether a machine probably drew this value: long, mixed, and no words."""
    if len(value) < SHORTEST or is_placeholder(value):
        return False
    kinds = ["d" if character.isdigit() else "a" for character in value if character.isalnum()]
    changes = sum(first != second for first, second in pairwise(kinds))
    return changes >= LEAST_CHANGES and entropy(value) >= LEAST_ENTROPY


def entropy(value: str) -> float:
    """Shannon's, in bits for each character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
