"""The thread that keeps the lease and hears cancel, halt and shutdown, and the way to wait beside it."""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, cast

import structlog
from django.db import DatabaseError, connection

from builds import halts
from builds.leases import under_lease
from builds.models import Job
from builds.ports import Canceled, Halted, Interrupted, LeaseLost, Overdue, ShuttingDown, Unavailable

log = structlog.get_logger()
P = ParamSpec("P")
Answer = TypeVar("Answer")
Port = TypeVar("Port")


FOREVER = timedelta(days=3650)
HEARD_SECONDS = 5.0  # at the latest, however long the lease: a person waits for the cancel or the halt


class Shutdown:
    """Whether this process was asked to stop. One per process, set by a signal handler."""

    def __init__(self) -> None:
        self.asked = False
        self.pulse: Pulse | None = None

    def ask(self) -> None:
        """Safe in a signal handler: the condition it notifies may be entered again by the same thread."""
        self.asked = True
        if self.pulse is not None:
            self.pulse.interrupt(ShuttingDown("this worker was asked to stop"))


shutdown = Shutdown()


class Pulse(threading.Thread):
    """Renews the lease of one job every quarter of it, on a database connection of its own.

    `check()` and `call()` raise Canceled, Halted, LeaseLost or ShuttingDown as soon as one is known.
    """

    def __init__(
        self, job: Job, *, lease: timedelta, call_deadline: timedelta, station_deadline: timedelta = FOREVER
    ) -> None:
        super().__init__(name=f"pulse-{job.job_id}", daemon=True)
        self.job_row = Job(pk=job.pk, job_id=job.job_id, fence=job.fence)
        self.lease = lease
        self.call_deadline = call_deadline
        self.station_deadline = station_deadline
        self.changed = threading.Condition()
        self.interruption: Interrupted | None = None
        self.stopped = False
        self.renewed = time.monotonic()
        self.deadline = float("inf")
        self.overdue_at = self.renewed + station_deadline.total_seconds()
        self.context = copy_context()  # so that what this thread logs is about the same job and request

    def __enter__(self) -> "Pulse":
        shutdown.pulse = self
        if shutdown.asked:
            shutdown.ask()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        shutdown.pulse = None
        with self.changed:
            self.stopped = True
            self.changed.notify_all()
        self.join(timeout=5)

    def run(self) -> None:
        """Beat until the work ends or is interrupted."""
        self.context.run(self.beat_on)

    def beat_on(self) -> None:
        """The same, inside the names that its lines are logged under."""
        every = min(self.lease.total_seconds() / 4, HEARD_SECONDS)
        try:
            while not self.rest(max(0.0, min(every, self.overdue_at - time.monotonic())) or every):
                self.beat()
                connection.close()  # many builds wait at once; a backend of Postgres for each would not
        finally:
            connection.close()

    def rest(self, seconds: float) -> bool:
        """Wait; whether the pulse should end."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopped, timeout=seconds)
            return self.stopped or isinstance(self.interruption, LeaseLost)

    def beat(self) -> None:
        """Renew once. What is past its deadline is not kept alive: its worker may be stuck."""
        now = time.monotonic()
        if now > self.overdue_at:
            self.interrupt(Overdue(f"It took longer than {self.station_deadline.total_seconds():.0f} s."))
        if now > min(self.deadline, self.overdue_at + self.lease.total_seconds()):
            return
        try:
            self.renew()
        except LeaseLost as error:
            self.interrupt(error)
        except DatabaseError as error:
            connection.close()
            log.warning("pulse.database_error", error=str(error))
            if time.monotonic() - self.renewed > self.lease.total_seconds():
                self.interrupt(LeaseLost("the database could not be reached for a whole lease"))

    def renew(self) -> None:
        """Keep the lease, and hear what people want."""
        asked = time.monotonic()
        canceled = self.job_row.renew(self.lease)
        self.renewed = asked
        if canceled:
            self.interrupt(Canceled("a person canceled the job"))
        halt = halts.current()
        if halt is not None:
            self.interrupt(Halted(str(halt)))

    def interrupt(self, why: Interrupted) -> None:
        """Stop the work. A lost lease outranks everything: after it nothing may be written."""
        with self.changed:
            if self.interruption is None or isinstance(why, LeaseLost):
                self.interruption = why
            self.changed.notify_all()

    def check(self) -> None:
        """Raise the interruption, if there is one."""
        if self.interruption is not None:
            raise self.interruption

    def still_ours(self) -> None:
        """Raise LeaseLost also when nobody could renew the lease of late: this process may have stood still.

        A quarter before it ends, because it began a little before we did, and a request takes its time.
        """
        self.check()
        if time.monotonic() - self.renewed > self.lease.total_seconds() * 3 / 4:
            raise LeaseLost("the lease was not renewed in time; another worker may have the job")

    def call(self, function: Callable[P, Answer], *args: P.args, **kwargs: P.kwargs) -> Answer:
        """Run a port call in a helper thread, and wait for it or for an interruption.

        A call that is interrupted or past its deadline is left behind: its thread is a daemon, and the
        process that runs it ends with the station. Raises Unavailable at the deadline.
        """
        self.still_ours()
        if connection.in_atomic_block:
            raise RuntimeError("a port is never called inside a transaction: rows would be locked meanwhile")
        result: list[Callable[[], Answer]] = []

        def work() -> None:
            try:
                with under_lease(self.still_ours):
                    answer = function(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
                outcome = raiser(error)
            else:
                outcome = lambda: answer  # noqa: E731  a value, as the other branch makes
            with self.changed:
                result.append(outcome)
                self.changed.notify_all()

        self.deadline = time.monotonic() + self.call_deadline.total_seconds()
        threading.Thread(target=copy_context().run, args=(work,), name="port-call", daemon=True).start()
        with self.changed:
            self.changed.wait_for(
                lambda: bool(result) or self.interruption is not None,
                timeout=self.call_deadline.total_seconds(),
            )
        self.deadline = float("inf")
        if result:
            return result[0]()
        self.check()
        raise Unavailable(f"no answer within {self.call_deadline.total_seconds():.0f} s")

    def guard(self, port: Port) -> Port:
        """The same port, each of whose methods is waited for beside the pulse."""
        return cast("Port", Guarded(port, self))


class Guarded:
    """A port whose calls can be interrupted."""

    def __init__(self, port: object, pulse: Pulse) -> None:
        self._port = port
        self._pulse = pulse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def guarded(*args: Any, **kwargs: Any) -> Any:
            return self._pulse.call(found, *args, **kwargs)

        return guarded


def raiser(error: BaseException) -> Callable[[], Any]:
    """A function that raises what another thread met."""

    def again() -> Any:
        raise error

    return again
