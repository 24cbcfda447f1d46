"""Halt and resume: no model is called and no job is taken, anywhere, until somebody lets it go on."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from builds import halts, refusals
from builds.journal import record
from builds.models import Halt, Job
from builds.people import Person
from builds.queue import ring_on_commit
from builds.states import JobStatus


def halt(*, by: Person, reason: str) -> Halt:
    """Stop everything: running jobs wait within 10 s with their work saved, nothing new begins.

    Raises MayNotDecide, CommentMissing, WrongState.
    """
    need_operator(by)
    if not reason.strip():
        raise refusals.CommentMissing("Say why everything stops: everybody is shown the reason.")
    try:
        with transaction.atomic():
            made = Halt.objects.create(by=by.name, reason=reason.strip()[:1000], via=by.via)
            for job in Job.objects.filter(status=JobStatus.RUNNING.value):
                record(job, "run.halt_requested", str(made), station=job.station, actor=by.name)
    except IntegrityError:
        standing = halts.current()
        raise refusals.WrongState(f"{standing or 'Somebody halted'}; it is halted already.") from None
    made.refresh_from_db()
    return made


def resume(*, by: Person) -> Halt:
    """Lift the halt; what waited for it is due at once. Raises MayNotDecide, WrongState."""
    need_operator(by)
    standing = halts.current()
    if standing is None:
        raise refusals.WrongState("Nothing is halted.")
    with transaction.atomic():
        mine = Halt.objects.filter(pk=standing.pk, lifted_at=None)
        if not mine.update(lifted_at=Now(), lifted_by=by.name):
            raise refusals.WrongState("Somebody else lifted the halt.")
        for job in Job.objects.filter(status=JobStatus.QUEUED.value, wait_cause="halted"):
            why = f"{by.name} lifted the halt"
            record(job, "run.halt_lifted", why, station=job.station, actor=by.name)
    ring_on_commit()
    standing.refresh_from_db()
    return standing


def need_operator(by: Person) -> None:
    """Raise MayNotDecide for everybody else."""
    if not by.operates:
        raise refusals.MayNotDecide("Only an operator halts and resumes.")
