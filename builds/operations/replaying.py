"""Dead letters: who may see which, and starting one again where it failed."""

from django.db.models import QuerySet

from builds import refusals
from builds.models import DeadLetter, Job
from builds.operations.looking import owned, visible
from builds.operations.rerunning import rerun
from builds.people import Person


def dead_letters(by: Person) -> QuerySet[DeadLetter]:
    """The dead letters of all jobs that somebody may see, the newest first."""
    found = DeadLetter.objects.select_related("job__repo").order_by("-id")
    return found.filter(job__in=visible(by).order_by().values("pk"))


def replay(job_id: str, *, by: Person, reason: str = "") -> Job:
    """Start the next attempt from the station that was given up. Raises WrongState and what rerun raises."""
    job = owned(job_id, by)
    letter = job.dead_letters.filter(replayed_at=None).first()
    if letter is None:
        raise refusals.WrongState(f"{job.job_id} has no dead letter that waits to be replayed.")
    why = reason or f"Replayed after {letter.code}"
    return rerun(job_id, by=by, from_station=letter.station, reason=why)
