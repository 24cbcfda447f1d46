"""GitHub's own OpenAPI as judge of each request and answer, and as maker of answers that are whole."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

SLICE = Path(__file__).with_name("openapi-slice.json")
HOST = "http://github.test"
# A ref, path or basehead may hold slashes, which OpenAPI's path parameters cannot.
TAIL = re.compile(
    r"(/git/refs?/|/contents/|/compare/|/branches/|/commits/)(.+?)(/check-runs|/statuses|/status)?$"
)
SAMPLES = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://github.test/x", "email": "a@github.test"}


@dataclass
class Asked:
    """A request as openapi-core wants it."""

    method: str
    path: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str
    host_url: str = HOST


@dataclass(frozen=True)
class Told:
    """An answer as openapi-core wants it."""

    status_code: int
    data: bytes
    content_type: str = "application/json"
    headers: Headers = field(default_factory=Headers)


@cache
def description() -> dict[str, Any]:
    """The slice, served from a host of ours."""
    text = SLICE.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, object_hook=nothing_is_a_choice)
    return {**found, "servers": [{"url": HOST}]}


def nothing_is_a_choice(schema: dict[str, Any]) -> dict[str, Any]:
    """GitHub means null where it says nullable; OpenAPI 3.0 wants it among the words too."""
    if schema.get("nullable") is True and isinstance(schema.get("enum"), list):
        return {**schema, "enum": [*schema["enum"], None]}
    return schema


@cache
def judge() -> OpenAPI:
    """Built once: it takes a while."""
    return OpenAPI.from_dict(description())


def asked(method: str, target: str, body: bytes) -> Asked:
    """What a client sent, with slashes inside parameters made safe."""
    parts = urlsplit(target)
    path = TAIL.sub(lambda m: m[1] + quote(m[2], safe="%") + (m[3] or ""), parts.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return Asked(
        method=method.lower(),
        path=path,
        parameters=RequestParameters(query=ImmutableMultiDict(pairs), header=Headers()),
        body=body or None,
        content_type="application/json" if body else "",
    )


def violations(request: Asked, status: int, data: Any) -> list[str]:
    """Where a request or its answer is not what GitHub describes; undocumented statuses are not judged."""
    found = [f"request: {short(error)}" for error in judge().iter_request_errors(request)]
    if str(status) in operation(request)["responses"]:
        told = Told(status, b"" if data is None else json.dumps(data).encode())
        found += [f"answer: {short(error)}" for error in judge().iter_response_errors(request, told)]
    return found


def short(error: Exception) -> str:
    """What is wrong, without the value that it is wrong with."""
    parts = getattr(error.__cause__, "schema_errors", None) or (error.__cause__ or error,)
    return "; ".join(str(part)[:200] for part in parts)[:1000]


def operation(request: Asked) -> dict[str, Any]:
    """The description of what is asked for. Raises KeyError when the slice has none."""
    for template, methods in description()["paths"].items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
        if request.method in methods and re.fullmatch(pattern, request.path):
            described: dict[str, Any] = methods[request.method]
            return described
    raise KeyError(f"{request.method} {request.path}")


def whole(request: Asked, status: int, facts: Any) -> Any:
    """The facts, with everything around them that GitHub's answer must have."""
    content = resolved(operation(request)["responses"][str(status)]).get("content", {})
    if "application/json" not in content:
        return facts
    return filled(content["application/json"]["schema"], facts)


def filled(schema: dict[str, Any], facts: Any) -> Any:
    """Lay facts over a sample of a schema, at any depth."""
    schema = chosen(schema)
    if isinstance(facts, list):
        return [filled(schema["items"], each) for each in facts]
    if not isinstance(facts, dict):
        return facts
    properties = schema.get("properties", {})
    laid = {name: filled(properties.get(name, {}), value) for name, value in facts.items()}
    around = sample({**schema, "nullable": False})
    return {**around, **laid} if isinstance(around, dict) else laid


def sample(schema: dict[str, Any]) -> Any:
    """The smallest value that a schema takes."""
    if resolved(schema).get("nullable"):
        return None
    schema = chosen(schema)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object" | None:
            properties = schema.get("properties", {})
            return {name: sample(properties.get(name, {})) for name in schema.get("required", ())}
        case "array":
            return []
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case _:
            return SAMPLES.get(schema.get("format", ""), "x")


def chosen(schema: dict[str, Any]) -> dict[str, Any]:
    """The first of alternatives, and all parts of a whole as one."""
    schema = resolved(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema and "properties" not in schema:
            return chosen(schema[word][0])
    merged: dict[str, Any] = dict(schema)
    for part in map(chosen, schema.get("allOf", ())):
        merged["type"] = part.get("type", "object")
        merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
        merged["properties"] = {**part.get("properties", {}), **merged.get("properties", {})}
    return merged


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow references."""
    while "$ref" in schema:
        found: Any = description()
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/")]
        schema = found
    return schema
