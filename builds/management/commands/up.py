"""`manage.py up`: the whole service on this machine under one supervisor."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from builds.adapters import connect
from dreamsite.supervisor import Child, Supervisor


class Command(BaseCommand):
    """Web, workers and scheduler; Ctrl-C stops all of it."""

    help = (
        "Run web, workers and scheduler on this machine; embedded Postgres and Valkey where no URL is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How much of it."""
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on.")
        parser.add_argument("--workers", type=int, default=2, help="Builds worked at the same time.")

    def handle(self, *_: Any, host: str, port: int, workers: int, **__: Any) -> None:
        """Start the children and say where everything is."""
        probe = connect().sandbox.probe()
        if not probe.ok:
            raise CommandError(f"The sandbox does not work here: {probe.reason} {probe.mend}".strip())
        console = Console()
        children = [
            Child("web", ["web", "--host", host, "--port", str(port)]),
            Child("scheduler", ["scheduler"]),
            *[Child(f"worker {number}", ["worker"]) for number in range(1, workers + 1)],
        ]
        with Supervisor(children, said=console.print).running() as supervisor:
            tell(console, host, port)
            supervisor.wait()
            console.print("Stopping …")


def tell(console: Console, host: str, port: int) -> None:
    """Where to look, and with which password."""
    console.print(f"[bold]Dream Machine[/bold]  http://{host}:{port}/admin/  (Ctrl-C stops it)")
    console.print(f"  API          http://{host}:{port}/api/dream-build")
    console.print(
        f"  Database     {'embedded in ' + str(settings.VAR) if settings.EMBEDDED else 'DATABASE_URL'}"
    )
    console.print(
        f"  Model        {settings.MODEL_ADAPTER}: {settings.WRITER}, reviewed by {settings.REVIEWER}"
    )
    if settings.SANDBOX == "none":
        console.print(
            "  [red]No sandbox: generated code is never run, and every pull request is a draft.[/red]"
        )
    password = first_admin()
    if password:
        console.print(f"  Log in as    [bold]admin[/bold] / [bold]{password}[/bold]  (shown once)")


def first_admin() -> str:
    """Make the first administrator and return the password, or nothing when there is one."""
    if User.objects.filter(is_superuser=True).exists():
        return ""
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser("admin", password=password)
    return password
