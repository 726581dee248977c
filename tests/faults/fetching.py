"""A process that fetches from the addresses it is told, one a line, and says what came of it and what it cost.

Answers each with a line of JSON: how it ended, the bytes that were read from the network, and by how many bytes the
most memory it ever had grew.
"""

import asyncio
import ctypes
import sys
from ipaddress import ip_network
from pathlib import Path

import msgspec
import uvloop

from federation import Client, Unreachable, line


def most() -> int:
    """The most memory that was ever resident, in bytes."""
    status = Path("/proc/self/status").read_text()
    return next(int(row.split()[1]) * 1024 for row in status.splitlines() if row.startswith("VmHWM"))


class Counter(line.Line):
    """A line that counts."""

    read_in_all = 0

    def data_received(self, data: bytes) -> None:
        Counter.read_in_all += len(data)
        super().data_received(data)


async def fetch(client: Client, url: str) -> str:
    try:
        return str((await client.get(url)).status)
    except Unreachable as error:
        return error.kind


async def main() -> None:
    line.Line = Counter  # type: ignore[misc]
    client, loop = (
        Client("https://a.example", "1", allow_private=[ip_network("127.0.0.0/8")]),
        asyncio.get_running_loop(),
    )
    while url := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the most begins anew from here
        before, Counter.read_in_all = most(), 0
        ended = await fetch(client, url)
        told = {"ended": ended, "read": Counter.read_in_all, "grew": most() - before}
        print(msgspec.json.encode(told).decode(), flush=True)
    await client.close()


if __name__ == "__main__":
    uvloop.run(main())
