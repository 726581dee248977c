"""uvicorn's HTTP, less patient: whoever sends the head of a request by drops, or without end, is hung up on.

uvicorn itself waits for ever for the end of a head, and keeps as much of it as is sent. And with a short way: what lies
ready is answered at once, a letter as soon as it has come whole (`web.front`), without a task and messages for each.
"""

import asyncio
from asyncio import BaseTransport, TimerHandle
from collections.abc import Coroutine
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from web.front import Front
from web.mastodon.gate import Found

PATIENCE = 10.0  # seconds from the first byte of a request to the last of its head
SOON = 1.0  # seconds to the last byte of a letter; then it goes the long way, where there is patience for it
LARGEST = 16 * 1024  # bytes of a head: address and headers

Head = tuple[tuple[bytes, bytes], ...]


class Protocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._front: Front | None = getattr(getattr(self.app, "state", None), "front", None)
        self._waiting: TimerHandle | None = None
        self._in_head = False
        self._head = 0
        self._letter: RequestResponseCycle | None = None  # whose body has not come whole
        self._late: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._letter_of_now()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Most requests come in one piece, and no clock is ever set for them.
        if self._letter is not None and self._late is None:
            self._late = self.loop.call_later(SOON, self._go_the_long_way)
        if self._in_head or (self.timeout_keep_alive_task is None and self._idle()):
            self._wait()

    def on_message_begin(self) -> None:
        self._head = 0
        self._in_head = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()
        self._in_head = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        letter = self._letter_of_now()
        if letter is not None:
            self._open(letter)

    # --- the short way -----------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if app is not self.app or not self._at_once(cycle):
            super()._start_asgi_task(cycle, app)

    def _at_once(self, cycle: RequestResponseCycle) -> bool:
        """Whether it is answered, or will be, without the application."""
        front, scope = self._front, cycle.scope
        if front is None or cycle.waiting_for_100_continue or self.flow.write_paused:
            return False
        if scope["method"] == "GET":
            call = front.call(scope)  # type: ignore[arg-type]
            if call is not None:
                self._begin(self._answer(cycle, call))
                return True
            reply = front.ready(scope)  # type: ignore[arg-type]
            if reply is not None:
                self._say(cycle, *reply)
            return reply is not None
        if not front.expects(scope):  # type: ignore[arg-type]
            return False
        if not cycle.more_body:
            self._open(cycle)
        elif self._in_head:  # its own, which has ended just now
            self._letter = cycle
        return not cycle.more_body or self._letter is cycle

    def _open(self, letter: RequestResponseCycle) -> None:
        self._begin(self._take(letter))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer(self, cycle: RequestResponseCycle, call: Found) -> None:
        assert self._front is not None
        status, head, body = await self._front.answer(cycle.scope, call)  # type: ignore[arg-type]
        self._write(cycle, _written(status, head, self._front.crossing), body)

    async def _take(self, letter: RequestResponseCycle) -> None:
        assert self._front is not None
        self._say(letter, *await self._front.take(letter.scope, bytes(letter.body)))  # type: ignore[arg-type]

    def _say(self, cycle: RequestResponseCycle, status: int, head: Head, body: bytes) -> None:
        assert self._front is not None
        self._write(cycle, _opening(status, head, self._front.always), body)

    def _write(self, cycle: RequestResponseCycle, opening: bytes, body: bytes) -> None:
        if cycle.disconnected:
            return
        dated = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join([opening, *dated, end, body]))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _letter_of_now(self) -> RequestResponseCycle | None:
        letter, self._letter = self._letter, None
        if self._late is not None:
            self._late.cancel()
            self._late = None
        return letter

    def _go_the_long_way(self) -> None:
        letter = self._letter_of_now()
        if letter is not None:
            super()._start_asgi_task(letter, self.app)

    # --- patience ----------------------------------------------------------------------------------

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        # A socket that has taken over may be silent for as long as it likes.
        if self._waiting is None and self.transport.get_protocol() is self:
            self._waiting = self.loop.call_later(PATIENCE, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _hang_up(self) -> None:
        self._waiting = None
        if self._idle():
            self.transport.abort()

    def _grow(self, by: int) -> None:
        self._head += by
        if self._head > LARGEST:
            raise ValueError("The head of the request is too long.")  # answered with 400, and hung up on


def _written(status: int, head: Head, always: Head) -> bytes:
    """The first lines of an answer: with what every answer carries, unless it says otherwise itself."""
    named = {name.lower() for name, _ in head}
    more = always if named.isdisjoint(_names(always)) else tuple(pair for pair in always if pair[0] not in named)
    return STATUS_LINE[status] + _lines(head) + _opened(more)


def _lines(head: Head) -> bytes:
    names, values = b"".join([name for name, _ in head]), b"".join([value for _, value in head])
    if HEADER_RE.search(names) or HEADER_VALUE_RE.search(values):
        raise RuntimeError("A header would end in the middle.")
    return b"".join([b"%b: %b\r\n" % pair for pair in head])


_opened = lru_cache(maxsize=64)(_lines)
_opening = lru_cache(maxsize=1024)(_written)  # of what is answered alike many times


@lru_cache(maxsize=16)
def _names(head: Head) -> frozenset[bytes]:
    return frozenset(name for name, _ in head)


def socket(**given: Any) -> asyncio.Protocol:
    """One that was asked for in `Upgrade`: what speaks WebSocket is loaded for the first who listens."""
    from web.sockets import Socket

    return Socket(**given)
