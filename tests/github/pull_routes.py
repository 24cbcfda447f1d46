"""Pull requests of the twin, and what only GraphQL can do to them."""

import re
from typing import Any

from tests.github.state import Call, Hub, Problem, when

NODE = re.compile(r"PR_(\d+)")


def pull_facts(call: Call, pull: dict[str, Any]) -> dict[str, Any]:
    """A pull request as GitHub tells it; an open one's head is where its branch is now."""
    hub, number = call.hub, pull["number"]
    if pull["state"] == "open":
        pull["head_sha"] = hub.head(pull["head"]) or pull["head_sha"]
    repo = {"name": hub.name, "full_name": hub.full_name, "url": call.url("")[:-1]}
    return {
        "id": number,
        "number": number,
        "node_id": f"PR_{number}",
        "url": call.url(f"pulls/{number}"),
        "html_url": f"{call.base.removesuffix('/api/v3')}/{hub.full_name}/pull/{number}",
        "state": pull["state"],
        "merged_at": pull.get("merged_at"),
        "draft": pull["draft"],
        "title": pull["title"],
        "body": pull["body"],
        "labels": [{"id": 1, "name": name, "url": "x", "node_id": "x"} for name in pull["labels"]],
        "created_at": when(number),
        "updated_at": when(number),
        "head": {
            "ref": pull["head"],
            "sha": pull["head_sha"],
            "label": f"{hub.owner}:{pull['head']}",
            "repo": repo,
        },
        "base": {"ref": pull["base"], "sha": hub.head(pull["base"]) or "", "label": "x", "repo": repo},
    }


def list_pulls(call: Call) -> tuple[int, Any]:
    owner, _, head = call.query.get("head", "").partition(":")
    state = call.query.get("state", "open")
    found = [
        pull
        for pull in call.hub.pulls.values()
        if state in {"all", pull["state"]} and (not head or (owner, head) == (call.hub.owner, pull["head"]))
    ]
    found.sort(key=lambda pull: pull["number"], reverse=call.query.get("direction", "desc") == "desc")
    return 200, [pull_facts(call, pull) for pull in call.page(found)]


def get_pull(call: Call) -> tuple[int, Any]:
    return 200, pull_facts(call, numbered(call))


def numbered(call: Call) -> dict[str, Any]:
    pull = call.hub.pulls.get(int(call.parts["number"]))
    if pull is None:
        raise Problem(404, "Not Found")
    return pull


def check_new(call: Call) -> None:
    hub, body = call.hub, call.body
    for side in ("base", "head"):
        if hub.head(body[side]) is None:
            raise Problem(
                422, "Validation Failed", {"resource": "PullRequest", "field": side, "code": "invalid"}
            )
    if hub.git.text("rev-list", "--count", f"{hub.head(body['base'])}..{hub.head(body['head'])}") == "0":
        raise invalid(f"No commits between {body['base']} and {body['head']}")
    if any(pull["state"] == "open" and pull["head"] == body["head"] for pull in hub.pulls.values()):
        raise invalid(f"A pull request already exists for {hub.owner}:{body['head']}.")
    if body.get("draft") and not hub.drafts:
        raise Problem(422, "Draft pull requests are not supported in this repository.")


def invalid(message: str) -> Problem:
    return Problem(
        422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": message}
    )


def post_pull(call: Call) -> tuple[int, Any]:
    check_new(call)
    body, number = call.body, next(call.hub.numbers)
    call.hub.pulls[number] = pull = {
        "number": number,
        "state": "open",
        "draft": bool(body.get("draft")),
        "title": body["title"],
        "body": body.get("body"),
        "head": body["head"],
        "head_sha": call.hub.head(body["head"]),
        "base": body["base"],
        "labels": [],
    }
    return 201, pull_facts(call, pull)


def patch_pull(call: Call) -> tuple[int, Any]:
    pull = numbered(call)
    pull.update({name: value for name, value in call.body.items() if name in {"title", "body", "state"}})
    return 200, pull_facts(call, pull)


def graphql(hubs: list[Hub], body: dict[str, Any]) -> dict[str, Any]:
    """The three things that we ask of GraphQL."""
    query, variables = body["query"], body["variables"]
    for name, draft in (("markPullRequestReadyForReview", False), ("convertPullRequestToDraft", True)):
        if name in query:
            return set_draft(hubs[0], name, variables["input"], draft=draft)
    hub = next((hub for hub in hubs if hub.full_name == f"{variables['owner']}/{variables['name']}"), None)
    if hub is None:
        return {
            "data": {"repository": None},
            "errors": [{"type": "NOT_FOUND", "message": "Could not resolve"}],
        }
    return {"data": {"repository": {"pullRequests": {"nodes": open_nodes(hub, variables["base"])}}}}


def set_draft(hub: Hub, name: str, given: dict[str, Any], *, draft: bool) -> dict[str, Any]:
    found = NODE.fullmatch(given["pullRequestId"])
    pull = hub.pulls[int(found[1])] if found else {}
    if draft and not hub.drafts:
        return {"data": {name: None}, "errors": [{"message": "Draft pull requests are not supported here."}]}
    pull["draft"] = draft
    return {"data": {name: {"clientMutationId": None, "pullRequest": {"isDraft": draft}}}}


def open_nodes(hub: Hub, base: str) -> list[dict[str, Any]]:
    found = [pull for pull in hub.pulls.values() if pull["state"] == "open" and pull["base"] == base]
    return [
        {
            "number": pull["number"],
            "title": pull["title"],
            "url": f"https://github.test/{pull['number']}",
            "headRefName": pull["head"],
            "files": {"nodes": [{"path": path} for path in changed(hub, pull)]},
        }
        for pull in found
    ]


def changed(hub: Hub, pull: dict[str, Any]) -> list[str]:
    return hub.git.text(
        "diff", "--name-only", f"refs/heads/{pull['base']}...refs/heads/{pull['head']}"
    ).splitlines()


ROUTES = (
    ("GET", r"/pulls", list_pulls, "pull_requests", "read"),
    ("POST", r"/pulls", post_pull, "pull_requests", "write"),
    ("GET", r"/pulls/(?P<number>\d+)", get_pull, "pull_requests", "read"),
    ("PATCH", r"/pulls/(?P<number>\d+)", patch_pull, "pull_requests", "write"),
)
