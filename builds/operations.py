"""What people can do: submit, approve, reject, cancel, rerun. API, admin and CLI call these, nothing else."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from builds import loading, refusals
from builds.adapters import connect
from builds.context import Facts
from builds.endings import end
from builds.gates import BUILDER, KnownRepo, PricedModel, Trusted
from builds.journal import record
from builds.models import Approval, Job, Priority, Repo
from builds.orders import Order
from builds.people import Person
from builds.pipeline import STATIONS
from builds.queue import ring
from builds.runs import begin_attempt
from builds.states import FINAL, JobStatus, LostRace
from specs.models import Spec

BEFORE_THE_BRANCH = ("intake", "plan")
"""Starting again from these makes other commits, which an open pull request forbids."""


@dataclass(frozen=True)
class Submitted:
    """A job, and whether it was there already."""

    job: Job
    replayed: bool


def visible(by: Person) -> QuerySet[Job]:
    """The jobs somebody may see: what they asked for or what is theirs, or all who review or operate."""
    jobs = Job.objects.select_related("repo", "spec")
    own = Q(user_id=by.subject) | Q(requester=by.subject)
    return jobs if by.reviews or by.operates else jobs.filter(own)


def find(job_id: str, by: Person) -> Job:
    """One job. Raises NoSuchJob for an unknown one and for other people's alike."""
    try:
        return visible(by).get(job_id=job_id)
    except Job.DoesNotExist:
        raise refusals.NoSuchJob(f"There is no job {job_id}.") from None


def facts(job: Job) -> Facts:
    """Everything stored about a job, for doors that show it."""
    return loading.facts(job, connect())


def submit(order: Order, *, by: Person, request_id: str = "") -> Submitted:
    """Store the order as a job and ring. The same order again gives the same job.

    Raises NotTrusted, RepoNotRegistered, ModelNotPriced, NameTaken; nothing is stored then.
    """
    if refusal := Trusted(BUILDER).refusal(by.level):
        raise refusals.NotTrusted(refusal)
    existing = Job.objects.filter(job_id=order.job_id).select_related("repo", "spec").first()
    if existing:
        return replay(existing, order)
    repo = repo_for(order)
    try:
        with transaction.atomic():
            job = Job.objects.create(**columns(order, repo, by, request_id))
            begin_attempt(job, STATIONS, STATIONS[0])
            record(job, "run.queued", f"Job {job.job_id} queued", actor=by.name, data={"via": by.via})
    except IntegrityError:
        # Somebody posted the same job between our look and our insert.
        return replay(Job.objects.select_related("repo", "spec").get(job_id=order.job_id), order)
    ring_on_commit()
    job.refresh_from_db()
    return Submitted(job, replayed=False)


def replay(job: Job, order: Order) -> Submitted:
    """The job that this order already made. Raises NameTaken when another order made it."""
    if job.payload_hash != order.payload_hash:
        raise refusals.NameTaken(f"Job {job.job_id} exists with another body; use a new jobId.")
    return Submitted(job, replayed=True)


def repo_for(order: Order) -> Repo:
    """The registered repository. Raises RepoNotRegistered or ModelNotPriced."""
    repo = Repo.objects.filter(owner=order.repo_owner, name=order.repo_name).first()
    ports = connect()
    if repo is None:
        raise refusals.RepoNotRegistered(f"{order.repo_owner}/{order.repo_name} is not registered here.")
    known = loading.repo_facts(repo, ports)
    if refusal := KnownRepo.refusal(known):
        raise refusals.RepoNotRegistered(refusal)
    if unpriced := PricedModel.refusal(known, ports.prices):
        raise refusals.ModelNotPriced(unpriced)
    return repo


def columns(order: Order, repo: Repo, by: Person, request_id: str) -> dict[str, Any]:
    """The order as a row."""
    spec = Spec.keep(order.spec_markdown)
    same = (
        "job_id", "user_id", "target_repo_type", "base_branch", "branch_prefix", "callback_url", "deadline",
        "estimated_effort", "queue_name", "plan_approval", "metadata", "max_dollars", "max_tokens",
        "payload_hash",
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
    }


def approve(job_id: str, *, by: Person, content_hash: str, comment: str = "") -> Job:
    """Say yes to exactly the content of that hash; decision and queueing are one transaction.

    Raises HashMissing, NotPaused, ContentChanged, AlreadyDecided, MayNotDecide. The same yes of the same
    person again changes nothing.
    """
    return decide(job_id, Approval.State.APPROVED, by=by, content_hash=content_hash, comment=comment)


def reject(job_id: str, *, by: Person, content_hash: str, comment: str) -> Job:
    """Say no, with a reason; the job ends as `rejected`. Raises as approve does, and CommentMissing."""
    if not comment.strip():
        raise refusals.CommentMissing("Say why: the requester is told your comment.")
    return decide(job_id, Approval.State.REJECTED, by=by, content_hash=content_hash, comment=comment)


def decide(job_id: str, state: Approval.State, *, by: Person, content_hash: str, comment: str) -> Job:
    """Settle the open question of a job. Of two people at once, one wins."""
    if not content_hash:
        raise refusals.HashMissing("Send the contentHash of what you looked at.")
    job = find(job_id, by)
    question = job.approvals.filter(state=Approval.State.OPEN).first()
    if question is None:
        return decided_before(job, state, by, content_hash)
    if question.content_hash != content_hash:
        raise refusals.ContentChanged("The content has changed since you looked; look again.")
    if refusal := can_decide(job, question, by):
        raise refusals.MayNotDecide(refusal)
    try:
        with transaction.atomic():
            settle_question(job, question, state, by, comment)
    except LostRace:
        return decided_before(job, state, by, content_hash)
    ring_on_commit()
    return job


def settle_question(job: Job, question: Approval, state: Approval.State, by: Person, comment: str) -> None:
    """The decision and what follows from it. Raises LostRace when somebody else decided first."""
    mine = Approval.objects.filter(pk=question.pk, state=Approval.State.OPEN)
    taken = mine.update(
        state=state,
        decided_at=Now(),
        decided_by=by.name,
        subject=by.subject,
        comment=comment,
        via=by.via,
        address=by.address,
    )
    if not taken:
        raise LostRace("somebody else decided first")
    if state == Approval.State.REJECTED:
        end(job, JobStatus.FAILED, code="rejected", why=f"{by.name} rejected it: {comment}", actor=by.name)
        return
    data = {"contentHash": question.content_hash, "via": by.via}
    record(job, "run.approved", comment, station=question.station, actor=by.name, data=data)
    job.move(JobStatus.QUEUED, run_after=Now(), tries=0, wait_reason="")


def decided_before(job: Job, state: Approval.State, by: Person, content_hash: str) -> Job:
    """Nothing is open: the same answer of the same person is fine, anything else is refused."""
    last = job.approvals.filter(attempt=job.attempt).order_by("-id").first()
    if last is None or last.state not in {Approval.State.APPROVED, Approval.State.REJECTED}:
        raise refusals.NotPaused(f"Job is not paused (current status: {job.status})")
    if (last.state, last.subject, last.content_hash) == (state, by.subject, content_hash):
        job.refresh_from_db()
        return job
    raise refusals.AlreadyDecided(f"{last.decided_by} already decided: {last.state}.")


def can_decide(job: Job, approval: Approval, by: Person) -> str:
    """Nothing when this person may answer the question, else the sentence that says why not."""
    own = by.subject in {job.requester, job.user_id}
    match approval.may_decide:
        case "owner":
            return "" if own or by.reviews else "The requester or a reviewer decides this."
        case "reviewer":
            return "" if by.reviews else "A reviewer decides this."
        case _:
            if own:
                return "You asked for this build; a reviewer other than you decides it."
            return "" if by.reviews else "A reviewer other than the requester decides this."


def cancel(job_id: str, *, by: Person, reason: str = "") -> Job:
    """Stop a job: at once where no worker has it, else within 10 s by its worker. Raises WrongState."""
    job = owned(job_id, by)
    why = reason or f"Canceled by {by.name}."
    for _ in range(3):  # a job may change hands while we look
        if job.is_final:
            raise refusals.WrongState(
                f"Job {job.job_id} has ended ({job.status}); there is nothing to cancel."
            )
        try:
            with transaction.atomic():
                if job.status == JobStatus.RUNNING.value:
                    ask_to_cancel(job, by, why)
                else:
                    end(job, JobStatus.CANCELED, code="canceled", why=why, actor=by.name)
        except LostRace:
            job.refresh_from_db()
            continue
        job.refresh_from_db()
        return job
    raise refusals.WrongState(f"Job {job.job_id} is changing state; try again.")


def ask_to_cancel(job: Job, by: Person, why: str) -> None:
    """Tell the worker. Raises LostRace when the job is no longer running."""
    running = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING.value, fence=job.fence)
    if not running.update(cancel_requested_at=Now(), cancel_reason=why[:1000]):
        raise LostRace("the job is no longer running")
    record(job, "run.cancel_requested", why, station=job.station, actor=by.name)


def rerun(
    job_id: str, *, by: Person, from_station: str = "", max_dollars: Decimal | None = None, reason: str = ""
) -> Job:
    """Start the next attempt on the same row from a station, keeping what came before.

    Without a station it starts where the attempt stopped. Raises WrongState, UnknownStation, PullRequestOpen.
    """
    job = owned(job_id, by)
    start = from_station or job.error_station or job.station
    check_rerun(job, start)
    if max_dollars is not None and max_dollars <= job.spent_usd:
        raise refusals.WrongState(
            f"${job.spent_usd:.4f} are spent already; give more than ${max_dollars:.2f}."
        )
    changes: dict[str, Any] = {"attempt": F("attempt") + 1, "tries": 0, "crashes": 0}
    changes |= {"verify_returns": 0, "review_returns": 0, "station": start, "run_after": Now()}
    changes |= {"error_code": "", "error_message": "", "error_station": "", "wait_reason": ""}
    changes |= {"finished_at": None, "started_at": None, "cancel_requested_at": None, "cancel_reason": ""}
    if max_dollars is not None:
        changes["max_dollars"] = max_dollars
    try:
        with transaction.atomic():
            job.move(JobStatus.QUEUED, **changes)
            begin_attempt(job, STATIONS, start)
            data = {"from": start, "via": by.via, "budget": str(job.max_dollars)}
            record(job, "run.rerun", reason, station=start, actor=by.name, data=data)
    except LostRace:
        raise refusals.WrongState(f"Job {job.job_id} was started again by somebody else.") from None
    ring_on_commit()
    return job


def check_rerun(job: Job, start: str) -> None:
    """Raise why a job cannot start again from a station."""
    if job.status not in FINAL:
        raise refusals.WrongState(f"Only a job that has ended can run again; this one is {job.status}.")
    if start not in STATIONS:
        raise refusals.UnknownStation(f"There is no station {start}; there are {', '.join(STATIONS)}.")
    reached = job.station_runs.filter(attempt=job.attempt, status__in=["succeeded", "skipped"])
    missing = [
        name for name in STATIONS[: STATIONS.index(start)] if not reached.filter(station=name).exists()
    ]
    if missing:
        raise refusals.UnknownStation(f"It cannot start from {start}: {missing[0]} has not been done.")
    pull_is_open = (job.pull or {}).get("state") == "open"
    if pull_is_open and start in BEFORE_THE_BRANCH:
        raise refusals.PullRequestOpen(
            f"Pull request #{job.pr_number} is open; close it first, or start from implement or later."
        )


def owned(job_id: str, by: Person) -> Job:
    """A job that this person may steer: their own, or any for operators. Raises NoSuchJob, MayNotDecide."""
    job = find(job_id, by)
    if by.operates or by.subject in {job.user_id, job.requester}:
        return job
    raise refusals.MayNotDecide("Only the requester or an operator does this.")


def actions(job: Job, by: Person) -> tuple[str, ...]:
    """What this person could do now."""
    found = []
    question = job.approvals.filter(state=Approval.State.OPEN).first()
    if question and not can_decide(job, question, by):
        found += ["approve", "reject"]
    if by.operates or by.subject in {job.user_id, job.requester}:
        found.append("rerun" if job.is_final else "cancel")
    return tuple(found)


def ring_on_commit() -> None:
    """Ring once the rows are there for a worker to see; never fails the operation."""
    transaction.on_commit(ring, robust=True)
