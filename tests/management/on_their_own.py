"""`manage.py` as a newcomer runs it: nothing configured, servers and data in a folder of its own."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from dreamsite.embedded import Servers
from dreamsite.env import child_variables

OURS = ("DREAM_", "DATABASE_URL", "REDIS_URL", "STORIA_", "OPENAI_", "DJANGO_", "FORCE_COLOR", "NO_COLOR")
MANAGE = [sys.executable, str(Path(settings.ROOT) / "manage.py")]


@contextmanager
def own_var() -> Iterator[Path]:
    """A folder for one installation; what still runs of its servers at the end is stopped."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="dream-own-") as name:
        var = Path(name) / "var"
        yield var
        left = Servers(var)
        left.valkey.stop()
        left.postgres.stop()


def environment(var: Path) -> dict[str, str]:
    """Nothing of ours but the folder; the interpreter is the one that runs the tests."""
    inherited = {name: value for name, value in child_variables().items() if not name.startswith(OURS)}
    return {**inherited, "DREAM_VAR": str(var), "DREAM_NO_BOOTSTRAP": "1"}


def manage(var: Path, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; one that takes too long is stopped by Ctrl-C and tells how far it was."""
    command = [*MANAGE, *words]
    with subprocess.Popen(
        command, env=environment(var), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            raise AssertionError(f"{words} took more than {timeout} s\n{out}\n{err}") from None
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def servers_run(var: Path) -> bool:
    """Whether a Postgres or a Valkey of the folder still runs."""
    known = Servers(var)
    return known.postgres.process.alive() or known.valkey.process.alive()


def processes_of(var: Path) -> list[str]:
    """Command lines of all processes that were started for a folder, by their environment."""
    mark = f"DREAM_VAR={var}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return found
