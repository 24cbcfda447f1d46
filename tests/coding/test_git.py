"""git runs with nothing of this machine's, and nothing of the repository's, having a say."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from builds.coding.git import ENVIRONMENT, Git, GitFailed
from builds.ports import Unavailable


@pytest.fixture
def git(tmp_path: Path) -> Git:
    work_tree = tmp_path / "tree"
    work_tree.mkdir()
    return replace(Git.init(tmp_path / "git"), work_tree=work_tree)


def test_nothing_of_our_environment_reaches_git(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAM_SECRET", "hunter2")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere"))
    printed = git.text("-c", "alias.environment=!env", "environment")
    seen = dict(line.split("=", 1) for line in printed.splitlines())
    assert {name for name in seen if not name.startswith("GIT_")} == {"PATH", "HOME", "LC_ALL"}
    assert "GIT_INDEX_FILE" not in seen
    assert {name: value for name, value in seen.items() if name in ENVIRONMENT and name != "PATH"} == {
        name: value for name, value in ENVIRONMENT.items() if name != "PATH"
    }


def test_hooks_and_commands_of_a_repository_never_run(git: Git, tmp_path: Path) -> None:
    proof = tmp_path / "it-ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {proof}\n")
    script.chmod(0o755)
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (git.git_dir / "hooks").mkdir(exist_ok=True)
        (git.git_dir / "hooks" / hook).symlink_to(script)
    with (git.git_dir / "config").open("a") as config:
        config.write(
            f"[core]\n\thooksPath = {tmp_path}\n\tfsmonitor = {script}\n[diff]\n\texternal = {script}\n"
        )
        config.write(f'[filter "evil"]\n\tclean = {script}\n\tsmudge = {script}\n\trequired = true\n')
        config.write(f'[diff "evil"]\n\ttextconv = {script}\n\tcommand = {script}\n')
    assert git.work_tree
    (git.work_tree / ".gitattributes").write_text("* filter=evil diff=evil text eol=crlf ident\n")
    (git.work_tree / "a.txt").write_bytes(b"$Id$\r\n")
    git.run("add", "--all", "--force")
    tree = git.text("write-tree")
    git.run("read-tree", "--reset", "-u", tree)
    git.run("diff-tree", "-r", "-p", "--no-ext-diff", "--no-textconv", git.text("mktree"), tree)
    assert git.run("cat-file", "blob", f"{tree}:a.txt") == b"$Id$\r\n"
    assert not proof.exists()


def test_a_repository_cannot_hide_a_file_from_the_diff(git: Git) -> None:
    assert git.work_tree
    (git.work_tree / ".gitattributes").write_text("*.py binary -diff\n")
    (git.work_tree / "a.py").write_text("import os\n")
    git.run("add", "--all", "--force")
    patch = git.run("diff-tree", "-r", "-p", git.text("mktree"), git.text("write-tree"))
    assert b"+import os\n" in patch


@pytest.mark.parametrize(
    "url", ["https://localhost/x.git", "ssh://localhost/x", "ext::sh -c true", "git://localhost/x"]
)
def test_only_the_file_protocol_is_spoken(git: Git, url: str) -> None:
    with pytest.raises(GitFailed, match="not allowed"):
        git.run("fetch", url)


def test_a_failure_carries_the_last_line_that_git_said(git: Git) -> None:
    with pytest.raises(GitFailed) as caught:
        git.run("cat-file", "-t", "0" * 40)
    assert caught.value.why == "fatal: git cat-file: could not get object info"
    assert caught.value.exit_code == 128
    assert isinstance(caught.value, Unavailable)


def test_a_command_that_takes_too_long_is_killed_with_all_it_started(git: Git, tmp_path: Path) -> None:
    late = tmp_path / "late"
    started = time.monotonic()
    with pytest.raises(GitFailed, match=r"longer than 0\.2 s") as caught:
        replace(git, timeout=0.2).run("-c", f"alias.slow=!(sleep 1; touch {late}) & sleep 60", "slow")
    assert time.monotonic() - started < 5
    assert caught.value.exit_code is None
    time.sleep(1.2)
    assert not late.exists()


def test_a_missing_folder_is_a_failure_of_git_too(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="is not there"):
        Git(git_dir=tmp_path / "nowhere").run("status")


def test_what_is_not_there_is_none_and_not_an_error(git: Git) -> None:
    assert git.find("show-ref", "--verify", "refs/heads/none") is None
    assert git.tree_of("0" * 40) is None
    assert git.tree_of("--all") is None
