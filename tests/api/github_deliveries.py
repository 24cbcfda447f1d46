"""Deliveries shaped as GitHub sends them: members that are read, and some of the many that are not."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.test import Client

SECRET = "a webhook secret of these tests"
HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
BRANCH = "dream/add-csv-export-1f2e3d4c"
REPO_ID = 1_186_853_002
Payload = dict[str, Any]


def user(login: str = "octocat") -> Payload:
    """An account."""
    return {"login": login, "id": 21_031_067, "type": "User", "site_admin": False}


def repository(owner: str = "acme", name: str = "billing", number: int = REPO_ID) -> Payload:
    """Where it happened."""
    return {
        "id": number,
        "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=",
        "name": name,
        "full_name": f"{owner}/{name}",
        "private": True,
        "owner": user(owner),
        "fork": False,
        "default_branch": "main",
    }


def pull(number: int = 7, **more: Any) -> Payload:
    """A pull request as it stands in its own events and in those of reviews."""
    found = {
        "url": f"https://api.github.com/repos/acme/billing/pulls/{number}",
        "html_url": f"https://github.com/acme/billing/pull/{number}",
        "id": 279_147_437,
        "number": number,
        "state": "open",
        "title": "Add CSV export",
        "user": user("dream[bot]"),
        "body": None,
        "created_at": "2026-11-20T20:00:00Z",
        "updated_at": "2026-11-20T21:00:00Z",
        "closed_at": None,
        "merged_at": None,
        "head": {"label": f"acme:{BRANCH}", "ref": BRANCH, "sha": HEAD, "repo": repository()},
        "base": {"label": "acme:main", "ref": "main", "sha": "b" * 40, "repo": repository()},
        "draft": False,
        "merged": False,
    }
    return {**found, **more}


def delivery(action: str, **members: Any) -> Payload:
    """What every delivery has."""
    return {"action": action, **members, "repository": repository(), "sender": user()}


def closed(*, merged: bool = False, at: str = "2026-11-20T21:00:00Z", **more: Any) -> Payload:
    """`pull_request`, closed."""
    moment: Payload = {"updated_at": at, "closed_at": at, "merged_at": at if merged else None}
    found = {**pull(), "state": "closed", "merged": merged, **moment}
    return delivery("closed", number=7, pull_request={**found, **more})


def reopened(at: str = "2026-11-20T22:00:00Z") -> Payload:
    """`pull_request`, reopened."""
    return delivery("reopened", number=7, pull_request=pull(updated_at=at))


def review(state: str = "changes_requested", by: str = "rita", **more: Any) -> Payload:
    """`pull_request_review`, submitted."""
    found = {
        "id": 237_895_671,
        "user": user(by),
        "body": "Please stream the rows.",
        "commit_id": HEAD,
        "submitted_at": "2026-11-20T21:05:00Z",
        "state": state,
        "html_url": "https://github.com/acme/billing/pull/7#pullrequestreview-237895671",
        "author_association": "MEMBER",
    }
    shown = {name: value for name, value in pull().items() if name not in {"merged", "merged_at"}}
    return delivery("submitted", review={**found, **more}, pull_request=shown)


def comment(body: str = "Is the currency always there?", number: int = 7, **more: Any) -> Payload:
    """`issue_comment`, created, on a pull request."""
    issue = {
        "url": f"https://api.github.com/repos/acme/billing/issues/{number}",
        "number": number,
        "title": "Add CSV export",
        "state": "open",
        "pull_request": {"url": f"https://api.github.com/repos/acme/billing/pulls/{number}"},
    }
    found = {
        "id": 492_700_400,
        "html_url": f"https://github.com/acme/billing/pull/{number}#issuecomment-492700400",
        "user": user(),
        "created_at": "2026-11-20T21:10:00Z",
        "updated_at": "2026-11-20T21:10:00Z",
        "body": body,
    }
    return delivery("created", issue=issue, comment={**found, **more})


def line_comment(body: str = "Off by one?", **more: Any) -> Payload:
    """`pull_request_review_comment`, created."""
    found = {
        "id": 284_312_630,
        "pull_request_review_id": 237_895_671,
        "diff_hunk": "@@ -1 +1 @@",
        "path": "app/export.py",
        "line": 19,
        "commit_id": HEAD,
        "user": user("rita"),
        "body": body,
        "created_at": "2026-11-20T21:06:00Z",
        "html_url": "https://github.com/acme/billing/pull/7#discussion_r284312630",
    }
    return delivery("created", comment={**found, **more}, pull_request=pull())


def pulls_of_check(number: int = 7) -> list[Payload]:
    """The short form in which a check names its pull requests."""
    home = {"id": REPO_ID, "url": "https://api.github.com/repos/acme/billing", "name": "billing"}
    ends = {"head": {"ref": BRANCH, "sha": HEAD, "repo": home}, "base": {"ref": "main", "repo": home}}
    return [{"id": 279_147_437, "number": number, **ends}]


def check_run(conclusion: str = "failure", **more: Any) -> Payload:
    """`check_run`, completed."""
    found = {
        "id": 128_620_228,
        "head_sha": HEAD,
        "html_url": "https://github.com/acme/billing/runs/128620228",
        "status": "completed",
        "conclusion": conclusion,
        "started_at": "2026-11-20T21:15:00Z",
        "completed_at": "2026-11-20T21:20:00Z",
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0},
        "name": "ci / unit",
        "app": {"id": 15_368, "name": "GitHub Actions"},
        "pull_requests": pulls_of_check(),
    }
    return delivery("completed", check_run={**found, **more})


def check_suite(conclusion: str = "failure", **more: Any) -> Payload:
    """`check_suite`, completed."""
    found = {
        "id": 118_578_147,
        "head_branch": BRANCH,
        "head_sha": HEAD,
        "status": "completed",
        "conclusion": conclusion,
        "updated_at": "2026-11-20T21:21:00Z",
        "app": {"id": 29_310, "name": "octocoders-linter"},
        "pull_requests": pulls_of_check(),
    }
    return delivery("completed", check_suite={**found, **more})


EVERY: dict[str, Callable[..., Payload]] = {
    "pull_request": closed,
    "pull_request_review": review,
    "issue_comment": comment,
    "pull_request_review_comment": line_comment,
    "check_run": check_run,
    "check_suite": check_suite,
}
"""One delivery of each event that is recorded."""


def signature(body: bytes, secret: str = SECRET) -> str:
    """As GitHub signs."""
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def send(event: str, payload: Any, **headers: str) -> Any:
    """Post a delivery as GitHub does; bytes are sent as they are, and headers may be changed."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid4()),
        "X-GitHub-Hook-ID": "292430182",
        "X-Hub-Signature-256": signature(body),
        "User-Agent": "GitHub-Hookshot/044aadd",
        **headers,
    }
    content_type = given.pop("Content-Type", "application/json")
    client = Client(raise_request_exception=False)
    return client.post("/api/webhooks/github", body, content_type=content_type, headers=given)
