"""What is said at GitHub around the code: issues, comments, and what other checks think of a commit."""

from dataclasses import dataclass
from itertools import islice
from typing import Literal

from github import GithubException
from github.Repository import Repository

from builds.adapters.forge_github_errors import answers
from builds.ports import Issue, Refused, Unavailable

MOST_COMMENTS = 200
MOST_CHECKS = 300

CheckState = Literal["passed", "failed", "pending", "skipped"]
STATES: dict[str, CheckState] = {
    "success": "passed",
    "neutral": "skipped",
    "skipped": "skipped",
    "pending": "pending",
}


@dataclass(frozen=True, kw_only=True)
class HeadCheck:
    """What a check or a commit status says of a commit."""

    name: str
    state: CheckState
    url: str


def check_writable(place: Repository, *, by_app: bool) -> None:
    """Raise Refused for a repository that is archived, or that a token's owner may only read.

    What GitHub says here of an App is not what its installation was granted.
    """
    place.complete()
    if place.archived:
        why = f"{place.full_name} is archived. Unarchive the repository, or build in another."
        raise Refused("repository_read_only", why)
    if not by_app and (place.raw_data.get("permissions") or {}).get("push") is False:
        why = f"The token may read {place.full_name}, but not push to it; give it that (docs/github.md)."
        raise Refused("forge_permission_missing", why)


def issue(place: Repository, number: int) -> Issue:
    """Title, body, labels and comments. Raises Refused("issue_missing")."""
    found = place.get_issue(number)
    try:
        found.complete()
    except GithubException as error:
        if error.status not in {404, 410}:
            raise
        place.complete()  # says so when the repository is not there at all
        raise Refused("issue_missing", f"There is no issue #{number}, or issues are switched off.") from error
    if found.pull_request is not None:
        raise Refused("issue_missing", f"#{number} is a pull request, not an issue.")
    comments = islice(found.get_comments(), MOST_COMMENTS) if found.comments else ()
    return Issue(
        number=number,
        title=found.title,
        body=found.body or "",
        labels=tuple(label.name for label in found.labels),
        comments=tuple((getattr(each.user, "login", "ghost"), each.body or "") for each in comments),
    )


def comment(place: Repository, number: int, text: str, key: str) -> str:
    """Say it unless it was said: a hidden mark holds the key. Returns the comment's address."""
    mark = f"<!-- dream: {key} -->"
    said_before = find_comment(place, number, mark)
    if said_before is not None:
        return said_before
    try:
        with answers(f"commenting on #{number}"):
            return place.get_issue(number).create_comment(f"{text}\n\n{mark}").html_url
    except Unavailable:
        said_now = find_comment(place, number, mark)
        if said_now is None:
            raise
        return said_now


def find_comment(place: Repository, number: int, mark: str) -> str | None:
    """The address of the comment that ends with a mark."""
    listed = islice(place.get_issue(number).get_comments(), MOST_COMMENTS)
    return next((each.html_url for each in listed if (each.body or "").rstrip().endswith(mark)), None)


def checks(place: Repository, sha: str) -> tuple[HeadCheck, ...]:
    """Check runs, then commit statuses."""
    commit = place.get_commit(sha)
    runs = [
        HeadCheck(
            name=run.name,
            state=STATES.get(run.conclusion, "failed") if run.status == "completed" else "pending",
            url=run.html_url or "",
        )
        for run in islice(commit.get_check_runs(filter="latest"), MOST_CHECKS)
    ]
    statuses = [
        HeadCheck(name=status.context, state=STATES.get(status.state, "failed"), url=status.target_url or "")
        for status in commit.get_combined_status().statuses
    ]
    return (*runs, *statuses)
