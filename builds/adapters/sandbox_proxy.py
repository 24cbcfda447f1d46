"""The one way out of a set-up: CONNECT to listed hosts, over a unix socket; everything else is refused."""

import re
import selectors
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from types import TracebackType
from typing import Self

from builds.adapters.sandbox_addresses import AllowList, Host

MOST_HEAD = 8 << 10
MOST_CONNECTIONS = 64
MOST_NOTED = 50
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 15.0
IDLE_SECONDS = 120.0
CHUNK = 1 << 16
FIRST_LINE = re.compile(r"([A-Z]{1,20}) (\S{1,2000}) HTTP/1\.[01]")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Listens at `path` while it is entered; `refused` and `unreachable` say afterwards who was asked for."""

    def __init__(self, allowed: AllowList) -> None:
        self.refused: list[str] = []
        self.unreachable: list[str] = []
        self._allowed = allowed
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._free = BoundedSemaphore(MOST_CONNECTIONS)
        self._closed = False

    def __enter__(self) -> Self:
        # The folder is ours alone (700), so that nobody else on this machine gets out through it; the socket
        # is for the sandbox's user, who sees it through a mount.
        self._folder = Path(tempfile.mkdtemp(prefix="dream-proxy-"))
        self.path = self._folder / "proxy"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self.path.chmod(0o666)
        self._listener.listen(MOST_CONNECTIONS)
        self._acceptor = Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Each socket is closed by the thread that waits on it, or after it: the number of one that is closed
        # under a thread goes to the next that is opened, and the thread would read what is meant for that.
        with self._lock:
            self._closed = True
            for connection in (self._listener, *self._open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(HEAD_SECONDS)
        if not self._acceptor.is_alive():
            self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._free.acquire(timeout=HEAD_SECONDS):
                client.close()
                continue
            Thread(target=self._serve, args=(client,), name="proxy-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                if self._keep(client):
                    self._answer(client)
                self._forget(client)
        except OSError:
            pass  # one of the two ends hung up
        finally:
            self._free.release()

    def _answer(self, client: socket.socket) -> None:
        head, rest = _read_head(client)
        host = self._wanted(head)
        if isinstance(host, str):
            _refuse(client, host)
            return
        upstream = self._connect(host)
        if isinstance(upstream, str):
            _refuse(client, upstream)
            return
        with upstream:
            if self._keep(upstream):
                client.sendall(ESTABLISHED)
                upstream.sendall(rest)
                _pump(client, upstream)
            self._forget(upstream)

    def _wanted(self, head: bytes | None) -> Host | str:
        """The host that may be connected to, or why none may."""
        if head is None:
            return "400 the request has no end"
        line = FIRST_LINE.fullmatch(head.partition(b"\r\n")[0].decode("latin-1"))
        if line is None:
            return "400 this is no HTTP request"
        method, target = line.groups()
        if method != "CONNECT":
            self._note(self.refused, f"{_without_path(target)} (plain {method})")
            return "403 only CONNECT is served: use https"
        try:
            host = Host.parse(target)
        except ValueError:
            self._note(self.refused, target[:200])
            return "400 this is no host"
        if not self._allowed.holds(host):
            self._note(self.refused, str(host))
            return f"403 {host} is not on the allow-list of this repository's policy"
        return host

    def _connect(self, host: Host) -> socket.socket | str:
        """A connection to an address that was looked at: what the name means a moment later is no matter."""
        try:
            found = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            self._note(self.unreachable, str(host))
            return f"502 {host} has no address"
        allowed = [entry for entry in found if self._allowed.may_connect(host, str(entry[4][0]))]
        if not allowed:
            self._note(self.refused, f"{host} (at an address of our own network)")
            return f"403 {host} has only addresses of our own network"
        for family, kind, protocol, _, address in allowed:
            upstream = socket.socket(family, kind, protocol)
            upstream.settimeout(CONNECT_SECONDS)
            try:
                upstream.connect(address)
            except OSError:
                upstream.close()
                continue
            return upstream
        self._note(self.unreachable, str(host))
        return f"502 {host} does not answer"

    def _note(self, where: list[str], host: str) -> None:
        with self._lock:
            if host not in where and len(where) < MOST_NOTED:
                where.append("".join(character for character in host if character.isprintable()))

    def _keep(self, connection: socket.socket) -> bool:
        """Remember it, so that leaving ends it; false when we have left already."""
        with self._lock:
            if not self._closed:
                self._open.add(connection)
            return not self._closed

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)


def _read_head(client: socket.socket) -> tuple[bytes | None, bytes]:
    """The request's head and what came after it; None where it does not end within its size and time."""
    deadline = time.monotonic() + HEAD_SECONDS
    head = b""
    while b"\r\n\r\n" not in head:
        left = deadline - time.monotonic()
        if len(head) > MOST_HEAD or left <= 0:
            return None, b""
        client.settimeout(left)
        data = client.recv(CHUNK)
        if not data:
            return None, b""
        head += data
    head, _, rest = head.partition(b"\r\n\r\n")
    return (head, rest) if len(head) <= MOST_HEAD else (None, b"")


def _refuse(client: socket.socket, why: str) -> None:
    code, _, reason = why.partition(" ")
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 {code} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    client.settimeout(HEAD_SECONDS)
    client.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Both directions, until both have ended or nothing came for a while."""
    for end in (one, other):
        end.settimeout(IDLE_SECONDS)
    peers = {one: other, other: one}
    with selectors.DefaultSelector() as selector:
        for end in peers:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(IDLE_SECONDS)
            if not ready:
                return
            for key, _ in ready:
                source = one if key.fileobj is one else other
                if data := source.recv(CHUNK):
                    peers[source].sendall(data)
                else:
                    selector.unregister(source)
                    peers[source].shutdown(socket.SHUT_WR)


def _without_path(target: str) -> str:
    return target.partition("://")[2].partition("/")[0][:200] or target[:200]
