"""Callbacks over real sockets: TLS with the name, the address that was checked, nothing followed, bounded."""

import socket
import ssl
import threading
import time
from typing import Any

import pytest

from builds.adapters.callback_https import MOST_EXCERPT, HttpsCallbackSender, dial
from builds.ports import CallbackAnswer, Refused, Unavailable
from tests.adapters.callback_receivers import answer, client_context, receiver
from tests.adapters.dns_stub import AAAA, A, dns_stub

NAME = "receiver.example"
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}


def sender(**changes: Any) -> HttpsCallbackSender:
    """A sender that trusts the authority of the tests and may talk to loopback."""
    values = {"insecure": True, "resolve": lambda _: ["127.0.0.1"], "context": client_context()}
    return HttpsCallbackSender(**{**values, **changes})


def test_a_post_arrives_whole_over_tls_with_the_name_it_is_for() -> None:
    with receiver(tls_name=NAME) as found:
        said = sender().send(f"https://{NAME}:{found.port}/hook?a=1#x", b'{"a":1}', HEADERS)
    assert said == CallbackAnswer(status=204)
    [post] = found.posts
    assert (post.line, post.body) == ("POST /hook?a=1 HTTP/1.1", b'{"a":1}')
    assert post.headers["host"] == f"{NAME}:{found.port}"
    assert post.headers.items() >= HEADERS.items()
    assert "authorization" not in post.headers
    assert found.names == [NAME]


def test_a_certificate_for_another_name_or_of_an_unknown_authority_is_not_trusted() -> None:
    with receiver(tls_name="other.example") as found:
        with pytest.raises(Unavailable, match=r"TLS with receiver\.example failed"):
            sender().send(f"https://{NAME}:{found.port}/", b"{}", {})
        with pytest.raises(Unavailable, match=r"TLS with other\.example failed"):
            sender(context=ssl.create_default_context()).send(f"https://other.example:{found.port}/", b"", {})
    assert found.posts == []


def test_a_name_that_is_rebound_between_check_and_connection_changes_nothing() -> None:
    """One look-up for each delivery: the private address of the second one is never asked for."""
    dialled = []

    def watched_dial(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append(address)
        return dial("127.0.0.1", port, seconds)  # where the test keeps its public receiver

    with dns_stub(["1.1.1.1"], ["127.0.0.1"]) as dns, receiver(tls_name=NAME) as found:
        strict = sender(insecure=False, resolve=dns.resolve, dial=watched_dial)
        url = f"https://{NAME}:{found.port}/"
        assert strict.send(url, b"{}", {}).status == 204
        assert (dialled, dns.asked) == (["1.1.1.1"], [(NAME, A), (NAME, AAAA)])
        with pytest.raises(Unavailable, match=r"leads to 127\.0\.0\.1, which is loopback; nothing was sent"):
            strict.send(url, b"{}", {})
    assert dialled == ["1.1.1.1"]
    assert len(found.posts) == 1


def test_the_connection_goes_to_the_address_of_the_only_look_up() -> None:
    """Really connected, without a watched dial: the second answer would lead to another receiver."""
    with receiver() as good, receiver(address="127.0.0.2", port=good.port) as evil:
        with dns_stub(["127.0.0.1"], ["127.0.0.2"]) as dns:
            assert sender(resolve=dns.resolve).send(f"http://{NAME}:{good.port}/", b"{}", {}).status == 204
        assert (len(good.posts), evil.posts) == (1, [])
        assert dns.asked == [(NAME, A), (NAME, AAAA)]


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["169.254.169.254"], ["1.1.1.1", "192.168.0.1"], ["1.1.1.1", "fd00:ec2::254"], ["::1"]],
)
def test_private_answers_of_a_real_dns_are_never_dialled(addresses: list[str]) -> None:
    dialled: list[str] = []

    def watched_dial(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append(address)
        raise OSError

    with dns_stub(addresses) as dns:
        strict = sender(insecure=False, resolve=dns.resolve, dial=watched_dial)
        with pytest.raises(Unavailable, match="nothing was sent"):
            strict.send(f"https://{NAME}/", b"{}", {})
    assert dialled == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiver() as other, receiver(answer(status, Location=f"http://127.0.0.1:{other.port}/")) as found:
        assert sender().send(f"http://{NAME}:{found.port}/", b"{}", {}).status == status
    assert other.posts == []


def test_the_next_address_is_tried_when_the_first_takes_no_connection() -> None:
    with receiver() as found:
        both = sender(resolve=lambda _: ["127.0.0.9", "127.0.0.1"])
        assert both.send(f"http://{NAME}:{found.port}/", b"{}", {}).status == 204


def test_a_bearer_goes_to_listed_hosts_only_and_nothing_goes_to_others() -> None:
    with receiver() as found:
        listed = sender(hosts=(NAME,), bearer="old-word")
        listed.send(f"http://{NAME.upper()}.:{found.port}/", b"{}", {})
        with pytest.raises(Refused, match=r"evil\.example is not among DREAM_CALLBACK_HOSTS"):
            listed.send(f"http://evil.example:{found.port}/", b"{}", {})
        with pytest.raises(Refused, match="not among"):
            listed.send(f"http://{NAME}.evil.example:{found.port}/", b"{}", {})
        sender(bearer="old-word").send(f"http://{NAME}:{found.port}/", b"{}", {})
    assert [post.headers.get("authorization") for post in found.posts] == ["Bearer old-word", None]


def test_of_a_no_the_start_is_kept_and_a_yes_is_not_read() -> None:
    with receiver(answer(500, "no \n such\tjob " + "x" * 100_000), answer(200, "x" * 100_000)) as found:
        url = f"http://{NAME}:{found.port}/"
        said = sender().send(url, b"{}", {})
        assert (said.status, said.excerpt[:14], len(said.excerpt)) == (500, "no such job xx", MOST_EXCERPT)
        assert sender().send(url, b"{}", {}) == CallbackAnswer(status=200)


@pytest.mark.parametrize(
    ("raw", "drip"),
    [
        (answer(200), 0.2),  # a byte now and then, never late by itself
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, 0.001),
        (b"", 0),
    ],
)
def test_whoever_is_slow_is_left_at_the_deadline(raw: bytes, drip: float) -> None:
    began = time.monotonic()
    with receiver(raw or answer(200)) as found:
        found.drip = drip
        waiting = threading.Event()
        found.delay = (lambda: None) if raw else (lambda: waiting.wait(5))
        with pytest.raises(Unavailable, match=r"did not answer within 0\.5 s"):
            sender(seconds=0.5).send(f"http://{NAME}:{found.port}/", b"{}", {})
        waiting.set()
    assert time.monotonic() - began < 3


def test_a_resolver_that_hangs_is_left_at_the_deadline() -> None:
    waiting = threading.Event()

    def hang(_: str) -> list[str]:
        waiting.wait(5)
        return []

    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer within"):
        sender(seconds=0.2, resolve=hang).send(f"https://{NAME}/", b"{}", {})
    waiting.set()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "raw", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, b"HTTP/1.1 9", b"\r\n\r\n"]
)
def test_what_is_no_http_is_no_answer(raw: bytes) -> None:
    with receiver(raw) as found, pytest.raises(Unavailable, match="broke off"):
        sender().send(f"http://{NAME}:{found.port}/", b"{}", {})


def test_a_port_where_nobody_listens_is_tried_later(free_port: int) -> None:
    with pytest.raises(Unavailable, match="broke off"):
        sender().send(f"http://{NAME}:{free_port}/", b"{}", {})
