"""Git data of the twin: blobs, trees, commits and refs, in a real bare repository."""

import base64
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from builds.coding.git import GitFailed
from tests.github.state import Call, Problem

BAD_PATH = re.compile(r"(^|/)(\.{0,2}|\.git)(/|$)", re.IGNORECASE)


def get_repo(call: Call) -> tuple[int, Any]:
    hub = call.hub
    return 200, {
        "id": 1,
        "name": hub.name,
        "full_name": hub.full_name,
        "default_branch": "main",
        "archived": hub.archived,
        "permissions": {"admin": False, "push": hub.pushes, "pull": True},
        "url": call.url("")[:-1],
    }


def get_ref(call: Call) -> tuple[int, Any]:
    if not call.hub.branches():
        raise Problem(409, "Git Repository is empty.")
    sha = call.hub.head(call.parts["branch"])
    if sha is None:
        raise Problem(404, "Not Found")
    return 200, ref_facts(call, call.parts["branch"], sha)


def ref_facts(call: Call, branch: str, sha: str) -> dict[str, Any]:
    target = {"type": "commit", "sha": sha, "url": call.url(f"git/commits/{sha}")}
    return {
        "ref": f"refs/heads/{branch}",
        "node_id": "x",
        "url": call.url(f"git/refs/heads/{branch}"),
        "object": target,
    }


def get_commit(call: Call) -> tuple[int, Any]:
    if call.hub.kind(call.parts["sha"]) != "commit":
        raise Problem(404, "Not Found")
    return 200, commit_facts(call, call.parts["sha"])


def commit_facts(call: Call, sha: str) -> dict[str, Any]:
    shown = call.hub.git.text("show", "--no-patch", "--format=%T%n%P%n%B", sha).split("\n", 2)
    return {
        "sha": sha,
        "url": call.url(f"git/commits/{sha}"),
        "message": shown[2].strip(),
        "tree": {"sha": shown[0], "url": call.url(f"git/trees/{shown[0]}")},
        "parents": [
            {"sha": each, "url": call.url(f"git/commits/{each}"), "html_url": "x"}
            for each in shown[1].split()
        ],
    }


def post_blob(call: Call) -> tuple[int, Any]:
    content = call.body["content"]
    data = base64.b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    sha = call.hub.git.text("hash-object", "-w", "--stdin", stdin=data)
    return 201, {"sha": sha, "url": call.url(f"git/blobs/{sha}")}


def post_tree(call: Call) -> tuple[int, Any]:
    git = call.hub.git
    with tempfile.TemporaryDirectory() as folder:
        aside = git.using(GIT_INDEX_FILE=str(Path(folder) / "index"))
        if "base_tree" in call.body:
            if call.hub.kind(call.body["base_tree"]) not in {"tree", "commit"}:
                raise Problem(422, "base_tree is not a valid tree oid")
            aside.run("read-tree", call.body["base_tree"])
        entries = sorted(call.body["tree"], key=lambda entry: "sha" not in entry or entry["sha"] is not None)
        lines = [tree_line(call, entry) for entry in entries]
        try:
            aside.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
            sha = aside.text("write-tree")
        except GitFailed as failure:
            raise Problem(422, "GitRPC::BadObjectState") from failure
    return 201, {"sha": sha, "url": call.url(f"git/trees/{sha}"), "truncated": False, "tree": []}


def tree_line(call: Call, entry: dict[str, Any]) -> bytes:
    """An entry for git's index; deletions come first, as their sort key says."""
    if BAD_PATH.search(entry["path"]):
        raise Problem(422, "tree.path contains a malformed path component")
    sha = entry.get("sha", "")
    if "content" in entry:
        sha = call.hub.git.text("hash-object", "-w", "--stdin", stdin=entry["content"].encode())
    if sha is None:
        return f"0 {'0' * 40}\t{entry['path']}\0".encode()
    if call.hub.kind(sha) != "blob":
        raise Problem(422, f"tree.sha {sha} is not a valid blob")
    return f"{entry['mode']} {sha}\t{entry['path']}\0".encode()


def post_commit(call: Call) -> tuple[int, Any]:
    body = call.body
    if call.hub.kind(body["tree"]) != "tree":
        raise Problem(422, "Tree SHA does not exist")
    for parent in body["parents"]:
        if call.hub.kind(parent) != "commit":
            raise Problem(422, "Parent SHA does not exist or is not a commit object")
    message = body["message"].rstrip("\n") if call.hub.strips_messages else body["message"]
    lines = [f"tree {body['tree']}", *(f"parent {parent}" for parent in body["parents"])]
    lines += [f"{role} {person(body[role])}" for role in ("author", "committer")]
    content = "\n".join([*lines, "", message]).encode()
    sha = call.hub.git.text("hash-object", "-w", "-t", "commit", "--stdin", stdin=content)
    return 201, commit_facts(call, sha)


def person(who: dict[str, str]) -> str:
    return f"{who['name']} <{who['email']}> {int(datetime.fromisoformat(who['date']).timestamp())} +0000"


def check_writable(call: Call, branch: str) -> None:
    if call.hub.protected and branch.startswith(call.hub.protected):
        raise Problem(
            422, "Repository rule violations found\n\nCannot create ref due to creations being restricted."
        )


def post_ref(call: Call) -> tuple[int, Any]:
    branch = call.body["ref"].removeprefix("refs/heads/")
    check_writable(call, branch)
    if call.hub.kind(call.body["sha"]) != "commit":
        raise Problem(422, "Object does not exist")
    if call.hub.head(branch) is not None:
        raise Problem(422, "Reference already exists")
    try:
        call.hub.git.run("update-ref", f"refs/heads/{branch}", call.body["sha"], "0" * 40)
    except GitFailed as failure:
        raise Problem(422, "Reference cannot be created") from failure
    return 201, ref_facts(call, branch, call.body["sha"])


def patch_ref(call: Call) -> tuple[int, Any]:
    branch, sha = call.parts["branch"], call.body["sha"]
    check_writable(call, branch)
    head = call.hub.head(branch)
    if head is None:
        raise Problem(422, "Reference does not exist")
    if call.hub.kind(sha) != "commit":
        raise Problem(422, "Object does not exist")
    if not call.body.get("force") and call.hub.git.find("merge-base", "--is-ancestor", head, sha) is None:
        raise Problem(422, "Update is not a fast forward")
    call.hub.git.run("update-ref", f"refs/heads/{branch}", sha)
    return 200, ref_facts(call, branch, sha)


ROUTES = (
    ("GET", r"", get_repo, "metadata", "read"),
    ("GET", r"/git/ref/heads/(?P<branch>.+)", get_ref, "contents", "read"),
    ("GET", r"/git/commits/(?P<sha>\w+)", get_commit, "contents", "read"),
    ("POST", r"/git/blobs", post_blob, "contents", "write"),
    ("POST", r"/git/trees", post_tree, "contents", "write"),
    ("POST", r"/git/commits", post_commit, "contents", "write"),
    ("POST", r"/git/refs", post_ref, "contents", "write"),
    ("PATCH", r"/git/refs/heads/(?P<branch>.+)", patch_ref, "contents", "write"),
)
