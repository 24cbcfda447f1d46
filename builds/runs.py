"""The station runs of an attempt: made at its start, moved as the job moves."""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Now

from builds.models import Job, StationRun
from builds.secrets import mask
from builds.states import StationStatus


def begin_attempt(job: Job, stations: Sequence[str], start: str) -> None:
    """Make all rows of the job's attempt; those before `start` are kept from the attempt before."""
    kept = stations[: stations.index(start)]
    before = job.station_runs.filter(attempt=job.attempt - 1) if kept else ()
    earlier = {run.station: run for run in before}
    rows = []
    for ordinal, station in enumerate(stations):
        row = StationRun(job=job, attempt=job.attempt, ordinal=ordinal, station=station)
        if station in kept and station in earlier:
            row.status = earlier[station].status
            row.note = earlier[station].note
            row.started_at, row.finished_at = earlier[station].started_at, earlier[station].finished_at
        rows.append(row)
    StationRun.objects.bulk_create(rows)


def mark(job: Job, status: StationStatus, note: str = "") -> None:
    """Set the job's present station run."""
    changes: dict[str, Any] = {"status": status.value, "note": mask(note)}
    if status is StationStatus.RUNNING:
        changes |= {"started_at": Now(), "finished_at": None, "tries": job.tries}
    elif status is not StationStatus.PAUSED:
        changes["finished_at"] = Now()
    if status is StationStatus.PENDING:
        changes |= {"finished_at": None}
    current(job).update(**changes)


def current(job: Job) -> Any:
    """The present station run, as a queryset."""
    return StationRun.objects.filter(job=job, attempt=job.attempt, station=job.station)


def reopen(job: Job, start: str, why: str) -> None:
    """Make a station and all after it pending again: their evidence is of an older tree."""
    first = StationRun.objects.get(job=job, attempt=job.attempt, station=start)
    rows = StationRun.objects.filter(job=job, attempt=job.attempt, ordinal__gte=first.ordinal)
    rows.update(status=StationStatus.PENDING.value, note=mask(why), finished_at=None)
