"""Apps that listen to a real hub: over real sockets, by the server's own handshake, and when it goes."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from benchmarks.neighbourhood import fill
from mastodon_apps import token_for
from processes import Hub, until
from websockets.asyncio.client import connect as connect_here
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hub import people, relations
from hub.store import Tx
from web.mastodon.streaming import OF_A_TOKEN

pytestmark = pytest.mark.slow
TOKENS: dict[str, str] = {}
CROWD = 600  # sockets: more than there may be requests at once


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("streams") / "hub").set_up()
    fill(it, settle)
    yield it.start()
    it.stop()


def settle(tx: Tx) -> None:
    """Ann follows Ben; and there is a crowd."""
    for name in ("ann", "ben", *(f"crowd{n}" for n in range(CROWD // OF_A_TOKEN))):
        TOKENS[name] = token_for(tx, name)
    ann, ben = (people.known_as(tx, name) for name in ("ann", "ben"))
    assert ann is not None
    assert ben is not None
    relations.follow(tx, ann[0].actor, ben[0].actor)


def socket(hub: Hub, query: str = "", protocol: str = "") -> connect:
    address = f"ws://localhost:{hub.port}/api/v1/streaming{query}"
    return connect(address, subprotocols=[protocol] if protocol else None)  # type: ignore[list-item]


def app(hub: Hub, who: str) -> httpx.Client:
    return httpx.Client(base_url=hub.base, headers={"Authorization": f"Bearer {TOKENS[who]}"})


def test_an_app_hears_what_is_said_and_that_it_is_meant(hub: Hub) -> None:
    with socket(hub, "?stream=user", TOKENS["ann"]) as it, app(hub, "ben") as ben:
        assert it.subprotocol == TOKENS["ann"]
        assert it.protocol.extensions == []
        it.send('{"type":"subscribe","stream":"public:local"}')
        it.send('{"type":"subscribe","stream":"no such stream"}')
        assert "error" in json.loads(it.recv(10))
        said = ben.post("/api/v1/statuses", json={"status": "@ann a heron"}).json()
        heard = [json.loads(it.recv(10)) for _ in range(3)]
        assert sorted(one["stream"][0] + " " + one["event"] for one in heard) == [
            "public:local update", "user notification", "user update",
        ]  # fmt: skip
        assert said["id"] in {json.loads(one["payload"])["id"] for one in heard}


def test_who_is_not_let_in_gets_an_answer(hub: Hub) -> None:
    for protocol, status in (("", 401), ("wrong", 401)):
        with pytest.raises(InvalidStatus) as refused:
            socket(hub, "?stream=user", protocol)
        assert refused.value.response.status_code == status
        assert b"token" in (refused.value.response.body or b"")
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{hub.port}/api/v1/streaming", additional_headers={"Host": "evil.example"})


def test_no_token_is_written_down(hub: Hub) -> None:
    with socket(hub, f"?stream=user&access_token={TOKENS['ann']}") as it:
        it.ping().wait(10)
    until(lambda: "socket" in hub.log(), "the line of the log")
    assert TOKENS["ann"] not in hub.log()


def test_events_are_read_from_a_request(hub: Hub) -> None:
    path = "/api/v1/streaming/public/local"
    with app(hub, "ann") as ann, app(hub, "ben") as ben, ann.stream("GET", path) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["access-control-allow-origin"] == "*"
        lines = answer.iter_lines()
        assert next(lines) == ":)"
        ben.post("/api/v1/statuses", json={"status": "A heron for all"})
        assert [next(lines) for _ in range(2)] == ["", "event: update"]
        assert "A heron for all" in next(lines)


def test_many_sockets_keep_nobody_from_the_pages(hub: Hub) -> None:
    async def crowd() -> None:
        tokens = [token for name, token in TOKENS.items() if name.startswith("crowd")]
        address = f"ws://localhost:{hub.port}/api/v1/streaming?stream=user"
        protocols = [tokens[n // OF_A_TOKEN] for n in range(CROWD)]
        opened = [await connect_here(address, subprotocols=[one]) for one in protocols]  # type: ignore[list-item]
        async with httpx.AsyncClient(base_url=hub.base) as guest:
            assert (await guest.get("/livez")).status_code == 200
        await asyncio.gather(*(one.close() for one in opened))

    asyncio.run(crowd())


def test_when_the_hub_goes_everybody_is_told(hub: Hub) -> None:
    with socket(hub, "?stream=user", TOKENS["ann"]) as it:
        hub.stop()
        with pytest.raises(ConnectionClosed) as gone:
            it.recv(10)
        assert gone.value.rcvd is not None
        assert gone.value.rcvd.code == 1001
    with closing(sqlite3.connect(Path(hub.data) / "hub.db")) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    hub.start()
