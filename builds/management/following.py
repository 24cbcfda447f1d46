"""Watches a job from a terminal: its events as they come, until it has ended or asks a person."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import django_rq
from redis.exceptions import RedisError
from rich.status import Status
from rich.table import Table
from rich.text import Text
from rq import Worker

from builds.management.terminal import Screen
from builds.models import Event, Job
from builds.queue import QUEUE
from builds.states import JobStatus

POLL_SECONDS = 0.25
SIGNS = {
    "run.queued": ("○", "dim"),
    "run.rerun": ("○", "cyan"),
    "station.started": ("▸", "cyan"),
    "station.succeeded": ("✔", "green"),
    "station.skipped": ("-", "dim"),
    "station.note": ("·", "dim"),
    "station.sent_back": ("↩", "yellow"),
    "station.retry": ("↻", "yellow"),
    "station.waiting": ("…", "yellow"),
    "item.done": ("✔", "green"),
    "item.failed": ("✘", "red"),
    "run.paused": ("‖", "bold yellow"),
    "run.approved": ("✔", "bold green"),
    "run.cancel_requested": ("■", "yellow"),
    "run.halt_requested": ("‖", "yellow"),
    "run.succeeded": ("★", "bold green"),
    "run.failed": ("✘", "bold red"),
    "run.canceled": ("■", "bold red"),
}
"""Sign and style of an event, by its name."""

DONE, PAUSED, REJECTED, ENDED = 0, 3, 4, 5


class WentQuiet(Exception):
    """Nothing has happened to a job that should be going on."""


def exit_code(job: Job) -> int:
    """0 done, 3 paused for approval, 4 rejected, 5 failed or canceled. 1 is left to commands that fail."""
    match JobStatus(job.status):
        case JobStatus.PAUSED:
            return PAUSED
        case JobStatus.FAILED:
            return REJECTED if job.error_code == "rejected" else ENDED
        case JobStatus.CANCELED:
            return ENDED
        case _:
            return DONE


def event_line(event: Event) -> Table:
    """One event: the local time, a sign, the station, the message."""
    sign, style = SIGNS.get(event.name, ("·", ""))
    message = event.message or event.name.partition(".")[2].replace("_", " ")
    grid = Table.grid(padding=(0, 1, 0, 0))
    for width in (8, 1, 10, None):
        grid.add_column(width=width, overflow="fold")
    when = event.created_at.astimezone()
    grid.add_row(
        Text(f"{when:%H:%M:%S}", style="dim"),
        Text(sign, style=style),
        Text(event.station or "job", style="bold"),
        Text(message),
    )
    return grid


def follow(
    job: Job,
    *,
    after: int = 0,
    quiet: timedelta | None = None,
    looked: Callable[[Job], None] = lambda _: None,
) -> Iterator[Event]:
    """Events as they come, until the job is final or paused. Raises WentQuiet after `quiet` without one."""
    last = time.monotonic()
    while True:
        job.refresh_from_db()
        looked(job)
        for event in job.events.filter(sequence__gt=after).order_by("sequence"):
            after, last = event.sequence, time.monotonic()
            yield event
        if (job.is_final or job.status == JobStatus.PAUSED.value) and after >= job.last_sequence:
            return
        if quiet and time.monotonic() - last > quiet.total_seconds():
            raise WentQuiet(
                f"{job.job_id} is {job.status} at {job.station}, and nothing happened for {quiet}."
            )
        time.sleep(POLL_SECONDS)


def show_events(
    screen: Screen,
    job: Job,
    *,
    after: int = 0,
    quiet: timedelta | None = None,
    looked: Callable[[Job], None] = lambda _: None,
) -> None:
    """Print events as they come; on a terminal a last line shows what goes on meanwhile. Raises WentQuiet."""

    def look(now: Job) -> None:
        tell_now(status, now)
        looked(now)

    shown: AbstractContextManager[Status | None] = nullcontext()
    if not screen.plain:
        shown = screen.status(Text("looking"))
    with shown as status:
        for event in follow(job, after=after, quiet=quiet, looked=look):
            screen.print(event_line(event))


def tell_now(status: Status | None, job: Job) -> None:
    """What goes on, what it waits for, and what it has cost so far."""
    if status is not None:
        waits = f", {job.wait_reason}" if job.wait_reason else ""
        money = f"${job.spent_usd:.4f} of ${job.max_dollars:.2f}"
        status.update(Text(f"{job.station}: {job.status}{waits}   {money}", style="dim"))


def somebody_works() -> bool:
    """Whether a worker has said lately that it is there; also when nobody can be asked."""
    try:
        return Worker.count(queue=django_rq.get_queue(QUEUE)) > 0
    except (RedisError, OSError):
        return True
