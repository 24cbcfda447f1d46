"""A Postgres and a Valkey of a benchmark's own, Django on them, and nothing left behind."""

import os
import platform
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from dreamsite.embedded import Servers, signing_secret

OURS = ("DREAM_", "DATABASE_URL", "REDIS_URL", "STORIA_", "OPENAI_", "GITHUB_", "EMAIL_", "SENTRY_", "SLACK_")


@dataclass(frozen=True)
class Home:
    """Where a benchmark lives while it runs."""

    folder: Path
    servers: Servers

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to see the same rows."""
        return dict(os.environ)  # noqa: TID251  a benchmark is the environment of what it measures


def inside(module: str, arguments: Any, *, postgres: Sequence[str] = ()) -> int:
    """Import a module once Django stands on servers of its own, and call its `measure`; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    with at_home(postgres) as home:
        code: int = import_module(module).measure(home, arguments)
        return code


@contextmanager
def at_home(postgres: Sequence[str] = ()) -> Iterator[Home]:
    """Start both servers, set Django up on them, make the tables; stop and delete everything at the end."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="dream-bench-"))
    folder.chmod(0o755)
    servers = Servers(folder / "var", postgres_options=tuple(postgres))
    try:
        started = servers.start()
        variables = os.environ  # noqa: TID251  settings are read from it right after
        for name in [name for name in variables if name.startswith(OURS)]:
            del variables[name]
        variables |= {
            "DJANGO_SETTINGS_MODULE": "dreamsite.settings",
            "DREAM_NO_BOOTSTRAP": "1",
            "DREAM_VAR": str(servers.folder),
            "DATABASE_URL": started.database,
            "REDIS_URL": started.redis,
            "DREAM_CALLBACK_SECRET": signing_secret(),
            "DREAM_LOG_LEVEL": "ERROR",
        }
        (servers.folder / "static").mkdir()
        django.setup()
        call_command("migrate", verbosity=0)
        yield Home(folder, servers)
    finally:
        servers.release(os.getpid())
        shutil.rmtree(folder, ignore_errors=True)


def machine() -> str:
    """This machine in one line."""
    names = re.findall(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    processor = names[0].strip() if names else platform.machine()
    return (
        f"{cores} cores of {processor}, {memory:.0f} GiB, Python {platform.python_version()}, load {load:.1f}"
    )
