"""One sample of the engine and one of the yardstick: let go, waited for, read from rows on one clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import django_rq
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from redis import Redis
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job as RqJob

from benchmarks import yardstick
from benchmarks.ordering import order
from benchmarks.processes import ENGINE, await_, started
from builds.models import Job
from builds.queue import QUEUE, ring

LATER = timedelta(days=1)
STOCK = ("-m", "benchmarks.yardstick")


@dataclass(frozen=True)
class NoOp:
    """When the last no-op of a chain began and ended."""

    began: float
    ended: float


@dataclass(frozen=True)
class Bench:
    """Where workers find what they need, and the Redis of both queues."""

    environment: dict[str, str]
    redis: Redis

    @contextmanager
    def workers(self, ours: int = 1, stock: int = 1, **variables: str) -> Iterator[None]:
        """So many of each, all listening."""
        commands = [*[ENGINE] * ours, *[(*STOCK, settings.REDIS_URL)] * stock]
        queues = (django_rq.get_queue(QUEUE), Queue(yardstick.QUEUE, connection=self.redis))
        with started(commands, self.environment | variables, queues):
            yield

    def chains(self, count: int, links: int) -> list[NoOp]:
        """So many chains at once, to their ends."""
        names = [yardstick.ring(self.redis, links) for _ in range(count)]
        return [await_(partial(self.ended, name), "end of a no-op", every=0.001) for name in names]

    def ended(self, name: str) -> NoOp | None:
        """How it went, once it has ended."""
        try:
            job = RqJob.fetch(name, connection=self.redis)
        except NoSuchJobError:
            return None  # a later link of a chain
        if not job.is_finished or job.ended_at is None:
            return None
        return NoOp(float(job.return_value() or 0), job.ended_at.timestamp())


def no_ops(bench: Bench, links: int) -> NoOp:
    """One chain, to its end."""
    (found,) = bench.chains(1, links)
    return found


def held(items: int, *, repo: int = 0, base_branch: str = "main") -> Job:
    """A job that is not due yet."""
    with transaction.atomic():
        job = order(items, repo=repo, base_branch=base_branch)
        Job.objects.filter(pk=job.pk).update(run_after=Now() + LATER)
    return job


def let_go(*jobs: Job) -> float:
    """Now they are due, and the doorbell rings for workers that rest; when it rang."""
    queue = django_rq.get_queue(QUEUE)
    await_(lambda: not queue.count and resting(queue), "rest")
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(run_after=Now())
    rang = time.time()
    ring()
    return rang


def resting(queue: Queue) -> bool:
    """Whether no worker is at anything."""
    return all(worker.get_state() == "idle" for worker in Worker.all(queue=queue))


def start_of(job: Job) -> float:
    """When its first station began, once it has ended."""
    end_of(job, well=False)
    return seconds(job.station_runs.earliest("ordinal").started_at)


def end_of(job: Job, *, well: bool = True) -> float:
    """When it ended, once it has."""
    await_(lambda: Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists(), "end of a job")
    job.refresh_from_db()
    if well and job.status != "succeeded":
        raise SystemExit(f"{job.job_id} {job.status} at {job.station}: {job.error_message}")
    return seconds(job.finished_at)


def in_stations(job: Job) -> float:
    """Seconds from start to end of each of its stations, together."""
    worked = job.station_runs.filter(started_at__isnull=False, finished_at__isnull=False)
    return sum((seconds(run.finished_at) - seconds(run.started_at) for run in worked), 0.0)


def seconds(moment: datetime | None) -> float:
    """As `time.time()` counts; the database's clock is this machine's."""
    assert moment is not None  # noqa: S101  it was asked for
    return moment.timestamp()
