"""A forge on disk: bare git repositories, and pull requests as files beside them."""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from builds.adapters.commit_objects import check_change, commit_object
from builds.adapters.forge_local_issues import read_issue
from builds.adapters.forge_local_pulls import LocalPulls
from builds.coding.git import Git, GitFailed
from builds.ports import (
    Commit,
    Deployment,
    FileChange,
    Issue,
    NewPull,
    PullRequest,
    PullUpdate,
    Refused,
    RepoName,
)

NOTHING = "0" * 40
FIRST_COMMIT_AT = datetime(2026, 1, 1, tzinfo=UTC)
UPLOAD_PACK = "git -c safe.directory=* -c uploadpack.allowAnySHA1InWant=true upload-pack"
NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")


class LocalForge:
    """Repositories are `root/<owner>/<name>.git`, their pull requests are in `root/<owner>/<name>.pulls`.

    Never forces, never merges. A person closes a pull request by writing "closed" or "merged" as the state
    in its JSON file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def create(
        self, repo: RepoName, source: Path, *, branch: str = "main", message: str = "First commit"
    ) -> str:
        """Make a repository whose one commit holds a folder; returns its sha, the same for the same folder.

        Files that the folder's .gitignore names, and compiled Python, stay out. Raises
        Refused("repository_exists").
        """
        place = self._place(repo)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            raise Refused("repository_exists", f"There is already a repository {repo}.")
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as scratch:
            git = Git.init(Path(scratch) / "bare", branch=branch)
            (git.git_dir / "info" / "exclude").write_text("__pycache__/\n*.pyc\n")
            aside = Git(git_dir=git.git_dir, work_tree=source.absolute()).using(
                GIT_INDEX_FILE=f"{scratch}/index"
            )
            aside.run("add", "--all")
            tree = aside.text("write-tree")
            first = Commit(message=message, changes=(), tree_before="", tree_sha=tree, at=FIRST_COMMIT_AT)
            sha = _write_commit(git, first, parent="")
            git.run("update-ref", f"refs/heads/{branch}", sha, NOTHING)
            git.git_dir.rename(place)
        return sha

    def log(self, repo: RepoName, branch: str, base_sha: str) -> list[str]:
        """The commits of a branch that its base does not have, oldest first: short sha and subject."""
        return (
            self._git(repo)
            .text("log", "--reverse", "--format=%h %s", f"{base_sha}..refs/heads/{branch}")
            .splitlines()
        )

    def branch_head(self, repo: RepoName, branch: str) -> str | None:
        """The commit sha at the tip of a branch; None when there is no such branch."""
        return _head(self._git(repo), branch)

    def check_access(self, repo: RepoName, branch: str) -> None:
        """Look whether there is such a repository, with such a branch, that can be written."""
        git = self._git(repo)
        if _head(git, branch) is None:
            raise Refused("base_branch_missing", f"{repo} has no branch {branch}.")
        if not os.access(git.git_dir, os.W_OK):
            raise Refused("repository_read_only", f"{git.git_dir} cannot be written.")

    def issue(self, repo: RepoName, number: int) -> Issue:
        """A JSON file beside the repository, `<name>.issues/<number>.json`, with the members of an Issue."""
        return read_issue(self._git(repo).git_dir.with_suffix(".issues"), number)

    def fetch(self, repo: RepoName, sha: str, git_dir: Path) -> None:
        """Bring one commit with its tree, without history. Raises Refused("base_commit_missing")."""
        self._tree_of(repo, sha)
        Git(git_dir=git_dir.absolute()).run(
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-write-fetch-head",
            f"--upload-pack={UPLOAD_PACK}",
            self._place(repo).as_uri(),
            sha,
        )

    def changed_paths(self, repo: RepoName, old_sha: str, new_sha: str) -> frozenset[str]:
        """Every path that differs between two commits. Raises Refused("base_commit_missing")."""
        trees = [self._tree_of(repo, sha) for sha in (old_sha, new_sha)]
        found = self._git(repo).run("diff-tree", "-r", "-z", "--name-only", "--no-renames", *trees)
        return frozenset(os.fsdecode(path) for path in found.split(b"\0") if path)

    def publish(self, repo: RepoName, branch: str, base_sha: str, commits: Sequence[Commit]) -> str:
        """Objects first, ref last. A branch that holds an earlier part of these commits moves on to the last.

        Raises Refused: `empty_change_set`, `base_commit_missing`, `path_refused`, `change_refused`,
        `tree_mismatch`, `branch_refused`, `branch_foreign`.
        """
        git = self._git(repo)
        _check_branch(git, branch)
        base_tree = self._tree_of(repo, base_sha)
        if not commits or commits[-1].tree_sha == base_tree:
            raise Refused("empty_change_set", "There is nothing to publish: no file would change.")
        built = [base_sha]
        for commit in commits:
            built.append(_build(git, parent=built[-1], commit=commit))
        return self._move(git, branch, built[1:])

    def find_pull(self, repo: RepoName, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, in any state."""
        return self._pulls(repo).newest(branch, head_sha=self.branch_head(repo, branch))

    def open_pull(self, repo: RepoName, pull: NewPull) -> PullRequest:
        """Open one.

        Raises Refused: `branch_missing`, `base_branch_missing`, `empty_change_set`, `pull_request_exists`.
        """
        git = self._git(repo)
        head, base = _head(git, pull.branch), _head(git, pull.base_branch)
        if head is None:
            raise Refused(
                "branch_missing", f"{repo} has no branch {pull.branch} to open a pull request from."
            )
        if base is None:
            raise Refused("base_branch_missing", f"{repo} has no branch {pull.base_branch}.")
        if git.text("rev-list", "--count", f"{base}..{head}") == "0":
            raise Refused("empty_change_set", f"{pull.branch} holds nothing that {pull.base_branch} lacks.")
        return self._pulls(repo).open(pull, head_sha=head)

    def update_pull(self, repo: RepoName, number: int, update: PullUpdate) -> PullRequest:
        """Make title, body and draft what they should be. Raises Refused("pull_request_missing")."""
        self._pulls(repo).update(number, update)
        found = self._pulls(repo).numbered(number)
        head = self.branch_head(repo, found.branch)
        return replace(found, head_sha=head) if head and found.state == "open" else found

    def deploy(self, repo: RepoName, sha: str, environment: str, key: str) -> Deployment:
        """Folders deploy nothing: Refused("deploy_unsupported")."""
        raise Refused(
            "deploy_unsupported",
            f"The forge on disk cannot deploy {repo} at {sha[:10]} to {environment} ({key}); "
            "the pull request stays as it is.",
        )

    def _move(self, git: Git, branch: str, built: Sequence[str]) -> str:
        """The branch to the last commit, unless it holds anything but these commits."""
        current = _head(git, branch)
        if current == built[-1]:
            return built[-1]
        if current is not None and current not in built:
            raise _foreign(branch)
        try:
            git.run("update-ref", f"refs/heads/{branch}", built[-1], current or NOTHING)
        except GitFailed as failure:
            # Another worker may have been first; then what counts is what it wrote.
            now = _head(git, branch)
            if now == built[-1]:
                return built[-1]
            if now is not None and now not in built:
                raise _foreign(branch) from failure
            if "cannot create" in failure.why:
                raise Refused(
                    "branch_refused", f"{branch} cannot be made beside a branch of a similar name."
                ) from failure
            raise
        return built[-1]

    def _place(self, repo: RepoName) -> Path:
        if not (_is_name(repo.owner) and _is_name(repo.name)):
            raise Refused("repository_missing", f"{str(repo)!r} is not the name of a repository.")
        return self.root / repo.owner / f"{repo.name}.git"

    def _git(self, repo: RepoName) -> Git:
        place = self._place(repo)
        if not (place / "HEAD").is_file():
            raise Refused(
                "repository_missing", f"There is no repository {repo} in the folder of local repositories."
            )
        return Git(git_dir=place)

    def _pulls(self, repo: RepoName) -> LocalPulls:
        return LocalPulls(self._git(repo).git_dir.with_suffix(".pulls"))

    def _tree_of(self, repo: RepoName, sha: str) -> str:
        tree = self._git(repo).tree_of(sha) if re.fullmatch(r"[0-9a-f]{40}", sha) else None
        if tree is None:
            raise Refused("base_commit_missing", f"{repo} does not hold the commit {sha}.")
        return tree


def _is_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None and name not in {".", ".."}


def _foreign(branch: str) -> Refused:
    return Refused(
        "branch_foreign", f"The branch {branch} holds commits that are not this job's; it is left alone."
    )


def _head(git: Git, branch: str) -> str | None:
    return git.find("show-ref", "--verify", "--hash", f"refs/heads/{branch}")


def _check_branch(git: Git, branch: str) -> None:
    ref = f"refs/heads/{branch}"
    if branch.startswith("-") or git.find("check-ref-format", ref) is None:
        raise Refused("branch_refused", f"{branch!r} is not a name that git takes for a branch.")
    if git.find("symbolic-ref", "HEAD") == ref:
        raise Refused("branch_refused", f"{branch} is the default branch, which is never written.")


def _build(git: Git, *, parent: str, commit: Commit) -> str:
    """Write the objects of one commit; no ref points at them yet."""
    try:
        tree = _write_tree(git, parent, commit.changes)
    except GitFailed as failure:
        if failure.exit_code is None:
            raise
        raise Refused("change_refused", f"git does not take this change: {failure.why}") from failure
    if tree != commit.tree_sha:
        raise Refused(
            "tree_mismatch", f"The commit would hold tree {tree}, not {commit.tree_sha} as verified."
        )
    return _write_commit(git, commit, parent=parent)


def _write_tree(git: Git, parent: str, changes: Sequence[FileChange]) -> str:
    with tempfile.TemporaryDirectory(prefix="publish-") as scratch:
        folder = Path(scratch)
        aside = git.using(GIT_INDEX_FILE=str(folder / "index"))
        aside.run("read-tree", f"{parent}^{{tree}}")
        kept = [change for change in changes if change.content is not None]
        shas = _write_blobs(git, folder, [change.content or b"" for change in kept])
        # What goes comes first: a file may have to make room for a folder of its name.
        lines = [_index_line(change, NOTHING) for change in changes if change.content is None]
        lines += [_index_line(change, sha) for change, sha in zip(kept, shas, strict=True)]
        aside.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
        return aside.text("write-tree")


def _write_blobs(git: Git, folder: Path, contents: Sequence[bytes]) -> list[str]:
    """One git for all of them: it reads files that are written here first."""
    places = [folder / str(number) for number in range(len(contents))]
    for place, content in zip(places, contents, strict=True):
        place.write_bytes(content)
    names = "".join(f"{place}\n" for place in places).encode()
    return git.text("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names).split()


def _index_line(change: FileChange, sha: str) -> bytes:
    check_change(change)
    mode = "0" if change.content is None else change.mode
    return f"{mode} {sha}\t".encode() + os.fsencode(change.path) + b"\0"


def _write_commit(git: Git, commit: Commit, *, parent: str) -> str:
    content = commit_object(commit, parent)
    return git.text("hash-object", "-w", "-t", "commit", "--stdin", stdin=content)
