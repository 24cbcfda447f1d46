"""`manage.py worker`: works stations of due jobs, one at a time, each in a process of its own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from builds.management.starting import refuse_without_artifacts, refuse_without_prices, refuse_without_sandbox
from builds.management.terminal import stop
from builds.management.workers import pool, work


class Command(BaseCommand):
    """Run workers until SIGTERM, which hands the jobs under way to others."""

    help = "Work due jobs until stopped. SIGTERM saves the work under way and hands it to another worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and one option for tests and tidy scripts."""
        parser.add_argument(
            "--processes",
            type=int,
            default=settings.WORKER_PROCESSES,
            help="Jobs worked at the same time, by forks of one preloaded process (DREAM_WORKER_PROCESSES).",
        )
        parser.add_argument(
            "--burst", action="store_true", help="One process, which stops when nothing is due any more."
        )

    def handle(self, *_: Any, processes: int, burst: bool, **__: Any) -> None:
        """Refuse to start where generated code could not be kept apart, kept or paid for."""
        if processes < 1:
            stop("worker", "--processes is at least 1.", 2)
        refuse_without_prices("worker")
        refuse_without_sandbox("worker")
        refuse_without_artifacts("worker")
        if burst or processes == 1:
            work(burst=burst)
        else:
            pool(processes, said=self.stderr.write)
