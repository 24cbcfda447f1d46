"""The states of a job and of a station run, and who may go where."""

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job stands. Public words are derived by `Job.public_status`, never stored."""

    QUEUED = "queued"  # waits for a worker, a clock or a window; holds no worker
    RUNNING = "running"  # a worker holds the lease; running again when a lease ran out
    PAUSED = "paused"  # a human decides; holds no worker
    SUCCEEDED = "succeeded"  # the pull request stands, with evidence
    FAILED = "failed"  # stopped with a typed reason; a person may rerun it
    CANCELED = "canceled"  # a person stopped it; a person may rerun it


class StationStatus(StrEnum):
    """Where one station of one attempt stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"  # its gates asked a question
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"  # does not apply to this job; the note says why
    FAILED = "failed"
    CANCELED = "canceled"


FINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELED})
ACTIVE = frozenset(JobStatus) - FINAL

MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELED}),
    JobStatus.RUNNING: frozenset(JobStatus),
    JobStatus.PAUSED: frozenset({JobStatus.QUEUED, JobStatus.FAILED, JobStatus.CANCELED}),
    JobStatus.SUCCEEDED: frozenset({JobStatus.QUEUED}),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
    JobStatus.CANCELED: frozenset({JobStatus.QUEUED}),
}


PUBLIC_WORDS = {status: status.value for status in JobStatus} | {JobStatus.SUCCEEDED: "complete"}
"""The words of the old system, where its clients read them."""

HELD = ("cap", "halted")
"""Causes of a wait in which nothing outside is tried: to the outside the job is `queued` again."""


class IllegalMove(Exception):
    """The table of moves does not hold this one."""


class LostRace(Exception):
    """Somebody else changed the job first."""


def check_move(was: JobStatus, to: JobStatus) -> None:
    """Raise IllegalMove unless the table holds the move."""
    if to not in MOVES[was]:
        raise IllegalMove(f"a {was} job cannot become {to}")
