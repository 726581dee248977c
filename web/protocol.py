"""uvicorn's HTTP, less patient: whoever sends the head of a request by drops, or without end, is hung up on.

uvicorn itself waits for ever for the end of a head, and keeps as much of it as is sent. Its sockets wait for ever for
somebody who does not read, count among the requests that are under way, and write down where they were opened, with
all that stands in the address.
"""

import logging
from asyncio import BaseTransport, Task, TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PATIENCE = 10.0  # seconds from the first byte of a request to the last of its head
STUCK = 30.0  # seconds until a socket is hung up on whose other side reads nothing
LARGEST = 16 * 1024  # bytes of a head: address and headers


class Protocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._waiting: TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._head = 0
        self._wait()
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

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(PATIENCE, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _hang_up(self) -> None:
        self._waiting = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def _grow(self, by: int) -> None:
        self._head += by
        if self._head > LARGEST:
            raise ValueError("The head of the request is too long.")  # answered with 400, and hung up on


_QUIET = logging.getLogger("web.sockets")
_QUIET.setLevel(logging.ERROR)


class Socket(WebSocketsSansIOProtocol):
    def __init__(self, config: Any, server_state: Any, *args: Any, **named: Any) -> None:
        super().__init__(config, server_state, *args, **named)
        kept = vars(server_state)  # apart from requests, of which there may be only so many at once
        self.connections = kept.setdefault("sockets", set())
        self.tasks: set[Task[None]] = kept.setdefault("socket_tasks", set())
        self.logger = self.conn.logger = _QUIET
        self.conn.debug = False
        self._stuck: TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stuck is None:
            self._stuck = self.loop.call_later(STUCK, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._goes_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._goes_on()
        super().connection_lost(exc)

    def _goes_on(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
