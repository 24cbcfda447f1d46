"""`manage.py scheduler`: looks every few seconds at all that is due, and rings for it."""

import signal
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connections

from builds.sweep import sweep

log = structlog.get_logger()


class Command(BaseCommand):
    """Sweep until SIGTERM. Survives outages of Postgres and Redis; any number may run."""

    help = "Look every few seconds at due work, abandoned leases and expired questions; ring for what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option, for cron and tests."""
        parser.add_argument("--once", action="store_true", help="Sweep once and stop.")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        """The database decides what is due; Redis only rings."""
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        while not stopped:
            try:
                sweep("scheduler")
            except DatabaseError as error:
                log.warning("sweep.database_error", error=str(error))
                connections.close_all()
            if once:
                return
            self.rest(stopped)

    def rest(self, stopped: list[int]) -> None:
        """Wait for the next sweep, or for the signal."""
        end = time.monotonic() + settings.SWEEP_EVERY.total_seconds()
        while time.monotonic() < end and not stopped:
            time.sleep(0.1)
