"""Reads a body as strict JSON: one object, no double keys, nothing that the database cannot store."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from builds.api.problems import TOO_LARGE, BadInput, Flaw

DEEPEST = 20  # far above any order, far below Python's recursion limit


class StrictJSONParser(BaseParser):
    """Parses `application/json` of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes into a dict. Raises BadInput."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read one byte more than allowed at most: a declared length is not believed."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BadInput(TOO_LARGE, code="too_large")
        return strict_object(body)


def strict_object(body: bytes) -> dict[str, Any]:
    """A JSON object from bytes. Raises BadInput with the old system's sentences."""
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=unique,
            parse_constant=no_constant,
            parse_float=finite,
        )
    except RecursionError:
        raise not_json("is nested too deeply") from None
    except ValueError as error:  # also UnicodeDecodeError, and a number with thousands of digits
        raise not_json(str(error)) from None
    if not isinstance(found, dict):
        raise BadInput("Request body must be a JSON object", code="invalid_json")
    flaws = tuple(unsound(found))
    if flaws:
        raise BadInput(flaws[0].detail, flaws)
    return found


def not_json(why: str) -> BadInput:
    """The old sentence, with the reason beside it."""
    return BadInput("Invalid JSON body", (Flaw("", why),), code="invalid_json")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values for one key would let two readers see two orders."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {double[:80]!r} is there twice")
    return found


def no_constant(name: str) -> Any:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(f"{name} is no JSON")


def finite(text: str) -> float:
    """1e999 reads as infinity, which nothing can store."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def unsound(found: dict[str, Any]) -> Iterator[Flaw]:
    """Texts that Postgres cannot store, and depth that nobody needs; walked without recursion."""
    todo: list[tuple[str, int, Any]] = [("", 0, found)]
    while todo:
        pointer, depth, value = todo.pop()
        if isinstance(value, str) and not storable(value):
            yield Flaw(pointer, f"{name_of(pointer)} holds a character that cannot be stored")
        if not isinstance(value, dict | list):
            continue
        if depth == DEEPEST:
            yield Flaw(pointer, f"The body is nested more than {DEEPEST} levels deep")
            continue
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            if not storable(str(key)):
                yield Flaw(pointer, "A key holds a character that cannot be stored")
                continue
            todo.append((f"{pointer}/{escaped(str(key))}", depth + 1, member))


def storable(text: str) -> bool:
    """Postgres refuses NUL; half a surrogate pair is no character and has no UTF-8."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def escaped(key: str) -> str:
    """A key as a step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def name_of(pointer: str) -> str:
    """The field that a pointer names, for a sentence."""
    return pointer.removeprefix("/").replace("/", ".")[:120]
