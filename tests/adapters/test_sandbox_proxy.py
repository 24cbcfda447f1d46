"""The one way out of a set-up: what may pass, and everything that may not."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from threading import enumerate as enumerate_threads

import pytest

from builds.adapters.sandbox_addresses import AllowList, Host, is_ours
from builds.adapters.sandbox_proxy import MOST_HEAD, Proxy


@contextmanager
def listening(*, greeting: bytes = b"", family: int = socket.AF_INET) -> Iterator[int]:
    """A server on loopback that greets, then sends back what comes; yields its port."""
    address = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.create_server((address, 0), family=family) as server:
        thread = Thread(target=echo, args=(server, greeting), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()  # before the number of its socket goes to another


def echo(server: socket.socket, greeting: bytes) -> None:
    """One connection after the other."""
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            client.sendall(greeting)
            while data := client.recv(1000):
                client.sendall(data)


def ask(proxy: Proxy, request: bytes, *, then: bytes = b"") -> bytes:
    """Send a request, read what comes to its end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(proxy.path))
        answer = b""
        with suppress(ConnectionError):  # a flood is not read to its end
            client.sendall(request + then)
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(1000):
                answer += data
        return answer


def connect(target: str) -> bytes:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()


def proxy_for(*public: str, trusted: tuple[str, ...] = ()) -> Proxy:
    return Proxy(AllowList.of(public, trusted))


def test_a_listed_host_is_reached_and_both_directions_flow() -> None:
    with listening(greeting=b"hello ") as port, proxy_for(trusted=(f"localhost:{port}",)) as proxy:
        answer = ask(proxy, connect(f"localhost:{port}"), then=b"and goodbye")
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nhello and goodbye"
    assert (proxy.refused, proxy.unreachable) == ([], [])


def test_what_is_left_behind_waits_on_no_socket_whose_number_may_go_to_another() -> None:
    for _ in range(20):
        with proxy_for():
            pass
        assert [thread.name for thread in enumerate_threads() if thread.name == "proxy"] == []


REFUSED = {
    "a host that is not listed": (connect("example.com:443"), b"403", "example.com"),
    "a listed host at another port": (connect("listed.example:22"), b"403", "listed.example:22"),
    "a subdomain of a listed host": (connect("evil.listed.example:443"), b"403", "evil.listed.example"),
    "a name that ends like a listed one": (connect("xlisted.example:443"), b"403", "xlisted.example"),
    "loopback by address": (connect("127.0.0.1:443"), b"403", "127.0.0.1"),
    "loopback by name": (connect("localhost:443"), b"403", "localhost"),
    "loopback of IPv6": (connect("[::1]:443"), b"403", "[::1]"),
    "loopback written as one number": (connect("2130706433:443"), b"403", "2130706433"),
    "the metadata service": (connect("169.254.169.254:80"), b"403", "169.254.169.254:80"),
    "a private address": (connect("10.0.0.1:443"), b"403", "10.0.0.1"),
    "a mapped address": (connect("[::ffff:127.0.0.1]:443"), b"403", "[::ffff:127.0.0.1]"),
    "plain HTTP": (
        b"GET http://listed.example/x HTTP/1.1\r\nHost: listed.example\r\n\r\n",
        b"403",
        "plain GET",
    ),
    "a POST": (b"POST http://listed.example/x HTTP/1.1\r\n\r\n", b"403", "plain POST"),
    "user names in the host": (
        connect("listed.example@evil.example:443"),
        b"400",
        "listed.example@evil.example",
    ),
    "a name with a line break": (b"CONNECT listed.example\n.evil:443 HTTP/1.1\r\n\r\n", b"400", ""),
    "a port that is none": (connect("listed.example:https"), b"400", "listed.example:https"),
    "a port out of range": (connect("listed.example:99999"), b"400", "listed.example:99999"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"400", ""),
    "nothing": (b"\r\n\r\n", b"400", ""),
    "a head that never ends": (b"CONNECT listed.example:443 HTTP/1.1\r\nA: b\r\n", b"400", ""),
    "a huge head": (connect("listed.example:443")[:-2] + b"X: " + b"y" * MOST_HEAD + b"\r\n\r\n", b"400", ""),
    "a flood of a head": (b"CONNECT " + b"a" * 3_000_000, b"", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_proxy_refuses(name: str) -> None:
    request, code, noted = REFUSED[name]
    with proxy_for("listed.example") as proxy:
        answer = ask(proxy, request)
    assert answer.startswith(b"HTTP/1.1 " + code if code else (b"", b"HTTP/1.1 400"))
    assert b"200" not in answer.split(b"\r\n")[0]
    assert any(noted in refused for refused in proxy.refused) if noted else proxy.refused == []


def test_a_public_name_that_leads_to_our_own_network_is_refused() -> None:
    with listening() as port, proxy_for(f"localhost:{port}") as proxy:
        answer = ask(proxy, connect(f"localhost:{port}"))
    assert answer.startswith(b"HTTP/1.1 403")
    assert proxy.refused == [f"localhost:{port} (at an address of our own network)"]


def test_a_listed_host_that_does_not_answer_is_told_apart_from_a_refused_one() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody listens, and nobody else gets the port
        port = deaf.getsockname()[1]
        with proxy_for("nowhere.invalid", trusted=(f"127.0.0.1:{port}",)) as proxy:
            assert ask(proxy, connect(f"127.0.0.1:{port}")).startswith(b"HTTP/1.1 502")
            assert ask(proxy, connect("nowhere.invalid:443")).startswith(b"HTTP/1.1 502")
    assert (proxy.refused, proxy.unreachable) == ([], [f"127.0.0.1:{port}", "nowhere.invalid"])


def test_connections_end_with_the_set_up() -> None:
    with listening() as port, proxy_for(trusted=(f"127.0.0.1:{port}",)) as proxy:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(str(proxy.path))
        client.sendall(connect(f"127.0.0.1:{port}"))
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        proxy.__exit__(None, None, None)
        assert client.recv(100) == b""
        client.close()
        assert not proxy.path.exists()
        with pytest.raises(OSError, match=r"No such file|refused"), socket.socket(socket.AF_UNIX) as late:
            late.connect(str(proxy.path))


def test_nobody_else_on_this_machine_reaches_the_socket() -> None:
    with proxy_for() as proxy:
        assert proxy.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_thousand_refused_hosts_do_not_fill_the_report() -> None:
    with proxy_for() as proxy:
        for number in range(120):
            ask(proxy, connect(f"host-{number}.example:443"))
    assert len(proxy.refused) == 50


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("Example.COM", "example.com", 443),
        ("example.com.", "example.com", 443),
        ("example.com:8443", "example.com", 8443),
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:8080", "::1", 8080),
        ("[fe80::1]", "fe80::1", 443),
    ],
)
def test_a_host_is_read(text: str, name: str, port: int) -> None:
    assert Host.parse(text) == Host(name, port)


@pytest.mark.parametrize(
    "text", ["", "a b", "http://x", "x/y", "-x.example", "x..y", "x:0", "x:-1", "*.example", "x:٣", "a@b"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host|has no port"):
        Host.parse(text)


OURS = """
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
224.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: fec0::1 localhost 1.2.3
"""
PUBLIC = "1.1.1.1 8.8.8.8 203.0.113.80 172.32.0.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", OURS.split())
def test_an_address_behind_the_worker_is_known(address: str) -> None:
    assert is_ours(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_address_of_the_internet_is_let_through(address: str) -> None:
    assert not is_ours(address)
