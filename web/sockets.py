"""uvicorn's WebSocket, less patient: whoever reads nothing is hung up on.

uvicorn's sockets wait for ever for somebody who does not read, count among the requests that are under way, and write
down where they were opened, with all that stands in the address.
"""

import logging
from asyncio import Task, TimerHandle
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STUCK = 30.0  # seconds until a socket is hung up on whose other side reads nothing

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
