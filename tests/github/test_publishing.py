"""Commits are published to GitHub objects first and ref last, with the shas that git makes, and only once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_local import LocalForge
from builds.coding.git import Git
from builds.coding.workspace import Workspace
from builds.ports import Commit, FileChange, RepoName, Unavailable
from tests.adapters.local_forges import AT, BRANCH, REPO, only_commit, refused
from tests.github.state import Hub
from tests.github.twin import Answer, Fault, Twin, failing, lost
from tests.github.work import base_of, commits_of


def test_a_branch_head_is_found_and_a_missing_one_is_none(forge: GitHubForge, hub: Hub) -> None:
    assert forge.branch_head(REPO, "main") == hub.head("main")
    for branch in ("none", "mai", "main^", "../main", "", "a b", "heads/main"):
        assert forge.branch_head(REPO, branch) is None


@pytest.mark.parametrize(
    "repo",
    [RepoName("acme", "none"), RepoName("..", "x"), RepoName("acme", "../acme/shop"), RepoName("", "shop")],
)
def test_an_unknown_repository_is_refused_everywhere(
    forge: GitHubForge, repo: RepoName, tmp_path: Path
) -> None:
    commit = Commit(message="x", changes=(), tree_before="2" * 40, tree_sha="1" * 40, at=AT)
    git = Git.init(tmp_path / "git")
    refused("repository_missing", lambda: forge.branch_head(repo, "main"))
    refused("repository_missing", lambda: forge.fetch(repo, "1" * 40, git.git_dir))
    refused("repository_missing", lambda: forge.publish(repo, BRANCH, "1" * 40, [commit]))
    refused("repository_missing", lambda: forge.find_pull(repo, BRANCH))


def test_an_empty_repository_has_no_branch(forge: GitHubForge, hub: Hub) -> None:
    hub.git.run("update-ref", "-d", "refs/heads/main")
    assert forge.branch_head(REPO, "main") is None


def test_published_commits_are_those_that_git_makes(
    forge: GitHubForge, hub: Hub, source: Path, tmp_path: Path
) -> None:
    commits = commits_of(forge, tmp_path / "work")
    head = forge.publish(REPO, BRANCH, base_of(hub), commits)
    assert hub.head(BRANCH) == head
    assert head == LocalForge(tmp_path / "github").publish(REPO, "same", base_of(hub), commits)
    hub.git.run("fsck", "--full", "--strict")


def test_a_forge_that_strips_messages_is_understood(forge: GitHubForge, hub: Hub, tmp_path: Path) -> None:
    hub.strips_messages = True
    commits = commits_of(forge, tmp_path / "work")
    first = forge.publish(REPO, BRANCH, base_of(hub), commits[:1])
    assert hub.git.text("rev-parse", f"{forge.publish(REPO, BRANCH, base_of(hub), commits)}~2") == first
    assert forge.publish(REPO, BRANCH, base_of(hub), commits) == hub.head(BRANCH)


def test_publishing_again_costs_one_request_and_changes_nothing(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path
) -> None:
    commits = commits_of(forge, tmp_path / "work")
    head = forge.publish(REPO, BRANCH, base_of(hub), commits)
    twin.journal.clear()
    assert forge.publish(REPO, BRANCH, base_of(hub), commits) == head
    assert twin.journal == [f"GET /api/v3/repos/acme/shop/git/ref/heads/{BRANCH}"]


def test_a_branch_with_the_first_of_our_commits_moves_on(
    forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    commits = commits_of(forge, tmp_path / "work")
    first = forge.publish(REPO, BRANCH, base_of(hub), commits[:1])
    head = forge.publish(REPO, BRANCH, base_of(hub), commits)
    assert hub.git.text("rev-parse", f"{head}~2") == first


def test_a_branch_that_holds_anything_else_is_left_alone(
    forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    commits, base = commits_of(forge, tmp_path / "work"), base_of(hub)
    ours = forge.publish(REPO, BRANCH, base, commits)
    theirs = forge.publish(REPO, "theirs", base, [replace(commits[0], message="A person's")])
    for foreign in (base, theirs):
        hub.git.run("update-ref", f"refs/heads/{BRANCH}", foreign)
        refused("branch_foreign", lambda: forge.publish(REPO, BRANCH, base, commits))
        assert hub.head(BRANCH) == foreign
    hub.git.run("update-ref", f"refs/heads/{BRANCH}", ours)
    refused("branch_foreign", lambda: forge.publish(REPO, BRANCH, base, commits[:1]))  # never back
    refused(
        "branch_foreign", lambda: forge.publish(REPO, "main", base, commits)
    )  # the default branch is foreign


@pytest.mark.parametrize("mine", [True, False])
def test_a_branch_that_appears_while_we_publish_is_adopted_or_left_alone(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path, mine: bool
) -> None:
    commits, base = commits_of(forge, tmp_path / "work", 1), base_of(hub)
    ours = forge.publish(REPO, "ours", base, commits)
    appearing = ours if mine else base
    twin.journal.clear()
    ref_is = 3  # after the branch, one tree and one commit

    def overtaken(act: Callable[[], Answer]) -> Answer:
        hub.git.run("update-ref", f"refs/heads/{BRANCH}", appearing)
        return act()

    twin.faults = {ref_is: overtaken}
    if mine:
        assert forge.publish(REPO, BRANCH, base, commits) == ours
    else:
        refused("branch_foreign", lambda: forge.publish(REPO, BRANCH, base, commits))
    assert twin.journal[ref_is] == "POST /api/v3/repos/acme/shop/git/refs"
    assert hub.head(BRANCH) == appearing


def test_a_tree_other_than_the_verified_one_is_not_published(
    forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    first, second, third = commits_of(forge, tmp_path / "work")
    changed = replace(second, changes=(*second.changes, FileChange(path="extra", content=b"x")))
    refused("tree_mismatch", lambda: forge.publish(REPO, BRANCH, base_of(hub), [first, changed, third]))
    assert hub.head(BRANCH) is None


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("path_refused", FileChange(path="../out", content=b"x")),
        ("path_refused", FileChange(path=".git/config", content=b"x")),
        ("change_refused", FileChange(path="a\0b", content=None)),
        ("change_refused", FileChange(path="a\udc80", content=None)),
        ("change_refused", FileChange(path="../out", content=None)),
        ("change_refused", FileChange(path="sub", content=b"x", mode="160000")),
    ],
)
def test_a_change_that_no_tree_can_hold_is_not_published(
    forge: GitHubForge, hub: Hub, code: str, change: FileChange
) -> None:
    commit = Commit(message="x", changes=(change,), tree_before="2" * 40, tree_sha="1" * 40, at=AT)
    refused(code, lambda: forge.publish(REPO, BRANCH, base_of(hub), [commit]))
    assert hub.head(BRANCH) is None


def test_links_modes_deletions_binaries_and_large_files_arrive_to_the_byte(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path
) -> None:
    workspace = Workspace.open(tmp_path / "work", forge=forge, repo=REPO, base_sha=base_of(hub))
    workspace.remove("app.py")
    workspace.write("app.py/main.py", "naïve = '\u2028'\r\n".encode())
    workspace.write("picture.png", bytes(range(256)))
    workspace.write("large.txt", b"0123456789\n" * 30_000)
    workspace.write("empty", b"")
    workspace.write("run.sh", b"exit 0\n")
    (workspace.root / "passwd").write_text("app.py")
    tree = workspace.tree()
    commit = only_commit(workspace)
    head = forge.publish(REPO, BRANCH, base_of(hub), [commit])
    assert hub.git.tree_of(head) == tree
    assert [call for call in twin.journal if "blobs" in call] == [
        "POST /api/v3/repos/acme/shop/git/blobs"
    ] * 2


def test_nothing_to_publish_is_refused(forge: GitHubForge, hub: Hub) -> None:
    base = base_of(hub)
    tree = str(hub.git.tree_of(base))
    same = Commit(message="x", changes=(), tree_before=tree, tree_sha=tree, at=AT)
    refused("empty_change_set", lambda: forge.publish(REPO, BRANCH, base, []))
    refused("empty_change_set", lambda: forge.publish(REPO, BRANCH, base, [same]))


@pytest.mark.parametrize("base", ["1" * 40, "main", ""])
def test_a_missing_base_commit_is_refused(forge: GitHubForge, base: str, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work", 1)
    refused("base_commit_missing", lambda: forge.publish(REPO, BRANCH, base, commits))


def test_a_branch_that_rules_protect_is_named_as_such(forge: GitHubForge, hub: Hub, tmp_path: Path) -> None:
    hub.protected = "dream/"
    refused(
        "branch_protected",
        lambda: forge.publish(REPO, BRANCH, base_of(hub), commits_of(forge, tmp_path / "w")),
    )


@pytest.mark.parametrize("branch", ["a..b", "-x", "x.lock", "", "main/x"])
def test_names_that_are_no_branch_are_never_written(
    forge: GitHubForge, hub: Hub, tmp_path: Path, branch: str
) -> None:
    before = hub.branches()
    commits = commits_of(forge, tmp_path / "work", 1)
    refused("branch_refused", lambda: forge.publish(REPO, branch, base_of(hub), commits))
    assert hub.branches() == before


@pytest.mark.parametrize("fault", [lost, failing(502)])
def test_an_object_is_made_again_when_its_answer_is_lost(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path, fault: Fault
) -> None:
    commits = commits_of(forge, tmp_path / "work")
    twin.journal.clear()
    twin.faults = dict.fromkeys((0, 3, 7), fault)
    assert forge.publish(REPO, BRANCH, base_of(hub), commits) == hub.head(BRANCH)


def test_a_github_that_stays_away_is_unavailable(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path
) -> None:
    commits = commits_of(forge, tmp_path / "work", 1)
    twin.faults = {number: failing(503) for number in range(100)}
    with pytest.raises(Unavailable, match=r"GitHub answered 503 .* \(request REQ:\d+\)"):
        forge.publish(REPO, BRANCH, base_of(hub), commits)
