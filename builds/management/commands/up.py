"""`manage.py up`: the whole service on this machine under one supervisor."""

import secrets
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser

from builds.management.starting import refuse_without_artifacts, refuse_without_sandbox
from builds.management.terminal import Screen, stop
from dreamsite.embedded import Servers
from dreamsite.env import Environment
from dreamsite.processes import EmbeddedFailed
from dreamsite.supervisor import Child, Supervisor

READY_SECONDS = 60
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - to listen there is for whoever types it


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
        """Start the children, say where everything is, and stay."""
        refuse(host, port, workers)
        screen = Screen()
        named = "localhost" if host in ANYWHERE else f"[{host}]" if ":" in host else host
        url = f"http://{named}:{port}"
        supervisor = Supervisor(children(host, port, workers, url), said=screen.print)
        if settings.EMBEDDED:
            supervisor.look = Caretaker(Servers(settings.VAR), supervisor).look
        signal.signal(signal.SIGTERM, interrupt)  # until the supervisor listens, it ends like Ctrl-C
        try:
            with supervisor.running():
                screen.print("Starting …")
                if await_web(supervisor, host, port):
                    tell(screen, url, workers)
                supervisor.wait()
                screen.print("Stopping …")
        except KeyboardInterrupt:
            screen.print("Stopped before it was up.")


class Caretaker:
    """Brings back an embedded server that died; builds go on from their rows."""

    def __init__(self, servers: Servers, supervisor: Supervisor) -> None:
        self.servers = servers
        self.supervisor = supervisor
        self.urls = servers.urls
        self.due = 0.0

    def look(self) -> None:
        """Once a second; after a failure, which is said, not for ten."""
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + 1
        try:
            for name in self.servers.revive():
                self.supervisor.said(f"{name} had ended and was started again")
        except (EmbeddedFailed, OSError) as error:
            self.supervisor.said(f"An embedded server cannot be started again: {error}")
            self.due = time.monotonic() + 10
        if self.servers.urls != self.urls:
            self.urls = self.servers.urls
            self.supervisor.renew()  # its old port was taken, and children know only that one


def refuse(host: str, port: int, workers: int) -> None:
    """End with one line where the service could not work here."""
    if workers < 1:
        stop("up", "--workers is at least 1.", 2)
    if not 0 < port < 65536:
        stop("up", "--port is between 1 and 65535.", 2)
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        stop("up", f"Cannot listen on {host} port {port}: {error}. Choose another with --port.")
    refuse_without_sandbox("up")
    refuse_without_artifacts("up")


def children(host: str, port: int, workers: int, url: str) -> list[Child]:
    """What runs: web first, so that its address answers soon."""
    own_url = {} if Environment().text("DREAM_PUBLIC_URL") else {"DREAM_PUBLIC_URL": url}
    return [
        Child("web", ["web", "--host", host, "--port", str(port)], variables=own_url),
        Child("scheduler", ["scheduler"], variables=own_url),
        Child("workers", ["worker", "--processes", str(workers)], variables=own_url),
    ]


def interrupt(*_: object) -> NoReturn:
    """As if somebody had pressed Ctrl-C."""
    raise KeyboardInterrupt


def await_web(supervisor: Supervisor, host: str, port: int) -> bool:
    """Whether the address answers in time; children that end are started again meanwhile."""
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        supervisor.check()
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def tell(screen: Screen, url: str, workers: int) -> None:
    """Where to look, with which password, and what next."""
    known = list(facts(url, workers))
    screen.print(f"Dream Machine is up. Ctrl-C stops all of it.\n\n  {url}/admin/\n")
    screen.facts(known)
    screen.print("\nIn another shell: python3 manage.py dream --help")


def facts(url: str, workers: int) -> Iterator[tuple[str, str]]:
    """The lines of the greeting."""
    if password := first_admin():
        yield "Log in as", f"admin / {password}  (shown this once)"
    yield "API", f"{url}/api/dream-build"
    if secret := own_secret():
        yield "Secret", f"{secret}  (STORIA_MOLTWORKER_SECRET; signs the tokens of the API)"
    yield "Data", f"{settings.VAR}, embedded Postgres and Valkey" if settings.EMBEDDED else "DATABASE_URL"
    writer = "a scripted session, no key is set" if settings.MODEL_ADAPTER == "scripted" else settings.WRITER
    yield "Model", f"{writer}; reviewed by {settings.REVIEWER or 'nobody'}"
    if settings.SANDBOX == "none":
        yield "Sandbox", "none: generated code is never run, and every pull request is a draft"
    yield "Workers", str(workers)


def first_admin() -> str:
    """Make the first administrator and return the password, or nothing when there is one."""
    if User.objects.filter(is_superuser=True).exists() or User.objects.filter(username="admin").exists():
        return ""
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser("admin", password=password)
    return password


def own_secret() -> str:
    """The inbound secret that this installation made for itself; nothing when somebody chose one."""
    return "" if Environment().text("STORIA_MOLTWORKER_SECRET") else ",".join(settings.STORIA_SECRETS)
