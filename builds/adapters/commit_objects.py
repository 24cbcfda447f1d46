"""Commits as git writes them: a function of rows, so that any worker and any forge makes the same sha."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha1

from builds.coding.paths import check_path
from builds.ports import Commit, FileChange, Refused

NAME, EMAIL = "Dream Machine", "dream-machine@users.noreply.localhost"
MODES = {"100644", "100755", "120000"}


def check_change(change: FileChange) -> None:
    """Raise PathRefused, or Refused("change_refused"), for what no commit of ours may hold."""
    if change.content is not None:
        check_path(change.path)
    if (change.content is not None and change.mode not in MODES) or "\0" in change.path:
        raise Refused("change_refused", f"{change.path!r} with mode {change.mode} is not a file of a commit.")


def commit_message(commit: Commit) -> str:
    """The message with exactly one line end behind it, as git keeps messages."""
    return commit.message.replace("\0", "").strip("\n") + "\n"


def commit_object(commit: Commit, parent: str, *, message: str | None = None) -> bytes:
    """What git hashes for a commit with this parent (empty: a first commit)."""
    who = f"{NAME} <{EMAIL}> {int(commit.at.timestamp())} +0000"
    head = [f"tree {commit.tree_sha}", *([f"parent {parent}"] if parent else [])]
    text = commit_message(commit) if message is None else message
    return "\n".join([*head, f"author {who}", f"committer {who}", "", text]).encode("utf-8", "replace")


def commit_sha(commit: Commit, parent: str, *, message: str | None = None) -> str:
    """The sha of that commit."""
    content = commit_object(commit, parent, message=message)
    return sha1(b"commit %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def chain(commits: Sequence[Commit], base_sha: str, *, line_end: bool = True) -> list[str]:
    """The shas of commits one upon the other; without `line_end`, as a forge that strips messages."""
    shas: list[str] = []
    for commit in commits:
        message = commit_message(commit) if line_end else commit_message(commit).rstrip("\n")
        shas.append(commit_sha(commit, shas[-1] if shas else base_sha, message=message))
    return shas


def commit_date(commit: Commit) -> str:
    """When it was made, in UTC and to the second, as GitHub takes it."""
    return commit.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
