"""What stands before every page: whose address was called, how much may be sent and from where.

Pure ASGI and the outermost of our own layers, so that what every answer carries is on errors, too.
"""

import asyncio
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import perf_counter
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import HubError
from web import crossing, errors
from web.templates import CSP

log = structlog.get_logger()

WORDS = 1024 * 1024  # bytes of a body; forms and inboxes have limits of their own below this
MEDIA = 17 * 1024 * 1024  # bytes of a form with pictures
PATIENCE = 30.0  # seconds between two pieces of a body
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
HEALTH = frozenset({"/healthz", "/livez", "/readyz"})  # asked by machines that know no name
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
YEAR = 365 * 24 * 3600
NO_STORE = (b"cache-control", b"no-store")
_NO_PATH = re.compile(r"[\x00-\x1f\x7f]|/\d{19,}(?=[/.]|$)")  # the second is larger than any id of ours
_NUL = re.compile(rb"%00", re.I)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Headers = Sequence[tuple[bytes, bytes]]


class Guard:
    """`base` is the hub's own address; `proxies` the networks whose X-Forwarded-For is believed."""

    def __init__(self, app: ASGIApp, base: str, proxies: Iterable[str] = ()) -> None:
        self.app = app
        self.scheme = urlsplit(base).scheme
        self.hosts = hosts(base)
        self.origins = frozenset(f"{self.scheme}://{host}" for host in self.hosts)
        self.proxies = tuple(ipaddress.ip_network(one, strict=False) for one in proxies)
        self.headers = _security(self.scheme == "https")
        self.crossing = [*crossing.HEADERS, *self.headers]
        self.popup = [(b"cross-origin-opener-policy", b"unsafe-none"), *self.headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, answer = perf_counter(), _Answer(send, self._carried(scope["path"]), scope)
        state = scope.setdefault("state", {})
        id, facts = secrets.token_hex(4), dict[str, str]()
        state["request_id"], state["facts"] = id, facts
        try:
            await self._pass(scope, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or 499  # nobody is there to be answered
        except Exception as exc:  # the last line of defence: everybody gets a page, with our headers on it
            await _sorry(scope, receive, answer, exc)
        finally:
            tell(scope, id, answer.status, began, facts)

    def passes(self, scope: Scope) -> bool:
        """Whether nothing has to be refused, or changed, before it is answered."""
        return b"%00" not in scope["query_string"] and not self._refused(scope, scope["headers"])

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A socket is looked at like a request; no cookie opens one, so it may be opened from anybody's page."""
        began, headers, path = perf_counter(), scope["headers"], scope["path"]
        state = scope.setdefault("state", {})
        id, facts = secrets.token_hex(4), dict[str, str]()
        state["request_id"], state["facts"] = id, facts
        self.seat(scope)
        if _one(headers, b"host") not in self.hosts or _NO_PATH.search(path):
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # which is a 403 to who has not been let in
            return
        try:
            await self.app(scope, receive, send)
        finally:
            log.info("socket", id=id, path=path, ms=round((perf_counter() - began) * 1000, 1), **facts)

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        headers: Headers = scope["headers"]
        self.seat(scope)
        status = self._refused(scope, headers)
        if status:
            response = await errors.http(Request(scope), HTTPException(status, headers={"Connection": "close"}))
            await response(scope, receive, answer)
            return
        if scope["method"] not in SAFE and not scope["path"].endswith("/inbox"):  # which has narrower bounds itself
            receive = _bounded(receive, _most(headers))
        if b"%00" in scope["query_string"]:
            scope["query_string"] = _NUL.sub(b"", scope["query_string"])  # PostgreSQL keeps no such letter
        await self.app(scope, receive, answer)

    def _carried(self, path: str) -> Headers:
        """What an answer at this address carries unless it says otherwise."""
        if crossing.crosses(path):
            return self.crossing
        return self.popup if path.startswith(crossing.POPUP) else self.headers

    def seat(self, scope: Scope) -> None:
        """Whose request it is, and that it came to our scheme: behind a proxy the server cannot know."""
        scope["scheme"] = self.scheme
        if self.proxies and scope.get("client"):
            scope["client"] = (_client(scope["client"][0], scope["headers"], self.proxies), scope["client"][1])

    def _refused(self, scope: Scope, headers: Headers) -> int:
        """The status to refuse with, 0 for none."""
        names = [name for name, _ in headers]
        framed = names.count(b"content-length") + names.count(b"transfer-encoding")
        if framed > 1 or names.count(b"host") > 1:
            return 400  # two servers in a row could understand it differently
        if _one(headers, b"host") not in self.hosts and scope["path"] not in HEALTH:
            return 421
        if _NO_PATH.search(scope["path"]):
            return 404
        if scope["method"] in SAFE:
            return 0
        length = _one(headers, b"content-length")
        if length and (not length.isdecimal() or int(length[:12]) > _most(headers)):
            return 413 if length.isdecimal() else 400
        return 0 if scope["path"].startswith(crossing.MACHINES) or self._ours(headers) else 403

    def _ours(self, headers: Headers) -> bool:
        """Whether a form may have come from a page of ours: browsers say so, and cannot be made to lie."""
        site = _one(headers, b"sec-fetch-site")
        if site:
            return site in ("same-origin", "none")
        origin = _one(headers, b"origin")
        if origin:
            return origin.lower() in self.origins
        return not any(name == b"cookie" for name, _ in headers)  # programs have no cookie, and no origin


def tell(scope: Scope, id: str, status: int, began: float, facts: dict[str, str]) -> None:
    """The line of the log that each request has. `began` by `perf_counter`."""
    took, method, path = round((perf_counter() - began) * 1000, 1), scope["method"], scope["path"]
    log.info("request", id=id, method=method, path=path, status=status, ms=took, **facts)


def hosts(base: str) -> frozenset[str]:
    """The `Host` headers that mean this hub. On its own machine it goes by any of three names."""
    parts = urlsplit(base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    name = parts.netloc.lower().removesuffix(f":{parts.port}" if parts.port else "")
    names = LOOPBACK if name in LOOPBACK else (name,)
    usual = port == (443 if parts.scheme == "https" else 80)
    return frozenset({f"{one}:{port}" for one in names} | (set(names) if usual else set()))


def _security(https: bool) -> list[tuple[bytes, bytes]]:
    """What an answer carries unless it says otherwise itself."""
    found = {
        "content-security-policy": CSP,
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
    found |= {"strict-transport-security": f"max-age={YEAR}"} if https else {}
    return [(name.encode(), value.encode()) for name, value in found.items()]


SORRY: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    HubError: errors.refuse, HTTPException: errors.http, Exception: errors.crash,
}  # fmt: skip


class _Answer:
    """`send`, with our headers added to the start of the answer. What somebody signed in for is kept by nobody."""

    def __init__(self, send: Send, headers: Headers, scope: Scope) -> None:
        self.send, self.headers, self.scope, self.status = send, headers, scope, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = message["headers"] = [*message.get("headers", ())]
            named = {name.lower() for name, _ in given}
            for pair in self.headers:
                if pair[0] not in named:
                    named.add(pair[0])
                    given.append(pair)
            if b"cache-control" not in named and self.scope["state"].get("account") is not None:
                given.append(NO_STORE)
        await self.send(message)


async def _sorry(scope: Scope, receive: Receive, answer: _Answer, exc: Exception) -> None:
    """Answer for what came out of the layers below us, which the application's own handlers never saw."""
    kind = next(kind for kind in (HubError, HTTPException, Exception) if isinstance(exc, kind))
    response = await SORRY[kind](Request(scope), exc)
    if not answer.status:
        await response(scope, receive, answer)


def _bounded(receive: Receive, most: int) -> Receive:
    """The body, piece by piece. Raises `HTTPException`: 413 beyond `most` bytes, 408 when nothing more comes."""
    seen, whole = 0, False

    async def bounded() -> Message:
        nonlocal seen, whole
        if whole:  # now it only waits for the other side to hang up
            return await receive()
        try:
            async with asyncio.timeout(PATIENCE):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if seen > most:
            raise HTTPException(413, headers={"Connection": "close"})
        return message

    return bounded


def _most(headers: Headers) -> int:
    return MEDIA if _one(headers, b"content-type").startswith("multipart/") else WORDS


def _one(headers: Headers, name: bytes) -> str:
    """The value of a header, in small letters; "" when it is not there."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1").strip().lower()
    return ""


def _client(peer: str, headers: Headers, proxies: Sequence[Network]) -> str:
    """The address furthest away that we have from somebody we trust: the last in the row that is no proxy of ours."""
    row = [
        part.strip()
        for name, value in headers
        if name == b"x-forwarded-for"
        for part in value.decode("latin-1").split(",")
    ]
    while row and _among(peer, proxies):
        last = row.pop()
        if _address(last) is None:
            break
        peer = last
    return peer


def _among(address: str, networks: Sequence[Network]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
