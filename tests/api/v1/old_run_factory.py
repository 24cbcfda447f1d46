"""The old run factory's `/v1` as a table: its routes, statuses, fields and sentences, in the order of a day.

A row is one request: what it is, what the old system did where we do otherwise and why, and the answer. The
sentences are the old ones, read by old clients in `error`. test_old_run_factory.py sends the rows in turn;
`{run}` in an address is the one that a row before made. `fields` are paths into the answer, as
`run.repo.owner` or `stations.0.status`.
"""

from dataclasses import dataclass, field
from typing import Any

RUN = {"repo": {"owner": "acme", "name": "shop"}, "issue": {"number": 12}, "requestor": "olga"}
SAME = {"requestor": " olga ", "issue": {"number": 12}, "repo": {"name": "Shop", "owner": " ACME "}, "x": 1}
STATIONS = ("intake", "plan", "implement", "verify", "review", "create_pr", "deploy")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request and its answer. `differs` says what the old system did instead, and why we do not.

    It is sent with an operator's token, or with none; `key` is the `Idempotency-Key`.
    """

    what: str
    send: str
    body: Any = None
    key: str = ""
    token: bool = True
    status: int
    error: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    differs: str = ""


DOOR = (
    Row(
        what="is it there", send="GET /healthz", token=False, status=200,
        fields={"ok": True, "service": "dream-machine"}, differs="the service was called control-worker",
    ),
    Row(what="nothing", send="GET /nothing", token=False, status=404, error="Not found"),
    Row(
        what="no token", send="GET /v1/ping", token=False, status=401, error="Missing Authorization header",
        differs="`Unauthorized`, whatever was wrong",
    ),
    Row(
        what="nothing below /v1, without a token", send="GET /v1/nothing", token=False, status=401,
        error="Missing Authorization header", differs="`Unauthorized`, whatever was wrong",
    ),
    Row(what="nothing below /v1", send="GET /v1/nothing", status=404, error="Not found"),
    Row(what="ping", send="GET /v1/ping", status=200, fields={"ok": True, "message": "pong"}),
    Row(
        what="a method that is not there", send="POST /v1/ping", body={}, status=405,
        error='Method "POST" not allowed.', differs="404 `Not found`; there was no 405",
    ),
)  # fmt: skip

REPOS = (
    Row(
        what="no JSON", send="POST /v1/repos", body=b"{", status=400, error="Invalid JSON body"
    ),
    Row(
        what="no object", send="POST /v1/repos", body=[], status=400,
        error="Request body must be a JSON object",
    ),
    Row(
        what="no owner", send="POST /v1/repos", body={"name": "shop"}, status=400,
        error="owner and name are required",
    ),
    Row(
        what="a wrong type", send="POST /v1/repos", status=400, error="enabled must be true or false",
        body={"owner": "acme", "name": "shop", "enabled": "false"},
        differs='the default was taken without a word: `"false"` enabled it',
    ),
    Row(
        what="a repository", send="POST /v1/repos", body={"owner": " Acme ", "name": "SHOP"}, status=201,
        fields={
            "repo.owner": "acme", "repo.name": "shop", "repo.defaultBranch": "main",
            "repo.configPath": ".dream/factory.yaml", "repo.enabled": True,
        },
        differs="one repository was compiled in; the configuration was `.bob/factory.yaml`",
    ),
    Row(
        what="the same again", send="POST /v1/repos", body={"owner": "acme", "name": "shop"}, status=409,
        error="Repository already exists",
    ),
    Row(
        what="another one", send="POST /v1/repos", body={"owner": "acme", "name": "asleep", "enabled": False},
        status=201, fields={"repo.enabled": False},
    ),
    Row(
        what="the list", send="GET /v1/repos", status=200,
        fields={"repos.0.name": "asleep", "repos.1.name": "shop", "next": None},
        differs="no pages",
    ),
)  # fmt: skip

ORDERS = (
    Row(
        what="no key", send="POST /v1/runs", body=RUN, status=400, error="Idempotency-Key header is required"
    ),
    Row(
        what="a key of spaces", send="POST /v1/runs", body=RUN, key="  ", status=400,
        error="Idempotency-Key header is required",
    ),
    Row(
        what="no key and no JSON", send="POST /v1/runs", body=b"{", status=400,
        error="Idempotency-Key header is required",
    ),
    Row(
        what="no JSON for a run", send="POST /v1/runs", body=b"{", key="k0", status=400,
        error="Invalid JSON body",
    ),
    Row(
        what="no object for a run", send="POST /v1/runs", body=[], key="k0", status=400,
        error="Request body must be a JSON object",
    ),
    Row(
        what="no issue and no spec", send="POST /v1/runs", body={"repo": {}}, key="k0", status=400,
        error="repo.owner and repo.name are required",
        differs="`repo and issue objects are required`; a spec does as well",
    ),
    Row(
        what="nothing at all", send="POST /v1/runs", body={}, key="k0", status=400,
        error="repo and issue objects are required",
    ),
    Row(
        what="no names", send="POST /v1/runs", body={**RUN, "repo": {"owner": " "}}, key="k0", status=400,
        error="repo.owner and repo.name are required",
    ),
    *(
        Row(
            what=f"the issue {number!r}", send="POST /v1/runs", body={**RUN, "issue": {"number": number}},
            key="k0", status=400, error="issue.number must be a positive integer",
        )
        for number in (0, -1, 1.5, "12", True, None)
    ),
    Row(
        what="a mode that is none", send="POST /v1/runs", body={**RUN, "prMode": "open"}, key="k0",
        status=400, error="prMode must be one of: draft, ready",
    ),
    *(
        Row(
            what=f"the goal {goal!r}", send="POST /v1/runs", body={**RUN, "goal": goal}, key="k0",
            status=400, error="goal must be a non-empty string when provided",
        )
        for goal in (None, "", " ", 7)
    ),
    Row(
        what="a repository that nobody registered", send="POST /v1/runs", key="k0", status=422,
        body={**RUN, "repo": {"owner": "acme", "name": "gone"}}, error="Repository not found",
        differs="400; the request is sound, the repository is not",
    ),
    Row(
        what="a repository that is asleep", send="POST /v1/runs", key="k0", status=422,
        body={**RUN, "repo": {"owner": "acme", "name": "asleep"}}, error="Repository is disabled",
        differs="400; the request is sound, the repository is not",
    ),
    Row(
        what="a run", send="POST /v1/runs", body=RUN, key=" k1 ", status=202,
        fields={
            "run.repo.owner": "acme", "run.issueNumber": 12, "run.goal": None, "run.status": "queued",
            "run.requestor": "olga", "run.baseBranch": "main", "run.prMode": "draft", "run.prUrl": None,
            "run.currentStation": None, "run.startedAt": None, "run.finishedAt": None,
            "run.failureReason": None, "idempotency.key": "k1", "idempotency.replayed": False,
            "idempotency.status": "succeeded", "idempotency.requeued": False,
        },
        differs="`pending` while the queue was told; there is no queue that could be lost now",
    ),
    Row(
        what="the same, written differently", send="POST /v1/runs", body=SAME, key="k1", status=200,
        fields={"idempotency.replayed": True, "idempotency.status": "succeeded"},
    ),
    Row(
        what="something else under that key", send="POST /v1/runs", key="k1", status=409,
        body={**RUN, "goal": "Another one"}, error="Idempotency key already used with different payload",
    ),
)  # fmt: skip

LOOKING = (
    *(
        Row(
            what=f"the limit {limit}", send=f"GET /v1/runs?limit={limit}", status=400,
            error="limit must be an integer between 1 and 100",
        )
        for limit in ("0", "101", "x", "1.5")
    ),
    Row(
        what="a status that is none", send="GET /v1/runs?status=done", status=400,
        error="Invalid status filter",
    ),
    Row(
        what="a repo that is none", send="GET /v1/runs?repo=acme", status=400,
        error="repo filter must be in owner/name format",
    ),
    Row(
        what="the runs", send="GET /v1/runs?status=queued&repo=ACME/Shop&limit=1", status=200,
        fields={"runs.0.status": "queued", "next": None}, differs="no pages",
    ),
    Row(
        what="one run", send="GET /v1/runs/{run}", status=200,
        fields={
            "run.status": "queued",
            **{f"stations.{number}.station": name for number, name in enumerate(STATIONS)},
            "stations.0.status": "pending", "stations.0.durationMs": None, "artifacts": [],
        },
        differs="stations came when they began; now all are there from the start",
    ),
    Row(what="a run that is not there", send="GET /v1/runs/run_0", status=404, error="Not found"),
    Row(
        what="an artifact that is not there", send="GET /v1/runs/{run}/artifacts/artifact_1", status=404,
        error="Not found",
    ),
)  # fmt: skip

STEERING = (
    Row(
        what="a retry of what is not over", send="POST /v1/runs/{run}/retry", body={}, status=409,
        error="Only failed or canceled runs can be retried", differs="400; the request is sound",
    ),
    Row(
        what="a cancel", send="POST /v1/runs/{run}/cancel", body={}, status=200,
        fields={"run.status": "canceled", "run.currentStation": None, "run.failureReason": None},
    ),
    Row(
        what="a cancel of what is over", send="POST /v1/runs/{run}/cancel", status=200,
        fields={"run.status": "canceled"},
    ),
    Row(
        what="a cancel of nothing", send="POST /v1/runs/run_0/cancel", body={}, status=404, error="Not found"
    ),
    Row(
        what="a retry", send="POST /v1/runs/{run}/retry", body={}, status=202,
        fields={"run.status": "queued", "run.attempt": 2, "attempt": 2},
        differs="another run with an id of its own, which nobody could find again",
    ),
)  # fmt: skip

TABLE = (*DOOR, *REPOS, *ORDERS, *LOOKING, *STEERING)
