"""Streams on a request that is never answered to its end (server-sent events), for programs without sockets."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from web.mastodon.api import Caller, route
from web.mastodon.broadcast import LIST, LOCAL_TAG, NOTICES, PRIVATE, PUBLIC, TAG, USER, Channel
from web.mastodon.params import Params
from web.mastodon.streaming import Listener, Streams, channel_of

PATH = "/api/v1/streaming"
THUMP = 15.0  # seconds between signs of life
HELLO, ALIVE = b":)\n\n", b":thump\n\n"
HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}  # a proxy must not wait for the end


class Reader(Listener):
    """Somebody who reads one stream."""

    __slots__ = ("_news",)

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller)
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def next(self) -> bytes:
        """What is told next, or a sign of life; nothing when it is over."""
        if not self.backlog and not self.ended:
            self._news.clear()
            try:
                async with asyncio.timeout(THUMP):
                    await self._news.wait()
            except TimeoutError:
                return ALIVE
        if self.ended or not self.backlog:
            return b""
        it = self.backlog.popleft()
        return b"event: " + it.event.encode() + b"\ndata: " + it.payload + b"\n\n"


class Live(StreamingResponse):
    """The answer: events as they happen, until one side has had enough."""

    def __init__(self, streams: Streams, reader: Reader) -> None:
        super().__init__((), 200, HEADERS, "text/event-stream")
        self._streams, self._reader = streams, reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._reader)

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        body = HELLO
        while body:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            body = await self._reader.next()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def stream(name: str) -> Callable[[Request, Caller, Params], Awaitable[Response]]:
    async def listen(request: Request, caller: Caller, params: Params) -> Response:
        state = request.app.state
        channel: Channel = await channel_of(state.store, caller, name, params)
        reader = Reader(caller)
        await state.streams.join(reader)
        state.streams.subscribe(reader, channel)
        return Live(state.streams, reader)

    return listen


async def health(request: Request, caller: Caller, params: Params) -> Response:
    return PlainTextResponse("OK")


NAMES = {
    "user": USER, "user/notification": NOTICES, "public": PUBLIC, "public/local": f"{PUBLIC}:local",
    "public/remote": f"{PUBLIC}:remote", "hashtag": TAG, "hashtag/local": LOCAL_TAG, "list": LIST, "direct": PRIVATE,
}  # fmt: skip
routes = [
    route("GET", f"{PATH}/health", health, open=True, app=True),
    *(route("GET", f"{PATH}/{path}", stream(name), app=True) for path, name in NAMES.items()),
]
