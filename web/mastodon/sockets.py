"""One socket with many streams: what an app keeps open. It says what it wants to hear, and is told as it happens."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Send

from hub.store import Store
from web.mastodon import rates
from web.mastodon.api import Caller, Refused, bearer, caller_of
from web.mastodon.broadcast import Channel, Told
from web.mastodon.params import Params, nested
from web.mastodon.streaming import LAST_WORDS, Listener, Streams, channel_of, named

PATH = "/api/v1/streaming"
SUBSCRIPTIONS = 100  # streams on a socket
NO_TOKEN, BAD_TOKEN = "Missing access token", "Invalid access token"


class Entered(msgspec.Struct, frozen=True):
    """A socket that may be opened: whose it is, what it says to that (`echo`), and what it wants to hear first."""

    caller: Caller
    echo: str | None
    first: Channel | None
    streams: Streams
    store: Store


class Socket(Listener):
    """One of them. Nothing runs for it but its own task, which waits for what it says, until there is news."""

    __slots__ = ("_send", "_task", "_writer")

    def __init__(self, caller: Caller, send: Send) -> None:
        super().__init__(caller)
        self._send = send
        self._task = asyncio.current_task()
        self._writer: asyncio.Task[None] | None = None

    def wake(self) -> None:
        if self.ended and self._task is not None:
            self._task.cancel()
        elif self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def say(self, words: str) -> None:
        await self._send({"type": "websocket.send", "text": words})

    async def close(self) -> None:
        with suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(LAST_WORDS):
                await self._send({"type": "websocket.close", "code": self.ended, "reason": ""})

    def rest(self) -> None:
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        try:
            with suppress(OSError, RuntimeError):  # nobody is there any more
                while self.backlog and not self.ended:
                    await self.say(frame(self.backlog.popleft()))
        finally:
            self._writer = None


async def enter(request: Request) -> Entered:
    """Who wants to listen, and to what. Raises `Refused`, and 429. The token stands in no line of any log: it is taken
    out of the address at once."""
    query: bytes = request.scope["query_string"]
    request.scope["query_string"] = b""
    params = Params(nested(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))
    offered: list[str] = request.scope.get("subprotocols") or []
    secret = bearer(request) or params.exact("access_token") or (offered[0] if offered else "")
    state = request.app.state
    caller = await caller_of(state.store, secret) if secret else None
    rates.count(request, caller.token if caller else 0, caller.id if caller else 0)
    if caller is None:
        raise Refused(401, BAD_TOKEN if secret else NO_TOKEN)
    first = await channel_of(state.store, caller, params.text("stream"), params) if "stream" in params else None
    return Entered(caller, offered[0] if offered else None, first, state.streams, state.store)


async def serve(it: Entered, receive: Receive, send: Send) -> None:
    """Open it, and keep it open until one side has had enough. Raises `Refused` when there are too many."""
    one = Socket(it.caller, send)
    await it.streams.join(one)
    try:
        await send({"type": "websocket.accept", "subprotocol": it.echo, "headers": []})
        if it.first is not None:
            it.streams.subscribe(one, it.first)
        await _listen(one, it, receive)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not one.ended or task is None:
            raise
        task.uncancel()
        one.rest()
        await one.close()
    finally:
        one.rest()
        it.streams.leave(one)


async def _listen(one: Socket, it: Entered, receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        with suppress(msgspec.DecodeError, RecursionError):
            said = msgspec.json.decode(message.get("text") or message.get("bytes") or b"")
            if isinstance(said, dict):
                await _asked(one, it, said)


async def _asked(one: Socket, it: Entered, said: dict[str, Any]) -> None:
    """It wants to hear one more stream, or one less. A mistake is answered, and the socket stays open."""
    params = Params(said)
    try:
        channel = await channel_of(it.store, one.caller, params.text("stream"), params)
        if params.text("type") == "unsubscribe":
            it.streams.unsubscribe(one, channel)
        elif params.text("type") == "subscribe" and len(one.channels) < SUBSCRIPTIONS:
            it.streams.subscribe(one, channel)
    except Refused as refused:
        await one.say(msgspec.json.encode(refused.body | {"status": refused.status}).decode())


def frame(it: Told) -> str:
    """An event as sockets say it: the stream a list, what it is about a string."""
    said: dict[str, object] = {"stream": named(it.channel), "event": it.event}
    if it.payload:
        said["payload"] = it.payload.decode()
    return msgspec.json.encode(said).decode()
