"""Submit: an order becomes a job, once."""

import random
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone

from builds import loading, refusals
from builds.adapters import connect
from builds.gates import BUILDER, AllowedEndpoint, KnownRepo, PricedModel, Trusted
from builds.journal import record_first
from builds.models import Job, Priority, Repo
from builds.operations.quotas import check_unfinished
from builds.operations.repos import check_budget, repo_named
from builds.orders import Order
from builds.people import Person
from builds.pipeline import STATIONS
from builds.queue import ring_on_commit
from builds.runs import begin_attempt
from builds.schedule import MOST_JITTER, Window, start_of
from specs.models import Spec


@dataclass(frozen=True)
class Submitted:
    """A job, and whether it was there already."""

    job: Job
    replayed: bool


def submit(order: Order, *, by: Person, request_id: str = "") -> Submitted:
    """Store the order as a job and ring. The same order again gives the same job.

    Raises NotTrusted, RepoNotRegistered, ModelNotPriced, EndpointNotAllowed, BudgetTooLarge, NameTaken,
    QuotaExceeded; nothing is stored then.
    """
    if refusal := Trusted(BUILDER).refusal(by.level):
        raise refusals.NotTrusted(refusal)
    found, existing = look_up(order)
    if existing:
        return replay(existing, order)
    repo = checked(found, order)
    try:
        with transaction.atomic():
            check_unfinished(order.user_id)
            job = Job.objects.create(**columns(order, repo, by, request_id))
            begin_attempt(job, STATIONS, STATIONS[0])
            queued = f"Job {job.job_id} queued"
            record_first(job, "run.queued", queued, actor=by.name, data={"via": by.via})
    except (IntegrityError, refusals.QuotaExceeded):
        # Somebody posted the same job between our look and our insert, perhaps the last of the quota.
        existing = Job.objects.filter(job_id=order.job_id).select_related("repo", "spec").first()
        if existing is None:
            raise
        return replay(existing, order)
    ring_on_commit()
    return Submitted(job, replayed=False)


def replay(job: Job, order: Order) -> Submitted:
    """The job that this order already made. Raises NameTaken when another order made it."""
    if job.payload_hash != order.payload_hash:
        raise refusals.NameTaken(f"Job {job.job_id} exists with another body; use a new jobId.")
    return Submitted(job, replayed=True)


def when(order: Order) -> dict[str, Any]:
    """An order with a queue name waits for its window; any other, and one inside it, is due at once."""
    if not order.queue_name:
        return {}
    window = Window(*settings.OFFPEAK, settings.OFFPEAK_ZONE)
    jitter = MOST_JITTER * random.random()  # noqa: S311  spreads starts, hides nothing
    start = start_of(window, now=timezone.now(), jitter=jitter, deadline=order.deadline)
    if start is None:
        return {}
    return {"run_after": start, "wait_reason": f"Waits for the window {window}"}


def look_up(order: Order) -> tuple[Repo | None, Job | None]:
    """The repository and the job of these names, as far as they are there; one query for a new job."""
    taken = Exists(Job.objects.filter(job_id=order.job_id))
    repos = Repo.objects.filter(owner=order.repo_owner, name=order.repo_name).annotate(taken=taken)
    repo = repos.first()
    if repo is not None and not repo.taken:
        return repo, None
    job = Job.objects.filter(job_id=order.job_id).select_related("repo", "spec").first()
    return repo or repo_named(order.repo_owner, order.repo_name), job


def checked(repo: Repo | None, order: Order) -> Repo:
    """The repository, when its policy takes the order. Raises what `submit` says."""
    if repo is None:
        raise refusals.RepoNotRegistered(f"{order.repo_owner}/{order.repo_name} is not registered here.")
    ports = connect()
    known = loading.repo_facts(repo, ports)
    if refusal := KnownRepo.refusal(known):
        raise refusals.RepoNotRegistered(refusal)
    if unpriced := PricedModel.refusal(known, ports.prices):
        raise refusals.ModelNotPriced(unpriced)
    if elsewhere := AllowedEndpoint.refusal(known):
        raise refusals.EndpointNotAllowed(elsewhere)
    check_budget(repo, dollars=order.max_dollars, tokens=order.max_tokens)
    return repo


def columns(order: Order, repo: Repo, by: Person, request_id: str) -> dict[str, Any]:
    """The order as a row."""
    spec = Spec.keep(order.spec_markdown)
    same = (
        "job_id", "user_id", "target_repo_type", "base_branch", "branch_prefix", "callback_url", "deadline",
        "estimated_effort", "queue_name", "plan_approval", "metadata", "max_dollars", "max_tokens",
        "payload_hash", "issue_number", "goal", "pr_mode",
    )  # fmt: skip
    return {
        **{name: getattr(order, name) for name in same},
        "spec": spec,
        "spec_name": order.spec_id,
        "repo": repo,
        "title": spec.title[:300],
        "requester": by.subject,
        "trust_level": by.level,
        "priority": Priority[order.priority.upper()],
        "request_id": request_id,
        "last_sequence": 1,
        **when(order),
    }
