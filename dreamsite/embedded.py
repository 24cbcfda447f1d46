"""Postgres and Valkey for an empty environment: a folder's first user starts them, its last stops them."""

import atexit
import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dreamsite.processes import is_last, lock_shared
from dreamsite.servers import Postgres, Valkey, free_port


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
    postgres_options: tuple[str, ...] = ()
    users: IO[str] | None = None
    postgres: Postgres = field(init=False)
    valkey: Valkey = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.postgres = Postgres(self.folder / "postgres", options=self.postgres_options)
        self.valkey = Valkey(self.folder / "valkey", **known_valkey(self.state))

    @property
    def state(self) -> Path:
        """What the next process needs to find Valkey; holds its password, so it is private."""
        return self.folder / "servers.json"

    @property
    def urls(self) -> Urls:
        """Where the servers listen, or will listen."""
        return Urls(self.postgres.url, self.valkey.url)

    @contextmanager
    def turnstile(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "turnstile.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> Urls:
        """Start what does not run; stops again when this process ends. Raises EmbeddedFailed and OSError.

        It may be called again at any time.
        """
        with self.turnstile():
            if self.users is None:
                self.users = lock_shared(self.folder / "users.lock")
                atexit.register(self.release, os.getpid())
            self.postgres.start()
            self.start_valkey()
        return self.urls

    def revive(self) -> list[str]:
        """Bring back what died, and say its name. For a user who keeps the others' servers alive."""
        with self.turnstile():
            self.recall()
            servers = (self.postgres, self.valkey)
            dead = [type(server).__name__ for server in servers if not server.process.alive()]
            if dead:
                self.postgres.start()
                self.start_valkey()
        return dead

    def recall(self) -> None:
        """Another process may have started Valkey under another port."""
        for name, value in known_valkey(self.state).items():
            setattr(self.valkey, name, value)

    def start_valkey(self) -> None:
        """Under its old port and password where it can be, as others may know it by them."""
        self.recall()
        if not self.valkey.process.alive():
            self.valkey.port = free_port(self.valkey.port)
            known = {"port": self.valkey.port, "password": self.valkey.password}
            write_private(self.state, json.dumps(known))
        self.valkey.start()

    def release(self, owner: int) -> None:
        """Let go; the last user stops the servers. A fork that ends is not a user that ends."""
        if self.users is None or owner != os.getpid():
            return
        with self.turnstile(), self.users as users:
            self.users = None
            if is_last(users):
                self.valkey.stop()
                self.postgres.stop()


def known_valkey(state: Path) -> dict[str, Any]:
    """The port and password that the last start chose; nothing before the first."""
    try:
        return dict(json.loads(state.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def urls(folder: Path) -> Urls:
    """Where the servers of a folder listen, or will listen; nothing is started."""
    return Servers(folder).urls


def random_text() -> str:
    """A secret that is any text."""
    return secrets.token_urlsafe(48)


def signing_secret() -> str:
    """A secret as Standard Webhooks spells it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def kept_secret(folder: Path, name: str, make: Callable[[], str] = random_text) -> str:
    """A random secret of this installation, made at the first call and kept in a private file."""
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "secrets.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                write_private(path, make())
    return path.read_text(encoding="utf-8")
