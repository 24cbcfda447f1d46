"""Callbacks over HTTPS: one POST within 10 seconds, to exactly the address that was checked."""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import h11

from builds.adapters.address_guard import (
    ForbiddenUrl,
    Resolve,
    Target,
    checked_addresses,
    read_url,
    system_addresses,
)
from builds.ports import CallbackAnswer, Unavailable

Dial = Callable[[str, int, float], socket.socket]
"""Address, port, seconds to a connected socket. Raises OSError."""

MOST_HEADERS = 16 * 1024
MOST_BODY = 4 * 1024
MOST_EXCERPT = 500
MOST_ADDRESSES = 4


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address; no name is looked up here."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect((address, port))
    except BaseException:
        made.close()
        raise
    return made


class Deadline:
    """The moment by which everything has to be over: look-up, connection, TLS and the answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then. Raises TimeoutError when it has passed."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, kw_only=True)
class HttpsCallbackSender:
    """The real sender. With `hosts`, nothing goes anywhere else, and only there goes the `bearer`.

    `insecure` permits http and loopback, for tests. The name is looked up once, by `resolve`; all addresses
    are checked; `dial` is given one of those and never a name, so the answer of a second look-up can change
    nothing. The certificate is checked against the name. Proxies of the environment are not used.
    """

    hosts: tuple[str, ...] = ()
    bearer: str = ""
    insecure: bool = False
    seconds: float = 10
    resolve: Resolve = system_addresses
    dial: Dial = dial
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallbackAnswer:
        """POST once. Raises Unavailable; Refused for an address that nothing is ever sent to."""
        target = read_url(url, insecure=self.insecure)
        if self.hosts and target.host not in self.hosts:
            raise ForbiddenUrl(f"{target.host} is not among DREAM_CALLBACK_HOSTS.")
        if self.bearer and target.host in self.hosts:
            headers = {**headers, "authorization": f"Bearer {self.bearer}"}
        deadline = Deadline(self.seconds)
        try:
            with closing(self.connect(target, self.look_up(target, deadline), deadline)) as stream:
                return exchange(stream, deadline, request(target, len(body), headers), body)
        except TimeoutError:
            raise Unavailable(f"{target.host} did not answer within {self.seconds:g} s.") from None
        except ssl.SSLError as error:
            raise Unavailable(f"TLS with {target.host} failed: {error.reason or error}") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise Unavailable(f"{target.host} broke off: {error}") from error

    def look_up(self, target: Target, deadline: Deadline) -> tuple[str, ...]:
        """The checked addresses. The system's resolver knows no deadline, so it is left behind at ours."""
        answers: queue.SimpleQueue[tuple[str, ...] | Unavailable] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(checked_addresses(target.host, self.resolve, insecure=self.insecure))
            except Unavailable as error:
                answers.put(error)

        threading.Thread(target=ask, name=f"look up {target.host}", daemon=True).start()
        try:
            answer = answers.get(timeout=deadline.left())
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def connect(self, target: Target, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
        """A connection to the first address that takes one. Raises OSError or Unavailable."""
        plain = self.first_open(target, addresses[:MOST_ADDRESSES], deadline)
        if target.scheme == "http":
            return plain
        try:
            plain.settimeout(deadline.left())
            return self.context.wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def first_open(self, target: Target, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
        """Each address gets its share of the time, so that one black hole does not take all of it."""
        refusal: OSError = OSError("no address")
        for number, address in enumerate(addresses):
            try:
                return self.dial(address, target.port, deadline.left() / (len(addresses) - number))
            except OSError as error:
                refusal = error
        raise refusal


def request(target: Target, size: int, headers: Mapping[str, str]) -> h11.Request:
    """The head of the POST."""
    own = {
        "host": target.authority,
        "content-length": str(size),
        "connection": "close",
        "accept": "*/*",
        "user-agent": "DreamMachine",
    }
    return h11.Request(method="POST", target=target.path, headers=list((own | dict(headers)).items()))


def exchange(stream: socket.socket, deadline: Deadline, head: h11.Request, body: bytes) -> CallbackAnswer:
    """Send, and read the status; of a body only what may explain a no.

    Raises OSError and RemoteProtocolError.
    """
    peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADERS)
    sent = [peer.send(head), peer.send(h11.Data(data=body)), peer.send(h11.EndOfMessage())]
    stream.settimeout(deadline.left())
    stream.sendall(b"".join(part for part in sent if part))
    events = received(peer, stream, deadline)
    response = next(event for event in events if isinstance(event, h11.Response))
    if 200 <= response.status_code < 300:
        return CallbackAnswer(status=response.status_code)
    said = b""
    with suppress(OSError, h11.RemoteProtocolError):  # the status is known; the rest is a courtesy
        for event in events:
            if isinstance(event, h11.Data):
                said += bytes(event.data)
            if len(said) >= MOST_BODY:
                break
    return CallbackAnswer(status=response.status_code, excerpt=excerpt(said))


def received(peer: h11.Connection, stream: socket.socket, deadline: Deadline) -> Iterator[h11.Event]:
    """The events of an answer, up to its end."""
    while True:
        event = peer.next_event()
        if event is h11.NEED_DATA:
            stream.settimeout(deadline.left())
            peer.receive_data(stream.recv(4096))
        elif isinstance(event, h11.InformationalResponse | h11.Response | h11.Data):
            deadline.left()
            yield event
        elif isinstance(event, h11.EndOfMessage):
            return
        else:
            raise h11.RemoteProtocolError("the connection was closed")


def excerpt(said: bytes) -> str:
    """The start of a body in one line, as text that can be shown."""
    text = said[:MOST_BODY].decode(errors="replace").replace("\0", " ")
    return " ".join(text.split())[:MOST_EXCERPT]
