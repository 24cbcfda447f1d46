"""Which jobs a person may see and steer, and what they could do now."""

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from builds import loading, refusals
from builds.adapters import connect
from builds.context import Facts
from builds.models import Approval, Job
from builds.people import Person
from builds.states import JobStatus


def visible(by: Person) -> QuerySet[Job]:
    """The jobs somebody may see: what they asked for or what is theirs, or all who may look at all."""
    jobs = Job.objects.select_related("repo", "spec")
    own = Q(user_id=by.subject) | Q(requester=by.subject)
    return jobs if by.sees_all else jobs.filter(own)


def visible_by_place(by: Person) -> tuple[QuerySet[Job], ...]:
    """The same jobs, as sets that do not overlap and in each of which an index has the newest first.

    One set with an OR has no such index: Postgres would read all of a person's jobs, or all there are.
    """
    jobs = Job.objects.select_related("repo", "spec")
    if by.sees_all:
        return (jobs,)
    for_others = jobs.filter(requester=by.subject).exclude(requester=F("user_id"))
    return jobs.filter(user_id=by.subject), for_others


def find(job_id: str, by: Person) -> Job:
    """One job. Raises NoSuchJob for an unknown one and for other people's alike."""
    try:
        return visible(by).get(job_id=job_id)
    except Job.DoesNotExist:
        raise refusals.NoSuchJob(f"There is no job {job_id}.") from None


def facts(job: Job) -> Facts:
    """Everything stored about a job, for doors that show it."""
    return loading.facts(job, connect())


def owned(job_id: str, by: Person) -> Job:
    """A job that this person may steer: their own, or any for operators. Raises NoSuchJob, MayNotDecide."""
    job = find(job_id, by)
    if by.operates or by.subject in {job.user_id, job.requester}:
        return job
    raise refusals.MayNotDecide("Only the requester or an operator does this.")


def can_decide(job: Job, approval: Approval, by: Person) -> str:
    """Nothing when this person may answer the question, else the sentence that says why not."""
    own = by.subject in {job.requester, job.user_id}
    named = job.repo.rules.reviewers
    asks_owner = own and approval.may_decide == "owner"
    if named and by.reviews and by.known_as.isdisjoint(named) and not asks_owner:
        return f"The policy of {job.repo} names who decides this: {', '.join(named)}."
    match approval.may_decide:
        case "owner":
            return "" if own or by.reviews else "The requester or a reviewer decides this."
        case "reviewer":
            return "" if by.reviews else "A reviewer decides this."
        case _:
            if not by.known_as.isdisjoint({job.requester, job.user_id}):
                return "You asked for this build; a reviewer other than you decides it."
            return "" if by.reviews else "A reviewer other than the requester decides this."


def open_question(job: Job) -> Approval | None:
    """What the job asks now; there is at most one."""
    return job.approvals.filter(state=Approval.State.OPEN).first()


def actions(job: Job, by: Person) -> tuple[str, ...]:
    """What this person could do now."""
    return actions_with(open_question(job), job, by)


def actions_with(question: Approval | None, job: Job, by: Person) -> tuple[str, ...]:
    """The same for who has read the job's open question already; asks the database nothing."""
    found = []
    if question and not can_decide(job, question, by):
        found += ["approve", "reject"]
    if by.operates or by.subject in {job.user_id, job.requester}:
        found.append("rerun" if job.is_final else "cancel")
        if job.status == JobStatus.QUEUED.value and job.run_after > timezone.now():
            found.append("run-now")
    return tuple(found)
