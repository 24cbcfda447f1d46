"""Reads what GitHub sends into our own words. Whatever is in a payload, it is heard or ignored with a reason.

Only strings, numbers and objects of the expected kind are taken; anything else counts as absent. Texts are
cleaned of what a person does not see and cut: they are a stranger's, and data.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from builds.coding.untrusted import clean, storable
from builds.operations import Ignored
from builds.ports import RepoName
from builds.pull_news import Heard, Kind
from builds.secrets import mask

LONGEST_TEXT = 500
LONGEST_NAME = 100
LONGEST_URL = 500
MOST_PULLS = 10
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
FAILED = frozenset({"failure", "timed_out", "startup_failure", "action_required"})
PASSED = frozenset({"success", "neutral", "skipped"})
Payload = dict[str, Any]


def read(event: str, payload: Payload) -> Heard:
    """One thing heard. Raises Ignored."""
    reader = READERS.get(event)
    if reader is None:
        raise Ignored("This event is not recorded")
    return reader(payload)


def of_pull(payload: Payload) -> Heard:
    """`pull_request`: closed, merged, reopened."""
    action = word(payload, "action")
    if action not in {"closed", "reopened"}:
        raise Ignored("This action is not recorded")
    merged = at(payload, "pull_request", "merged") is True
    kind: Kind = "merged" if merged else "closed"
    return heard(payload, "reopened" if action == "reopened" else kind, "pull_request", time="updated_at")


def of_review(payload: Payload) -> Heard:
    """`pull_request_review`: submitted, and dismissed, which takes the verdict back."""
    action = word(payload, "action")
    if action not in {"submitted", "dismissed"}:
        raise Ignored("This action is not recorded")
    verdict = word(payload, "review", "state").lower()
    return heard(
        payload,
        "reviewed",
        "review",
        time="submitted_at" if action == "submitted" else "",
        verdict="dismissed" if action == "dismissed" else verdict,
    )


def of_comment(payload: Payload) -> Heard:
    """`issue_comment`: created, where the issue is a pull request."""
    if word(payload, "action") != "created":
        raise Ignored("This action is not recorded")
    if not isinstance(at(payload, "issue", "pull_request"), dict):
        raise Ignored("The comment is on an issue")
    return heard(payload, "commented", "comment", time="created_at")


def of_line_comment(payload: Payload) -> Heard:
    """`pull_request_review_comment`: created, on a line of the diff."""
    if word(payload, "action") != "created":
        raise Ignored("This action is not recorded")
    path, line = text(payload, "comment", "path", longest=300), number(payload, "comment", "line")
    return heard(
        payload, "commented", "comment", time="created_at", place=f"{path}:{line}" if path and line else path
    )


def of_check(payload: Payload) -> Heard:
    """`check_run`: completed."""
    return checked(payload, "check_run", text(payload, "check_run", "name"))


def of_suite(payload: Payload) -> Heard:
    """`check_suite`: completed; all checks of one app."""
    app = text(payload, "check_suite", "app", "name")
    return checked(payload, "check_suite", f"{app} (all checks)" if app else "all checks")


READERS: dict[str, Callable[[Payload], Heard]] = {
    "pull_request": of_pull,
    "pull_request_review": of_review,
    "issue_comment": of_comment,
    "pull_request_review_comment": of_line_comment,
    "check_run": of_check,
    "check_suite": of_suite,
}
"""The events that say something of a pull request."""


def heard(payload: Payload, kind: Kind, subject: str, *, time: str, **more: str) -> Heard:
    """What all that people do has in common. `subject` is the member that holds what they did."""
    pull = "issue" if "issue" in payload else "pull_request"
    home, repo = text(payload, "pull_request", "head", "repo", "full_name"), repository(payload)
    if home and home.lower() != str(repo).lower():
        raise Ignored("The pull request comes from a fork")
    found = number(payload, pull, "number")
    if not found:
        raise Ignored("The payload names no pull request")
    moment = when(payload, subject, time)
    return Heard(
        kind=kind,
        repo=repo,
        numbers=(found,),
        at=moment,
        by=text(payload, subject, "user", "login") if subject != "pull_request" else sender(payload),
        text=text(payload, subject, "body", longest=LONGEST_TEXT) if subject != "pull_request" else "",
        url=address(payload, subject, "html_url"),
        branch=word(payload, "pull_request", "head", "ref"),
        **more,
    )


def checked(payload: Payload, subject: str, name: str) -> Heard:
    """A check or a suite that is done."""
    if word(payload, "action") != "completed":
        raise Ignored("This action is not recorded")
    conclusion = word(payload, subject, "conclusion").lower()
    if conclusion not in FAILED | PASSED:
        raise Ignored("This conclusion is not recorded")
    numbers = pulls_of(payload, subject)
    if not numbers:
        raise Ignored("The check is of no pull request in this repository")
    return Heard(
        kind="check_failed" if conclusion in FAILED else "check_passed",
        repo=repository(payload),
        numbers=numbers,
        at=when(payload, subject, "completed_at" if subject == "check_run" else "updated_at"),
        check=name or "a check without a name",
        conclusion=conclusion,
        head_sha=word(payload, subject, "head_sha"),
        url=address(payload, subject, "html_url"),
    )


def pulls_of(payload: Payload, subject: str) -> tuple[int, ...]:
    """The pull requests of this repository that a check is of; those of forks are not in the list."""
    given = at(payload, subject, "pull_requests")
    home = at(payload, "repository", "id")
    found = []
    for pull in given[:MOST_PULLS] if isinstance(given, list) else ():
        base = at(pull, "base", "repo", "id")
        if (mine := number(pull, "number")) and (base is None or base == home):
            found.append(mine)
    return tuple(found)


def repository(payload: Payload) -> RepoName:
    """Where it happened. Raises Ignored where the payload does not say."""
    owner, name = word(payload, "repository", "owner", "login"), word(payload, "repository", "name")
    if not owner or not name:
        raise Ignored("The payload names no repository")
    return RepoName(owner, name)


def sender(payload: Payload) -> str:
    """Who pressed the button."""
    return text(payload, "sender", "login")


def at(payload: object, *path: str) -> Any:
    """A member inside members; None where any of them is missing or is no object."""
    for step in path:
        payload = payload.get(step) if isinstance(payload, dict) else None
    return payload


def word(payload: object, *path: str) -> str:
    """A short string that is compared or stored as it is; empty when it is anything else."""
    found = at(payload, *path)
    sound = isinstance(found, str) and len(found) <= 300 and found.isprintable() and storable(found) == found
    return found if sound else ""


def text(payload: object, *path: str, longest: int = LONGEST_NAME) -> str:
    """A string to be shown in one line: cleaned, masked, and only then cut: no half of a secret is left."""
    found = at(payload, *path)
    if not isinstance(found, str):
        return ""
    line = " ".join(CONTROLS.sub(" ", clean(storable(found))).split())
    shown = mask(line[: 20 * longest])
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def number(payload: object, *path: str) -> int:
    """A whole number that a column can hold; 0 when it is anything else."""
    found = at(payload, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**31 else 0


def address(payload: object, *path: str) -> str:
    """An https address; empty when it is anything else."""
    found = word(payload, *path)
    return found if found.startswith("https://") and len(found) <= LONGEST_URL else ""


def when(payload: object, subject: str, name: str) -> datetime:
    """The moment that GitHub names, else now; never one to come, which would outlast every later word."""
    now = timezone.now()
    try:
        found = datetime.fromisoformat(word(payload, subject, name))
        found = found.astimezone(UTC) if found.tzinfo else now
    except (ValueError, OverflowError):
        return now
    return min(found, now) if found.year >= 2000 else now
