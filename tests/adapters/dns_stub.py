"""A real DNS server on loopback that changes its mind, and a resolver that speaks to it over UDP."""

import ipaddress
import secrets
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

A, AAAA = 1, 28


@dataclass
class DnsStub:
    """Answers each look-up of a name with the next list of addresses; the last one stays."""

    answers: list[list[str]]
    port: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)

    def next_answer(self, name: str, kind: int) -> list[str]:
        """A and AAAA of one look-up get the same list; each is told its own kind."""
        self.asked.append((name, kind))
        look_ups = sum(1 for _, asked in self.asked if asked == kind)
        found = self.answers[min(look_ups, len(self.answers)) - 1]
        version = 4 if kind == A else 6
        return [address for address in found if ipaddress.ip_address(address).version == version]

    def reply(self, query: bytes) -> bytes:
        """A message with the question and its answers (RFC 1035, 4.1)."""
        name, end = read_name(query, 12)
        kind = struct.unpack("!H", query[end : end + 2])[0]
        addresses = self.next_answer(name, kind)
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(addresses), 0, 0)
        records = b""
        for address in addresses:
            packed = ipaddress.ip_address(address).packed
            records += struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed
        return head + query[12 : end + 4] + records

    def resolve(self, host: str) -> list[str]:
        """What the adapter is given as its resolver: a question for each kind, over the wire."""
        return [*self.ask(host, A), *self.ask(host, AAAA)]

    def ask(self, host: str, kind: int) -> list[str]:
        """One question. Raises OSError when nobody answers."""
        number = secrets.token_bytes(2)
        labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split("."))
        question = labels + b"\0" + struct.pack("!HH", kind, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(
                number + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + question, ("127.0.0.1", self.port)
            )
            answer = client.recv(4096)
        assert answer[:2] == number
        count = struct.unpack("!H", answer[6:8])[0]
        at, found = 12 + len(question), []
        for _ in range(count):
            size = struct.unpack("!H", answer[at + 10 : at + 12])[0]
            found.append(str(ipaddress.ip_address(answer[at + 12 : at + 12 + size])))
            at += 12 + size
        return found


def read_name(message: bytes, at: int) -> tuple[str, int]:
    """The labels from a place on, and where they end."""
    labels = []
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels), at + 1


@contextmanager
def dns_stub(*answers: list[str]) -> Iterator[DnsStub]:
    """A server for the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        stub = DnsStub(list(answers), port=server.getsockname()[1])

        def serve() -> None:
            while (received := server.recvfrom(4096))[0] != b"stop":
                server.sendto(stub.reply(received[0]), received[1])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield stub
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"stop", ("127.0.0.1", stub.port))
        thread.join(5)
