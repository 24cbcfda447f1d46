"""Receivers of callbacks on loopback, over HTTP and HTTPS, which answer as a test tells them."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers each POST with the next of its raw answers; the last one stays."""

    answers: list[bytes]
    port: int = 0
    posts: list[Post] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)  # what TLS clients asked for
    delay: Callable[[], object] = lambda: None
    drip: float = 0  # seconds between two bytes of an answer

    def serve_one(self, stream: socket.socket) -> None:
        """Read one POST, answer, close."""
        with stream, suppress(OSError):
            stream.settimeout(20)
            raw = b""
            while b"\r\n\r\n" not in raw:
                if not (more := stream.recv(65536)):
                    return
                raw += more
            head, _, body = raw.partition(b"\r\n\r\n")
            line, *fields = head.decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
            while len(body) < int(headers["content-length"]):
                body += stream.recv(65536)
            self.posts.append(Post(line, headers, body))
            self.delay()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            for start in range(0, len(answer), 1 if self.drip else len(answer)):
                stream.sendall(answer[start : start + (1 if self.drip else len(answer))])
                time.sleep(self.drip)


def answer(status: int, body: str = "", **headers: str) -> bytes:
    """An answer on the wire."""
    fields = {"Content-Length": str(len(body.encode())), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n{body}".encode()


@contextmanager
def receiver(
    *answers: bytes, tls_name: str = "", address: str = "127.0.0.1", port: int = 0
) -> Iterator[Receiver]:
    """A receiver for the block; with a name it speaks TLS with a certificate for that name."""
    found = Receiver(list(answers) or [answer(204)])
    context = server_context(tls_name, found) if tls_name else None
    listener = socket.create_server((address, port))
    found.port = listener.getsockname()[1]

    def one(stream: socket.socket) -> None:
        with suppress(OSError):
            stream.settimeout(20)
            found.serve_one(context.wrap_socket(stream, server_side=True) if context else stream)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)  # before the number of its socket goes to another
        listener.close()


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certificate(name: str, issuer: Authority | None) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A key and a certificate for a host name; without an issuer, an authority's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    try:
        names: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        names = x509.DNSName(name)
    signer = issuer.key if issuer else key
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return key, built


@cache
def authority() -> Authority:
    """The one that the tests' sender trusts."""
    return Authority(*certificate("tests", None))


def client_context() -> ssl.SSLContext:
    """The strict default, which trusts the authority of the tests and no other."""
    pem = authority().certificate.public_bytes(serialization.Encoding.PEM).decode()
    return ssl.create_default_context(cadata=pem)


def server_context(name: str, found: Receiver) -> ssl.SSLContext:
    """A certificate for the name, and an ear for the name that clients ask for."""
    key, made = certificate(name, authority())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context.load_cert_chain(file)
    context.sni_callback = lambda _, asked, __: found.names.append(asked)
    return context
