"""`manage.py scheduler`: looks every few seconds at all that is due, rings for it, and delivers callbacks."""

import signal
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connections

from builds.adapters import callback_sender
from builds.dispatching import Dispatcher
from builds.sweep import sweep

log = structlog.get_logger()


class Command(BaseCommand):
    """Sweep until SIGTERM. Survives outages of Postgres and Redis; any number may run."""

    help = (
        "Look every few seconds at due work, abandoned leases and expired questions; ring for what is due. "
        "Deliver callbacks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """One option, for cron and tests."""
        parser.add_argument("--once", action="store_true", help="Sweep and deliver once, and stop.")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        """The database decides what is due; Redis only rings."""
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        dispatcher = Dispatcher(callback_sender())
        if once:
            self.look()
            dispatcher.once()
            return
        with dispatcher:
            while not stopped:
                self.look()
                self.rest(stopped)

    def look(self) -> None:
        """One sweep; an outage of the database is survived."""
        try:
            sweep("scheduler")
        except DatabaseError as error:
            log.warning("sweep.database_error", error=str(error))
            connections.close_all()

    def rest(self, stopped: list[int]) -> None:
        """Wait for the next sweep, or for the signal."""
        end = time.monotonic() + settings.SWEEP_EVERY.total_seconds()
        while time.monotonic() < end and not stopped:
            time.sleep(0.1)
