"""Reads a job's rows back as the frozen facts that stations and gates are given."""

import json
from decimal import Decimal
from typing import cast

from django.db.models import Count, Max, Sum

from builds.caps import caps_of
from builds.context import Evidence, Facts, JobFacts, Money, RepoFacts, SpecFacts, StoodIn
from builds.evidence import CheckRun, Intake, Item, ItemStatus, Plan, PlannedItem, Review, SetupRun
from builds.ledger import account_of
from builds.models import Approval, Artifact, Job, ModelCall, Repo
from builds.ports import ArtifactStore, Ports, PullRequest
from builds.values import load


def facts(job: Job, ports: Ports) -> Facts:
    """Everything that is stored about a job. Raises Unavailable or Refused when a blob cannot be read."""
    return Facts(
        job=job_facts(job),
        spec=spec_facts(job),
        repo=repo_facts(job.repo, ports),
        money=money(job, ports),
        evidence=evidence(job, ports.artifacts),
    )


def job_facts(job: Job) -> JobFacts:
    """The job as it was asked for."""
    return JobFacts(
        job_id=job.job_id,
        attempt=job.attempt,
        title=job.title,
        user_id=job.user_id,
        requester=job.requester,
        trust_level=job.trust_level,
        base_branch=job.base_branch,
        branch_prefix=job.branch_prefix,
        plan_approval=job.plan_approval,
        created_at=job.created_at,
        verify_returns=job.verify_returns,
        review_returns=job.review_returns,
        max_dollars=job.max_dollars,
        max_tokens=job.max_tokens,
        issue_number=job.issue_number,
        draft_wanted=job.pr_mode == Job.PullMode.DRAFT,
    )


def spec_facts(job: Job) -> SpecFacts:
    """The spec as the parser read it."""
    spec = job.spec
    return SpecFacts(
        sha256=spec.sha256,
        title=spec.title,
        markdown=spec.markdown,
        overview=spec.overview,
        criteria=tuple(spec.criteria),
        not_understood=tuple(spec.not_understood),
        goal=job.goal,
    )


def repo_facts(repo: Repo, ports: Ports) -> RepoFacts:
    """The repository, its policy, and the models that work on it."""
    policy = repo.rules
    return RepoFacts(
        name=repo.ref,
        enabled=repo.enabled,
        policy=policy,
        writer=policy.writer or ports.writer,
        reviewer=policy.reviewer or ports.reviewer,
        endpoint=ports.endpoint,
    )


def money(job: Job, ports: Ports) -> Money:
    """The ledger, frozen, with what each work item of the newest plan has cost in all attempts."""
    newest = job.work_items.aggregate(attempt=Max("attempt"))["attempt"] or 1
    calls = job.model_calls.filter(purpose="implement", attempt__gte=newest).order_by()
    by_item = calls.values("item").annotate(usd=Sum("cost_usd")).values_list("item", "usd")
    return Money(
        **vars(account_of(job)),
        prices=ports.prices,
        by_item=dict(by_item),
        stood_in=stood_in(job),
        caps=caps_of(job),
        largest=job.reservations.aggregate(usd=Max("usd"))["usd"] or Decimal(0),
    )


def stood_in(job: Job) -> tuple[StoodIn, ...]:
    """Which calls a model answered that was not the one asked for."""
    answered = job.model_calls.exclude(instead_of="").filter(state=ModelCall.State.ANSWERED).order_by()
    counted = answered.values("model", "instead_of", "purpose").annotate(calls=Count("id"))
    return tuple(StoodIn(**row) for row in counted.order_by("purpose", "model", "instead_of"))


def evidence(job: Job, artifacts: ArtifactStore) -> Evidence:
    """What earlier stations left behind. Evidence of an older tree is not part of it."""
    return Evidence(
        intake=load(Intake, job.intake) if job.intake else None,
        plan=load(Plan, job.plan) if job.plan else None,
        items=items(job, artifacts),
        setups=setups(job, artifacts),
        checks=tuple(load(CheckRun, row.run) for row in job.check_results.order_by("id")),
        tree_sha=job.tree_sha,
        patch=artifacts.get(job.change_set) if job.change_set else b"",
        review=load(Review, job.review) if job.review else None,
        pull=load(PullRequest, job.pull) if job.pull else None,
        approvals=tuple(sentence(approval) for approval in decided(job)),
    )


def setups(job: Job, artifacts: ArtifactStore) -> tuple[SetupRun, ...]:
    """How dependencies were installed, the oldest first."""
    rows = job.artifacts.filter(kind=Artifact.SETUP).order_by("id")
    return tuple(load(SetupRun, json.loads(artifacts.get(row.sha256))) for row in rows)


def items(job: Job, artifacts: ArtifactStore) -> tuple[Item, ...]:
    """The work items of the newest plan, in order."""
    newest = job.work_items.order_by("-attempt").first()
    rows = job.work_items.filter(attempt=newest.attempt).order_by("ordinal") if newest else ()
    return tuple(
        Item(
            planned=load(PlannedItem, row.planned),
            status=load_status(row.status),
            summary=row.summary,
            patch=artifacts.get(row.patch) if row.patch else b"",
            tree_before=row.tree_before,
            tree_after=row.tree_after,
            failure=row.failure,
            finished_at=row.finished_at,
        )
        for row in rows
    )


def load_status(status: str) -> ItemStatus:
    """A column's word as the type it is."""
    return cast("ItemStatus", status)


def decided(job: Job) -> list[Approval]:
    """Questions of this attempt that a person answered with yes."""
    return list(job.approvals.filter(attempt=job.attempt, state=Approval.State.APPROVED).order_by("id"))


def sentence(approval: Approval) -> str:
    """A decision as the pull request tells it."""
    when = f"{approval.decided_at:%Y-%m-%d %H:%M} UTC" if approval.decided_at else ""
    said = f": {approval.comment}" if approval.comment else ""
    return f"{approval.decided_by} approved {approval.station} at {when} ({approval.reason}){said}"
