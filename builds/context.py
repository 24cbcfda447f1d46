"""What a station is given: the facts of the job, and the ports. It knows no Django, no RQ, no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from builds.budgets import Account, Cap
from builds.diffs import ChangeSet
from builds.evidence import BaseSeen, CheckRun, Finding, Intake, Item, Plan, Review, SetupRun
from builds.policy import Policy
from builds.ports import ArtifactStore, Forge, Model, Price, Progress, PullRequest, RepoName, Sandbox


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """The job as it was asked for."""

    job_id: str
    attempt: int
    title: str
    user_id: str
    requester: str  # the subject that asked
    trust_level: str  # observer, planner, builder, shipper: from the signed claim alone
    base_branch: str
    branch_prefix: str
    plan_approval: bool
    created_at: datetime
    verify_returns: int = 0
    review_returns: int = 0
    max_dollars: Decimal = Decimal(0)
    max_tokens: int = 0
    issue_number: int | None = None  # of the issue that the pull request closes
    draft_wanted: bool = False  # a draft even when everything is green


@dataclass(frozen=True, kw_only=True)
class SpecFacts:
    """The spec: its Markdown, and what the parser made of it."""

    sha256: str
    title: str
    markdown: str
    overview: str
    criteria: tuple[str, ...]
    not_understood: tuple[str, ...] = ()
    goal: str = ""  # what the requester wants of this build in particular


@dataclass(frozen=True, kw_only=True)
class RepoFacts:
    """The target repository and what its policy allows."""

    name: RepoName
    enabled: bool
    policy: Policy
    writer: str  # model names, after policy and settings
    reviewer: str
    endpoint: str = ""  # where models are asked


@dataclass(frozen=True, kw_only=True)
class StoodIn:
    """Calls that another model answered because the provider of the one that was asked for was in trouble."""

    model: str
    instead_of: str
    purpose: str
    calls: int


@dataclass(frozen=True, kw_only=True)
class Money(Account):
    """The ledger as stations and gates see it."""

    prices: Mapping[str, Price] = field(default_factory=dict)
    by_item: Mapping[str, Decimal] = field(default_factory=dict)  # dollars spent on each work item
    largest: Decimal = Decimal(0)  # the largest reservation so far
    stood_in: tuple[StoodIn, ...] = ()
    caps: tuple[Cap, ...] = ()  # those over many jobs that hold for this one now


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything earlier stations of this job left behind."""

    intake: Intake | None = None
    plan: Plan | None = None
    items: tuple[Item, ...] = ()
    setups: tuple[SetupRun, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    tree_sha: str = ""  # of the whole change set
    patch: bytes = b""  # the whole diff against the base commit, with full context
    review: Review | None = None
    pull: PullRequest | None = None
    noted: tuple[Finding, ...] = ()  # what gates told and let pass
    approvals: tuple[str, ...] = ()  # sentences: who decided what, for the pull request

    @cached_property
    def before(self) -> Mapping[str, CheckRun]:
        """By check, its newest run on the base commit."""
        return {run.check: run for run in self.checks if run.phase == "baseline"}

    @cached_property
    def after(self) -> Mapping[str, CheckRun]:
        """By check, its newest run on exactly the present tree; runs on other trees are no evidence."""
        return {
            run.check: run for run in self.checks if run.phase == "after" and run.tree_sha == self.tree_sha
        }

    @property
    def present_review(self) -> Review | None:
        """The second model's view of exactly the present tree; one of another tree is void."""
        known = self.review
        held = known is not None and known.tree_sha == self.tree_sha and known.verdict != "not_run"
        return known if held else None

    @property
    def left_out(self) -> tuple[Item, ...]:
        """The work items that the money did not reach. Where there are any, the job ends as failed."""
        return tuple(item for item in self.items if item.status == "left_out")

    @property
    def base_seen(self) -> BaseSeen | None:
        """How the base branch looked when somebody looked for exactly this tree."""
        seen = self.intake.base_seen if self.intake else None
        return seen if seen is not None and seen.tree_sha == self.tree_sha else None

    @cached_property
    def change_set(self) -> ChangeSet:
        """The diff, parsed once."""
        return ChangeSet.parse(self.patch)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What gates read: stored evidence only."""

    job: JobFacts
    spec: SpecFacts
    repo: RepoFacts
    money: Money
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a station works with. `scratch` is a private folder that is deleted afterwards."""

    facts: Facts
    model: Model
    forge: Forge
    sandbox: Sandbox
    artifacts: ArtifactStore
    progress: Progress
    scratch: Path
