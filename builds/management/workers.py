"""Workers: one in this process, or several forked from it once everything they need is loaded."""

from collections.abc import Callable

import django_rq
from django.db import connections
from django.utils.module_loading import import_string

from builds import adapters
from builds.queue import DOORBELL, HORSE_SECONDS, QUEUE, DreamWorker
from builds.values import UPGRADES, adapter
from dreamsite.pool import ForkedChild
from dreamsite.supervisor import Supervisor


def work(*, burst: bool = False) -> None:
    """Answer doorbells until SIGTERM, or until nothing is due."""
    queue = django_rq.get_queue(QUEUE)
    worker = DreamWorker([queue], connection=queue.connection, default_worker_ttl=60)
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)


def preload() -> None:
    """Load what each build would load for itself: what is loaded before a fork is in memory once."""
    import_string(DOORBELL)
    adapters.preload()
    for kind in UPGRADES:
        adapter(kind)


def pool(processes: int, said: Callable[[str], None]) -> None:
    """Keep so many workers, each forked from this process, until SIGTERM or Ctrl-C, which each hands on."""
    preload()
    connections.close_all()  # two processes must not share one
    children = [ForkedChild(f"worker {number}", work=work) for number in range(1, processes + 1)]
    supervisor = Supervisor(children, said=said, grace=HORSE_SECONDS + 5)
    with supervisor.running():
        supervisor.wait()
