"""Holds answers against the schema: path, method, status, type, headers, and every member of the body."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.utils.decorators import sync_and_async_middleware
from django.utils.module_loading import import_string
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

WRONG: list[str] = []
"""What was found in the test that runs; the fixture `described` empties it and fails for what is in it."""

URI = "urn:dream-machine:schema"
FORMATS = FormatChecker()
NOT_OURS = ("/admin", "/static/", "/api/docs", "/favicon.ico")


@cache
def strict() -> dict[str, Any]:
    """The schema, in which an object has exactly the members that are described."""
    document = import_string("builds.api.schema.document")  # this file is read before there are settings
    found = copy.deepcopy(document())
    for component in found["components"]["schemas"].values():
        close(component)
    return absolute(found)


def absolute(schema: dict[str, Any]) -> dict[str, Any]:
    """With references that lead into the strict schema, wherever they stand."""
    found: dict[str, Any] = json.loads(
        json.dumps(schema).replace('"#/components/schemas', f'"{URI}#/components/schemas')
    )
    return found


def close(schema: Any) -> None:
    """No more members than those that are named, in a schema and in those within it."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for inside in schema.values():
            close(inside)
    elif isinstance(schema, list):
        for inside in schema:
            close(inside)


@cache
def registry() -> Registry[Any]:
    """Where references lead."""
    resource = Resource.from_contents(strict(), default_specification=DRAFT202012)
    found: Registry[Any] = Registry().with_resource(URI, resource)
    return found


def errors(schema: dict[str, Any], body: Any) -> Iterator[str]:
    """What is wrong with a value. References are absolute."""
    validator = Draft202012Validator(schema, registry=registry(), format_checker=FORMATS)
    for error in validator.iter_errors(body):
        yield f"{error.json_path}: {error.message[:300]}"


def path_of(path: str) -> str | None:
    """The path of the schema that an address is of; the one with fewest parameters."""
    parts = path.partition("?")[0].split("/")
    fits = [known for known in strict()["paths"] if fitting(known.split("/"), parts)]
    return min(fits, key=lambda known: known.count("{"), default=None)


def fitting(known: list[str], parts: list[str]) -> bool:
    """Whether the parts of a path are those of a template."""
    return len(known) == len(parts) and all(
        each == part or (each.startswith("{") and part) for each, part in zip(known, parts, strict=True)
    )


def wrong_with(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes | None
) -> list[str]:
    """What an answer has that the schema does not say, or the other way round. No body: a stream."""
    known = path_of(path)
    operations = strict()["paths"].get(known, {})
    operation = operations.get("get" if method == "HEAD" else method.lower())
    answers = operation["responses"] if operation else NOWHERE[known is not None]
    answer = answers.get(str(status))
    if method == "OPTIONS" and status == 204:
        return []
    if answer is None:
        return [f"{method} {path}: no answer {status} is described: {(body or b'')[:300]!r}"]
    found = [*wrong_headers(answer, headers)]
    if status not in {204, 304} and body is not None and method != "HEAD":
        found += wrong_body(answer, headers.get("content-type", ""), body)
    return [f"{method} {path} {status}: {each}" for each in found]


PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": f"{URI}#/components/schemas/Problem"}}}
}
BEFORE = dict.fromkeys(("400", "401", "429"), PROBLEM)
NOWHERE = {
    True: {**BEFORE, **dict.fromkeys(("403", "405", "415"), PROBLEM)},
    False: {**BEFORE, "404": PROBLEM},
}
"""What a path answers to a method that it does not have, and a path that there is not."""


def wrong_headers(answer: dict[str, Any], headers: Mapping[str, str]) -> Iterator[str]:
    """Headers that are missing."""
    for name in answer.get("headers", ()):
        header = strict()["components"]["headers"][name]
        given = headers.get(name.lower())
        if given is None and header["required"]:
            yield f"the header {name} is missing"
        if given is not None:
            yield from (f"the header {name}: {each}" for each in errors(header["schema"], given))


def wrong_body(answer: dict[str, Any], content_type: str, body: bytes) -> Iterator[str]:
    """A body of a type that is not described, or with other members."""
    media = content_type.partition(";")[0]
    content = answer.get("content", {})
    schema = content.get(media, content.get("*/*", {})).get("schema")
    if media not in content and "*/*" not in content:
        if body or content:
            yield f"the type {media or 'of nothing'} is not described"
    elif media.endswith("json"):
        yield from errors(schema, json.loads(body))


def look(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes | None) -> None:
    """Keep what is wrong with an answer."""
    if path != "/" and not path.startswith(NOT_OURS):
        lowered = {name.lower(): value for name, value in headers.items()}
        WRONG.extend(wrong_with(method, path, status, lowered, body))


def looked_at(request: Any, response: Any) -> Any:
    """The same answer."""
    body = None if response.streaming else response.content
    if settings.ROOT_URLCONF == "dreamsite.urls":  # some tests bring routes of their own
        look(request.method, request.get_full_path(), response.status_code, response.headers, body)
    return response


@sync_and_async_middleware
def middleware(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """In front of the service in the tests of the API: each answer is held against the schema."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: Any) -> Any:
            return looked_at(request, await get_response(request))

        return answer_later
    return lambda request: looked_at(request, get_response(request))
