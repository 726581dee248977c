"""What may come back over a connection: answers of every shape, and things that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httptools
import pytest
from loopback import OK, peer

from federation import http, line
from federation.http import Client, Unreachable

BODY = b'{"type":"Follow"}'


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    opened = Client("https://tredegar.example", "1.0", allow_private=[ip_network("127.0.0.1/32")])
    try:
        yield opened
    finally:
        await opened.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1;x=y\r\ni\r\n0\r\nlate: trailer\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK,
        b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nhi",
    ],
)
async def test_a_body_may_come_in_any_shape_and_the_line_is_kept(answer: bytes) -> None:
    async with peer(answer) as seen, client() as hub:
        for _ in range(2):
            response = await hub.get(seen.url())
            assert (response.status, response.body) == (200, b"hi")
            assert "link" not in response.headers
            assert "late" not in response.headers
    assert seen.connections == 1


@pytest.mark.parametrize("version", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"])
async def test_without_a_length_a_body_ends_with_the_connection(version: bytes) -> None:
    async def and_goes(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(version + b"all of it")
        writer.close()

    async with peer(and_goes) as seen, client() as hub:
        for _ in range(2):
            assert (await hub.get(seen.url())).body == b"all of it"
    assert seen.connections == 2


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_is_not_waited_for(status: int) -> None:
    async with peer(f"HTTP/1.1 {status} x\r\n\r\n".encode()) as seen, client() as hub:
        for _ in range(2):
            assert (await hub.get(seen.url())).status == status
    assert seen.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nna me: x\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/2.0 OK\r\n\r\n",
    ],
)
async def test_what_can_be_read_in_two_ways_or_in_none_is_refused(answer: bytes) -> None:
    async with peer(answer) as seen, client() as hub:
        with pytest.raises(Unreachable) as caught:
            await hub.get(seen.url())
    assert caught.value.kind == "garbled"


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    async def twice(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")

    async with peer(twice) as seen, client() as hub:
        for _ in range(3):
            assert (await hub.get(seen.url())).body == b"hi"
            await asyncio.sleep(0.01)
    assert seen.connections == 3


async def test_what_is_said_on_an_idle_line_ends_it() -> None:
    async def and_later(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")

    async with peer(and_later) as seen, client() as hub:
        for _ in range(2):
            assert (await hub.get(seen.url())).body == b"hi"
            await asyncio.sleep(0.03)
    assert seen.connections == 2


async def test_a_line_that_was_hung_up_unnoticed_is_replaced_and_nothing_is_lost() -> None:
    """The server goes at the very moment of the second request."""
    calls = 0

    async def once_each(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            writer.close()
        else:
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")

    async with peer(once_each) as seen, client() as hub:
        for _ in range(2):
            assert (await hub.post(seen.url(), BODY, headers={})).status == 202
    assert [request.endswith(BODY) for request in seen.requests] == [True] * 3


async def test_a_line_that_breaks_in_the_middle_of_an_answer_is_not_asked_again() -> None:
    calls = 0

    async def then_half(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.write(OK if calls == 1 else b"HTTP/1.1 200 OK\r\ncontent-le")
        if calls > 1:
            writer.close()

    async with peer(then_half) as seen, client() as hub:
        await hub.get(seen.url())
        with pytest.raises(Unreachable, match="not HTTP"):
            await hub.get(seen.url())
    assert calls == 2


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1", b";x=y" * 10_000),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 10_000),
    ],
)
async def test_84_what_never_gets_to_the_point_is_cut_off(head: bytes, more: bytes) -> None:
    async def on_and_on(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(more)
            await writer.drain()

    async with peer(on_and_on) as seen, client() as hub:
        with pytest.raises(Unreachable) as caught:
            await hub.get(seen.url())
    assert caught.value.kind in ("garbled", "too-big")


async def test_a_head_and_much_of_the_body_may_come_at_once() -> None:
    one = line.Line()
    one.connection_made(asyncio.Transport())
    one._busy, one._parser, body = True, httptools.HttpResponseParser(one), b"x" * 200_000
    one.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + body)
    assert (one.status, await one.read()) == (200, body)


async def test_a_body_is_read_no_faster_than_it_is_taken() -> None:
    sent = 0

    async def plenty(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.transport.set_write_buffer_limits(0)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 80000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 80_000)
            sent += 80_000
            await writer.drain()

    async with peer(plenty) as seen:
        one = await line.connect("127.0.0.1", seen.port)
        answer = await one.ask(b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n", 5)
        await asyncio.sleep(0.3)
        assert sent < 40_000_000
        assert await answer.read()
        one.hang_up()
        await asyncio.sleep(0.01)


async def test_silence_between_two_bytes_is_not_borne_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stops(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 50)
        await asyncio.sleep(5)

    monkeypatch.setattr(http, "FIRST_BYTE", 0.1)
    async with peer(stops) as seen, client() as hub:
        with pytest.raises(Unreachable, match="took too long"):
            await hub.get(seen.url())


@pytest.mark.slow
async def test_who_sends_a_byte_now_and_then_is_not_heard_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience is counted from byte to byte, and all together besides."""
    sent = 0

    async def drips(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000:
            writer.write(bytes([byte]))
            await writer.drain()
            sent += 1
            await asyncio.sleep(0.01)

    monkeypatch.setattr(http, "FIRST_BYTE", 0.5)
    monkeypatch.setattr(http, "GET_TOTAL", 1.0)
    async with peer(drips) as seen, client() as hub:
        with pytest.raises(Unreachable) as caught:
            await hub.get(seen.url())
    assert caught.value.kind == "timeout"
    assert 2 < sent < 10_000


@pytest.mark.slow
async def test_each_byte_gives_new_patience() -> None:
    async def slowly(_: bytes, writer: asyncio.StreamWriter) -> None:
        for part in (b"HTTP/1.1 200 OK\r\n", b"content-length: 4\r\n", b"\r\n", b"al", b"l!"):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.3)

    async with peer(slowly) as seen:
        one = await line.connect("127.0.0.1", seen.port)
        answer = await one.ask(b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n", 1.0)
        assert await answer.read() + await answer.read() == b"all!"
        one.hang_up()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n", b"HTTP/1.0 202 Accepted\r\n", b"HTTP/1.1 202 OK\r\nconnection: Close\r\n"]  # noqa: E501
)  # fmt: skip
async def test_a_line_that_will_be_closed_is_not_used_again_though_it_is_still_open(head: bytes) -> None:
    async with peer(head + b"content-length: 0\r\n\r\n") as seen, client() as hub:
        for _ in range(3):
            assert (await hub.post(seen.url(), BODY, headers={})).status == 202
    assert seen.connections == 3


async def test_back_pressure_ends_when_what_came_is_taken() -> None:
    whole = b"x" * 3_000_000

    async def plenty(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + whole)
        await writer.drain()

    async with peer(plenty) as seen:
        one = await line.connect("127.0.0.1", seen.port)
        answer = await one.ask(b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n", 5)
        await asyncio.sleep(0.1)
        assert len(one._body) < line.HELD + (1 << 18)  # no more is held than one reading beyond the mark
        got = b""
        while piece := await answer.read():
            got += piece
        assert got == whole
        assert one.idle()
        one.hang_up()
        await asyncio.sleep(0)
