"""The doorbell: an RQ job says only that something is due. Losing all of Redis loses nothing."""

import faulthandler
import os
import signal
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import django_rq
import structlog
from django.db import connections, transaction
from django.db.models.functions import Now
from django_rq.contrib.prometheus import RQCollector
from prometheus_client.core import Metric
from redis.exceptions import RedisError
from rq import Worker, get_current_job
from rq.exceptions import DeserializationError
from rq.job import Job as RqJob
from rq.queue import Queue

from builds.models import Job
from builds.pulse import shutdown
from builds.states import JobStatus
from dreamsite.lifeline import tie_to

log = structlog.get_logger()

QUEUE = "build"  # one only: a worker that waits on several can lose a job between pop and register
STOPS = (signal.SIGINT, signal.SIGTERM)
HORSE_SECONDS = 10  # for a horse that was asked to stop; whoever supervises workers waits a little longer
HEARD = timedelta(minutes=2)  # a worker beats every 45 s when it is idle, every 30 s when it is not
DOORBELL = "builds.engine.answer"


def ring() -> bool:
    """Wake a worker, unless as many doorbells wait as there are workers. Whether Redis could be reached.

    Never raises: the sweep rings again for everything that is due.
    """
    try:
        queue = django_rq.get_queue(QUEUE)
        if queue.count < max(1, Worker.count(queue=queue)):
            queue.enqueue(DOORBELL, description="something is due", result_ttl=0, failure_ttl=3600)
    except (RedisError, OSError) as error:
        log.warning("doorbell.unreachable", error=str(error))
        return False
    return True


def ring_on_commit() -> None:
    """Ring once the rows are there for a worker to see; never fails the operation that wrote them."""
    transaction.on_commit(ring, robust=True)


def name_doorbell(text: str) -> None:
    """Let django-rq's pages show which build a worker is at."""
    current = get_current_job()
    if current is None:
        return
    with suppress(RedisError, OSError):
        current.description = text
        current.save()


def worker_name() -> str:
    """The RQ worker that runs us, or this process."""
    current = get_current_job()
    return (current.worker_name if current else None) or f"{socket.gethostname()}.{os.getpid()}"


def worker_heard() -> bool:
    """Whether a worker of this host said lately that it lives. Raises RedisError."""
    oldest = datetime.now(UTC) - HEARD
    known = Worker.all(queue=django_rq.get_queue(QUEUE))
    mine = [worker for worker in known if worker.hostname == socket.gethostname()]
    return any(worker.last_heartbeat and worker.last_heartbeat > oldest for worker in mine)


def doorbells() -> int:
    """How many wait. Raises RedisError."""
    return int(django_rq.get_queue(QUEUE).count)


def heartbeats() -> dict[str, float | None]:
    """Every worker that Redis knows, with the seconds since it was heard. Raises RedisError."""
    now = datetime.now(UTC)
    known = Worker.all(queue=django_rq.get_queue(QUEUE))
    heard = {worker.name: worker.last_heartbeat for worker in known}
    return {name: max(0.0, (now - at).total_seconds()) if at else None for name, at in sorted(heard.items())}


def rq_metrics() -> list[Metric]:
    """RQ's own figures, as django-rq collects them. Raises RedisError."""
    return list(RQCollector().collect())


def hand_over_soon() -> None:
    """Ask the work to stop; one that does not is ended by a thread that needs no Python."""
    if not shutdown.asked:
        faulthandler.dump_traceback_later(HORSE_SECONDS, exit=True)
    shutdown.ask()


def is_doorbell(job: RqJob) -> bool:
    """Whether a message of the queue says what ours say, and nothing else."""
    try:
        return (job.func_name, job.args, job.kwargs) == (DOORBELL, (), {})
    except (DeserializationError, AttributeError, TypeError, ValueError):
        return False


class DreamWorker(Worker):
    """RQ's forking worker, which hands a job over when it is asked to stop or when its horse dies."""

    def execute_job(self, job: RqJob, queue: Queue) -> None:
        """Fork with no open database connection: two processes must not share one.

        What is no doorbell was not put there by us, and is thrown away: an RQ job can name any function.
        """
        if not is_doorbell(job):
            log.warning("queue.message.invalid", rq_job=job.id)
            job.delete()
            queue.connection.lrem(queue.intermediate_queue_key, 1, job.id)
            return
        connections.close_all()
        super().execute_job(job, queue)

    def fork_work_horse(self, job: RqJob, queue: Queue) -> None:
        """Fork with stop signals held back, so that none comes before there is a horse to tell."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            super().fork_work_horse(job, queue)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def setup_work_horse_signals(self) -> None:
        """SIGTERM asks the horse to save its work and stop; stock RQ lets it die at once.

        It also comes when the worker is gone: an orphan would go on beside the one who takes the job over.
        """
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, lambda *_: hand_over_soon())
        tie_to(self.pid or 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stock RQ waits for the horse without limit; ours is told."""
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        super().request_stop(signum, frame)

    def handle_work_horse_killed(self, job: RqJob, retpid: int, ret_val: int, rusage: Any) -> None:
        """A horse that died holds a lease that nobody renews: let it run out now, and ring."""
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)
        mine = Job.objects.filter(lease_owner=self.name, status=JobStatus.RUNNING.value)
        if mine.update(lease_until=Now()):
            log.warning("worker.horse_killed", worker=self.name, exit=ret_val)
            ring()
        connections.close_all()
