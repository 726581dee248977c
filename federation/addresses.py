"""Where a request may go: one way to write an address, and the networks nobody may be sent to.

A neighbour's server names the addresses that we fetch. Without these rules it could name our router,
our database or a cloud's password service (trust.md §0.8 and attacks 71-77).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

import idna
import msgspec

from hub.errors import N_, HubError

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 2048  # characters of an address; longer ones are attacks
DEFAULT_PORT = {"https": 443, "http": 80}

# Above 1024 a neighbour may run what they like, but these are databases and the like that must never
# be spoken to, whoever asks.
SERVICE_PORTS = frozenset({1433, 1521, 1723, 2049, 2375, 2376, 3306, 3389, 5060, 5061, 5432, 5900, 6000, 6379, 6667})
SERVICE_PORTS |= {8020, 9200, 9300, 10250, 11211, 27017}

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
# What nearly every address looks like, and nobody could read in two ways.
_PLAIN = re.compile(r"(https?://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?)(/[A-Za-z0-9/._~@-]*(?:\?[A-Za-z0-9/._~@=&-]+)?)")
_SITE = re.compile(r"https?://[^/?#]{1,300}(?=[/?#]|\Z)")
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_BRACKETED = re.compile(r"\[[0-9a-fA-F:.]+\](?::[0-9]*)?")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class BadAddress(HubError):
    """An address that we would not go to, whatever stands behind it."""

    slug = "bad-address"


class Address(msgspec.Struct, frozen=True):
    """An address taken apart: the form that is signed, sent and compared."""

    scheme: str
    host: str  # lower case, punycode, no final dot; an IPv6 address without brackets
    port: int
    target: str  # path and query, as it stands on the wire
    authority: str  # the host, with its port unless that is the usual one

    @property
    def literal(self) -> bool:
        """Whether the host is an address of the network already, not a name."""
        return ":" in self.host or _NUMBER.fullmatch(self.host) is not None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


@lru_cache(maxsize=4096)
def read(url: str) -> Address:
    """Take `url` apart. Raises `BadAddress` for anything that is not plainly a web address; drops the fragment."""
    plain = _PLAIN.fullmatch(url) if len(url) <= LONGEST else None
    if plain is None:
        return _taken_apart(url)
    server = _site(plain[1])
    return Address(server.scheme, server.host, server.port, plain[2], server.authority)


def _taken_apart(url: str) -> Address:
    if len(url) > LONGEST or _UNSAFE.search(url):
        raise BadAddress(N_("This is not a web address."))
    try:
        parts = urlsplit(url)
        port = parts.port
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = target if target.isascii() else quote(target, safe=_PRINTABLE)
    except ValueError:
        raise BadAddress(N_("This is not a web address.")) from None
    if parts.scheme not in DEFAULT_PORT:
        raise BadAddress(N_("Only https addresses can be reached, not %(scheme)s."), scheme=parts.scheme or "none")
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise BadAddress(N_("This is not a web address."))
    if "@" in parts.netloc:
        raise BadAddress(N_("An address must not carry a name or password."))
    port = DEFAULT_PORT[parts.scheme] if port is None else port
    if port not in DEFAULT_PORT.values() and (port <= 1024 or port in SERVICE_PORTS):
        raise BadAddress(N_("Port %(port)s is not one that a web server uses."), port=port)
    host = canonical_host(parts.hostname or "")
    name = f"[{host}]" if ":" in host else host
    return Address(
        parts.scheme, host, port, target, name if port == DEFAULT_PORT[parts.scheme] else f"{name}:{port}"
    )  # fmt: skip


def site(url: str) -> Address:
    """The server that `url` leads to. Raises `BadAddress` just as `read` does; cheap for servers seen before."""
    start = _SITE.match(url)
    if start is None or not url.isascii() or len(url) > LONGEST or _UNSAFE.search(url):
        return read(url)
    return _site(start[0])


@lru_cache(maxsize=8192)
def _site(start: str) -> Address:
    return _taken_apart(start)


def canonical_host(name: str) -> str:
    """The one spelling of a host that is compared, blocked and dialled."""
    if ":" in name:
        return _ipv6(name)
    if not name.isascii():
        name = _punycode(name)
    name = name.lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        raise BadAddress(N_("This is not the name of a server."))
    if _NUMBER.fullmatch(name):
        return _ipv4(name)
    return name


def _punycode(name: str) -> str:
    try:
        return idna.encode(name[:LONGEST], uts46=True).decode()
    except idna.IDNAError:
        raise BadAddress(N_("This is not the name of a server.")) from None


def _ipv4(name: str) -> str:
    # "2130706433", "0177.0.0.1" and "127.1" all mean 127.0.0.1 to a resolver, and are only written to hide it.
    try:
        return str(IPv4Address(name))
    except ValueError:
        raise BadAddress(N_("This is not the name of a server.")) from None


def _ipv6(name: str) -> str:
    try:
        address = IPv6Address(name)
    except ValueError:
        raise BadAddress(N_("This is not the name of a server.")) from None
    if address.scope_id is not None:
        raise BadAddress(N_("This is not the name of a server."))
    return str(address)


# IANA's special-purpose registries, and what clouds add to them. IPv6 is the other way round: only
# 2000::/3 is ever given out, so everything else is closed and the table lists the holes inside it.
_CLOSED_4 = [
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", "this network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "carrier's private"),
        ("127.0.0.0/8", "this machine"), ("168.63.129.16/32", "a cloud's own service"),
        ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"), ("192.0.0.0/24", "protocol use"),
        ("192.0.2.0/24", "documentation"), ("192.31.196.0/24", "AS112"), ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relays"), ("192.168.0.0/16", "private"), ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarks"), ("198.51.100.0/24", "documentation"), ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"),
    )
]  # fmt: skip
_CLOSED_6 = [
    (IPv6Network(network), words)
    for network, words in (
        ("2001::/23", "protocol use, Teredo"), ("2001:db8::/32", "documentation"), ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"), ("3fff::/20", "documentation"),
    )
]  # fmt: skip
_GIVEN_OUT = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def plain(address: IP) -> IP:
    """An IPv4 address that hides in an IPv6 one (::ffff:127.0.0.1) comes out; others stay as they are."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


# What an address may be used for never changes, so it is thought about once; parsing alone takes 20 µs.
ip = lru_cache(maxsize=4096)(ip_address)


@lru_cache(maxsize=4096)
def allowed(address: IP, networks: tuple[Network, ...]) -> bool:
    """Whether the steward has opened a private network that holds `address`."""
    address = plain(address)
    return any(address.version == network.version and address in network for network in networks)


def closed(address: IP) -> str | None:
    """Why no request may go to `address`, in a word or two; None when it is on the public internet.

    6to4, Teredo and IPv4-compatible addresses are closed whatever they carry. NAT64 is how a machine
    with IPv6 only reaches the rest of the world, so there the address inside is judged.
    """
    address = plain(address)
    if isinstance(address, IPv4Address):
        return next((words for network, words in _CLOSED_4 if address in network), None)
    if address in _NAT64:
        return closed(IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _GIVEN_OUT:
        return "not public"
    return next((words for network, words in _CLOSED_6 if address in network), None)


def networks(texts: Sequence[str]) -> list[Network]:
    """The networks of a setting such as `127.0.0.0/8`. Raises `ValueError` for what is none."""
    return [ip_network(text) for text in texts]
