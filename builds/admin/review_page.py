"""Everything on a job's page, read from stored evidence; what cannot be read is said, not left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from builds import operations
from builds.admin import fact_row
from builds.admin.check_view import CheckView, check_views
from builds.admin.diff_view import DiffView, Mark, diff_view
from builds.admin.timeline import Timeline, timeline
from builds.context import Evidence, Facts
from builds.evidence import Finding, Item, Plan, Review
from builds.models import Approval, Artifact, Job
from builds.people import Person
from builds.pipeline import STATIONS
from builds.ports import Refused, Unavailable
from builds.public_pull import news_of
from builds.publishing.criteria import Judged, judge_criteria
from builds.publishing.setups import setup_lines
from builds.pull_news import PullNews
from builds.values import load
from specs.render import render

ARTIFACTS = 60
HEADING = re.compile(r"<(/?)h([1-6])>")
WHO = {
    "owner": "The requester or any reviewer",
    "reviewer": "Any reviewer",
    "other_reviewer": "A reviewer who is not the requester",
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the reviewer reads, as far as it could be loaded. `unread` says why the rest could not."""

    evidence: Evidence
    diff: DiffView | None
    checks: tuple[CheckView, ...]
    judged: tuple[Judged, ...]
    unread: str = ""

    @property
    def setups(self) -> tuple[str, ...]:
        """What the set-up phase installed."""
        return setup_lines(self.evidence)

    @property
    def review(self) -> Review | None:
        """The second model's view, when it is of the present tree."""
        review = self.evidence.review
        return review if review and review.tree_sha == self.evidence.tree_sha else None

    @property
    def plan(self) -> Plan | None:
        """What was planned."""
        return self.evidence.plan

    @property
    def items(self) -> tuple[Item, ...]:
        """The work items, repairs among them."""
        return self.evidence.items


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """The page: first what is asked and what is known, then what it rests on."""

    job: Job
    question: Approval | None
    why_not: str  # why this person may not decide; empty when they may
    actions: tuple[str, ...]
    marks: tuple[Mark, ...]
    facts: tuple[fact_row.Fact, ...]
    reading: Reading
    spec: SafeString
    timeline: Timeline
    news: PullNews | None  # what the forge told of the pull request
    artifacts: tuple[Artifact, ...]

    @property
    def may_decide(self) -> bool:
        """Whether the box has buttons."""
        return "approve" in self.actions

    @property
    def who_decides(self) -> str:
        """Who may, in words."""
        return WHO.get(self.question.may_decide, "Nobody") if self.question else ""

    @property
    def pull_link(self) -> str:
        """The pull request's address, when a browser can open it."""
        return self.job.pr_url if self.job.pr_url.startswith(("https://", "http://")) else ""


def review_page(job: Job, person: Person) -> ReviewPage:
    """Read the page of a job for a person."""
    asked = job.approvals.filter(attempt=job.attempt).order_by("-id").first()
    question = asked if asked and asked.state == Approval.State.OPEN else None
    found = [Mark(finding=load(Finding, finding)) for finding in asked.findings] if asked else []
    marks = tuple(sorted(found, key=lambda mark: mark.rank))
    reading = read(job, marks)
    return ReviewPage(
        job=job,
        question=question,
        why_not=operations.can_decide(job, question, person) if question else "",
        actions=operations.actions(job, person),
        marks=marks,
        facts=facts_of(job, reading, marks),
        reading=reading,
        spec=rendered_spec(job.spec.markdown),
        timeline=timeline(job),
        news=news_of(job),
        artifacts=tuple(job.artifacts.order_by("-id")[:ARTIFACTS]),
    )


def rendered_spec(markdown: str) -> SafeString:
    """The spec as safe HTML; its headings come below those of the page."""
    lower = HEADING.sub(lambda tag: f"<{tag[1]}h{min(6, int(tag[2]) + 2)}>", render(markdown))
    return mark_safe(lower)  # noqa: S308 - render() ends in nh3, and headings are all that changes


def read(job: Job, marks: Sequence[Mark]) -> Reading:
    """Load the evidence. A blob that is gone or damaged costs what it holds and not the whole page."""
    try:
        facts = operations.facts(job)
        return reading_of(facts, marks)
    except (Unavailable, Refused, ValueError) as error:
        return Reading(evidence=Evidence(), diff=None, checks=(), judged=(), unread=str(error))


def reading_of(facts: Facts, marks: Sequence[Mark]) -> Reading:
    """The evidence laid out. Raises ValueError when the stored diff is damaged."""
    evidence = facts.evidence
    review = evidence.review if evidence.review and evidence.review.tree_sha == evidence.tree_sha else None
    by_model = tuple(Mark(finding=found, by_model=True) for found in review.findings) if review else ()
    return Reading(
        evidence=evidence,
        diff=diff_view(evidence.change_set, (*marks, *by_model)) if evidence.patch else None,
        checks=check_views(evidence.checks, evidence.tree_sha),
        judged=judge_criteria(facts),
    )


def facts_of(job: Job, reading: Reading, marks: Sequence[Mark]) -> tuple[fact_row.Fact, ...]:
    """The row of facts."""
    past_the_gates = STATIONS.index(job.station) > STATIONS.index("create_pr") or bool(job.pr_number)
    return (
        *fact_row.money(job),
        fact_row.tests(reading.checks, has_changes=reading.diff is not None),
        fact_row.second_model(reading.evidence.review, reading.evidence.tree_sha),
        fact_row.risky_lines(marks, judged=bool(marks) or past_the_gates),
        fact_row.size(reading.diff),
        fact_row.acceptance(reading.judged),
    )
