"""Which hosts a set-up may reach: names that somebody listed, at addresses that are not our own network's."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

HTTPS = 443
NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)

# Networks behind the worker (IANA special-purpose registries): a public name has no business there.
OURS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
CARRIERS = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48")
)  # NAT64, v4 in the last bits


@dataclass(frozen=True)
class Host:
    """A name and a port, as `name` or `name:port` say it."""

    name: str
    port: int = HTTPS

    @classmethod
    def parse(cls, text: str) -> "Host":
        """Raises ValueError for what is neither a name nor an address."""
        whole = text.strip()
        name, colon, port = whole.rpartition(":") if _has_port(whole) else (whole, "", "")
        name = name.strip("[]").rstrip(".").lower()
        if not (is_address(name) or NAME.fullmatch(name)):
            raise ValueError(f"{text!r} is no host")
        if colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
            raise ValueError(f"{text!r} has no port")
        return cls(name, int(port) if colon else HTTPS)

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == HTTPS else f"{name}:{self.port}"


@dataclass(frozen=True)
class AllowList:
    """`public` may be reached at public addresses; `trusted`, the operator's own, wherever they are."""

    public: frozenset[Host]
    trusted: frozenset[Host]

    @classmethod
    def of(cls, public: Iterable[str], trusted: Iterable[str]) -> "AllowList":
        """Raises ValueError for an entry that is no host."""
        return cls(frozenset(map(Host.parse, public)), frozenset(map(Host.parse, trusted)))

    def holds(self, host: Host) -> bool:
        """Whether somebody listed it."""
        return host in self.public or host in self.trusted

    def may_connect(self, host: Host, address: str) -> bool:
        """Whether a listed host may be reached at this address, which its name resolved to."""
        return host in self.trusted or not is_ours(address)


def _has_port(text: str) -> bool:
    return "]:" in text or (text.count(":") == 1 and not text.endswith("]"))


def is_address(name: str) -> bool:
    """Whether it is an IP address and no name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_ours(address: str) -> bool:
    """Whether an address lies behind the worker (loopback, private, link-local, metadata) or is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if any(found in carrier for carrier in CARRIERS):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_ours(str(inner))
    return any(found in network for network in OURS if network.version == found.version)
