"""Which addresses callbacks never go to: one readable table, and every way to spell an address."""

import ipaddress

import pytest

from builds.adapters.address_guard import (
    ForbiddenUrl,
    checked_addresses,
    literal,
    read_url,
    why_forbidden,
)
from builds.ports import Unavailable

FORBIDDEN = {
    "0.0.0.0": "unspecified",  # noqa: S104
    "0.1.2.3": "unspecified",
    "10.0.0.0": "private",
    "10.255.255.255": "private",
    "100.64.0.0": "carrier",
    "100.100.100.200": "carrier",  # the metadata of another cloud
    "100.127.255.255": "carrier",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "metadata",
    "169.254.0.1": "link-local",
    "169.254.169.254": "link-local",  # the metadata of most clouds
    "169.254.170.2": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "protocols",
    "192.0.0.192": "protocols",
    "192.0.2.1": "documentation",
    "192.88.99.1": "relay",
    "192.168.0.1": "private",
    "192.168.255.255": "private",
    "198.18.0.1": "benchmarks",
    "198.19.255.255": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "not public",
    "::1": "loopback",
    "::7f00:1": "not public",  # an IPv4-compatible loopback
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "link-local",
    "::ffff:0:127.0.0.1": "not public",  # translated
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a00:1": "private",
    "64:ff9b::a9fe:a9fe": "link-local",
    "64:ff9b::c0a8:1": "private",
    "64:ff9b:1::7f00:1": "not public",  # a local prefix
    "100::1": "not public",
    "2001::1": "protocols",  # Teredo
    "2001:0:7f00:1::": "protocols",
    "2001:10::1": "protocols",
    "2001:20::1": "protocols",
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "tunnel",
    "2002:a00:1::1": "tunnel",
    "2002:a9fe:a9fe::1": "tunnel",
    "2606:4700::200:5efe:7f00:1": "ISATAP",
    "2606:4700::5efe:a00:1": "ISATAP",
    "3fff::1": "documentation",
    "4000::1": "not public",
    "5f00::1": "not public",
    "fc00::1": "not public",
    "fd00::1": "not public",
    "fd00:ec2::254": "not public",  # the metadata of a cloud
    "fd12:3456:789a::1": "not public",
    "fe80::1": "not public",
    "fe80::1%eth0": "not public",
    "2606:4700::1%eth0": "not public",
    "fec0::1": "not public",
    "ff02::1": "not public",
    "ff0e::1": "not public",
}
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1", "168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111", "2a00:1450::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip
SPELLINGS = [
    "0", "1", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001",
    "0x7f.0x0.0x0.0x1", "0X7F.0.0.1", "127.0.0.01", "127.0.0.0x1", "010.0.0.1", "4294967295", "1.1.1.1.1",
    "256.1.1.1", "127.0.0.1.0x", "0x", "3232235521", "0xa9fea9fe", "2852039166", "169.254.43518",
    "example.1", "example.0x1",
]  # fmt: skip


def test_the_table_is_long_enough() -> None:
    assert len(FORBIDDEN) >= 60


@pytest.mark.parametrize(("address", "why"), FORBIDDEN.items())
def test_callbacks_never_go_to(address: str, why: str) -> None:
    assert why in why_forbidden(ipaddress.ip_address(address))
    with pytest.raises(Unavailable, match="nothing was sent"):
        checked_addresses("receiver.example", lambda _: [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_callbacks_go_to(address: str) -> None:
    assert why_forbidden(ipaddress.ip_address(address)) == ""
    assert checked_addresses("receiver.example", lambda _: [address]) == (address,)


@pytest.mark.parametrize("address", [each for each in FORBIDDEN if "%" not in each])
def test_the_same_are_refused_when_they_are_spelled_in_the_url(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    for spelled in (host, f"{host}:8443", *([] if ":" in address else [f"{address}."])):
        with pytest.raises(ForbiddenUrl):
            read_url(f"https://{spelled}/hook")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_that_is_spelled_unusually_is_refused_before_any_resolver_sees_it(spelling: str) -> None:
    for host in (spelling, f"{spelling}."):
        with pytest.raises(ForbiddenUrl, match="unusual spelling"):
            read_url(f"https://{host}/hook")


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "[::ffff:１27.0.0.1]"])
def test_digits_of_other_scripts_are_the_same_digits(host: str) -> None:
    with pytest.raises(ForbiddenUrl):
        read_url(f"https://{host}/hook")


def test_one_private_address_among_public_ones_refuses_all() -> None:
    with pytest.raises(Unavailable, match=r"leads to 10\.0\.0\.1, which is private"):
        checked_addresses("receiver.example", lambda _: ["1.1.1.1", "10.0.0.1"])


def test_a_name_without_an_address_or_with_nonsense_is_tried_later() -> None:
    answers: list[list[str]] = [[], ["nonsense"]]
    for answer in answers:
        with pytest.raises(Unavailable):
            checked_addresses("receiver.example", {"receiver.example": answer}.__getitem__)


def test_insecure_permits_loopback_and_nothing_else_that_is_private() -> None:
    permitted = {each for each in FORBIDDEN if not why_forbidden(ipaddress.ip_address(each), insecure=True)}
    assert permitted == {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://receiver.example/", "https addresses only"),
        ("ftp://receiver.example/", "https addresses only"),
        ("file:///etc/passwd", "https addresses only"),
        ("gopher://receiver.example/", "https addresses only"),
        ("https://user:word@receiver.example/", "user name or a password"),
        ("https://user@receiver.example/", "user name or a password"),
        ("https://@receiver.example/", "user name or a password"),
        ("https://receiver.example\\@127.0.0.1/", "cannot be read"),
        ("https://receiver.example/\r\nX-Evil: 1", "cannot be read"),
        ("https://receiver.example/a b", "cannot be read"),
        ("https://receiver.example:99999/", "cannot be read"),
        ("https://receiver.example:x/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://" + "a" * 2000, "cannot be read"),
        ("https:///hook", "names no host"),
        ("https://receiver.example:0/", "port 0"),
        ("https://receiver.example:22/", "port 22"),
        ("https://receiver.example:25/", "port 25"),
        ("https://receiver.example:80/", "port 80"),
        ("https://receiver.example:6379/", "port 6379"),
        ("https://receiver.example:10250/", "port 10250"),
        ("https://[fe80::1%25eth0]/", "no host name"),
        ("https://a..example\u2024/", "no host name"),
        ("https://receiver%2eexample/", "no host name"),
        ("https://localhost%00.receiver.example/", "no host name"),
    ],
)
def test_a_url_of_the_wrong_shape_is_refused_with_its_reason(url: str, why: str) -> None:
    with pytest.raises(ForbiddenUrl, match=why):
        read_url(url)


def test_a_sound_url_is_taken_apart_once() -> None:
    target = read_url("HTTPS://Receiver.Example.:8443/a/ü?x=1&y=ä#part")
    assert (target.host, target.port, target.authority) == ("receiver.example", 8443, "receiver.example:8443")
    assert target.path == "/a/%C3%BC?x=1&y=%C3%A4"
    assert read_url("https://bücher.example").host == "xn--bcher-kva.example"
    assert read_url("https://receiver.example?x").path == "/?x"
    assert read_url("https://[2606:4700::1]:8443/").authority == "[2606:4700::1]:8443"
    assert literal("receiver.example") is None
