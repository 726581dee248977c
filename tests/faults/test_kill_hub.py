"""Kill -9 of a real hub while it publishes and tells forty servers: what it acknowledged is there, and told once."""

import asyncio
import json
import os
import random
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Coroutine, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from processes import Hub, until

from hub import actors, settings
from hub.errors import HubError
from hub.store import Tx
from hub.store.open import opened
from web import errands

pytestmark = pytest.mark.faults
ROUNDS, HOSTS = int(os.environ.get("HUB_KILL_ROUNDS", "50")), 40
AT_ONCE, PAUSE = 2, (0.02, 0.12)  # publishers by the socket besides the one with a form; seconds between two things
SLOW = 0.01  # seconds, at most, that a server takes to answer: so that deliveries are under way at any moment
PATIENCE = 60.0


class Servers:
    """Forty servers on as many addresses of loopback. `got`: thing → host → ids of the activities that said it."""

    def __init__(self) -> None:
        self.got: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.wrong: list[str] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "0.0.0.0", 0, backlog=512)  # noqa: S104 - 127.0.0.0/8
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await self._read(reader):
                await asyncio.sleep(random.uniform(0, SLOW))
                self._take(*request)
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except ConnectionError:  # it was killed before it had our answer
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
        """Which host is written to, and what. None when the hub was killed before it was whole."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            return fields["host"].partition(":")[0], await reader.readexactly(int(fields["content-length"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def _take(self, host: str, body: bytes) -> None:
        activity = json.loads(body)
        if activity["type"] != "Create":
            self.wrong.append(activity["type"])
        self.got[activity["object"]["id"]][host].add(activity["id"])


class Loop:
    """An event loop on a thread of its own, so that servers answer while the test waits for processes."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def close(self) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0.05)  # connections take a turn of the loop to be closed


@pytest.fixture
def servers() -> Iterator[Servers]:
    loop, it = Loop(), Servers()
    loop.run(it.start())
    yield it
    loop.run(it.stop())
    loop.close()


def address(number: int) -> str:
    return f"127.7.0.{number + 1}"


def followed(hub: Hub, port: int) -> None:
    """Somebody on each of the servers follows the hub."""

    def unit(tx: Tx) -> None:
        for number in range(HOSTS):
            host = f"{address(number)}:{port}"
            uri = f"http://{host}/users/sunil"
            seen = actors.Seen(
                uri=uri, kind="person", type="Person", handle="sunil", domain=host, name={"en": "Sunil"}, url=uri,
                inbox=f"{uri}/inbox", shared_inbox=f"http://{host}/inbox", followers=f"{uri}/followers",
            )  # fmt: skip
            actors.follow(tx, actors.remember(tx, seen), settings.get(tx).actor)

    async def run() -> None:
        async with opened(str(hub.data / "hub.db")) as store:
            await store.write(unit)

    asyncio.run(run())


# --- publishing, until it is killed ----------------------------------------------------------------


class Kept(set[int]):
    """What was acknowledged."""

    def __init__(self) -> None:
        self.more = asyncio.Event()

    def add(self, id: int) -> None:
        super().add(id)
        self.more.set()


async def by_socket(data: Path, kept: Kept) -> None:
    """As the command does; what it would print is remembered."""
    with suppress(OSError, ValueError, msgspec.DecodeError, HubError):
        while True:
            asked = {
                "kind": "note",
                "fields": {"text": {"en": "28 of 40 trees are in."}},
                "folder": str(data),
                "again": True,
            }
            done = await errands.hand_over(data, "publish", asked)
            if done is None:
                return
            kept.add(int(done["id"]))
            await asyncio.sleep(random.uniform(*PAUSE))


async def by_form(hub: Hub, cookies: httpx.Cookies, kept: Kept) -> None:
    """As the steward's browser does; where it was sent to is remembered."""
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(base_url=hub.base, cookies=cookies, trust_env=False) as browser:
            while True:
                said = {"text.en": f"The shed is open, again. {random.getrandbits(64)}"}  # said twice, it counts once
                answer = await browser.post("/publish/note", data=said, headers={"origin": hub.base})
                assert answer.status_code == 303, answer.text[:300]
                kept.add(int(answer.headers["location"].partition("?")[0].rpartition("/")[2]))
                await asyncio.sleep(random.uniform(*PAUSE))


async def publish_and_kill(hub: Hub, cookies: httpx.Cookies, kept: Kept) -> None:
    kept.more = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(by_form(hub, cookies, kept))
        for _ in range(AT_ONCE):
            tasks.create_task(by_socket(hub.data, kept))
        await kept.more.wait()
        await asyncio.sleep(random.uniform(0.0, 0.25))
        hub.kill()


async def kill_while_it_delivers(hub: Hub) -> None:
    """Only what earlier rounds have left is under way."""
    await asyncio.sleep(random.uniform(0.02, 0.3))
    hub.kill()


# --- what must be true -----------------------------------------------------------------------------


def database(hub: Hub) -> sqlite3.Connection:
    conn = sqlite3.connect(hub.data / "hub.db")
    conn.row_factory = sqlite3.Row
    return conn


def check(hub: Hub, kept: set[int], servers: Servers) -> None:
    """Each publishing is there whole or not at all; it is announced, with a job for each server, or waits for it."""
    with closing(database(hub)) as conn:
        assert [row[0] for row in conn.execute("PRAGMA quick_check")] == ["ok"]
        things = {row["id"]: row["uri"] for row in conn.execute("SELECT id, uri FROM thing WHERE kind = 'note'")}
        log = conn.execute(
            """SELECT c.subject, r.reader IS NOT NULL AND (c.xid, c.id) <= (r.xid, r.id) AS passed
               FROM change c LEFT JOIN cursor r ON r.reader = 'outgoing' WHERE c.kind = 'post.published'"""
        ).fetchall()
        said = conn.execute("SELECT id, uri, object FROM activity WHERE type = 'Create'").fetchall()
        waiting: dict[int, set[str]] = defaultdict(set)
        for row in conn.execute("SELECT args FROM job WHERE kind = 'deliver' AND dead = 0"):
            args = json.loads(row["args"])
            waiting[args["activity"]].add(args["inbox"].split("/")[2].partition(":")[0])

    assert kept <= things.keys()
    assert sorted(row["subject"] for row in log) == sorted(things)
    announced = {things[row["subject"]] for row in log if row["passed"]}
    assert sorted(row["object"] for row in said) == sorted(announced)
    everybody = {address(number) for number in range(HOSTS)}
    for row in said:
        reached = {host for host, ids in list(servers.got[row["object"]].items()) if ids == {row["uri"]}}
        assert waiting[row["id"]] | reached == everybody


def left(hub: Hub) -> int:
    with closing(sqlite3.connect(f"file:{hub.data}/hub.db?mode=ro", uri=True)) as conn:
        return int(conn.execute("SELECT count(*) FROM job WHERE kind = 'deliver'").fetchone()[0])


def test_a_hub_that_is_killed_keeps_and_tells_all_that_it_acknowledged(tmp_path: Path, servers: Servers) -> None:
    hub, kept = Hub(tmp_path / "hub").set_up(), Kept()
    followed(hub, servers.port)
    hub.start()
    with hub.steward() as steward:
        cookies = steward.cookies
    for number in range(ROUNDS):
        asyncio.run(kill_while_it_delivers(hub) if number % 5 == 4 else publish_and_kill(hub, cookies, kept))
        check(hub, kept, servers)
        hub.start()
    assert len(kept) > ROUNDS

    until(lambda: left(hub) == 0, "everything to be delivered", 120)
    hub.stop()
    check(hub, kept, servers)
    everybody = {address(number) for number in range(HOSTS)}
    for thing, hosts in servers.got.items():
        assert hosts.keys() == everybody, thing
        assert len(set[str]().union(*hosts.values())) == 1, f"{thing} was told under two names"
    assert servers.wrong == []
