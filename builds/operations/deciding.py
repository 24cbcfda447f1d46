"""Approve and reject: one answer to one question, for exactly the content that was shown."""

from django.db import transaction
from django.db.models.functions import Now

from builds import refusals
from builds.endings import end
from builds.journal import record
from builds.models import Approval, Job
from builds.operations.looking import can_decide, find
from builds.people import Person
from builds.queue import ring_on_commit
from builds.states import JobStatus, LostRace


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
        raise refusals.NotPaused(f"Job is not paused (current status: {job.public_status})")
    if (last.state, last.subject, last.content_hash) == (state, by.subject, content_hash):
        job.refresh_from_db()
        return job
    raise refusals.AlreadyDecided(f"{last.decided_by} already decided: {last.state}.")
