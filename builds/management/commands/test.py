"""Runs pytest: `manage.py test [--all] [arguments of pytest]`, the whole suite on several cores."""

import os
import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

MOST_PROCESSES = 4
SWITCHES = frozenset({"--all", "--no-skips", "-q", "-v", "-x"})
"""What may be said of a run of the whole suite; anything else chooses tests, and few are one process's."""


class Command(BaseCommand):
    """Everything that is given goes to pytest, whose exit code comes back."""

    help = "Run pytest with a Postgres and a Valkey of its own; --all adds the browser and long campaigns."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Become pytest: it reads settings of its own, so these must not be handed on."""
        os.chdir(settings.ROOT)
        os.unsetenv("DJANGO_SETTINGS_MODULE")
        sys.stdout.flush()
        command = [sys.executable, "-m", "pytest", *processes(argv[2:]), *argv[2:]]
        os.execv(sys.executable, command)  # noqa: S606 - no shell needed


def processes(arguments: list[str]) -> list[str]:
    """A few processes with servers of their own, taking whole files, where the whole suite is asked for.

    One more than there are cores: many tests wait for processes, sockets and leases.
    """
    whole = all(each in SWITCHES or each.startswith("--durations") for each in arguments)
    if not whole:
        return []
    return [
        "-n",
        str(min((os.cpu_count() or 1) + 1, MOST_PROCESSES)),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ]
