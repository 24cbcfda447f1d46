"""Postgres and Valkey for an empty environment: the first user of a folder starts them, the last stops them."""

import atexit
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dreamsite.servers import EmbeddedFailed, Postgres, Valkey, free_port


@dataclass(frozen=True)
class Urls:
    """Where the embedded servers listen."""

    database: str
    redis: str


@dataclass
class Servers:
    """Both servers of one folder, shared by every process of this machine that uses the folder.

    Each user holds a shared lock for as long as it lives; whoever finds, at its end, that nobody else
    holds it stops the servers. A user that is killed leaves that to the next one.
    """

    folder: Path
    users: IO[str] | None = None

    @property
    def state(self) -> Path:
        """What the next process needs to find the servers; holds a password, so it is private."""
        return self.folder / "servers.json"

    @contextmanager
    def turnstile(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "turnstile.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def members(self) -> tuple[Postgres, Valkey]:
        """The servers as the last start left them."""
        known = json.loads(self.state.read_text(encoding="utf-8")) if self.state.exists() else {}
        postgres = Postgres(self.folder / "postgres", pid=known.get("postgres", 0))
        valkey = Valkey(self.folder / "valkey", pid=known.get("valkey", 0))
        if known:
            valkey.port, valkey.password = known["port"], known["password"]
        return postgres, valkey

    def start(self) -> Urls:
        """Start what does not run yet; stops again when this process ends. Raises EmbeddedFailed."""
        with self.turnstile():
            self.users = (self.folder / "users.lock").open("w")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            postgres, valkey = self.members()
            try:
                if not postgres.answers():
                    postgres.start()
                if not valkey.answers():
                    valkey.port = free_port()
                    valkey.start()
            except OSError as error:
                raise EmbeddedFailed(f"the embedded servers could not start: {error}") from error
            self.remember(postgres, valkey)
        atexit.register(self.release, os.getpid())
        return Urls(postgres.url, valkey.url)

    def remember(self, postgres: Postgres, valkey: Valkey) -> None:
        """Write the state for other processes."""
        pids = {"postgres": postgres.pid, "valkey": valkey.pid}
        self.state.touch(mode=0o600)
        self.state.write_text(json.dumps({**pids, "port": valkey.port, "password": valkey.password}))

    def release(self, owner: int) -> None:
        """Let go; the last user stops the servers. A fork that ends is not a user that ends."""
        if self.users is None or owner != os.getpid():
            return
        with self.turnstile():
            users, self.users = self.users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                users.close()
            for server in self.members():
                server.stop()


def urls(folder: Path) -> Urls:
    """Where the servers of a folder listen, or will listen; nothing is started."""
    postgres, valkey = Servers(folder).members()
    return Urls(postgres.url, valkey.url)


def kept_secret(folder: Path, name: str) -> str:
    """A random secret of this installation, made at the first call and kept in a private file."""
    path = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8")
