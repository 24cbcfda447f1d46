"""What comes between manage.py and Django: servers, migrations, and every foreseen failure as one line."""

import os
import signal
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.db import OperationalError, connection

from dreamsite import logs
from dreamsite.embedded import Servers
from dreamsite.env import BadSetting, Environment, supervisor_pid
from dreamsite.lifeline import tie_to
from dreamsite.processes import EmbeddedFailed
from dreamsite.schema import pending, why_not

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "diffsettings",
    "findstatic",
    "help",
    "makemigrations",
    "test",
    "version",
}
OURS = {"demo", "dream", "scheduler", "up", "worker"}
MIGRATING = 7275_2025  # the number of an advisory lock: one process migrates, the others wait


class NotMigrated(Exception):
    """The tables are older than the code."""


def main(arguments: list[str]) -> int:
    """Run a command with the arguments of sys.argv; the exit code."""
    if parent := supervisor_pid():
        tie_to(parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreamsite.settings")  # noqa: TID251
    command = next(iter(arguments[1:]), "help")
    if command not in logs.SERVICES:
        logs.for_people()
    help_only = command.startswith("-") or not {"-h", "--help"}.isdisjoint(arguments)
    try:
        with_folder(Environment(), servers=command not in WITHOUT_SERVERS and not help_only)
        if command in OURS and not help_only:
            django.setup()
            bring_tables_up_to_date(allowed=settings.EMBEDDED)
        execute_from_command_line(arguments)
    except BadSetting as error:
        return complain(error, 2)
    except (EmbeddedFailed, NotMigrated) as error:
        return complain(error, 1)
    except KeyboardInterrupt:
        return 130
    return 0


def complain(error: Exception, code: int) -> int:
    """One line, no traceback."""
    sys.stderr.write(f"manage.py: {error}\n")
    return code


def with_folder(environment: Environment, *, servers: bool) -> None:
    """Start the servers where none are named, and only then read settings, which ask where they are."""
    try:
        if servers and not environment.text("DATABASE_URL"):
            Servers(Path(environment.text("DREAM_VAR", str(ROOT / "var")))).start()
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are let go
        settings.VAR.exists()
    except OSError as error:
        why = f"cannot use {error.filename or 'the disk'}: {error.strerror}"
        raise EmbeddedFailed(f"{why}; set DREAM_VAR to a folder of yours") from error


def bring_tables_up_to_date(*, allowed: bool) -> None:
    """Migrate our own database; of somebody's, say what is wrong with it. Raises NotMigrated."""
    try:
        missing, why = pending(connection), why_not(connection)
    except OperationalError as error:
        raise NotMigrated(f"cannot reach the database: {str(error).strip().splitlines()[-1]}") from error
    if why and not (missing and allowed):
        raise NotMigrated(f"{why[0].lower()}{why[1:]}")
    if missing:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        call_command("migrate", verbosity=0, interactive=False)
    connection.close()  # also gives the lock back; workers fork from here
