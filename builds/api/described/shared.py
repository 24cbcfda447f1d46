"""What many routes share: the problem, the headers, who may call, and the parts of addresses."""

from typing import Any

from builds.api.described.operation import in_path
from builds.api.described.shapes import Schema, many, record, text
from builds.api.problems import CODES

FLAW = record(
    "One thing that is wrong with a request.",
    pointer=text("Where: a JSON pointer into the body, or the name of a parameter behind a slash."),
    detail=text("What, in one sentence."),
)
PROBLEM = record(
    "Why a request was refused (RFC 9457). Branch on `code`; show `detail` to people.",
    optional=("errors", "ok", "checks", "scopes"),
    type=text("`urn:dream-machine:problem:` and the code.", format="uri"),
    title=text("What the code means, the same for each request."),
    status={"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
    detail=text("What is wrong with this request, in one sentence."),
    instance=text("The path that was asked for."),
    code={"type": "string", "enum": list(CODES), "description": "One word for programs."},
    request_id=text("The same as the header `X-Request-Id`, and as in our log."),
    error=text("The same as `detail`, for clients of the old systems."),
    errors=many("Everything that is wrong with the body or the parameters.", FLAW),
    ok={"type": "boolean", "const": False, "description": "Of `/readyz` alone."},
    checks={"$ref": "#/components/schemas/ReadyChecks"},
    scopes=many("Of which one would do, where a token lacks a scope.", text("A scope.")),
)
COMPONENTS: dict[str, Schema] = {"Problem": PROBLEM}


def header(about: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    """A header of an answer."""
    return {"description": about, "required": required, "schema": {"type": "string", **schema}}


HEADERS = {
    "X-Request-Id": header(
        "The id of this request: the client's own where it sent a sound one, else ours.", required=True
    ),
    "Location": header("Where the thing is that was made, as a path.", required=True),
    "ETag": header("Names exactly this content; send it back as `If-None-Match`.", required=True),
    "Retry-After": header("Seconds after which asking again is worth it.", pattern="^[0-9]+$"),
    "Idempotent-Replayed": header("`true` where an earlier answer is given again.", enum=["true"]),
    "WWW-Authenticate": header("How to authenticate."),
    "Link": header("`first` and `next` page (RFC 8288)."),
    "RateLimit": header(
        "How many requests are left, and for how many seconds.", example='"caller";r=299;t=60'
    ),
    "RateLimit-Policy": header("How many are taken in how many seconds.", example='"caller";q=300;w=60'),
    "Content-Disposition": header("An attachment, with a safe file name.", required=True),
    "Repr-Digest": header("The SHA-256 of all bytes (RFC 9530).", required=True),
    "Content-Range": header("Which bytes these are, and of how many.", required=True),
}

SECURITY_SCHEMES = {
    "storiaToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "HS256 with the shared secret; claims `iss`, `sub`, `dreamTrustLevel`, `iat`, `exp` "
        "at most 900 s later; `jti` binds it to one job. Levels: `observer` and `planner` read, `builder` "
        "builds, `shipper` also deploys.",
    },
    "operatorToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made by `manage.py dream token` or in the admin: scoped, expiring, revocable.",
    },
    "metricsToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The value of `DREAM_METRICS_TOKEN`.",
    },
    "githubSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature-256",
        "description": "`sha256=` and the HMAC-SHA256 of the body with the webhook's secret.",
    },
    "eventTicket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "A short-lived ticket for the events of one job, for browsers, which cannot send "
        "headers with an event stream.",
    },
}

JOB_ID = in_path("job_id", "The job's name, as it was posted.", maxLength=200, example="dm_01")
RUN_ID = in_path("run_id", "The run's name.", maxLength=200, example="run_0b9ad9b0")
REPO_ID = in_path(
    "repo_id", "The repository's id.", maxLength=60, example="repo_5bd1f1f6-8d0c-4a53-9d6c-1f0a0f0c7b11"
)


def parameter_names(path: str) -> set[str]:
    """The names in braces of a path."""
    return {part[1:-1] for part in path.split("/") if part.startswith("{")}
