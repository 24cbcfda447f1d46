"""Puts commits on a branch at GitHub: objects first, ref last, each sha compared with what git makes."""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from github import GithubException, InputGitAuthor, InputGitTreeElement, UnknownObjectException
from github.GitCommit import GitCommit
from github.GitRef import GitRef
from github.GitTree import GitTree
from github.Repository import Repository

from builds.adapters.commit_objects import EMAIL, NAME, chain, check_change, commit_date, commit_message
from builds.adapters.forge_github_errors import answers, said, status_of
from builds.naming import is_branch
from builds.ports import Commit, FileChange, Refused, Unavailable

TRIES = 3  # of a request whose effect is the same when it is made twice
INLINE = 256 * 1024  # bytes of one file within a tree; larger ones become blobs of their own
INLINE_ALL = 4 * 1024 * 1024
Answer = TypeVar("Answer")


def publish(place: Repository, branch: str, base_sha: str, commits: Sequence[Commit]) -> str:
    """See the port. One request when all of it is there; else two for each commit, and the ref."""
    check(branch, base_sha, commits)
    plain, stripped = chain(commits, base_sha), chain(commits, base_sha, line_end=False)
    ref = ref_of(place, branch)
    head = ref.object.sha if ref else None
    if head in {plain[-1], stripped[-1]}:
        return str(head)
    if head is not None and head not in plain + stripped:
        raise foreign(branch)
    built = (plain if head in plain else stripped).index(head) + 1 if head else 0
    tip = head or base_sha
    for number, commit in enumerate(commits[built:], start=built):
        tip = build(place, tip, commit)
        if tip not in {plain[number], stripped[number]}:
            why = f"GitHub made the commit {tip} where git makes {plain[number]}; nothing points at it."
            raise Refused("commit_mismatch", why)
    return move(place, branch, ref, tip, ours={*plain, *stripped})


def check(branch: str, base_sha: str, commits: Sequence[Commit]) -> None:
    """Refuse what needs no request to be refused."""
    if not is_branch(branch):
        raise Refused("branch_refused", f"{branch!r} is not a name that git takes for a branch.")
    if len(base_sha) != 40 or set(base_sha) - set("0123456789abcdef"):
        raise Refused("base_commit_missing", f"{base_sha!r} is not the sha of a commit.")
    if not commits or commits[-1].tree_sha == commits[0].tree_before:
        raise Refused("empty_change_set", "There is nothing to publish: no file would change.")
    for change in (change for commit in commits for change in commit.changes):
        check_change(change)
        if any("\ud800" <= character <= "\udfff" for character in change.path):
            raise Refused("change_refused", f"{change.path!r} is not UTF-8, which is all that GitHub takes.")


def ref_of(place: Repository, branch: str) -> GitRef | None:
    """A branch as GitHub shows it now; None where there is none, also in an empty repository."""
    ref = place.get_git_ref(f"heads/{branch}")
    try:
        ref.complete()
    except UnknownObjectException:
        return None
    except GithubException as error:
        if error.status == 409 and "empty" in str(error.data).lower():
            return None
        raise
    return ref


def head_of(place: Repository, branch: str) -> str | None:
    """The sha at the tip of a branch."""
    ref = ref_of(place, branch)
    return str(ref.object.sha) if ref else None


def look_at_commit(place: Repository, sha: str) -> None:
    """Raises Refused: `base_commit_missing`, `repository_missing`."""
    try:
        place.get_git_commit(sha)
    except UnknownObjectException as error:
        place.complete()  # says so when the repository is not there at all
        raise Refused("base_commit_missing", f"{place.url} does not hold the commit {sha}.") from error


def build(place: Repository, parent: str, commit: Commit) -> str:
    """Make the objects of one commit; no ref points at them yet. Its parent is looked at only in trouble."""
    try:
        tree = build_tree(place, commit)
        who = InputGitAuthor(NAME, EMAIL, commit_date(commit))
        message = commit_message(commit).encode("utf-8", "replace").decode()
        under = [GitCommit(place.requester, attributes={"sha": parent})]
        made = again(lambda: place.create_git_commit(message, tree, under, author=who, committer=who))
    except Refused as refusal:
        if refusal.code != "tree_mismatch":
            look_at_commit(place, parent)
        raise
    return str(made.sha)


def build_tree(place: Repository, commit: Commit) -> GitTree:
    """Make the tree of one commit. Raises Refused: `change_refused`, `tree_mismatch`."""
    elements = tree_elements(place, commit.changes)
    before = GitTree(place.requester, attributes={"sha": commit.tree_before})
    try:
        tree = again(lambda: place.create_git_tree(elements, base_tree=before))
    except Refused as refusal:
        if status_of(refusal) == 422:
            raise Refused("change_refused", str(refusal)) from refusal
        raise
    if tree.sha != commit.tree_sha:
        raise Refused(
            "tree_mismatch", f"The commit would hold tree {tree.sha}, not {commit.tree_sha} as verified."
        )
    return tree


def tree_elements(place: Repository, changes: Sequence[FileChange]) -> list[InputGitTreeElement]:
    """What goes, then what comes: text within the tree, anything else as a blob made for it."""
    gone = [change for change in changes if change.content is None]
    elements = [InputGitTreeElement(change.path, change.mode, "blob", sha=None) for change in gone]
    room = INLINE_ALL
    for change in changes:
        if change.content is None:
            continue
        text = inline(change.content) if len(change.content) <= room else None
        if text is None:
            sha = blob(place, change.content)
            elements.append(InputGitTreeElement(change.path, change.mode, "blob", sha=sha))
        else:
            room -= len(change.content)
            elements.append(InputGitTreeElement(change.path, change.mode, "blob", content=text))
    return elements


def inline(content: bytes) -> str | None:
    """The content as text, if it is short and comes back the same to the byte."""
    if len(content) > INLINE or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def blob(place: Repository, content: bytes) -> str:
    """Make a blob; returns its sha."""
    encoded = base64.b64encode(content).decode()
    return str(again(lambda: place.create_git_blob(encoded, "base64")).sha)


def again(create: Callable[[], Answer]) -> Answer:
    """Make an object, also when an answer is lost: objects are named by their content."""
    for left in range(TRIES - 1, -1, -1):
        try:
            with answers("making a git object"):
                return create()
        except Unavailable as error:
            if not left or error.retry_after is not None:
                raise
    raise AssertionError("the last try returns or raises")


def move(place: Repository, branch: str, ref: GitRef | None, head: str, *, ours: set[str]) -> str:
    """The branch to the last commit; whatever went wrong, what counts is what the branch holds then."""
    try:
        with answers(f"moving the branch {branch}"):
            if ref is None:
                place.create_git_ref(f"refs/heads/{branch}", head)
            else:
                ref.edit(head, force=False)
    except (Refused, Unavailable) as problem:
        if isinstance(problem, Unavailable) and problem.retry_after is not None:
            raise
        now = head_of(place, branch)
        if now == head:
            return head
        if now is not None and now not in ours:
            raise foreign(branch) from problem
        raise refused_branch(branch, problem) from problem
    return head


def refused_branch(branch: str, problem: Refused | Unavailable) -> Exception:
    """A 422 about a ref that is still not there is about its name."""
    if isinstance(problem, Refused) and problem.code == "forge_refused" and status_of(problem) == 422:
        return Refused("branch_refused", f"GitHub does not take the branch {branch}: {said(problem)}.")
    return problem


def foreign(branch: str) -> Refused:
    """Somebody else's work is left alone."""
    return Refused(
        "branch_foreign", f"The branch {branch} holds commits that are not this job's; it is left alone."
    )
