"""Who may do what at which route: a row for every route and method of the API, and who the callers are.

A new route has no row, and `test_matrix.py` fails until it has one:

    Row("GET", "dream-build/<str:job_id>/events", READERS),

`scoped` are the callers whose token is for it. All of them succeed with a job of their own, and who sees all
jobs with those of others too, unless the row says otherwise. Everybody else is refused, and nothing changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from builds.scopes import SCOPES
from tests.api.orders import order
from tests.api.world import HASH

Roles = frozenset[str]


def roles(names: str) -> Roles:
    """A few of them."""
    return frozenset(names.split())


LEVELS = ("observer", "planner", "builder", "shipper")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(SCOPES, ("add_job", "deploy_job", "change_repo", "view_repo")),
    "builds:operate": ("operate_job",),
    "metrics:read": ("view_job",),
    "reviewer": ("review_job",),
    "operator": ("operate_job", "add_job", "view_repo", "change_repo"),
    "auditor": ("view_job", "view_repo"),
    "root": (),
}
"""Callers with an operator token, and what its owner may. One that is named like a scope has that alone."""

TOKEN_SCOPES: dict[str, tuple[str, ...]] = {
    **{scope: (scope,) for scope in SCOPES},
    "reviewer": ("builds:read", "builds:approve"),
    "operator": ("builds:read", "builds:write", "builds:operate", "repos:write"),
    "auditor": ("builds:read", "repos:read", "metrics:read"),
    "root": SCOPES,
}
EVERYBODY = roles(f"nobody shared {' '.join(LEVELS)} {' '.join(PERMISSIONS)}")

SEES_ALL = roles("builds:operate reviewer operator auditor root")
OPERATES = roles("builds:operate operator root")
READERS = SEES_ALL | roles("shared builds:read builds:write builds:deploy builds:approve") | set(LEVELS)
WRITERS = roles("builder shipper shared builds:write builds:deploy operator root")
STEERERS = WRITERS | OPERATES
DECIDERS = roles("builder shipper shared builds:approve reviewer root")
REVIEWERS = roles("reviewer root")
NOBODY = roles("")
REPO_WRITERS = roles("repos:write operator root")
REPO_READERS = REPO_WRITERS | roles("shared repos:read auditor") | set(LEVELS)
SCRAPERS = roles("metrics:read auditor root")
TOKENS = EVERYBODY - {"nobody"}

Change = dict[str, Any]
WAITS = {"run_after": "2100-01-01T22:00:00Z", "queue_name": "night"}
FAILED = {"status": "failed", "station": "plan"}


@dataclass(frozen=True)
class Row:
    """A route and a method, and who succeeds with `ok`.

    `others` are those who succeed with another's job; who is in `scoped` and not there gets `hidden`, or 403
    if they see it. `owners` are those who succeed with their own; who is in `scoped` and not there gets 403.
    `job` is what the job is like, `asks` who may answer its question.
    """

    method: str
    route: str
    scoped: Roles
    ok: int = 200
    owners: Roles | None = None
    others: Roles | None = None
    job: Change = field(default_factory=dict)
    asks: str = ""
    body: Callable[[str], Any] = lambda _: None
    hidden: int = 404

    def expected(self, role: str, *, own: bool) -> int:
        """The status that this caller gets."""
        if role == "nobody":
            return 401
        if role not in self.scoped:
            return 403
        if own:
            return self.ok if self.owners is None or role in self.owners else 403
        succeed = self.scoped & SEES_ALL if self.others is None else self.others
        if role in succeed:
            return self.ok
        return 403 if role in SEES_ALL else self.hidden


def new(user_id: str) -> Change:
    """An order for somebody."""
    return order(jobId=f"new-{user_id}", userId=user_id)


def yes(_: str) -> Change:
    """To exactly what is asked."""
    return {"contentHash": HASH}


def no(_: str) -> Change:
    """To exactly what is asked, with the reason."""
    return {"contentHash": HASH, "comment": "Not like this."}


def run(user_id: str) -> Change:
    """A run for somebody."""
    return {"repo": {"owner": "acme", "name": "shop"}, "spec": "# Search\n\n- A box", "requestor": user_id}


def a_repo(_: str) -> Change:
    """One that is not registered yet."""
    return {"owner": "acme", "name": "another"}


def nothing(_: str) -> Change:
    """An empty body."""
    return {}


JOB, RUN = "dream-build/<str:job_id>", "v1/runs/<str:run_id>"

ROWS = (
    Row("GET", "dream-build", READERS, others=READERS),
    Row("GET", f"{JOB}/artifacts", READERS),
    Row("GET", f"{JOB}/artifacts/<str:artifact_id>", READERS),
    Row("GET", f"{JOB}/events", READERS),
    Row("POST", f"{JOB}/ticket", READERS, 201),
    Row("GET", "status", READERS, others=READERS),
    Row("GET", "schema", TOKENS, others=TOKENS),
    Row("GET", "metrics", SCRAPERS, others=SCRAPERS),
    Row("GET", "v1/ping", TOKENS, others=TOKENS),
    Row("GET", "v1/repos", REPO_READERS, others=REPO_READERS),
    Row("POST", "v1/repos", REPO_WRITERS, 201, others=REPO_WRITERS, body=a_repo),
    Row("GET", "v1/repos/<str:repo_id>", REPO_READERS, others=REPO_READERS),
    Row("PATCH", "v1/repos/<str:repo_id>", REPO_WRITERS, others=REPO_WRITERS, body=nothing),
    Row("GET", "v1/runs", READERS, others=READERS),
    Row("POST", "v1/runs", WRITERS, 202, others=roles("shared operator root"), body=run, hidden=403),
    Row("GET", RUN, READERS),
    Row("GET", f"{RUN}/events", READERS),
    Row("GET", f"{RUN}/artifacts", READERS),
    Row("GET", f"{RUN}/artifacts/<str:artifact_id>", READERS),
    Row("POST", f"{RUN}/cancel", STEERERS, 200, others=OPERATES),
    Row("POST", f"{RUN}/retry", STEERERS, 202, others=OPERATES, job=FAILED),
    Row("POST", f"{RUN}/approve", DECIDERS, 202, asks="owner", body=yes),
    Row("POST", f"{RUN}/approve", DECIDERS, 202, NOBODY, asks="other_reviewer", body=yes),
    Row("POST", f"{RUN}/reject", DECIDERS, 202, asks="owner", body=no),
    Row("POST", f"{RUN}/reject", DECIDERS, 202, NOBODY, asks="other_reviewer", body=no),
    Row("POST", "dream-build", WRITERS, 202, others=roles("shared operator root"), body=new, hidden=403),
    Row("GET", "dream-build/<str:job_id>", READERS),
    Row("POST", "dream-build/<str:job_id>/approve", DECIDERS, 202, asks="owner", body=yes),
    Row("POST", "dream-build/<str:job_id>/approve", DECIDERS, 202, REVIEWERS, asks="reviewer", body=yes),
    Row("POST", "dream-build/<str:job_id>/approve", DECIDERS, 202, NOBODY, asks="other_reviewer", body=yes),
    Row("POST", "dream-build/<str:job_id>/reject", DECIDERS, 202, asks="owner", body=no),
    Row("POST", "dream-build/<str:job_id>/reject", DECIDERS, 202, REVIEWERS, asks="reviewer", body=no),
    Row("POST", "dream-build/<str:job_id>/reject", DECIDERS, 202, NOBODY, asks="other_reviewer", body=no),
    Row("POST", "dream-build/<str:job_id>/cancel", STEERERS, 202, others=OPERATES),
    Row("POST", "dream-build/<str:job_id>/rerun", STEERERS, 202, others=OPERATES, job=FAILED),
    Row("POST", "dream-build/<str:job_id>/run-now", STEERERS, 202, others=OPERATES, job=WAITS),
)  # fmt: skip

PUBLIC = {"", "favicon.ico", "healthz", "readyz"}
"""What needs no token, and tells nothing of anybody."""

SIGNED = {"api/webhooks/github"}
"""What is let in by a signature of its own; test_webhook_signatures.py asks whose."""

PAGES = ("admin/", "api/docs")
"""For people who sign in; tests/admin and test_queue_pages.py ask who may what there."""
