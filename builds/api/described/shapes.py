"""Makes the JSON Schemas of the API's objects: each says in words what it holds."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
SHA256 = "^[0-9a-f]{64}$"
VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f]"
"""More than spaces, as Python's `strip` takes them away."""


def text(about: str, **rules: Any) -> Schema:
    """A string. `rules` are JSON Schema's: `maxLength`, `pattern`, `format`, `default`."""
    return {"type": "string", "description": about, **rules}


def one_of(about: str, words: Any, **rules: Any) -> Schema:
    """One of a few words, which are taken from the code that knows them."""
    return {"type": "string", "enum": [str(word) for word in words], "description": about, **rules}


def whole(about: str, *, least: int = 0, **rules: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "description": about, **rules}


def number(about: str, *, least: float = 0, **rules: Any) -> Schema:
    """A number; dollars have at most six decimals."""
    return {"type": "number", "minimum": least, "description": about, **rules}


def flag(about: str, **rules: Any) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": about, **rules}


def moment(about: str) -> Schema:
    """ISO-8601 in UTC, to the millisecond."""
    return text(about, format="date-time")


def commit(about: str) -> Schema:
    """A sha of git's."""
    return text(about, pattern="^[0-9a-f]{40}$|^[0-9a-f]{64}$")


def address(about: str) -> Schema:
    """An absolute URL."""
    return text(about, format="uri")


def many(about: str, of: Schema, **rules: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": of, "description": about, **rules}


def free(about: str) -> Schema:
    """An object whose members are not ours to name."""
    return {"type": "object", "additionalProperties": True, "description": about}


def ref(name: str, about: str = "") -> Schema:
    """A component."""
    found: Schema = {"$ref": f"#/components/schemas/{name}"}
    return {**found, "description": about} if about else found


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if "$ref" in schema:
        about = {"description": schema["description"]} if "description" in schema else {}
        return {"oneOf": [{"$ref": schema["$ref"]}, {"type": "null"}], **about}
    found = {**schema, "type": [schema["type"], "null"]}
    return {**found, "enum": [*found["enum"], None]} if "enum" in found else found


def record(
    about: str, known: Mapping[str, Schema] | None = None, *, optional: tuple[str, ...] = (), **more: Schema
) -> Schema:
    """An object. Its members, `known` and `more`, are always there, if with null, unless `optional`."""
    members = {**(known or {}), **more}
    required = [name for name in members if name not in optional]
    found: Schema = {"type": "object", "description": about, "properties": members}
    return {**found, "required": required} if required else found


def given(
    about: str, known: Mapping[str, Schema] | None = None, *, required: tuple[str, ...] = (), **more: Schema
) -> Schema:
    """An object that a client sends. What is not required may be left out or null; the rest is ignored."""
    members = {**more, **(known or {})}
    properties = {name: schema if name in required else or_null(schema) for name, schema in members.items()}
    found: Schema = {"type": "object", "description": about, "properties": properties}
    return {**found, "required": list(required)} if required else found
