"""The old Dream Machine's `dream-build` as a table: its routes, statuses, fields and sentences.

A row is one request: what it is, what the old system did where we do otherwise and why, and the answer. The
sentences are the old ones, read by old clients in `error`. test_old_dream_build.py sends the rows in turn.
Not here: `STORIA_MOLTWORKER_SECRET not configured` (a 401, tests/api/test_auth.py), and what had no binding
in Cloudflare (`Queue not configured …`, `Dream Build processor not configured …`: 503); there is none now.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.api.orders import order
from tests.api.tokens import OTHER, raw, token
from tests.api.world import HASH

BARE = "the-bare-shared-secret-of-the-old-system"
NOW = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request and its answer. `differs` says what the old system did instead, and why we do not.

    `claims` change a sound token of Alice's; `authorization` is a whole header in its place, "" for none.
    """

    what: str
    send: str = "POST /dream-build"
    body: Any = None
    claims: dict[str, Any] = field(default_factory=dict)
    authorization: str | None = None
    status: int
    error: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    differs: str = ""


def bearer(text: str) -> str:
    """The header's value."""
    return f"Bearer {text}"


HEADER = {"alg": "HS256", "typ": "JWT"}
SOUND = {"iss": "storia", "sub": "alice", "dreamTrustLevel": "builder", "iat": NOW, "exp": NOW + 300}
LEVEL = "Insufficient trust level: {}. Required: builder or shipper"

AUTHENTICATION = (
    Row(what="no header", authorization="", status=401, error="Missing Authorization header"),
    Row(
        what="another scheme", authorization="Basic YTpi", status=401,
        error="Invalid Authorization header format (expected Bearer <token>)",
    ),
    Row(
        what="a scheme in small letters", authorization=f"bearer {BARE}", status=401,
        error="Invalid Authorization header format (expected Bearer <token>)",
    ),
    Row(
        what="three words", authorization="Bearer a b", status=401,
        error="Invalid Authorization header format (expected Bearer <token>)",
    ),
    Row(what="a wrong secret", authorization=bearer("wrong"), status=401, error="Invalid secret"),
    Row(
        what="a token signed with something else", authorization=bearer(token(key=OTHER)), status=401,
        error="Invalid JWT signature",
    ),
    Row(
        what="a token of another algorithm", authorization=bearer(raw({"alg": "HS512"}, SOUND)), status=401,
        error="Unsupported JWT algorithm: HS512",
    ),
    Row(
        what="a token that is none", authorization=bearer("a.b.c"), status=401,
        error="JWT verification failed: ",
    ),
    Row(
        what="no sub", claims={"sub": None}, status=401, error="JWT missing sub claim",
    ),
    Row(
        what="no level", claims={"dreamTrustLevel": None}, status=401,
        error="JWT missing dreamTrustLevel claim",
    ),
    Row(
        what="another issuer", claims={"iss": "evil"}, status=401,
        error="JWT invalid issuer: evil",
    ),
    Row(
        what="an old token", claims={"iat": 1_000, "exp": 1_300}, status=401,
        error="JWT expired",
    ),
    Row(
        what="a token of tomorrow", claims={"iat": 4_000_000_000, "exp": 4_000_000_300},
        status=401, error="JWT not yet valid (iat in future)",
    ),
    Row(
        what="a token without an end", claims={"exp": None}, status=401,
        error="JWT missing exp claim", differs="accepted for ever; now exp is required",
    ),
    *(
        Row(
            what=f"a token of the level {level}", claims={"dreamTrustLevel": level}, body=order(),
            status=403, error=LEVEL.format(level),
            differs="401 for a token, 403 for a level in the body; who is known and may not is 403",
        )
        for level in ("observer", "planner")
    ),
    Row(
        what="the token of an observer and no order", body={}, status=403,
        claims={"dreamTrustLevel": "observer"}, error=LEVEL.format("observer"),
        differs="400: the body came first; now nothing is read for who may not build",
    ),
    Row(
        what="a look by an observer", send="GET /dream-build/none", status=404, error="Job not found",
        claims={"dreamTrustLevel": "observer"},
        differs="401; to look is what observers are for",
    ),
    Row(
        what="the bare secret and a level in the body", authorization=bearer(BARE),
        body=order(jobId="job-bare", trustLevel="observer"), status=202,
        differs="403, and `shipper` made anybody one; a level in a body is nothing, the secret is a builder",
    ),
)  # fmt: skip

NAMES = "Missing required job fields (jobId, specId, userId)"
PLACE = "Missing repository info (repoOwner, repoName)"
MONEY = "Invalid budget: maxTokens and maxDollars must be positive"
TYPES = "500: TypeError; a wrong type is a bad request"
INTAKE = (
    Row(what="no JSON", body=b"not json", status=400, error="Invalid JSON body"),
    Row(what="no jobId", body=order(jobId=None), status=400, error=NAMES),
    Row(what="no specId", body=order(specId=""), status=400, error=NAMES),
    Row(what="no userId", body=order(userId=None), status=400, error=NAMES),
    Row(what="no owner", body=order(repoOwner=None), status=400, error=PLACE),
    Row(what="no name", body=order(repoName=""), status=400, error=PLACE),
    Row(what="a blank spec", body=order(specMarkdown="  \n"), status=400, error="Spec markdown is empty"),
    Row(
        what="a spec that is no text", body=order(specMarkdown=5), status=400,
        error="specMarkdown must be a string", differs=TYPES,
    ),
    Row(
        what="no callback", body=order(callbackUrl=None), status=400,
        error="Missing callbackUrl for status updates",
    ),
    Row(what="no dollars", body=order(budget={"maxTokens": 1, "maxDollars": 0}), status=400, error=MONEY),
    Row(
        what="an empty budget", body=order(budget={}), status=400, error=MONEY,
        differs="accepted, for NaN is not below 0; then no cap held",
    ),
    Row(
        what="an owner with a slash", body=order(repoOwner="a/b"), status=400,
        error="Invalid repoOwner format: a/b",
    ),
    Row(
        what="a name with a space", body=order(repoName="a b"), status=400,
        error="Invalid repoName format: a b",
    ),
    Row(
        what="a name of two dots", body=order(repoName=".."), status=400,
        error="Invalid repoName format: ..", differs="accepted",
    ),
    Row(
        what="a callback over http", body=order(callbackUrl="http://storia.example/"), status=400,
        error="callbackUrl must use HTTPS",
    ),
    Row(
        what="a callback that is no address", body=order(callbackUrl="nowhere"), status=400,
        error="Invalid callbackUrl: nowhere",
    ),
    Row(
        what="a callback to this machine", body=order(callbackUrl="https://127.0.0.1/"), status=400,
        error="callbackUrl must not point at a private or loopback address", differs="accepted",
    ),
    Row(
        what="the first of several reasons, in the old order", status=400, error=PLACE,
        body=order(repoName=None, specMarkdown="", callbackUrl="http://x.example", budget={}),
    ),
    Row(
        what="a sound order", body=order(), status=202,
        fields={"ok": True, "jobId": "job-1", "mode": "immediate", "message": "Job job-1 started"},
        differs="200; it is accepted, not done",
    ),
    Row(
        what="a sound order for the night", body=order(jobId="job-2", queueName="dream"), status=202,
        fields={
            "ok": True, "jobId": "job-2", "mode": "queued",
            "message": "Job job-2 queued for deferred processing",
        },
        differs="200, and it ran at once",
    ),
    Row(
        what="the same order again", body=order(), status=200,
        fields={"ok": True, "jobId": "job-1", "mode": "immediate", "message": "Job job-1 started"},
        differs="200, and the job began anew, even when it was complete",
    ),
    Row(
        what="another order of that name", body=order(priority="low"), status=409,
        error="Job job-1 exists with another body; use a new jobId.", differs="200, and the job began anew",
    ),
    Row(
        what="a repository that nobody registered", body=order(jobId="job-3", repoName="other"), status=422,
        error="acme/other is not registered here.", differs="200, and it failed later or wrote to it",
    ),
)  # fmt: skip

APPROVE = "POST /dream-build/{}/approve"
NOT_PAUSED = "Job is not paused (current status: {})"
YES = {"contentHash": HASH}
STATE = "400; a state that does not fit is a conflict"
LOOKING_AND_DECIDING = (
    Row(what="a look at nothing", send="GET /dream-build/none", status=404, error="Job not found"),
    Row(
        what="a look at a new job", send="GET /dream-build/job-queued", status=200,
        fields={
            "jobId": "job-queued", "status": "queued", "completedItems": [], "prUrl": None,
            "deployUrl": None, "error": None, "tokensUsed": 0, "costEstimate": 0.0, "vexReview": None,
            "startedAt": None,
        },
        differs="null members were absent; startedAt and updatedAt were milliseconds, now ISO-8601",
    ),
    Row(
        what="a look at a failed job", send="GET /dream-build/job-failed", status=200,
        fields={
            "status": "failed",
            "error": {"code": "checks_failed", "message": "3 tests fail", "station": "verify",
                      "retryable": False},
        },
        differs="error was one text; it is its `message`",
    ),
    Row(
        what="a yes to nothing", send=APPROVE.format("none"), body=YES, status=404, error="Job not found",
        differs="400",
    ),
    Row(
        what="a yes to a queued job", send=APPROVE.format("job-queued"), body=YES, status=409,
        error=NOT_PAUSED.format("queued"), differs=STATE,
    ),
    Row(
        what="a yes to a running job", send=APPROVE.format("job-running"), body=YES, status=409,
        error=NOT_PAUSED.format("running"), differs=STATE,
    ),
    Row(
        what="a yes to a complete job", send=APPROVE.format("job-complete"), body=YES, status=409,
        error=NOT_PAUSED.format("complete"), differs=STATE,
    ),
    Row(
        what="a yes to a failed job", send=APPROVE.format("job-failed"), body=YES, status=409,
        error=NOT_PAUSED.format("failed"), differs=STATE,
    ),
    Row(
        what="a yes to a paused job that names no content", send=APPROVE.format("job-paused"), status=428,
        error="Send the contentHash of what you looked at.",
        differs="200, to whatever was written after it",
    ),
    Row(
        what="a look at a paused job", send="GET /dream-build/job-paused", status=200,
        fields={"status": "paused"},
    ),
    Row(
        what="a yes to a paused job", send=APPROVE.format("job-paused"), body=YES, status=202,
        fields={"ok": True, "jobId": "job-paused", "message": "Job job-paused approved and resumed"},
        differs="200, and everything was written and paid anew",
    ),
    Row(
        what="the same yes again", send=APPROVE.format("job-paused"), body=YES, status=200,
        fields={"ok": True, "jobId": "job-paused"},
        differs="400; the same answer of the same person changes nothing and is no fault",
    ),
)  # fmt: skip
