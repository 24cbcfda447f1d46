"""Checkouts from GitHub: one commit without history, and a token that git is told through a pipe."""

import os
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from builds.coding.git import Git, GitFailed
from builds.ports import Refused, Unavailable

SETTINGS = {
    "http.followRedirects": "false",
    "http.proactiveAuth": "basic",  # newer gits then ask once instead of twice
    "http.lowSpeedLimit": "1000",  # bytes a second, for
    "http.lowSpeedTime": "60",  # so many seconds
    "http.userAgent": "git/dream-machine",
    "protocol.version": "2",
}
SECONDS = 600
NOT_THERE = re.compile(
    r"not our ref|unadvertised object|couldn't find remote ref|bad object|not found in upstream"
)
NO_ACCESS = re.compile(r"error: 40[134]|authentication failed|could not read (username|password)|not found")
LIMITED = re.compile(r"error: 429")


def fetch(url: str, sha: str, git_dir: Path, *, token: str) -> None:
    """Bring one commit with its tree into a bare repository.

    Raises Unavailable, or Refused: `base_commit_missing`, `repository_missing`.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", sha):
        raise Refused("base_commit_missing", f"{sha!r} is not the sha of a commit.")
    git = Git(
        git_dir=git_dir.absolute(),
        variables={"GIT_ALLOW_PROTOCOL": urlsplit(url).scheme},
        settings=SETTINGS,
        credential=f"username=x-access-token\npassword={token}\n",
        timeout=SECONDS,
    )
    try:
        git.run("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", url, sha)
    except GitFailed as failure:
        raise _word(failure, url, sha) from failure


def _word(failure: GitFailed, url: str, sha: str) -> Exception:
    told = failure.stderr.lower()
    if LIMITED.search(told):
        return Unavailable(f"GitHub limits fetches from {url} now.", retry_after=timedelta(minutes=1))
    if NOT_THERE.search(told):
        return Refused("base_commit_missing", f"{url} does not hold the commit {sha}.")
    if NO_ACCESS.search(told):
        why = f"{url} cannot be fetched ({failure.why}). Check its name; give the App or token access to it."
        return Refused("repository_missing", why)
    return failure


def changed_paths(url: str, old_sha: str, new_sha: str, *, token: str) -> frozenset[str]:
    """Every path that differs between two commits, by git itself: GitHub's answer ends at 300 files."""
    with tempfile.TemporaryDirectory(prefix="dream-compare-") as folder:
        git = Git.init(Path(folder) / "git")
        for sha in (old_sha, new_sha):
            fetch(url, sha, git.git_dir, token=token)
        found = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", old_sha, new_sha)
    return frozenset(os.fsdecode(path) for path in found.split(b"\0") if path)
