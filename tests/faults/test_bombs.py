"""Answers made to fill our memory: a process that fetches them stays as small as it was (trust.md D-08)."""

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from loopback import OK, Answer, answering, peer

pytestmark = pytest.mark.faults
FETCHING = Path(__file__).parent / "fetching.py"
MB = 1 << 20
PIECE = b"x" * 65536
AT_A_TIME = 1 << 18  # bytes that the network may hand over before anybody can say that it is enough
LARGEST = MB + 2 * AT_A_TIME


class Cost(msgspec.Struct):
    ended: str
    read: int
    grew: int


class Fetcher:
    """The process that fetches."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def fetch(self, url: str) -> Cost:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{url}\n".encode())
        await self._process.stdin.drain()
        return msgspec.json.decode(await self._process.stdout.readline(), type=Cost)


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(FETCHING), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    it = Fetcher(process)
    async with peer(OK) as seen:  # what is loaded at the first use is not what is measured
        for _ in range(3):
            assert (await it.fetch(seen.url())).ended == "200"
    yield it
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


def endless(head: bytes, piece: bytes) -> Answer:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return answer


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "content-type: application/activity+json", *lines, "", ""]).encode()


PACKED = gzip.compress(b"\0" * (200 * MB), 9)
BOMBS: dict[str, tuple[Answer, str, int]] = {
    "a hundred megabytes": (endless(head("content-length: 104857600"), PIECE), "too-big", AT_A_TIME * 2),
    "chunks without end": (
        endless(head("transfer-encoding: chunked"), b"10000\r\n" + PIECE + b"\r\n"), "too-big", LARGEST
    ),
    "tiny chunks without end": (
        endless(head("transfer-encoding: chunked"), b"1\r\nx\r\n" * 10_000), "garbled too-big", 4 * MB + AT_A_TIME * 2
    ),
    "neither a length nor an end": (endless(head("connection: close"), PIECE), "too-big", LARGEST),
    "two hundred megabytes in two hundred kilobytes": (
        answering(head("content-encoding: gzip", f"content-length: {len(PACKED)}") + PACKED), "encoding", LARGEST
    ),
    "packed though it does not say so": (answering(head(f"content-length: {len(PACKED)}") + PACKED), "200", LARGEST),
    "a length that is too small": (endless(head("content-length: 10"), PIECE), "200 garbled", LARGEST),
    "a head without end": (endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10_000), "garbled too-big", LARGEST),
    "one endless header": (endless(b"HTTP/1.1 200 OK\r\nx: ", PIECE), "garbled too-big", LARGEST),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
async def test_what_is_made_to_fill_our_memory_is_put_down_after_a_megabyte(fetcher: Fetcher, bomb: str) -> None:
    answer, endings, most = BOMBS[bomb]
    async with peer(answer) as seen:
        for _ in range(3):
            cost = await fetcher.fetch(seen.url())
            assert cost.ended in endings.split()
            assert cost.read <= most
            assert cost.grew <= 8 * MB
