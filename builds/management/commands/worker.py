"""`manage.py worker`: works stations of due jobs, one at a time, each in a process of its own."""

from typing import Any

import django_rq
from django.core.management.base import BaseCommand, CommandParser

from builds.adapters import connect
from builds.management.terminal import stop
from builds.queue import QUEUE, DreamWorker


class Command(BaseCommand):
    """Run a worker until SIGTERM, which hands the job under way to another one."""

    help = "Work due jobs until stopped. SIGTERM saves the work under way and hands it to another worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option, for tests and tidy scripts."""
        parser.add_argument("--burst", action="store_true", help="Stop when nothing is due any more.")

    def handle(self, *_: Any, burst: bool, **__: Any) -> None:
        """Refuse to start where generated code could not be kept apart from this machine."""
        ports = connect()
        if ports.fallback and ports.fallback not in ports.prices:
            why = f"{ports.fallback} has no price; add it to DREAM_MODEL_PRICES"
            stop("worker", f"DREAM_FALLBACK_MODEL: {why}", 2)
        probe = ports.sandbox.probe()
        if not probe.ok:
            stop("worker", f"{probe.reason} {probe.mend}")
        queue = django_rq.get_queue(QUEUE)
        worker = DreamWorker([queue], connection=queue.connection, default_worker_ttl=60)
        worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
