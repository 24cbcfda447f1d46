"""A checkout from GitHub brings one commit, and its token is nowhere that others could look."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.coding.git import Git
from builds.coding.workspace import Workspace
from builds.ports import Unavailable
from tests.adapters.local_forges import BRANCH, PULL, REPO, refused
from tests.github.state import Hub
from tests.github.twin import TOKEN, Answer, Request, Twin
from tests.github.work import base_of, commits_of


def test_one_commit_comes_without_history(forge: GitHubForge, hub: Hub, tmp_path: Path) -> None:
    head = forge.publish(REPO, BRANCH, base_of(hub), commits_of(forge, tmp_path / "work"))
    git = Git.init(tmp_path / "fetched")
    forge.fetch(REPO, head, git.git_dir)
    assert git.tree_of(head) == hub.git.tree_of(head)
    assert git.text("rev-list", "--count", head) == "1"
    git.run("fsck", "--full")


def test_the_paths_that_differ_between_two_commits_are_told(
    forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    made = commits_of(forge, tmp_path / "work")
    base = base_of(hub)
    head = forge.publish(REPO, BRANCH, base, made)
    named = {change.path for commit in made for change in commit.changes}
    assert forge.changed_paths(REPO, base, head) == named
    assert forge.changed_paths(REPO, head, head) == frozenset()


def test_fetching_what_is_not_there_is_refused(forge: GitHubForge, hub: Hub, tmp_path: Path) -> None:
    git = Git.init(tmp_path / "fetched")
    for sha in ("1" * 40, "main", "--upload-pack=x"):
        refused("base_commit_missing", lambda sha=sha: forge.fetch(REPO, sha, git.git_dir))  # type: ignore[misc]


def test_a_token_that_github_does_not_take_is_refused(twin: Twin, hub: Hub, tmp_path: Path) -> None:
    git = Git.init(tmp_path / "fetched")
    forge = GitHubForge(Account(api_url=twin.api_url, token="ghp_unknown"))
    refused("repository_missing", lambda: forge.fetch(REPO, base_of(hub), git.git_dir))


def environments_and_arguments() -> Iterator[bytes]:
    """What /proc tells of this process and of all that it started."""
    for folder in [Path("/proc/self"), *below(os.getpid())]:
        for name in ("environ", "cmdline"):
            try:
                yield (folder / name).read_bytes()
            except OSError:
                continue


def below(parent: int) -> Iterator[Path]:
    """The folders in /proc of a process's children, their children, and so on."""
    for listed in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in listed.read_text().split():
            yield Path("/proc") / child
            yield from below(int(child))


def test_the_token_is_in_no_argument_variable_file_or_log(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG, logger="github.Requester")
    seen: list[bytes] = []
    looked: list[bytes] = []

    def look(request: Request) -> None:
        """While git waits for us, it and its children can be looked at."""
        if "git-upload-pack" in request.target:
            told = list(environments_and_arguments())
            looked.extend(text for text in told if b"git-upload-pack" in text or b"remote-http" in text)
            seen.extend(text for text in told if TOKEN.encode() in text)

    twin.watch = look
    commits = commits_of(forge, tmp_path / "work")
    forge.publish(REPO, BRANCH, base_of(hub), commits)
    forge.open_pull(REPO, PULL)
    assert looked, "git was looked at while it ran"
    assert seen == []
    files = [Path(folder) / name for folder, _, names in os.walk(tmp_path) for name in names]
    assert len(files) > 20
    assert [file for file in files if TOKEN.encode() in file.read_bytes()] == []
    printed = capfd.readouterr()
    assert "POST http" in caplog.text
    assert TOKEN not in caplog.text + printed.out + printed.err


def test_a_redirect_to_another_host_is_not_followed(
    twin: Twin, forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    asked: list[str] = []

    class Elsewhere(Twin):
        def git(self, request: Request) -> Answer:
            asked.append(request.target)
            if request.target.startswith("/acme"):
                return Answer(
                    302, headers={"Location": f"{self.origin.replace('127.0.0.1', 'localhost')}/elsewhere"}
                )
            return super().git(request)

    twin.__class__ = Elsewhere
    git = Git.init(tmp_path / "fetched")
    with pytest.raises(Unavailable):
        forge.fetch(REPO, base_of(hub), git.git_dir)
    assert all(target.startswith("/acme") for target in asked)


def test_a_workspace_is_rebuilt_from_github(forge: GitHubForge, hub: Hub, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "work", forge=forge, repo=REPO, base_sha=base_of(hub))
    assert workspace.base_tree == hub.git.tree_of(base_of(hub))
    assert workspace.read("app.py") == b"x = 1\n"
    config = (tmp_path / "work" / "git" / "config").read_text()
    assert "http" not in config
