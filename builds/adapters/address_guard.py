"""Which addresses a callback may go to: https, a sensible port, and only the public internet."""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import SplitResult, quote, urlsplit

from builds.ports import Refused, Unavailable

Resolve = Callable[[str], Sequence[str]]
"""A host name's addresses as text. Raises OSError."""

DEFAULT_PORTS = {"https": 443, "http": 80}
LONGEST_URL = 2000
SAFE = "/%:@!$&'()*+,;=~-._"  # what is left as it is in a path; a query may hold ? too

# The special-purpose registries of IANA, spelled out: what `ipaddress` calls global differs between Pythons.
NOT_PUBLIC_V4 = {
    IPv4Network(network): name
    for network, name in {
        "0.0.0.0/8": "unspecified",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared by a carrier's customers",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "the metadata service of a cloud",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "reserved for protocols",
        "192.0.2.0/24": "for documentation",
        "192.88.99.0/24": "a 6to4 relay",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "for benchmarks",
        "198.51.100.0/24": "for documentation",
        "203.0.113.0/24": "for documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
# Public unicast is 2000::/3 without these; whatever is outside it is refused without being named here.
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = {
    IPv6Network("2001::/23"): "reserved for protocols",
    IPv6Network("2001:db8::/32"): "for documentation",
    IPv6Network("2002::/16"): "a 6to4 tunnel",
    IPv6Network("3fff::/20"): "for documentation",
}
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = re.compile(r":0[02]00:5efe:")  # in the long spelling
# Databases, caches and control planes: no receiver of callbacks speaks TLS there.
OTHER_SERVICES = frozenset(
    {1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5900, 6379, 6443, 9042, 9200, 9300, 10250}
    | {11211, 27017}
)


class ForbiddenUrl(Refused):
    """A callback is never sent to such an address."""

    def __init__(self, why: str) -> None:
        super().__init__("callback_url_refused", why)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A callback address, taken apart once: what was checked is what is connected to and what is sent."""

    scheme: str
    host: str  # ASCII, in small letters, without a final dot or brackets
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str, *, insecure: bool = False) -> Target:
    """Take an address apart. `insecure` permits http, any port and loopback. Raises ForbiddenUrl."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise ForbiddenUrl("The callback address cannot be read.")
    try:
        parts = urlsplit(url)
        port, named = parts.port, parts.hostname
    except ValueError:
        raise ForbiddenUrl("The callback address cannot be read.") from None
    if parts.scheme != "https" and not (insecure and parts.scheme == "http"):
        raise ForbiddenUrl("Callbacks go to https addresses only.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenUrl("A callback address must not hold a user name or a password.")
    if not named:
        raise ForbiddenUrl("The callback address names no host.")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not insecure and (port != DEFAULT_PORTS["https"] and (port < 1024 or port in OTHER_SERVICES)):
        raise ForbiddenUrl(f"Callbacks do not go to port {port}; use 443 or a free one above 1023.")
    host = ascii_host(named)
    address = literal(host)
    if address is not None and (why := why_forbidden(address, insecure=insecure)):
        raise ForbiddenUrl(f"{host} is {why}; callbacks go to public addresses only.")
    return Target(scheme=parts.scheme, host=host, port=port, path=path_of(parts))


def ascii_host(named: str) -> str:
    """The host as the domain name system knows it. Raises ForbiddenUrl."""
    try:
        host = named if named.isascii() else named.encode("idna").decode("ascii")
    except UnicodeError:
        raise ForbiddenUrl(f"{named} is no host name.") from None
    host = host.lower().removesuffix(".")
    if not re.fullmatch(r"[0-9a-z._:-]{1,253}", host):
        raise ForbiddenUrl(f"{named} is no host name.")
    return host


def path_of(parts: SplitResult) -> str:
    """What is asked of the host, in ASCII; the fragment is never sent."""
    path = quote(parts.path or "/", safe=SAFE)
    return f"{path}?{quote(parts.query, safe=SAFE + '?')}" if parts.query else path


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is spelled as; None for a name. Raises ForbiddenUrl for other spellings.

    A host whose last part is a number is an address to every resolver (`127.1`, `0x7f.1`, `2130706433`,
    `0177.0.0.1`), so only the one usual spelling is taken.
    """
    last = host.rpartition(".")[2]
    try:
        if ":" in host:
            return IPv6Address(host)
        if last.isdecimal() or re.fullmatch(r"0x[0-9a-f]*", last):
            return IPv4Address(host)
    except ValueError:
        raise ForbiddenUrl(f"{host} is an unusual spelling of an address.") from None
    return None


def why_forbidden(address: IPv4Address | IPv6Address, *, insecure: bool = False) -> str:
    """What the address is instead of public; empty when it is public. `insecure` permits loopback."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or (IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None)
        if inner is None:
            return why_forbidden_v6(address, insecure=insecure)
        address = inner
    if insecure and address.is_loopback:
        return ""
    return next((name for network, name in NOT_PUBLIC_V4.items() if address in network), "")


def why_forbidden_v6(address: IPv6Address, *, insecure: bool) -> str:
    """The same for an address that holds no IPv4 one."""
    if address.is_loopback:
        return "" if insecure else "loopback"
    if address not in PUBLIC_V6 or address.scope_id:
        return "not public"
    if ISATAP.search(address.exploded):
        return "an ISATAP tunnel"
    return next((name for network, name in NOT_PUBLIC_V6.items() if address in network), "")


def checked_addresses(host: str, resolve: Resolve, *, insecure: bool = False) -> tuple[str, ...]:
    """Where to connect to: the host is looked up once, and every address it has must be public.

    Raises Unavailable: a name may lead elsewhere tomorrow.
    """
    spelled = literal(host)
    try:
        found = [str(spelled)] if spelled else list(dict.fromkeys(resolve(host)))
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"{host} could not be looked up: {error}") from error
    if not found:
        raise Unavailable(f"{host} has no address.")
    for address in found:
        try:
            why = why_forbidden(ipaddress.ip_address(address), insecure=insecure)
        except ValueError:
            why = "no address"
        if why:
            raise Unavailable(f"{host} leads to {address}, which is {why}; nothing was sent.")
    return tuple(found)


def system_addresses(host: str) -> list[str]:
    """What this machine's resolver says."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
