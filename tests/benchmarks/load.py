"""Asks a server as fast as it answers, over a few kept connections, and takes little of the machine for itself."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import httptools
import uvloop

LINES = 32  # connections
PATIENCE = 60  # seconds


class _Line(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[int], over: "asyncio.Future[None]") -> None:
        self._requests, self._statuses, self._over = requests, statuses, over
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: Any) -> None:  # uvloop's own, which is no subclass of asyncio's
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._statuses[self._parser.get_status_code()] += 1
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._over.done():
            self._over.set_exception(error or ConnectionError("The server hung up."))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self._over.done():
            self._over.set_result(None)
            self._transport.close()


def send(port: int, requests: Iterable[bytes], lines: int = LINES) -> Counter[int]:
    """Send all these, and count the answers by status."""
    statuses: Counter[int] = Counter()

    async def run() -> None:
        loop, left = asyncio.get_running_loop(), iter(requests)
        overs = [loop.create_future() for _ in range(lines)]
        for over in overs:
            await loop.create_connection(lambda over=over: _Line(left, statuses, over), "127.0.0.1", port)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*overs)

    uvloop.run(run())
    return statuses


def get(host: str, path: str, accept: str) -> bytes:
    agent = "user-agent: Mastodon/4.5.0 (http.rb/5.3.1; +https://mastodon.example/)"
    head = [f"GET {path} HTTP/1.1", f"host: {host}", f"accept: {accept}", "accept-language: en", agent]
    return "\r\n".join([*head, "", ""]).encode()


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    head = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*head, f"content-length: {len(body)}", "", ""]).encode() + body
