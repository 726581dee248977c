"""What it costs that a thousand apps listen: the memory of each, and the processor for what they hear."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from benchmarks.calibration import of, resident
from benchmarks.neighbourhood import fill
from mastodon_apps import token_for
from processes import Hub
from websockets.asyncio.client import ClientConnection, connect

from hub import people
from hub.ids import new_id
from hub.people import hashed
from hub.store import Tx
from web.mastodon.streaming import OF_A_TOKEN

pytestmark = pytest.mark.benchmark
SOCKETS, SAID = 1000, 20
TOKENS: list[str] = []


def told(what: str, found: float, unit: str, most: float = 0) -> None:
    target = f" target {most:g} {unit}   {'met' if found <= most else 'missed'}" if most else ""
    print(f"\n{what:<46} {found:>9.1f} {unit:<27}{target}", end="", flush=True)


def crowd(tx: Tx) -> None:
    """One person with a hundred apps, each of which opens ten sockets."""
    TOKENS.append(token_for(tx, "ann"))
    known = people.known_as(tx, "ann")
    assert known is not None
    for n in range(SOCKETS // OF_A_TOKEN):
        tx.run(
            """INSERT INTO token (id, hash, app, account, scopes, created, used)
               SELECT :id, :hash, app, account, scopes, created, used FROM token WHERE hash = :like""",
            id=new_id(), hash=hashed(f"secret-of-app-{n}"), like=hashed(TOKENS[0]),
        )  # fmt: skip
        TOKENS.append(f"secret-of-app-{n}")


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("listening") / "hub").set_up()
    fill(it, crowd)
    it.start()
    yield it
    it.stop()


def test_a_thousand_sockets(hub: Hub) -> None:
    assert hub.process is not None
    asyncio.run(_measured(hub, hub.process.pid))


async def _measured(hub: Hub, pid: int) -> None:
    async with httpx.AsyncClient(base_url=hub.base, headers={"Authorization": f"Bearer {TOKENS[0]}"}) as ann:
        opened = [await _open(hub, 0)]  # what the first one loads is not what each one costs
        await _hear(ann, opened)
        before = resident(pid)
        opened += [await _open(hub, n) for n in range(1, SOCKETS)]
        idle = resident(pid)
        told("1,000 idle sockets, above idle", idle - before, "MB", 40)
        spent = of(pid)
        began = spent()
        for _ in range(SAID):
            await _hear(ann, opened)
        told("a post heard on each of 1,000 sockets", (spent() - began) / SAID / SOCKETS, "µs each")
        told("  memory after that, above idle", resident(pid) - before, "MB")
        await asyncio.gather(*(one.close() for one in opened))


async def _open(hub: Hub, n: int) -> ClientConnection:
    address = f"ws://localhost:{hub.port}/api/v1/streaming?stream=public"
    return await connect(
        address,
        subprotocols=[TOKENS[1 + n // OF_A_TOKEN]],
        compression=None,
        ping_interval=None,  # type: ignore[list-item]
    )


async def _hear(ann: httpx.AsyncClient, opened: list[ClientConnection]) -> None:
    answer = await ann.post("/api/v1/statuses", json={"status": "A heron on the weir"})
    assert answer.status_code == 200, answer.text
    await asyncio.gather(*(one.recv() for one in opened))
