"""Runs pytest: `manage.py test [--all] [arguments of pytest]`."""

import os
import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Everything that is given goes to pytest, whose exit code comes back."""

    help = "Run pytest with a Postgres and a Valkey of its own; --all adds the browser and long campaigns."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Become pytest: it reads settings of its own, so these must not be handed on."""
        os.chdir(settings.ROOT)
        os.unsetenv("DJANGO_SETTINGS_MODULE")
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *argv[2:]])  # noqa: S606 - no shell needed
