"""What people and checks did to a job's pull request after it was opened: one thing, and all together."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from builds.port_values import RepoName

Kind = Literal["merged", "closed", "reopened", "reviewed", "commented", "check_failed", "check_passed"]
State = Literal["open", "closed", "merged"]

STATES: dict[Kind, State] = {"merged": "merged", "closed": "closed", "reopened": "open"}
REVIEWERS, NEWEST, CHECKS = 20, 5, 30
"""How much of each is kept; the rest is counted, and is to be read at the forge."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One thing that the forge told of pull requests in one repository. All texts are a stranger's.

    `at` is the forge's clock. `verdict` belongs to a review, `place` to a comment on a line, `check` and
    `conclusion` to a check of `head_sha`; `branch` is the pull request's own where the forge names it.
    """

    kind: Kind
    repo: RepoName
    numbers: tuple[int, ...]
    at: datetime
    by: str = ""
    text: str = ""
    url: str = ""
    verdict: str = ""
    place: str = ""
    check: str = ""
    conclusion: str = ""
    head_sha: str = ""
    branch: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A review or a comment; `verdict` is empty for a comment, `place` for what is about no line."""

    by: str
    at: datetime
    text: str = ""
    url: str = ""
    verdict: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class FailedCheck:
    """A check of the forge's that ended badly, and has not passed on that commit since."""

    name: str
    conclusion: str
    head_sha: str
    at: datetime
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class PullNews:
    """All that was heard of one pull request. Told in any order, the newest word of each thing counts."""

    number: int
    state: State = "open"
    state_at: datetime | None = None
    state_by: str = ""
    reviews: tuple[Said, ...] = ()
    comments: int = 0
    newest: tuple[Said, ...] = ()
    failed: tuple[FailedCheck, ...] = ()
    heard: int = 0
    heard_at: datetime | None = None

    def after(self, told: Heard) -> "PullNews":
        """The same with one thing more."""
        now = replace(self, heard=self.heard + 1, heard_at=max(self.heard_at or told.at, told.at))
        match told.kind:
            case "merged" | "closed" | "reopened":
                return now.with_state(told)
            case "reviewed":
                return now.with_review(told)
            case "commented":
                newest = sorted((*self.newest, said(told)), key=lambda one: one.at)[-NEWEST:]
                return replace(now, comments=self.comments + 1, newest=tuple(newest))
            case "check_failed" | "check_passed":
                return now.with_check(told)

    def with_state(self, told: Heard) -> "PullNews":
        """Nothing where a later state is known already: deliveries may overtake each other."""
        if self.state_at and told.at < self.state_at:
            return self
        return replace(self, state=STATES[told.kind], state_at=told.at, state_by=told.by)

    def with_review(self, told: Heard) -> "PullNews":
        """The newest word of each reviewer; words without a verdict take none back, as at the forge."""
        known = {review.by: review for review in self.reviews}
        before = known.get(told.by)
        keeps = before is not None and (
            told.at < before.at or (told.verdict == "commented" and before.verdict != "commented")
        )
        if not keeps:
            known[told.by] = said(told)
        newest = sorted(known.values(), key=lambda review: review.at)[-REVIEWERS:]
        return replace(self, reviews=tuple(newest))

    def with_check(self, told: Heard) -> "PullNews":
        """One word for each check of a commit."""
        known = self.failed_as(told)
        if known and told.at < known.at:
            return self
        others = [check for check in self.failed if check is not known]
        if told.kind == "check_failed":
            others.append(
                FailedCheck(
                    name=told.check,
                    conclusion=told.conclusion,
                    head_sha=told.head_sha,
                    at=told.at,
                    url=told.url,
                )
            )
        return replace(self, failed=tuple(sorted(others, key=lambda check: check.at)[-CHECKS:]))

    def failed_as(self, told: Heard) -> FailedCheck | None:
        """The failure of the same check on the same commit; None where there is none."""
        mine = (told.check, told.head_sha)
        return next((check for check in self.failed if (check.name, check.head_sha) == mine), None)


def said(told: Heard) -> Said:
    """What somebody wrote."""
    return Said(by=told.by, at=told.at, text=told.text, url=told.url, verdict=told.verdict, place=told.place)


VERDICTS = {
    "approved": "approved",
    "changes_requested": "asks for changes to",
    "dismissed": "had a review dismissed on",
}


def sentence(told: Heard, number: int) -> str:
    """One thing in one line, for people."""
    who, pull = told.by or "Somebody", f"pull request #{number}"
    match told.kind:
        case "merged":
            return f"{who} merged {pull}"
        case "closed":
            return f"{who} closed {pull} without merging it"
        case "reopened":
            return f"{who} reopened {pull}"
        case "reviewed":
            return with_words(f"{who} {VERDICTS.get(told.verdict, 'reviewed')} {pull}", told.text)
        case "commented":
            where = f"{told.place} of {pull}" if told.place else pull
            return with_words(f"{who} commented on {where}", told.text)
        case "check_failed":
            return f"The check “{told.check}” of {pull} ended as {told.conclusion}"
        case "check_passed":
            return f"The check “{told.check}” of {pull} passes now"


def with_words(what: str, text: str) -> str:
    """What somebody did, and what they wrote in it."""
    return f"{what}: {text}" if text else what
