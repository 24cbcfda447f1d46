"""Worker processes of a benchmark: started together, waited for, stopped by their own pids."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from rq import Queue, Worker

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 600
ENGINE = (str(ROOT / "manage.py"), "worker")
Found = TypeVar("Found")


@contextmanager
def started(
    commands: Sequence[Sequence[str]], variables: dict[str, str], queues: Sequence[Queue]
) -> Iterator[None]:
    """Python processes, from when each queue has its share of workers that listen, until the block ends."""
    processes = [
        subprocess.Popen(
            [sys.executable, *command],
            env=variables,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a signal to a group of theirs is none to us
        )
        for command in commands
    ]
    try:
        await_(partial(listening, processes, queues), "workers")
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def listening(processes: Sequence[subprocess.Popen[bytes]], queues: Sequence[Queue]) -> bool:
    """Whether each process listens at its queue. Ends the benchmark when one has ended instead."""
    if any(process.poll() is not None for process in processes):
        raise SystemExit("A worker ended at its start; what it said stands above.")
    return sum(Worker.count(queue=queue) for queue in queues) >= len(processes)


def await_(look: Callable[[], Found | None], what: str, *, every: float = 0.005) -> Found:
    """Look until there is something; what was found. A benchmark that hangs ends with a sentence."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > end:
            raise SystemExit(f"No {what} within {PATIENCE} s.")
        time.sleep(every)
    return found
