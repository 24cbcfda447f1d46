"""`python -m tests.chaos [--runs 200] [--seed 1] [--only N]`: builds under faults, in a world of its own.

This process starts the world's Postgres and Valkey, adopts every orphan, and sees that nothing is left.
"""

import importlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, signal
from uuid import uuid4

import django

from dreamsite.embedded import Servers
from dreamsite.env import child_variables
from tests.chaos.processes import adopt_orphans, command, descendants, send

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off")
"""A server that crashes loses nothing by this, only a machine does; commits stay synchronous."""

OURS = ("DREAM_", "DATABASE_URL", "REDIS_URL", "STORIA_", "OPENAI_", "GITHUB_", "DJANGO_", "PG")
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "dreamsite.settings",
    "DREAM_LEASE_SECONDS": "3",
    "DREAM_SWEEP_SECONDS": "0.5",
    "DREAM_BACKOFF_SECONDS": "0.5",
    "DREAM_COMMAND_SECONDS": "15",
    "DREAM_CALL_SECONDS": "20",
    "DREAM_SILENCE_SECONDS": "2",
    "DREAM_CALLBACK_BACKOFF_SECONDS": "0.1",
    "DREAM_CALLBACK_LEASE_SECONDS": "3",
    "DREAM_CALLBACK_INSECURE": "1",
    "STORIA_MOLTWORKER_SECRET": "a secret of the campaign, long enough for HS256",
    "DREAM_CALLBACK_SECRET": "whsec_dGhlIHNlY3JldCBvZiBhbGwgdGhlIHRlc3RzIGhlcmU=",
}


def main() -> int:
    """Start the world, run the campaign in a child, and leave nothing behind."""
    folder = Path("/tmp") / f"dream-chaos-{uuid4().hex[:8]}"
    var = folder / "var"
    var.mkdir(parents=True, mode=0o700)
    adopt_orphans()
    for number in (SIGINT, SIGTERM):
        signal(number, lambda *_: sys.exit(130))
    servers = Servers(var, postgres_options=QUICK)
    try:
        started = servers.start()
        (var / "launcher").write_text(str(os.getpid()), encoding="ascii")
        inherited = {name: value for name, value in child_variables().items() if not name.startswith(OURS)}
        variables = {**inherited, **SETTINGS, "DREAM_NO_BOOTSTRAP": "1", "DREAM_VAR": str(var)}
        variables |= {"DATABASE_URL": started.database, "REDIS_URL": started.redis}
        words = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
        code = wait_for(subprocess.Popen(words, cwd=ROOT, env=variables))
    finally:
        left = leave_nothing(servers)
        if "--keep" not in sys.argv:
            shutil.rmtree(folder, ignore_errors=True)
    for each in left:
        sys.stdout.write(f"left behind at the end: {each}\n")
    return code or bool(left)


def wait_for(child: subprocess.Popen[bytes]) -> int:
    """Reap every orphan until the child has ended; its exit code."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            return os.waitstatus_to_exitcode(status)


def leave_nothing(servers: Servers) -> list[str]:
    """Stop the servers, then kill what is left; the command lines of what should not have been there."""
    servers.release(os.getpid())
    end = time.monotonic() + 10
    while descendants(os.getpid()) and time.monotonic() < end:
        with suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        time.sleep(0.05)
    left = descendants(os.getpid())
    lines = [command(pid) for pid in left]
    send(sorted(left), SIGKILL)
    return lines


if __name__ == "__main__":
    if "DJANGO_SETTINGS_MODULE" in child_variables():
        django.setup()
        sys.exit(importlib.import_module("tests.chaos.campaign").main(sys.argv[1:]))
    sys.exit(main())
