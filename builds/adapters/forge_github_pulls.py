"""Pull requests at GitHub: looked for before one is opened, kept true afterwards, never merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import structlog
from github import UnknownObjectException
from github.PullRequest import PullRequest as GitHubPull
from github.Repository import Repository

from builds.adapters.forge_github_errors import answers, said
from builds.ports import NewPull, PullRequest, PullUpdate, Refused, RepoName, Unavailable

log = structlog.get_logger()

LONGEST_BODY = 65_000  # characters; GitHub takes 65 536
NO_DRAFTS = "draft pull requests are not supported"
OPEN_ONES = """
query($owner: String!, $name: String!, $base: String!) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, baseRefName: $base, first: 50,
                 orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes { number title url headRefName files(first: 100) { nodes { path } } }
    }
  }
}
"""


@dataclass(frozen=True, kw_only=True)
class OpenPull:
    """Somebody's open pull request, as far as an overlap needs it; at most 100 paths."""

    number: int
    title: str
    url: str
    branch: str
    paths: tuple[str, ...]


def find(place: Repository, repo: RepoName, branch: str) -> PullRequest | None:
    """The newest pull request from our branch of this repository, in any state."""
    asked = place.get_pulls(state="all", sort="created", direction="desc", head=f"{repo.owner}:{branch}")
    return next((told(pull) for pull in asked.get_page(0) if pull.head.ref == branch), None)


def open_one(place: Repository, repo: RepoName, pull: NewPull) -> PullRequest:
    """Open it. Where the answer is lost, what GitHub shows afterwards counts."""
    try:
        with answers(f"opening a pull request from {pull.branch}"):
            made = told(create(place, pull))
    except Unavailable:
        known = find(place, repo, pull.branch)
        if known is None or known.state != "open":
            raise
        made = known
    except Refused as refusal:
        raise why_not(refusal, pull) from refusal
    label(place, made.number, pull.labels)
    return made


def create(place: Repository, pull: NewPull) -> GitHubPull:
    """POST it; where a repository's plan has no drafts, the body alone says that it is one."""
    try:
        with answers(f"opening a pull request from {pull.branch}"):
            return post(place, pull, draft=pull.draft)
    except Refused as refusal:
        if not (pull.draft and NO_DRAFTS in said(refusal)):
            raise
    log.warning("forge.no_drafts", branch=pull.branch)
    return post(place, pull, draft=False)


def post(place: Repository, pull: NewPull, *, draft: bool) -> GitHubPull:
    """The request itself."""
    return place.create_pull(
        pull.base_branch, pull.branch, title=pull.title, body=pull.body[:LONGEST_BODY], draft=draft
    )


def why_not(refusal: Refused, pull: NewPull) -> Refused:
    """A 422 in our words."""
    text = said(refusal)
    if "already exists" in text:
        return Refused("pull_request_exists", f"{pull.branch} has an open pull request.")
    if "no commits between" in text:
        return Refused("empty_change_set", f"{pull.branch} holds nothing that {pull.base_branch} lacks.")
    if "'base'" in text and "invalid" in text:
        return Refused("base_branch_missing", f"There is no branch {pull.base_branch} to merge into.")
    if "'head'" in text and "invalid" in text:
        return Refused("branch_missing", f"There is no branch {pull.branch} to open a pull request from.")
    return refusal


def update(place: Repository, number: int, wanted: PullUpdate) -> PullRequest:
    """Change what differs, and nothing else."""
    pull = place.get_pull(number)
    try:
        pull.complete()
    except UnknownObjectException as error:
        raise Refused("pull_request_missing", f"There is no pull request #{number}.") from error
    body = wanted.body[:LONGEST_BODY]
    if (pull.title, (pull.body or "").replace("\r\n", "\n")) != (wanted.title, body):
        pull.edit(title=wanted.title, body=body)
    if pull.draft != wanted.draft:
        set_draft(pull, draft=wanted.draft)
    label(place, number, [name for name in wanted.labels if name not in {each.name for each in pull.labels}])
    return told(pull)


def set_draft(pull: GitHubPull, *, draft: bool) -> None:
    """REST cannot do this; GraphQL can."""
    try:
        with answers(f"making #{pull.number} {'a draft' if draft else 'ready'}"):
            if draft:
                pull.convert_to_draft()
            else:
                pull.mark_ready_for_review()
    except Refused as refusal:
        if not (draft and NO_DRAFTS in said(refusal)):
            raise
        log.warning("forge.no_drafts", branch=pull.head.ref)


def label(place: Repository, number: int, labels: Sequence[str]) -> None:
    """Add labels; GitHub makes those that it does not know. Twice changes nothing."""
    if labels:
        path = f"{place.url}/issues/{number}/labels"
        place.requester.requestJsonAndCheck("POST", path, input={"labels": list(labels)})


def open_onto(place: Repository, repo: RepoName, base_branch: str) -> tuple[OpenPull, ...]:
    """The fifty that were touched last, with their paths, in one request."""
    variables = {"owner": repo.owner, "name": repo.name, "base": base_branch}
    _, answer = place.requester.graphql_query(OPEN_ONES, variables)
    nodes = answer["data"]["repository"]["pullRequests"]["nodes"]
    return tuple(
        OpenPull(
            number=node["number"],
            title=node["title"],
            url=node["url"],
            branch=node["headRefName"],
            paths=tuple(file["path"] for file in (node["files"] or {"nodes": ()})["nodes"]),
        )
        for node in nodes
    )


def told(pull: GitHubPull) -> PullRequest:
    """A pull request in our words."""
    state: Literal["open", "closed", "merged"] = "open" if pull.state == "open" else "closed"
    return PullRequest(
        number=pull.number,
        url=pull.html_url,
        branch=pull.head.ref,
        base_branch=pull.base.ref,
        head_sha=pull.head.sha,
        state="merged" if pull.merged_at else state,
        draft=pull.draft,
        title=pull.title,
        body=pull.body or "",
    )
