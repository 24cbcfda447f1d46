"""GitHub: branches, pull requests and deployments through PyGithub, checkouts over git's own HTTP."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from github.Repository import Repository

from builds.adapters import forge_github_deploy as deployments
from builds.adapters import forge_github_fetch as checkout
from builds.adapters import forge_github_publish as publishing
from builds.adapters import forge_github_pulls as pulls
from builds.adapters import forge_github_talk as talk
from builds.adapters.forge_github_access import BUILD, DEPLOY, Access, Account, Rights
from builds.adapters.forge_github_errors import answers, status_of
from builds.naming import is_branch
from builds.ports import (
    Commit,
    Deployment,
    Issue,
    NewPull,
    PullRequest,
    PullUpdate,
    Refused,
    RepoName,
    Unavailable,
)

NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")


class GitHubForge:
    """Repositories at GitHub. Never forces, merges or sleeps: a limit is Unavailable(retry_after)."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._access = Access(account)

    def close(self) -> None:
        """End every connection."""
        self._access.close()

    def branch_head(self, repo: RepoName, branch: str) -> str | None:
        """The commit sha at the tip of a branch; None when there is no such branch."""
        if not is_branch(branch):
            self._look(repo)
            return None
        with self._asking(repo, f"looking for the branch {branch}") as place:
            head = publishing.head_of(place, branch)
        if head is None:
            self._look(repo)  # a repository that is not there has no branches either
        return head

    def check_access(self, repo: RepoName, branch: str) -> None:
        """Look whether builds could work there. An App's rights are asked when its token is made."""
        with self._asking(repo, "looking at the repository") as place:
            talk.check_writable(place, by_app=not self.account.token)
        if self.branch_head(repo, branch) is None:
            raise Refused("base_branch_missing", f"{repo} has no branch {branch}.")

    def fetch(self, repo: RepoName, sha: str, git_dir: Path) -> None:
        """Bring one commit with its tree, without history. Raises Refused("base_commit_missing")."""
        _check_name(repo)
        token = self._access.grant(repo, BUILD).token
        checkout.fetch(f"{self.account.clone_url}/{repo}.git", sha, git_dir, token=token)

    def changed_paths(self, repo: RepoName, old_sha: str, new_sha: str) -> frozenset[str]:
        """Every path that differs between two commits. Raises Refused("base_commit_missing")."""
        _check_name(repo)
        token = self._access.grant(repo, BUILD).token
        url = f"{self.account.clone_url}/{repo}.git"
        return checkout.changed_paths(url, old_sha, new_sha, token=token)

    def publish(self, repo: RepoName, branch: str, base_sha: str, commits: Sequence[Commit]) -> str:
        """Objects first, ref last. A branch that holds an earlier part of these commits moves on to the last.

        Raises Refused: `empty_change_set`, `base_commit_missing`, `path_refused`, `change_refused`,
        `tree_mismatch`, `branch_refused`, `branch_protected`, `branch_foreign`.
        """
        with self._asking(repo, f"publishing {branch}") as place:
            return publishing.publish(place, branch, base_sha, commits)

    def find_pull(self, repo: RepoName, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, in any state."""
        with self._asking(repo, f"looking for the pull request of {branch}") as place:
            return pulls.find(place, repo, branch)

    def open_pull(self, repo: RepoName, pull: NewPull) -> PullRequest:
        """Open one.

        Raises Refused: `branch_missing`, `base_branch_missing`, `empty_change_set`, `pull_request_exists`.
        """
        with self._asking(repo, f"opening a pull request from {pull.branch}") as place:
            return pulls.open_one(place, repo, pull)

    def update_pull(self, repo: RepoName, number: int, update: PullUpdate) -> PullRequest:
        """Make an open one say this. Raises Refused("pull_request_missing")."""
        with self._asking(repo, f"updating pull request #{number}") as place:
            return pulls.update(place, number, update)

    def overlaps(self, repo: RepoName, base_branch: str) -> tuple[pulls.OpenPull, ...]:
        """The newest open pull requests onto a branch, each with its title and paths: one request."""
        with self._asking(repo, "listing open pull requests") as place:
            return pulls.open_onto(place, repo, base_branch)

    def issue(self, repo: RepoName, number: int) -> Issue:
        """What people wrote in an issue. Raises Refused("issue_missing")."""
        with self._asking(repo, f"reading issue #{number}") as place:
            return talk.issue(place, number)

    def comment(self, repo: RepoName, number: int, text: str, key: str) -> str:
        """Say something once under an issue or pull request; returns the comment's address."""
        with self._asking(repo, f"commenting on #{number}") as place:
            return talk.comment(place, number, text, key)

    def checks(self, repo: RepoName, sha: str) -> tuple[talk.HeadCheck, ...]:
        """The check runs and commit statuses of a commit, newest of each name."""
        with self._asking(repo, f"reading the checks of {sha[:10]}") as place:
            return talk.checks(place, sha)

    def deploy(self, repo: RepoName, sha: str, environment: str, key: str) -> Deployment:
        """The deployment of a commit under our key: created if it is not there, else how it goes."""
        with self._asking(repo, f"deploying to {environment}", DEPLOY) as place:
            return deployments.deploy(place, sha, environment, key)

    def _look(self, repo: RepoName) -> None:
        """Raise Refused("repository_missing") when we cannot see it."""
        with self._asking(repo, "looking for the repository") as place:
            place.complete()

    @contextmanager
    def _asking(self, repo: RepoName, doing: str, rights: Rights = BUILD) -> Iterator[Repository]:
        _check_name(repo)
        grant = self._access.grant(repo, rights)
        try:
            with answers(f"{doing} of {repo}"):
                yield grant.client.get_repo(str(repo))
        except Refused as refusal:
            if status_of(refusal) == 401 and grant.ends is not None:
                self._access.forget(repo)
                if grant.is_settling():
                    raise Unavailable(f"{refusal} The token is new and may not be known yet.") from refusal
            raise


def _check_name(repo: RepoName) -> None:
    if not all(NAME.fullmatch(part) and part not in {".", ".."} for part in (repo.owner, repo.name)):
        raise Refused("repository_missing", f"{str(repo)!r} is not the name of a repository.")
