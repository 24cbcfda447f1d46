"""The forge on disk publishes what was verified, on a branch of our own, and never by force."""

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from builds.adapters.forge_local import LocalForge
from builds.coding.git import Git
from builds.coding.workspace import Workspace
from builds.ports import Commit, FileChange, RepoName
from tests.adapters.local_forges import (
    AT,
    BRANCH,
    PULL,
    REPO,
    bare,
    base_of,
    commits_of,
    make,
    only_commit,
    refused,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def forge(made: Path, tmp_path: Path) -> LocalForge:
    shutil.copytree(made / "forge", tmp_path / "a forge")
    return LocalForge(tmp_path / "a forge")


def test_a_repository_made_from_a_folder_has_one_commit_that_is_the_same_anywhere(
    forge: LocalForge, made: Path, tmp_path: Path
) -> None:
    assert LocalForge(tmp_path / "other").create(REPO, made / "a source") == base_of(forge)
    listed = bare(forge).text("ls-tree", "-r", "--format=%(objectmode) %(path)", "main").splitlines()
    assert listed == ["100644 .gitignore", "100644 app.py", "120000 passwd", "100755 run.sh"]
    assert bare(forge).text("rev-list", "--count", "main") == "1"


def test_a_repository_that_is_there_is_not_made_again(forge: LocalForge, made: Path) -> None:
    refused("repository_exists", lambda: forge.create(REPO, made / "a source"))
    assert [path.name for path in (forge.root / "acme").iterdir()] == ["shop.git"]


@pytest.mark.parametrize(
    "repo",
    [
        RepoName("acme", "none"),
        RepoName("..", "forge"),
        RepoName("acme", "../acme/shop"),
        RepoName("acme", "."),
        RepoName("", "shop"),
        RepoName("acme", "-x"),
        RepoName("acme", "shop\n"),
        RepoName("/etc", "x"),
    ],
)
def test_an_unknown_repository_is_refused_everywhere(
    forge: LocalForge, repo: RepoName, tmp_path: Path
) -> None:
    refused("repository_missing", lambda: forge.branch_head(repo, "main"))
    refused("repository_missing", lambda: forge.fetch(repo, "1" * 40, tmp_path))
    refused("repository_missing", lambda: forge.publish(repo, BRANCH, "1" * 40, ()))
    refused("repository_missing", lambda: forge.find_pull(repo, BRANCH))
    refused("repository_missing", lambda: forge.open_pull(repo, PULL))


@pytest.mark.parametrize("branch", ["none", "mai", "main^", "main@{0}", "../main", "", "heads/main", "--all"])
def test_a_branch_is_known_by_its_whole_name_only(forge: LocalForge, branch: str) -> None:
    assert forge.branch_head(REPO, branch) is None


def test_fetching_brings_the_tree_of_one_commit_without_history(forge: LocalForge, tmp_path: Path) -> None:
    head = forge.publish(REPO, BRANCH, base_of(forge), commits_of(forge, tmp_path / "work"))
    bare(forge).run("update-ref", "-d", f"refs/heads/{BRANCH}")  # a sha is enough, no ref has to hold it
    git = Git.init(tmp_path / "fetched")
    forge.fetch(REPO, head, git.git_dir)
    assert git.tree_of(head) == bare(forge).tree_of(head)
    assert git.text("rev-list", "--count", head) == "1"
    git.run("fsck", "--full")


def test_fetching_what_is_not_there_is_refused(forge: LocalForge, tmp_path: Path) -> None:
    git = Git.init(tmp_path / "fetched")
    for sha in ("1" * 40, "main", "--upload-pack=x", str(bare(forge).tree_of("main"))):
        refused("base_commit_missing", lambda sha=sha: forge.fetch(REPO, sha, git.git_dir))  # type: ignore[misc]


def test_commits_are_published_as_rows_say(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    head = forge.publish(REPO, BRANCH, base_of(forge), commits)
    assert forge.branch_head(REPO, BRANCH) == head
    log = (
        bare(forge)
        .text("log", "--format=%T %an %ae %ai %cn %ci %s", "--reverse", f"main..{BRANCH}")
        .splitlines()
    )
    who, mail = "Dream Machine", "dream-machine@users.noreply.localhost"
    assert log == [
        f"{commit.tree_sha} {who} {mail} {commit.at:%Y-%m-%d %H:%M:%S} +0000 {who} "
        f"{commit.at:%Y-%m-%d %H:%M:%S} +0000 [Dream] Search \u2014 part {number}"
        for number, commit in enumerate(commits)
    ]
    bare(forge).run("fsck", "--full", "--strict")


def test_publishing_twice_changes_nothing(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    head = forge.publish(REPO, BRANCH, base_of(forge), commits)
    assert forge.publish(REPO, BRANCH, base_of(forge), commits) == head


def test_the_time_zone_of_a_date_makes_no_other_commit(forge: LocalForge, tmp_path: Path) -> None:
    (commit,) = commits_of(forge, tmp_path / "work", 1)
    head = forge.publish(REPO, BRANCH, base_of(forge), [commit])
    there = replace(commit, at=commit.at.astimezone(timezone(timedelta(hours=9))))
    assert forge.publish(REPO, BRANCH, base_of(forge), [there]) == head


def publish_in_a_process(root: Path, base_sha: str, commits: tuple[Commit, ...]) -> str:
    return LocalForge(root).publish(REPO, BRANCH, base_sha, commits)


def test_two_processes_that_publish_the_same_make_one_branch(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(publish_in_a_process, forge.root, base_of(forge), commits) for _ in range(4)]
        heads = {job.result() for job in jobs}
    assert heads == {forge.branch_head(REPO, BRANCH)}


class OvertakenGit(Git):
    """git in a race that is always lost: somebody else moves the branch just before we do."""

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        if arguments[0] == "update-ref":
            super().run("update-ref", arguments[1], self.variables["SOMEBODY_ELSES"])
        return super().run(*arguments, stdin=stdin)


def test_a_branch_that_moves_while_we_publish_is_never_overwritten(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    base = base_of(forge)
    ours = forge.publish(REPO, "ours", base, commits)
    theirs = forge.publish(REPO, "theirs", base, [replace(commits[0], message="A person's")])
    overtaken = OvertakenGit(git_dir=bare(forge).git_dir)
    assert forge._move(overtaken.using(SOMEBODY_ELSES=ours), BRANCH, [ours]) == ours
    bare(forge).run("update-ref", "-d", f"refs/heads/{BRANCH}")
    refused("branch_foreign", lambda: forge._move(overtaken.using(SOMEBODY_ELSES=theirs), BRANCH, [ours]))
    assert forge.branch_head(REPO, BRANCH) == theirs


def test_a_branch_with_the_first_of_our_commits_moves_on(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    first = forge.publish(REPO, BRANCH, base_of(forge), commits[:1])
    head = forge.publish(REPO, BRANCH, base_of(forge), commits)
    assert bare(forge).text("rev-parse", f"{head}~2") == first


def test_a_branch_that_holds_anything_else_is_left_alone(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work")
    base = base_of(forge)
    ours = forge.publish(REPO, BRANCH, base, commits)
    theirs = forge.publish(REPO, "theirs", base, [replace(commits[0], message="A person's")])
    on_top = bare(forge).text("rev-parse", f"{theirs}^{{commit}}")
    for foreign in (base, on_top):
        bare(forge).run("update-ref", f"refs/heads/{BRANCH}", foreign)
        refused("branch_foreign", lambda: forge.publish(REPO, BRANCH, base, commits))
        assert forge.branch_head(REPO, BRANCH) == foreign
    bare(forge).run("update-ref", f"refs/heads/{BRANCH}", ours)
    refused("branch_foreign", lambda: forge.publish(REPO, BRANCH, base, commits[:1]))  # never back
    assert forge.branch_head(REPO, BRANCH) == ours


def test_a_tree_other_than_the_verified_one_is_not_published(forge: LocalForge, tmp_path: Path) -> None:
    first, second, third = commits_of(forge, tmp_path / "work")
    changed = replace(second, changes=(*second.changes, FileChange(path="extra", content=b"x")))
    refused("tree_mismatch", lambda: forge.publish(REPO, BRANCH, base_of(forge), [first, changed, third]))
    assert forge.branch_head(REPO, BRANCH) is None


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("path_refused", FileChange(path="../out", content=b"x")),
        ("path_refused", FileChange(path="/tmp/out", content=b"x")),
        ("path_refused", FileChange(path=".git/config", content=b"x")),
        ("path_refused", FileChange(path="a/.GIT/config", content=b"x")),
        ("path_refused", FileChange(path="a\0b", content=b"x")),
        ("change_refused", FileChange(path="a\0b", content=None)),
        ("change_refused", FileChange(path="sub", content=b"x", mode="160000")),
        ("change_refused", FileChange(path="odd", content=b"x", mode="100600")),
    ],
)
def test_a_change_that_no_tree_can_hold_is_not_published(
    forge: LocalForge, code: str, change: FileChange
) -> None:
    commit = Commit(message="x", changes=(change,), tree_before="2" * 40, tree_sha="1" * 40, at=AT)
    refused(code, lambda: forge.publish(REPO, BRANCH, base_of(forge), [commit]))
    assert forge.branch_head(REPO, BRANCH) is None


def test_a_file_that_becomes_a_folder_and_a_link_are_published(forge: LocalForge, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "work", forge=forge, repo=REPO, base_sha=base_of(forge))
    workspace.remove("app.py")
    workspace.write("app.py/main.py", b"y = 1\n")
    (workspace.root / "passwd").write_text("app.py")
    changes = workspace.changes(workspace.base_tree, workspace.tree())
    assert FileChange(path="passwd", content=b"app.py", mode="120000") in changes
    commit = only_commit(workspace)
    head = forge.publish(REPO, BRANCH, base_of(forge), [commit])
    assert bare(forge).tree_of(head) == workspace.tree()


def test_nothing_to_publish_is_refused(forge: LocalForge) -> None:
    base = base_of(forge)
    tree = str(bare(forge).tree_of(base))
    same = Commit(message="x", changes=(), tree_before=tree, tree_sha=tree, at=AT)
    refused("empty_change_set", lambda: forge.publish(REPO, BRANCH, base, []))
    refused("empty_change_set", lambda: forge.publish(REPO, BRANCH, base, [same]))


def test_a_missing_base_commit_is_refused(forge: LocalForge, tmp_path: Path) -> None:
    commits = commits_of(forge, tmp_path / "work", 1)
    refused("base_commit_missing", lambda: forge.publish(REPO, BRANCH, "1" * 40, commits))


@pytest.mark.parametrize("branch", ["main", "a..b", "-x", "a b", "x.lock", "", "a\nb", "main/x"])
def test_the_default_branch_and_names_that_are_none_are_never_written(
    forge: LocalForge, tmp_path: Path, branch: str
) -> None:
    commits = commits_of(forge, tmp_path / "work", 1)
    before = bare(forge).text("show-ref")
    refused("branch_refused", lambda: forge.publish(REPO, branch, base_of(forge), commits))
    assert bare(forge).text("show-ref") == before


def test_a_hostile_repository_runs_nothing_and_reaches_nothing(forge: LocalForge, tmp_path: Path) -> None:
    proof = tmp_path / "it-ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {proof}\nexec cat\n")
    script.chmod(0o755)
    git_dir = bare(forge).git_dir
    (git_dir / "hooks").mkdir(exist_ok=True)
    for hook in ("reference-transaction", "post-update", "update", "pre-receive", "post-index-change"):
        (git_dir / "hooks" / hook).symlink_to(script)
    with (git_dir / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {script}\n\thooksPath = hooks\n\talternateRefsCommand = {script}\n"
        )
        config.write(f'[uploadpack]\n\tpackObjectsHook = {script}\n[filter "evil"]\n\tsmudge = {script}\n')
        config.write(f'\tclean = {script}\n\trequired = true\n[alias]\n\tupload-pack = "!{script}"\n')
        config.write(
            f"[diff]\n\texternal = {script}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {script}\n"
        )
    workspace = Workspace.open(tmp_path / "one", forge=forge, repo=REPO, base_sha=base_of(forge))
    workspace.write(".gitattributes", b"* filter=evil diff=evil merge=evil ident text eol=crlf\n")
    workspace.write("app.py", b"$Id$\r\n")
    commit = only_commit(workspace)
    head = forge.publish(REPO, BRANCH, base_of(forge), [commit])
    forge.open_pull(REPO, PULL)
    again = Workspace.open(tmp_path / "two", forge=forge, repo=REPO, base_sha=head)
    assert again.read("app.py") == b"$Id$\r\n"
    assert again.diff(again.base_tree) == b""
    assert not proof.exists()


def test_changed_paths_are_those_that_differ_between_two_commits(forge: LocalForge, tmp_path: Path) -> None:
    base = base_of(forge)
    head = forge.publish(REPO, BRANCH, base, commits_of(forge, tmp_path / "work", count=2))
    assert forge.changed_paths(REPO, base, head) == {"app.py", "new/0.bin", "new/1.bin"}
    assert forge.changed_paths(REPO, base, base) == frozenset()
    refused("base_commit_missing", lambda: forge.changed_paths(REPO, base, "f" * 40))
