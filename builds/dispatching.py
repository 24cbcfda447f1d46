"""Delivers callbacks beside everything else: a few hands, and no receiver may keep all of them busy."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from django.db import Error, connections

from builds.deliveries import Claim, claim, deliver
from builds.ports import CallbackSender

log = structlog.get_logger()


class Dispatcher(threading.Thread):
    """Hands due callbacks out until it is stopped. Any number may run, on any number of machines.

    Each hand has a database connection of its own, and holds no transaction while it sends. A receiver that
    hangs keeps at most `for_each_host` hands, for as long as one delivery may take.
    """

    def __init__(
        self, sender: CallbackSender, *, hands: int = 16, for_each_host: int = 4, pause: float = 0.5
    ) -> None:
        super().__init__(name="callbacks", daemon=True)
        self.sender = sender
        self.hands = hands
        self.for_each_host = for_each_host
        self.pause = pause
        self.stopping = threading.Event()
        self.changed = threading.Condition()
        self.under_way: Counter[str] = Counter()
        self.pool = ThreadPoolExecutor(hands, thread_name_prefix="callback")

    def __enter__(self) -> "Dispatcher":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.join()
        self.pool.shutdown()

    def run(self) -> None:
        """Look, hand out all that there are hands for, and rest."""
        try:
            while not self.stopping.is_set():
                self.hand_out_all()
                self.stopping.wait(self.pause)
        finally:
            connections.close_all()

    def once(self) -> None:
        """Deliver all that is due now, and wait for it: for cron and tests. Needs no start."""
        with self.pool:
            while self.hand_out_all() or self.wait_for_one():
                pass

    def hand_out_all(self) -> int:
        """How many were handed out. An outage of the database is survived."""
        count = 0
        with suppress(Error):
            while self.hand_out():
                count += 1
        return count

    def hand_out(self) -> bool:
        """Claim one due callback for a free hand; whether there was one."""
        with self.changed:
            if self.under_way.total() >= self.hands:
                return False
            busy = [host for host, count in self.under_way.items() if count >= self.for_each_host]
        try:
            claimed = claim(busy=busy)
        except Error as error:
            log.warning("callback.database_error", error=str(error))
            connections.close_all()
            raise
        if claimed is None:
            return False
        with self.changed:
            self.under_way[claimed.host] += 1
        self.pool.submit(self.work, claimed)
        return True

    def wait_for_one(self) -> bool:
        """Wait until a hand is free again; False when all are."""
        with self.changed:
            before = self.under_way.total()
            return before > 0 and self.changed.wait_for(lambda: self.under_way.total() < before)

    def work(self, first: Claim) -> None:
        """In a hand: tell this event, and as long as it goes well those of the same job behind it."""
        claimed: Claim | None = first
        try:
            while claimed is not None:
                more = deliver(claimed, self.sender)
                claimed = claim(job_pk=first.event.job_id) if more and not self.stopping.is_set() else None
        except Error as error:
            log.warning("callback.database_error", error=str(error))
        except Exception:  # the claim runs out and another hand tries: no fault of ours may end the thread
            log.exception("callback.error", job_id=first.event.job.job_id)
        finally:
            connections.close_all()
            with self.changed:
                self.under_way[first.host] -= 1
                self.under_way += Counter()  # forget hosts at which nobody is
                self.changed.notify_all()
