"""Whoever keeps a socket open or reads a stream of events, in this process and without a network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from browsing import Site
from starlette.types import Message

PATIENCE = 10.0  # seconds for anything to be heard


class Refusal(Exception):
    """It was not let in: the status, and what was said to that."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


class Ear:
    """One socket. `heard` gives the next event, `closed` waits for the end and says why."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.from_app: asyncio.Queue[Message] = asyncio.Queue()
        self.protocol: str | None = None
        self.reads = asyncio.Event()  # cleared: what is sent waits, as for somebody who reads nothing
        self.reads.set()

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        await self.from_app.put(message)

    def say(self, **said: str) -> None:
        self.to_app.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(said).decode()})

    async def taken(self) -> None:
        """All that was said until now has been acted on: a word that nobody knows is answered."""
        self.say(type="subscribe", stream="whether you hear me")
        assert (await self.heard())["error"] == "Unknown stream type"

    async def next(self) -> Message:
        return await asyncio.wait_for(self.from_app.get(), PATIENCE)

    async def heard(self) -> Any:
        message = await self.next()
        assert message["type"] == "websocket.send", message
        return msgspec.json.decode(message["text"])

    async def closed(self) -> int:
        while (message := await self.next())["type"] != "websocket.close":
            pass
        code: int = message["code"]
        return code


@asynccontextmanager
async def ear(
    site: Site, query: str = "", *, token: str = "", protocol: str = "", path: str = "/api/v1/streaming",
    host: str = "glan.example",
) -> AsyncIterator[Ear]:  # fmt: skip
    """A socket that is open. Raises `Refusal`."""
    it = Ear()
    headers = [(b"host", host.encode())] + ([(b"authorization", f"Bearer {token}".encode())] if token else [])
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": path,
        "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "headers": headers,
        "subprotocols": [protocol] if protocol else [], "client": ("192.0.2.1", 50_000), "server": None, "state": {},
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    it.to_app.put_nowait({"type": "websocket.connect"})
    task = asyncio.create_task(site.app(scope, it.to_app.get, it.send))
    try:
        first = await it.next()
        if first["type"] == "websocket.http.response.start":
            raise Refusal(first["status"], (await it.next())["body"])
        if first["type"] == "websocket.close":
            raise Refusal(403, b"")
        it.protocol = first["subprotocol"]
        yield it
    finally:
        it.reads.set()
        it.to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(task, PATIENCE)


@asynccontextmanager
async def events(site: Site, path: str, token: str) -> AsyncIterator["asyncio.Queue[bytes]"]:
    """A stream of events: what comes, piece by piece; first the status, as a word. Nothing when it is over."""
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    gone = asyncio.Event()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await pieces.put(str(message["status"]).encode())
        else:
            await pieces.put(message.get("body", b""))

    address, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": "GET", "path": address, "raw_path": address.encode(), "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"glan.example"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("192.0.2.1", 50_000), "server": None, "state": {},
    }  # fmt: skip
    task = asyncio.create_task(site.app(scope, receive, send))
    try:
        yield pieces
    finally:
        gone.set()
        await asyncio.wait_for(task, PATIENCE)
