"""A forge on disk with one repository, and commits to publish there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builds.adapters.forge_local import LocalForge
from builds.coding.git import Git
from builds.coding.workspace import Workspace
from builds.ports import Commit, NewPull, Refused, RepoName

REPO = RepoName("acme", "shop")
BRANCH = "dream/search-1a2b3c4d"
AT = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
PULL = NewPull(
    branch=BRANCH,
    base_branch="main",
    title="[Dream] Search",
    body="Why\n\u2026",
    draft=True,
    labels=("dream",),
)


def make(folder: Path) -> Path:
    """A folder with a forge of one repository, and what the repository was made from."""
    source = folder / "a source"
    source.mkdir()
    (source / "app.py").write_text("x = 1\n")
    (source / "run.sh").write_text("true\n")
    (source / "run.sh").chmod(0o755)
    (source / "passwd").symlink_to("/etc/passwd")
    (source / ".gitignore").write_text("*.log\n")
    (source / "debug.log").write_text("noise\n")
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"\0")
    LocalForge(folder / "forge").create(REPO, source)
    return folder


def bare(forge: LocalForge) -> Git:
    return Git(git_dir=forge.root / "acme" / "shop.git")


def base_of(forge: LocalForge) -> str:
    head = forge.branch_head(REPO, "main")
    assert head
    return head


def commits_of(forge: LocalForge, folder: Path, count: int = 3) -> tuple[Commit, ...]:
    """Commits that a workspace makes: one changed file, then new ones."""
    workspace = Workspace.open(folder, forge=forge, repo=REPO, base_sha=base_of(forge))
    made, before = [], workspace.base_tree
    for number in range(count):
        workspace.write("app.py", f"x = {number + 2}\n".encode())
        workspace.write(f"new/{number}.bin", bytes([number, 0, 255]))
        tree = workspace.tree()
        made.append(
            Commit(
                message=f"[Dream] Search \u2014 part {number}\n\nBody",
                changes=workspace.changes(before, tree),
                tree_before=before,
                tree_sha=tree,
                at=AT + timedelta(minutes=number),
            )
        )
        before = tree
    return tuple(made)


def only_commit(workspace: Workspace) -> Commit:
    """All that was changed, as one commit."""
    tree = workspace.tree()
    changes = workspace.changes(workspace.base_tree, tree)
    return Commit(message="x", changes=changes, tree_before=workspace.base_tree, tree_sha=tree, at=AT)


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code
