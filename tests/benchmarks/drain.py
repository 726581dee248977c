"""Two thousand inboxes in one process: whatever is posted to any address of loopback is taken, and counted.

Run as a program: says its port, then does what each line says, and answers with how many have come so far: `?`,
`delay 100` (milliseconds before each answer) or `hang 127.1.0.1 …` (addresses that answer nothing for as long).
"""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httptools
import uvloop

ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Inbox(asyncio.Protocol):
    taken = 0
    delay = 0.0
    hanging: frozenset[str] = frozenset()

    def connection_made(self, transport: Any) -> None:  # uvloop's own, which is no subclass of asyncio's
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if Inbox.hanging and self._transport.get_extra_info("sockname")[0] in Inbox.hanging:
            return
        if Inbox.delay:
            asyncio.get_running_loop().call_later(Inbox.delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        Inbox.taken += 1
        self._transport.write(ACCEPTED)


class Drain:
    """The same, seen from the test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ask, self._answers = self._process.stdin, self._process.stdout
        self.port = int(self._answers.readline())

    def taken(self) -> int:
        return self._say("?")

    def delay(self, ms: int) -> None:
        self._say(f"delay {ms}")

    def hang(self, addresses: Sequence[str]) -> None:
        self._say(f"hang {' '.join(addresses)}")

    def close(self) -> None:
        self._ask.close()
        self._process.wait(10)
        self._answers.close()

    def _say(self, line: str) -> int:
        self._ask.write(f"{line}\n")
        self._ask.flush()
        return int(self._answers.readline())


def address(number: int) -> str:
    """One of many hosts that are all this machine."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Inbox, "0.0.0.0", 0, backlog=4096)  # noqa: S104 - all of 127.0.0.0/8
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, *rest = line.split()
        if word == "delay":
            Inbox.delay = int(rest[0]) / 1000
        elif word == "hang":
            Inbox.hanging = frozenset(rest)
        print(Inbox.taken, flush=True)
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
