"""Work to publish: commits as a workspace makes them."""

from datetime import timedelta
from pathlib import Path

from builds.adapters.forge_github import GitHubForge
from builds.coding.workspace import Workspace
from builds.ports import Commit
from tests.adapters.local_forges import AT, REPO
from tests.github.state import Hub


def base_of(hub: Hub) -> str:
    """The tip of the default branch."""
    head = hub.head("main")
    assert head
    return head


def commits_of(forge: GitHubForge, folder: Path, count: int = 3, files: int = 1) -> tuple[Commit, ...]:
    """Commits that change one file and bring `files` new ones each."""
    head = forge.branch_head(REPO, "main")
    assert head
    workspace = Workspace.open(folder, forge=forge, repo=REPO, base_sha=head)
    made, before = [], workspace.base_tree
    for number in range(count):
        workspace.write("app.py", f"x = {number + 2}\n".encode())
        for file in range(files):
            workspace.write(f"new/{number}_{file}.py", f"y = {file}  # \u2014\n".encode())
        tree = workspace.tree()
        message = f"[Dream] Search \u2014 part {number}\n\nBody"
        changes = workspace.changes(before, tree)
        made.append(
            Commit(
                message=message,
                changes=changes,
                tree_before=before,
                tree_sha=tree,
                at=AT + timedelta(minutes=number),
            )
        )
        before = tree
    return tuple(made)
