"""Whoever sends a request by drops, or without end, is hung up on; everybody else is served meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from web import protocol

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", hello), WebSocketRoute("/listen", echo)])
    config = uvicorn.Config(app, port=0, http=protocol.Protocol, ws=protocol.socket, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server.servers[0].sockets[0].getsockname()[1]
    await server.shutdown()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where nobody is to be answered: on a busy machine a whole request too may take as long."""
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)


async def ask(port: int, *pieces: bytes) -> bytes:
    """Send these, and read until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_whole_request_is_answered(port: int) -> None:
    answer = await ask(port, HEAD, b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"hello")


@pytest.mark.parametrize("half", [b"", b"G", HEAD, HEAD + b"X-Slow: ", b"\r\n", b"\r\n\r\n"])
@pytest.mark.usefixtures("hasty")
async def test_half_a_request_is_hung_up_on(port: int, half: bytes) -> None:
    assert b"200" not in await ask(port, half)


@pytest.mark.usefixtures("hasty")
async def test_the_second_request_of_a_connection_has_no_more_patience(port: int) -> None:
    answer = await ask(port, HEAD + b"\r\n" + HEAD)
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_a_head_without_end_is_refused(port: int) -> None:
    answer = await ask(port, HEAD, *(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(40)))
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""
    assert b"hello" not in answer


async def test_many_who_wait_keep_nobody_else_from_being_served(port: int) -> None:
    slow = [asyncio.create_task(ask(port, b"GET /")) for _ in range(100)]
    answer = await ask(port, HEAD, b"Connection: close\r\n\r\n")
    assert answer.endswith(b"hello")
    for it in slow:
        it.cancel()
    assert all(isinstance(it, asyncio.CancelledError) for it in await asyncio.gather(*slow, return_exceptions=True))


@pytest.mark.usefixtures("hasty")
async def test_a_socket_is_nobody_who_is_slow(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/listen", proxy=None) as socket:
        assert await ask(port, b"GET /") == b""  # who came later has been hung up on by now
        await socket.send("Shwmae")
        assert await socket.recv() == "Shwmae"
