"""Puts a mark in place of every secret: the one function between a text and whoever stores or reads it."""

import re
from functools import lru_cache
from typing import Any

from builds.secrets.scan import PREFIX, Secret, scan

MASK = re.compile(r"\[masked: ([a-z_]+)\]")
ROUNDS = 4
HUNK = re.compile(rb"^(?=diff --git )", re.MULTILINE)


@lru_cache(maxsize=512)  # a conversation is sent again at every turn
def mask(text: str) -> str:
    """The text with `[masked: rule]` for each secret. Lines stay lines, and masking again changes nothing."""
    for _ in range(ROUNDS):  # what stood beside a secret may look like one only without it
        if not (secrets := scan(text)):
            break
        text = _marked(text, secrets)
    return text


def _marked(text: str, secrets: tuple[Secret, ...]) -> str:
    parts: list[str] = []
    place = 0
    for secret in secrets:
        parts += [text[place : secret.start], _mark(text[secret.start : secret.end], secret.rule)]
        place = secret.end
    return "".join([*parts, text[place:]])


def mask_all(value: Any) -> Any:
    """The same for every text in plain JSON data; keys that are names stay as they are."""
    match value:
        case str():
            return mask(value)
        case list() | tuple():
            return [mask_all(each) for each in value]
        case dict():
            return {mask_all(key): mask_all(each) for key, each in value.items()}
        case _:
            return value


def mask_patch(patch: bytes) -> bytes:
    """A diff to be read, not applied: its texts masked, its lines and binary parts as they are."""
    return b"".join(_mask_section(section) for section in HUNK.split(patch))


def _mask_section(section: bytes) -> bytes:
    if b"\nGIT binary patch\n" in section:
        return section
    # Bytes that are not UTF-8 come back as they were.
    return mask(section.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _mark(secret: str, rule: str) -> str:
    mark = f"[masked: {rule}]"
    first, *more = secret.split("\n")
    return "\n".join([mark, *(_prefix(line) + mark for line in more)]) if more or first else mark


def _prefix(line: str) -> str:
    found = PREFIX.match(line)
    return found[0] if found else ""
