"""Other servers without a network: their applications are called in this process, under their own names."""

from collections.abc import AsyncIterable, Mapping
from typing import Any

import httpcore
import httpx

from federation.http import Transport, TransportFactory


class InProcess:
    """Carries a request to an ASGI application as if it had come over the wire."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        assert isinstance(request.stream, AsyncIterable)
        body = b"".join([chunk async for chunk in request.stream])
        forwarded = httpx.Request(
            request.method.decode(), bytes(request.url).decode(), headers=request.headers, content=body
        )
        answer = await self._transport.handle_async_request(forwarded)
        return httpcore.Response(answer.status_code, headers=answer.headers.raw, content=await answer.aread())


def in_process(apps: Mapping[str, Any]) -> TransportFactory:
    """A `transport_factory` for `Client`: `{"tredegar.example": app, …}`, looked up at each request, so that
    servers may be added, stopped and started again while a test runs."""

    def find(host: str) -> Transport | None:
        app = apps.get(host)
        return None if app is None else InProcess(app)

    return find
