"""Issues, labels, comments, checks and deployments of the twin."""

from datetime import UTC, datetime
from typing import Any

from tests.github.state import Call, Problem, when


def get_issue(call: Call) -> tuple[int, Any]:
    found = call.hub.issues.get(int(call.parts["number"]))
    if found is None:
        raise Problem(404, "Not Found")
    number = int(call.parts["number"])
    comments = call.hub.comments.get(number, [])
    labels = [{"name": name, "id": 1} for name in found.get("labels", ())]
    told = {"number": number, "title": found["title"], "body": found["body"], "labels": labels}
    if "pull_request" in found:
        nothing = dict.fromkeys(("diff_url", "html_url", "patch_url"))
        told["pull_request"] = {**nothing, **found["pull_request"]}
    return 200, {**told, "comments": len(comments), "url": call.url(f"issues/{number}"), "state": "open"}


def post_labels(call: Call) -> tuple[int, Any]:
    pull = call.hub.pulls[int(call.parts["number"])]
    pull["labels"] += [name for name in call.body["labels"] if name not in pull["labels"]]
    return 200, [{"id": 1, "name": name, "url": "https://github.test/x"} for name in pull["labels"]]


def list_comments(call: Call) -> tuple[int, Any]:
    return 200, call.page(call.hub.comments.get(int(call.parts["number"]), []))


def post_comment(call: Call) -> tuple[int, Any]:
    made = comment_facts(
        call.hub.comments.setdefault(int(call.parts["number"]), []), "dream", call.body["body"]
    )
    return 201, made


def comment_facts(listed: list[dict[str, Any]], login: str, body: str) -> dict[str, Any]:
    """Add a comment to a list."""
    number = len(listed) + 1
    address = f"https://github.test/c/{number}"
    made = {
        "id": number,
        "body": body,
        "user": {"login": login, "id": 1},
        "url": address,
        "html_url": address,
    }
    listed.append({**made, "created_at": when(number), "updated_at": when(number)})
    return listed[-1]


def list_check_runs(call: Call) -> tuple[int, Any]:
    found = [run for run in call.hub.check_runs if run["head_sha"] == call.parts["sha"]]
    return 200, {"total_count": len(found), "check_runs": call.page(found)}


def get_status(call: Call) -> tuple[int, Any]:
    found = [status for status in call.hub.statuses if status["sha"] == call.parts["sha"]]
    told = [{name: value for name, value in status.items() if name != "sha"} for status in found]
    return 200, {"state": "pending", "sha": call.parts["sha"], "total_count": len(found), "statuses": told}


def list_deployments(call: Call) -> tuple[int, Any]:
    wanted = {name: call.query[name] for name in ("sha", "environment") if name in call.query}
    found = [each for each in call.hub.deployments if wanted.items() <= each.items()]
    return 200, call.page(found[::-1])


def post_deployment(call: Call) -> tuple[int, Any]:
    body, hub = call.body, call.hub
    if body.get("auto_merge", True):
        raise Problem(409, "Conflict merging main into the ref")
    if body.get("required_contexts") != []:
        raise Problem(409, "Conflict: Commit status checks failed for the ref.")
    if hub.kind(body["ref"]) != "commit":
        raise Problem(422, "No ref found for: " + body["ref"])
    number = len(hub.deployments) + 1
    made = {
        "id": number,
        "sha": body["ref"],
        "ref": body["ref"],
        "task": body["task"],
        "payload": body["payload"],
        "environment": body["environment"],
        "url": call.url(f"deployments/{number}"),
        "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    hub.deployments.append(made)
    return 201, made


def list_deployment_statuses(call: Call) -> tuple[int, Any]:
    return 200, call.page(call.hub.deployment_statuses.get(int(call.parts["number"]), [])[::-1])


ROUTES = (
    ("GET", r"/issues/(?P<number>\d+)", get_issue, "issues", "read"),
    ("POST", r"/issues/(?P<number>\d+)/labels", post_labels, "pull_requests", "write"),
    ("GET", r"/issues/(?P<number>\d+)/comments", list_comments, "pull_requests", "read"),
    ("POST", r"/issues/(?P<number>\d+)/comments", post_comment, "pull_requests", "write"),
    ("GET", r"/commits/(?P<sha>\w+)/check-runs", list_check_runs, "checks", "read"),
    ("GET", r"/commits/(?P<sha>\w+)/status", get_status, "statuses", "read"),
    ("GET", r"/deployments", list_deployments, "deployments", "read"),
    ("POST", r"/deployments", post_deployment, "deployments", "write"),
    ("GET", r"/deployments/(?P<number>\d+)/statuses", list_deployment_statuses, "deployments", "read"),
)
