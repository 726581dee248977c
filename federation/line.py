"""One connection to another server: a request goes out, an answer comes in, and nothing is waited for too long.

HTTP/1.1 over asyncio and httptools. A request of ours is small and sent in one piece; an answer may be anything, so
it is counted while it comes in, and read no faster than it is taken.
"""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, Protocol

import httptools

LARGEST_HEAD = 1 << 17  # bytes until the body begins
MOST_HEADERS = 1000  # that are kept until somebody judges them
HELD = 1 << 18  # bytes of a body that may wait here
LARGEST = 1 << 22  # bytes of an answer, however it is wrapped

Header = tuple[bytes, bytes]


class NotConnected(Exception):
    """Nobody answered at that address."""


class Broken(Exception):
    """The other side hung up, or what it says is no HTTP."""


class Answer(Protocol):
    """What came back; its body is still to be read, piece by piece. `b""` is the end."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Sequence[Header]: ...
    @property
    def whole(self) -> bool: ...
    async def read(self) -> bytes: ...


async def connect(ip: str, port: int) -> "Line":
    """Call an address. Raises `NotConnected`."""
    try:
        _, line = await asyncio.get_running_loop().create_connection(Line, ip, port)
    except OSError as error:
        raise NotConnected from error
    return line


class Line(asyncio.Protocol):
    """A connection, for one request at a time. It is the answer to the last one."""

    status: int
    headers: list[Header]
    _transport: Any  # uvloop's own, which is no subclass of asyncio's
    _body: bytearray  # what has come and has not been taken
    _head_whole: bool
    _whole: bool
    _paused: bool
    _seen: int
    _failure: Exception | None

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle_since = self._loop.time()
        self._busy = self._lost = False
        self._reusable = True
        self.fresh = False  # its session is not kept yet
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reset()

    async def secure(self, context: ssl.SSLContext, host: str, patience: float) -> None:
        """Go on under TLS with who can show that it is `host`. Raises `OSError` and `ValueError`, as ssl does."""
        transport = await self._loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=patience
        )
        if transport is None:
            raise ConnectionResetError("it hung up")
        self._transport, self.fresh = transport, True
        if self._lost:
            raise ConnectionResetError("it hung up")

    @property
    def secured(self) -> Any:
        """What ssl knows of the connection; `None` without TLS."""
        return self._transport.get_extra_info("ssl_object")

    @property
    def whole(self) -> bool:
        """Whether nothing more of the answer is to come."""
        return self._whole

    @property
    def heard(self) -> bool:
        """Whether anything at all was answered to the last request."""
        return self._seen > 0

    def idle(self) -> bool:
        """Whether it can be used for another request."""
        return self._reusable and not self._busy and not self._lost

    def expired(self, keep: float) -> bool:
        """Whether it has hung up, or nobody has used it for `keep` seconds."""
        return not self.idle() or self._transport.is_closing() or self._loop.time() - self._idle_since >= keep

    def hang_up(self) -> None:
        self._end_wait()
        self._transport.abort()

    async def ask(self, request: bytes, patience: float) -> Answer:
        """Send a request and wait for the head of its answer, `patience` seconds from one byte to the next.

        Raises `TimeoutError` and `Broken`, as `read` does.
        """
        self._reset()
        self._busy, self._patience, self._last = True, patience, self._loop.time()
        self._parser = httptools.HttpResponseParser(self)
        self._timer = self._loop.call_later(patience, self._look)
        if self._lost:
            raise Broken
        self._transport.write(request)
        while not self._head_whole:
            await self._wait()
        return self

    async def read(self) -> bytes:
        while not self._body and not self._whole:
            await self._wait()
        found, self._body = bytes(self._body), bytearray()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return found

    # --- from the network

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._busy:  # nobody asked for anything
            self._reusable = False
            self._transport.abort()
            return
        self._last = self._loop.time()
        self._seen += len(data)
        if self._seen > LARGEST:
            self._fail(Broken())
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # What follows a whole answer does not make it worse, but it is the last one on this line.
            self._reusable = False
            if not self._whole:
                self._fail(Broken())
        # Only now: what came at once may be a small head with much of a body behind it.
        if self._seen > LARGEST_HEAD and not self._head_whole:
            self._fail(Broken())

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if not self._busy:
            return
        # Without a length, an answer ends where the connection does.
        sized = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        if error is None and self._head_whole and not sized:
            self._end()
        else:
            self._fail(Broken())

    # --- from the parser

    def on_message_begin(self) -> None:
        if self._whole:
            self._reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_whole and len(self.headers) < MOST_HEADERS:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._head_whole:
            return
        if status < 200:  # "go on", "here are hints": the answer itself comes after it
            self.headers = []
            return
        self.status, self._head_whole = status, True
        self._reusable = self._reusable and self._parser.should_keep_alive()
        self._notify()

    def on_body(self, chunk: bytes) -> None:
        if self._whole:
            return
        self._body += chunk  # in one piece: a body may come byte by byte, and each is not to cost more than itself
        if not self._paused and len(self._body) > HELD:
            self._paused = True
            self._transport.pause_reading()
        self._notify()

    def on_message_complete(self) -> None:
        if self._head_whole and not self._whole:
            self._end()

    # --- between the two

    def _reset(self) -> None:
        self.status = 0
        self.headers, self._body = [], bytearray()
        self._head_whole = self._whole = self._paused = False
        self._failure = None
        self._seen = 0

    def _end(self) -> None:
        self._whole, self._busy, self._idle_since = True, False, self._last
        self._end_wait()
        self._notify()

    def _fail(self, failure: Exception) -> None:
        self._failure, self._busy, self._reusable = self._failure or failure, False, False
        self._end_wait()
        self._notify()
        self._transport.abort()

    def _end_wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        left = self._patience - (self._loop.time() - self._last)
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._fail(TimeoutError())

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        await self._waiter
        if self._failure is not None and not self._body:
            raise self._failure
