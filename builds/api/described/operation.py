"""What is said of one method of one route, and how OpenAPI says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from builds.api.described.shapes import Schema, ref, text
from builds.api.problems import CODES

Needs = Literal["caller", "nobody", "metrics", "github", "ticket"]
SECURITY: dict[Needs, list[dict[str, list[str]]]] = {
    "caller": [{"storiaToken": []}, {"operatorToken": []}],
    "nobody": [],
    "metrics": [{"metricsToken": []}, {"operatorToken": []}],
    "github": [{"githubSignature": []}],
    "ticket": [{"storiaToken": []}, {"operatorToken": []}, {"eventTicket": []}],
}
"""Who is let in → the security schemes of which one does."""

ALWAYS = ("invalid", "not_acceptable", "internal", "unavailable")
WITH_CALLER = ("not_authenticated", "not_trusted", "scope_missing", "throttled")
WITH_BODY = ("invalid_json", "too_large", "unsupported_media_type")
JSON, PROBLEM = "application/json", "application/problem+json"
COUNTED: tuple[Needs, ...] = ("caller", "ticket", "metrics")
"""Those whose requests are counted."""

RATES = ("RateLimit", "RateLimit-Policy")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer that is no problem. Without a schema it has no body."""

    about: str
    schema: Schema | None = None
    media: str = JSON
    headers: tuple[str, ...] = ()
    example: Any = None
    links: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As OpenAPI has it."""
        found: dict[str, Any] = {"description": self.about, "headers": headers(self.headers)}
        if self.schema is not None:
            example = {} if self.example is None else {"example": self.example}
            found["content"] = {self.media: {"schema": self.schema, **example}}
        return {**found, "links": self.links} if self.links else found


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of a route: what it is for, what it takes, every answer that it may give.

    `problems` are codes of `problems.CODES` beside those that all routes, all that want a caller and all that
    take a body have. `body` names a component; `body_required` false takes an empty body for `{}`. `scopes`
    are those of a view that is a function, of which any one does; other views say theirs themselves.
    """

    id: str
    tag: str
    summary: str
    about: str = ""
    answers: Mapping[int, Answer | tuple[Answer, ...]]
    problems: tuple[str, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: str = ""
    body_required: bool = True
    body_example: Any = None
    needs: Needs = "caller"
    scopes: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Every code of a problem that this may answer with."""
        with_caller = WITH_CALLER if self.needs in {"caller", "ticket", "metrics"} else ()
        return (*self.problems, *ALWAYS, *with_caller, *(WITH_BODY if self.body else ()))

    @property
    def codes(self) -> tuple[str, ...]:
        """The same in the order of the table, each once."""
        return tuple(code for code in CODES if code in self.named)

    def told(self, scopes: Iterable[str] = ()) -> dict[str, Any]:
        """As OpenAPI has it. `scopes` are those of the view, of which any one does."""
        wanted = " or ".join(f"`{scope}`" for scope in (*scopes, *self.scopes))
        sentences = [self.about, f"Needs the scope {wanted}." if wanted else ""]
        found: dict[str, Any] = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": "\n\n".join(filter(None, sentences)) or self.summary,
            "parameters": list(self.parameters),
            "security": SECURITY[self.needs],
            "responses": self.responses(),
        }
        if self.body:
            example = {} if self.body_example is None else {"example": self.body_example}
            content = {JSON: {"schema": ref(self.body), **example}}
            found["requestBody"] = {"required": self.body_required, "content": content}
        return found

    def responses(self) -> dict[str, Any]:
        """By status: what it answers, and the problems."""
        found: dict[str, Any] = {}
        for status, answers in self.answers.items():
            each = answers if isinstance(answers, tuple) else (answers,)
            found[str(status)] = merged([answer.told() for answer in each])
        for status, codes in by_status(self.codes).items():
            found[str(status)] = problem_answer(status, codes)
        if self.needs in COUNTED:
            for answer in found.values():
                answer["headers"] |= headers(RATES)
        return dict(sorted(found.items()))


def merged(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer that comes in several media types."""
    found = answers[0]
    for other in answers[1:]:
        found["content"].update(other["content"])
    return found


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Codes of problems under the status that each is answered with."""
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(CODES[code][0], []).append(code)
    return found


def problem_answer(status: int, codes: list[str]) -> dict[str, Any]:
    """The problems of one status: which codes, and what each means."""
    about = "; ".join(f"`{code}`: {CODES[code][1]}" for code in codes)
    more = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    return {"description": about, "headers": headers(more), "content": {PROBLEM: problem_content(codes)}}


def problem_content(codes: list[str]) -> dict[str, Any]:
    """A problem with one of these codes."""
    narrowed = {"type": "object", "additionalProperties": True, "properties": {"code": {"enum": codes}}}
    return {"schema": {"allOf": [ref("Problem"), narrowed]}}


def headers(names: Iterable[str]) -> dict[str, Any]:
    """References to headers, of which the request's id is always one."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def in_path(name: str, about: str, **rules: Any) -> Schema:
    """A part of the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": text(about, **rules),
    }


def in_query(name: str, schema: Schema, **rules: Any) -> Schema:
    """A parameter behind the question mark; it may be left out, not be empty."""
    about = schema["description"]
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema, **rules}


def in_header(name: str, schema: Schema, *, required: bool = False) -> Schema:
    """A header of the request."""
    about = schema["description"]
    return {"name": name, "in": "header", "required": required, "description": about, "schema": schema}
