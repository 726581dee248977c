"""The only way out: fetching from and posting to servers that strangers have named.

Each rule here answers an attack of trust.md §8.4. A name is resolved once, every address it has is held
against the closed networks, and exactly the address that was looked at is dialled; redirects are walked
by hand under the same rules; size, time and encoding of an answer are bounded while it comes in.
Whatever goes wrong is an `Unreachable`, in words for a steward.
"""

import asyncio
import re
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import islice
from typing import Literal, Protocol
from urllib.parse import urljoin

import msgspec

from federation import addresses, line, tls
from federation.addresses import IP, Address, Network
from federation.line import Answer, Header, Line
from federation.turns import Turns
from hub.errors import N_, HubError

CONNECT = 5.0  # seconds, for name, connection and TLS each
FIRST_BYTE = 10.0  # seconds without a byte
GET_TOTAL, POST_TOTAL = 30.0, 20.0  # seconds with the other server, all redirects together
REDIRECTS = 3
LARGEST_BODY = 1 << 20  # bytes
LARGEST_ANSWER_TO_POST = 1 << 14  # bytes of the body; it is only looked at to learn why we were refused
ANSWER_TO_POST = 2.0  # seconds for that body
LARGEST_HEAD = 1 << 16  # bytes of names and values; a line itself stops at twice as many
MOST_HEADERS = 128
MOST_ADDRESSES = 4  # of one name
PER_HOST, IN_ALL = 2, 64  # requests under way
MOST_HOSTS = 256  # whose connections are remembered
KEEP_ALIVE = 15.0  # seconds that an idle connection is kept
TIDY = 1.0  # seconds between two looks at those

ACTIVITY = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

Kind = Literal["blocked", "dns", "tls", "timeout", "refused", "too-big", "redirect", "encoding", "garbled"]
Signer = Callable[[str, str], Mapping[str, str]]  # method, url → headers that sign it
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_HEADER_NAME = lru_cache(maxsize=256)(re.compile(r"[A-Za-z0-9-]{1,64}").fullmatch)
_HEADER_VALUE = re.compile(r"[\x20-\x7e\x80-\xff\t]*")
_MOVED = frozenset({301, 302, 303, 307, 308})


class Transport(Protocol):
    """What carries a request in place of a connection."""

    async def ask(self, method: str, url: str, headers: Sequence[Header], body: bytes) -> Answer: ...


TransportFactory = Callable[[str], Transport | None]  # host, with its port unless that is the usual one


class Unreachable(HubError):
    """A server did not give us an answer that we can use. `kind` is for machines, the words for a steward."""

    slug = "unreachable"

    def __init__(self, message: str, *, kind: Kind, **facts: object) -> None:
        super().__init__(message, None, **facts)
        self.kind = kind


class Response(msgspec.Struct, frozen=True):
    """An answer, whatever its status. `headers` have lower-case names; `url` is where it came from at last."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


class _Peer:
    """One server's few connections. Small pools cost a fiftieth of a big one (performance.md §4)."""

    def __init__(self) -> None:
        self.turn = Turns(PER_HOST)
        self.idle: list[Line] = []
        self.guests = 0  # requests under way or waiting; a peer with none may be forgotten


class Client:
    """What the hub talks to other servers with; one for a process and event loop.

    `allow_private` opens networks that are otherwise closed, and plain http to them. `transport_factory`
    is asked for each host first: where it answers, its transport stands for that host, and nothing is
    resolved or dialled.
    """

    def __init__(
        self, base: str, version: str, *, allow_private: Sequence[Network] = (), resolver: Resolver | None = None,
        transport_factory: TransportFactory | None = None,
    ) -> None:  # fmt: skip
        self._agent = f"Neighbourhub/{version} (+{base})"
        self._allow = tuple(allow_private)
        self._names = ThreadPoolExecutor(max_workers=8, thread_name_prefix="names")
        self._resolve = resolver or self._system_resolver
        self._transport_factory = transport_factory
        self._peers: OrderedDict[tuple[str, str], _Peer] = OrderedDict()
        self._slots = Turns(IN_ALL)
        self._tidy_at = 0.0  # when to look again who has been idle, by the loop's clock

    async def get(self, url: str, *, sign: Signer | None = None, accept: str = ACTIVITY) -> Response:
        """Fetch `url`, following up to three redirects. Raises `Unreachable`.

        `sign` is called for every hop. The caller compares the origin of `Response.url` with what it
        asked for: a redirect may lead to another server.
        """
        address = _address(url)
        seen = {address.url}
        left = GET_TOTAL
        for _ in range(REDIRECTS + 1):
            signed = sign("GET", address.url) if sign else {}
            response, took = await self._exchange("GET", address, {"accept": accept, **signed}, None, left)
            left -= took
            if response.status not in _MOVED or "location" not in response.headers:
                return response
            address = _next_hop(address, response.headers["location"])
            if address.url in seen:
                break
            seen.add(address.url)
        raise Unreachable(N_("%(host)s sends us round in circles."), kind="redirect", host=address.authority)

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Response:
        """Hand `body` over, following no redirect. Raises `Unreachable`; any answer at all is a `Response`."""
        response, _ = await self._exchange("POST", _address(url), headers, body, POST_TOTAL)
        return response

    async def close(self) -> None:
        """Hang up everywhere."""
        peers = [*self._peers.values()]
        self._peers.clear()
        for peer in peers:
            _hang_up(peer)
        await asyncio.sleep(0)  # a connection takes a turn of the loop to be closed
        self._names.shutdown(wait=False, cancel_futures=True)

    async def _exchange(
        self, method: str, address: Address, headers: Mapping[str, str], body: bytes | None, left: float
    ) -> tuple[Response, float]:
        """One request and its answer, and the seconds it took. Waiting for our own turn is not counted."""
        head = self._head(address, headers, body)
        clock = asyncio.get_running_loop().time
        peer = self._peer(address)
        try:
            async with peer.turn, self._slots:
                started = clock()
                with _in_words(address.authority):
                    async with asyncio.timeout(max(left, 0.0)):
                        response = await self._send(peer, method, address, head, body or b"")
                return response, clock() - started
        finally:
            peer.guests -= 1
            self._forget(clock())

    def _head(self, address: Address, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
        head = {"host": address.authority, "user-agent": self._agent, "accept-encoding": "identity"}
        if body is not None:
            head["content-length"] = str(len(body))
        for name, value in headers.items():
            # Host, length and encoding are settled above, from what is really dialled and sent.
            head.setdefault(name.lower(), value)
        if not all(map(_HEADER_NAME, head)) or not _HEADER_VALUE.fullmatch("".join(head.values())):
            raise Unreachable(N_("A header of our request cannot be sent."), kind="blocked")
        return head

    def _peer(self, address: Address) -> _Peer:
        """The server, with one guest more."""
        name = (address.scheme, address.authority)
        peer = self._peers.get(name)
        if peer is None:
            peer = self._peers[name] = _Peer()
        else:
            self._peers.move_to_end(name)
        peer.guests += 1
        return peer

    def _forget(self, clock: float) -> None:
        """Hang up on the servers spoken to longest ago: idle ones for thrift, all beyond `MOST_HOSTS` because
        naming many must not fill our memory."""
        surplus = len(self._peers) - MOST_HOSTS
        if surplus <= 0 and clock < self._tidy_at:
            return
        self._tidy_at = clock + TIDY
        idle = (name for name, peer in self._peers.items() if not peer.guests)
        for name in [*islice(idle, surplus if surplus > 0 else len(self._peers))]:
            if surplus > 0 or all(one.expired(KEEP_ALIVE) for one in self._peers[name].idle):
                _hang_up(self._peers.pop(name))

    async def _send(self, peer: _Peer, method: str, address: Address, head: Mapping[str, str], body: bytes) -> Response:
        own = self._transport_factory(address.authority) if self._transport_factory else None
        if own is not None:
            pairs = [(name.encode(), value.encode("latin-1")) for name, value in head.items()]
            return await _read(await own.ask(method, address.url, pairs, body), method, address)
        request = _request(method, address, head, body)
        while peer.idle:
            used = peer.idle.pop()
            if used.expired(KEEP_ALIVE):
                used.hang_up()
                continue
            try:
                return await self._ask(peer, used, request, method, address)
            except line.Broken:
                if used.heard:
                    raise
                # It hung up while nobody looked, so nothing of this was read: once more, on another line.
        return await self._ask(peer, await self._open(address), request, method, address)

    async def _ask(self, peer: _Peer, on: Line, request: bytes, method: str, address: Address) -> Response:
        try:
            response = await _read(await on.ask(request, FIRST_BYTE), method, address)
            if on.fresh:
                on.fresh = False
                tls.context().met(address.host, on.secured)
            return response
        finally:
            if on.idle():
                peer.idle.append(on)
            else:
                on.hang_up()

    async def _open(self, address: Address) -> Line:
        opened = await self._dial(address, await self._look_up(address))
        if address.scheme == "https":
            await _secure(opened, address)
        return opened

    async def _look_up(self, address: Address) -> list[IP]:
        """The addresses of a server that may be dialled. Raises `Unreachable` when one of them is closed."""
        found = [addresses.ip(text) for text in await self._named(address)]
        opened = [ip for ip in found if addresses.allowed(ip, self._allow)]
        if opened:
            return opened[:MOST_ADDRESSES]
        for ip in found:
            why = addresses.closed(ip)
            if why is not None:
                raise Unreachable(
                    N_("%(host)s leads to %(ip)s, where no request may go (%(why)s)."),
                    kind="blocked", host=address.host, ip=str(ip), why=why,
                )  # fmt: skip
        if address.scheme != "https":
            raise Unreachable(N_("%(host)s can only be reached over https."), kind="blocked", host=address.host)
        return found[:MOST_ADDRESSES]

    async def _named(self, address: Address) -> Sequence[str]:
        if address.literal:
            return [address.host]
        try:
            async with asyncio.timeout(CONNECT):
                found = await self._resolve(address.host, address.port)
        except TimeoutError:
            raise Unreachable(N_("The name %(host)s was not found in time."), kind="dns", host=address.host) from None
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise Unreachable(N_("There is no server named %(host)s."), kind="dns", host=address.host)
        return found

    async def _dial(self, address: Address, found: list[IP]) -> Line:
        """Connect to the first address that answers; all tries together have `CONNECT` seconds."""
        left = CONNECT
        clock = asyncio.get_running_loop().time
        failure: Exception = line.NotConnected()
        for number, ip in enumerate(found):
            started = clock()
            try:
                async with asyncio.timeout(left / (len(found) - number)):
                    return await line.connect(str(addresses.plain(ip)), address.port)
            except (line.NotConnected, TimeoutError) as error:
                failure = error
            left -= clock() - started
        raise failure

    async def _system_resolver(self, host: str, port: int) -> Sequence[str]:
        # A pool of its own: a name server that hangs must not hold up whatever else runs in threads.
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(self._names, _getaddrinfo, host, port)
        return list(dict.fromkeys(rows))


def _getaddrinfo(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _address(url: str) -> Address:
    try:
        return addresses.read(url)
    except addresses.BadAddress as error:
        raise Unreachable(error.message, kind="blocked", **error.facts) from None


def _next_hop(address: Address, location: str) -> Address:
    try:
        found = _address(urljoin(address.url, location))
    except ValueError:
        raise Unreachable(N_("%(host)s sends us nowhere."), kind="redirect", host=address.authority) from None
    if address.scheme == "https" and found.scheme != "https":
        raise Unreachable(N_("%(host)s sends us from https to http."), kind="redirect", host=address.authority)
    return found


def _request(method: str, address: Address, head: Mapping[str, str], body: bytes) -> bytes:
    """What goes over the wire. Names, values and target have been looked at: nothing can be smuggled in."""
    lines = [f"{name}: {value}\r\n" for name, value in head.items()]
    return f"{method} {address.target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1") + body


async def _secure(opened: Line, address: Address) -> None:
    """TLS by the server's name, although an address was dialled."""
    try:
        await opened.secure(tls.context(), address.host, CONNECT)
    except (OSError, ValueError) as error:
        opened.hang_up()
        raise Unreachable(
            N_("%(host)s could not show that it is itself (%(why)s)."), kind="tls", host=address.host,
            why=tls.why(error),
        ) from error  # fmt: skip
    except BaseException:
        opened.hang_up()
        raise


def _hang_up(peer: _Peer) -> None:
    while peer.idle:
        peer.idle.pop().hang_up()


async def _read(answer: Answer, method: str, address: Address) -> Response:
    headers = _headers(answer.headers, address.authority)
    if method == "POST":
        body = await _beginning(answer)
    else:
        body = await _whole(answer, headers, address.authority)
    return Response(answer.status, headers, body, address.url)


def _headers(given: Sequence[Header], host: str) -> dict[str, str]:
    size = sum(len(name) + len(value) for name, value in given)
    if size > LARGEST_HEAD or len(given) > MOST_HEADERS:
        raise Unreachable(N_("%(host)s answers with too many headers."), kind="too-big", host=host)
    found: dict[str, str] = {}
    for raw_name, raw_value in given:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def _whole(answer: Answer, headers: dict[str, str], host: str) -> bytes:
    # We asked for no encoding. A packed answer of 200 kB can hold gigabytes (trust.md §0.9).
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Unreachable(N_("%(host)s packs its answer, which we did not ask for."), kind="encoding", host=host)
    too_big = Unreachable(
        N_("%(host)s answers with more than %(size)s MB."), kind="too-big", host=host, size=LARGEST_BODY >> 20
    )
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > LARGEST_BODY:
        raise too_big
    found = bytearray()
    while chunk := await answer.read():
        found += chunk
        if len(found) > LARGEST_BODY:
            raise too_big
    return bytes(found)


async def _beginning(answer: Answer) -> bytes:
    """What a POST was answered, for the log. Its status has settled the matter: a body that drips or breaks off
    must not make us send again what has arrived."""
    if answer.whole:
        return (await answer.read())[:LARGEST_ANSWER_TO_POST]
    found = bytearray()
    with suppress(TimeoutError, line.Broken):
        async with asyncio.timeout(ANSWER_TO_POST):
            while len(found) < LARGEST_ANSWER_TO_POST and (chunk := await answer.read()):
                found += chunk
    return bytes(found[:LARGEST_ANSWER_TO_POST])


@contextmanager
def _in_words(host: str) -> Iterator[None]:
    """Turn what the library and the machine say into what a steward can act on."""
    try:
        yield
    except TimeoutError:
        raise Unreachable(N_("%(host)s took too long."), kind="timeout", host=host) from None
    except line.NotConnected:
        raise Unreachable(N_("%(host)s takes no connections."), kind="refused", host=host) from None
    except line.Broken:
        raise Unreachable(N_("%(host)s broke off, or its answer is not HTTP."), kind="garbled", host=host) from None
