"""Other servers without a network: their applications are called in this process, under their own names."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from federation.http import Transport, TransportFactory
from federation.line import Header


class Given(msgspec.Struct):
    """An answer that is all there."""

    status: int
    headers: Sequence[Header]
    body: bytes
    whole: bool = True

    async def read(self) -> bytes:
        body, self.body = self.body, b""
        return body


class InProcess:
    """Carries a request to an ASGI application as if it had come over the wire."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app)

    async def ask(self, method: str, url: str, headers: Sequence[Header], body: bytes) -> Given:
        request = httpx.Request(method, url, headers=list(headers), content=body)
        answer = await self._transport.handle_async_request(request)
        return Given(answer.status_code, answer.headers.raw, await answer.aread())


def in_process(apps: Mapping[str, Any]) -> TransportFactory:
    """A `transport_factory` for `Client`: `{"tredegar.example": app, …}`, looked up at each request, so that
    servers may be added, stopped and started again while a test runs."""

    def find(host: str) -> Transport | None:
        app = apps.get(host)
        if app is None or hasattr(app, "ask"):
            return app  # nobody there, or somebody who answers without an application
        return InProcess(app)

    return find
