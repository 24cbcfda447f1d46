"""One run in the sandbox from the outside: hand the tree in, read the output, stop what goes too far."""

import os
import selectors
import signal
import subprocess
import tarfile
import time
from contextlib import suppress
from threading import Thread
from typing import IO, Literal

from builds.adapters.sandbox_argv import READY, START
from builds.adapters.sandbox_memory import resident_bytes
from builds.adapters.sandbox_output import Output
from builds.adapters.sandbox_tree import TreeArchive
from builds.ports import Interrupted, Unavailable
from builds.sandboxed import COMMAND_SECONDS, Limits, Ran

PREPARE_SECONDS = (
    120.0  # for the namespaces and the copy of the tree; the command's own clock starts after them
)
TICK_SECONDS = 0.25
FLOOD = 16  # times the output limit: not a talkative test any more
TOGETHER = 2  # times the memory limit for all processes: pages they share are counted for each
CHUNK = 1 << 16

Ended = Literal["exit", "timeout", "output_limit"]


class SandboxRun:
    """A started bubblewrap whose output is read to its end."""

    def __init__(self, process: "subprocess.Popen[bytes]", archive: TreeArchive, limits: Limits) -> None:
        self._process = process
        self._archive = archive
        self._limits = limits
        self._output = Output(limits.output_bytes)
        self._before = b""  # what was said before the command started
        self._feeder: Thread | None = None
        self._feed_error = ""
        self._started = 0.0  # when the command began; 0: not yet
        self._deadline = time.monotonic() + PREPARE_SECONDS
        self._memory_due = 0.0
        self._killed_for = ""
        self._stopped = False

    def finish(self) -> Ran:
        """Wait for the end. Unavailable when the command never started, Interrupted after `stop()`."""
        try:
            ended = self._watch()
        finally:
            self._kill()
            self._drain()
        seconds = time.monotonic() - self._started
        if self._stopped:
            raise Interrupted("The sandbox was stopped.")
        if self._feed_error:
            raise Unavailable(f"The work tree could not be copied into the sandbox: {self._feed_error}")
        if not self._started:
            raise Unavailable(f"The sandbox did not start: {self._why_not_started()}")
        return Ran(
            exit_code=self._exit_code() if ended == "exit" else None,
            output=self._output.text + self._killed_for,
            seconds=seconds,
            ended=ended,
            truncated=self._output.truncated,
        )

    def stop(self) -> None:
        """Kill it and everything in it; `finish` raises Interrupted. May be called from any thread."""
        self._stopped = True
        self._kill()

    def _watch(self) -> Ended:
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            while True:
                wait = min(TICK_SECONDS, max(0.0, self._deadline - time.monotonic()))
                if selector.select(wait):
                    # bubblewrap itself holds this pipe too, so its end is the end of every process inside.
                    data = os.read(self._stdout.fileno(), CHUNK)
                    if not data:
                        self._process.wait()
                        return "exit"
                    self._take(data)
                if ended := self._too_much():
                    return ended

    def _take(self, data: bytes) -> None:
        if self._started:
            self._output.add(data)
            return
        self._before += data
        if self._feeder is None and READY in self._before:
            self._feeder = Thread(target=self._feed, daemon=True)
            self._feeder.start()
        if START in self._before:
            self._before, _, rest = self._before.partition(START)
            self._started = time.monotonic()
            self._deadline = self._started + (self._limits.wall_seconds or COMMAND_SECONDS)
            self._output.add(rest)

    def _too_much(self) -> Ended | None:
        now = time.monotonic()
        if now > self._deadline:
            return "timeout"
        if self._output.total > FLOOD * self._limits.output_bytes:
            return "output_limit"
        if self._started and now > self._memory_due:
            self._memory_due = now + TICK_SECONDS
            most = TOGETHER * self._limits.memory_bytes
            if resident_bytes(self._process.pid) > most:
                self._killed_for = (
                    f"\n[killed: its processes together used more than {most >> 20} MiB of memory]\n"
                )
                return "exit"
        return None

    def _feed(self) -> None:
        """In a thread of its own: the sandbox may fill its output while we still fill its input."""
        with suppress(BrokenPipeError), self._stdin as stream:
            try:
                stream.write(b"go\n")
                self._archive.write(stream)
            except BrokenPipeError:
                raise
            except (OSError, ValueError, tarfile.TarError) as error:
                # Before the pipe is closed: half a tree must not pass for a whole one.
                self._feed_error = str(error)
                self._kill()

    def _kill(self) -> None:
        # A pid that was not reaped yet is still ours.
        with suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _drain(self) -> None:
        """Read on until every process inside is gone; then nobody holds the pipe any more."""
        self._process.wait()
        if self._feeder is None:
            self._stdin.close()
        while os.read(self._stdout.fileno(), CHUNK):
            pass
        if self._feeder:
            self._feeder.join()
        self._stdout.close()

    def _exit_code(self) -> int:
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def _why_not_started(self) -> str:
        said = self._before.replace(READY, b"").decode("utf-8", "replace").strip()
        return said or f"it ended with {self._process.returncode} and said nothing."

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin  # noqa: S101  both are pipes
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout  # noqa: S101
        return self._process.stdout
