"""Real payloads from the tests of forty other servers, posted as by a peer, twice: nothing stirs, nothing is unsafe.

They are read where they lie, beside the project; each is put into the mouth of an actor whose key we know.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import Clock
from elsewhere import CONTEXT, PUBLIC, Elsewhere, Json, post
from here import Here, a_hub
from scene import lift, orchard, party

from federation import Limits, resolve
from hub import actors, asks, events, projects
from hub.clock import HOUR
from hub.packing import unpack
from hub.store import Store, Tx
from hub.text import sanitise

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
FILES = sorted(FIXTURES.glob("*/*.json"))
INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"
PEER = "https://peer.example"
ACTOR = f"{PEER}/users/peer"
ADDRESS = re.compile(rb"https?://[A-Za-z0-9.:-]+")
BATCH = 60
UNSAFE = re.compile(r"<script|<style|<img|<iframe|<svg|\son\w+\s*=|javascript:|data:text", re.IGNORECASE)
TABLES = ("thing", "event", "ask", "project", "attendance", "answer", "reaction", "follow", "actor", "gone")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason="the payloads of other servers are not beside the project"),
]


def batches() -> Iterator[Any]:
    for start in range(0, len(FILES), BATCH):
        some = FILES[start : start + BATCH]
        yield pytest.param(some, id=f"{some[0].parent.name}-{some[-1].parent.name}")


def letters(path: Path, event: str) -> Iterator[Json]:
    """The payload as our peer would send it: as it is, on one host, about something of ours, and wrapped up."""
    raw = ADDRESS.sub(PEER.encode(), path.read_bytes())
    try:
        it = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return
    if not isinstance(it, dict):
        return
    name = sha256(str(path).encode()).hexdigest()[:16]
    if "actor" in it or "object" in it:
        yield it | {"actor": ACTOR, "id": f"{ACTOR}#{name}"}
        yield it | {"actor": ACTOR, "id": f"{ACTOR}#{name}-ours", "object": event}
        it = it["object"] if isinstance(it.get("object"), dict) else it
    for kind, changes in (("Create", {}), ("Update", {}), ("Create", {"inReplyTo": event}), ("Announce", {})):
        thing = it | {"id": f"{PEER}/things/{name}", "attributedTo": ACTOR, "to": [PUBLIC]} | changes
        activity = f"{ACTOR}#{name}-{kind}{'-reply' if changes else ''}"
        yield {"@context": CONTEXT, "id": activity, "type": kind, "actor": ACTOR, "to": [PUBLIC], "object": thing}
    for kind in ("Follow", "Join", "Undo", "Delete", "Accept", "Like"):
        yield {"@context": CONTEXT, "id": f"{ACTOR}#{name}-{kind}", "type": kind, "actor": ACTOR, "object": it}


async def a_busy_hub(here: Here, peer: Elsewhere) -> str:
    """Something to answer, and a peer whom the hub follows. Returns the event's id."""
    peer.actor("peer", "Group", **{"nh:kind": "Hub"})
    hub, id = await here.store.read(actors.at, HUB), await resolve.actor(here.wire, ACTOR)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.store.write(actors.follow_answered, hub.id, id, accepted=True)
    event = await here.store.write(events.publish, here.steward, party(places=None))
    await here.store.write(asks.publish, here.steward, "ask", lift())
    await here.store.write(projects.start, here.steward, orchard())
    await here.work()
    return event.uri


async def state(here: Here) -> str:
    """All that the neighbourhood knows, in a few letters."""
    rows = [await here.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]
    return sha256(msgspec.json.encode(rows)).hexdigest()


def sound(tx: Tx) -> list[str]:
    """What is wrong with the database itself."""
    if tx.dialect.name == "postgres":
        return []
    told = [row["integrity_check"] for row in tx.all("PRAGMA integrity_check")]
    return [line for line in told if line != "ok"] + [str(dict(row)) for row in tx.all("PRAGMA foreign_key_check")]


def unsafe(tx: Tx) -> list[str]:
    """Kept HTML that is not what the sanitiser would make of it again."""
    rows = tx.all("SELECT html AS kept FROM thing UNION ALL SELECT summary FROM actor")
    html = [said for row in rows for said in unpack(row["kept"], dict[str, str]).values()]
    # Attributes come in any order, so only the letters are compared.
    return [said for said in html if UNSAFE.search(said) or sorted(sanitise(said)) != sorted(said)]


@pytest.mark.parametrize("files", list(batches()))
async def test_what_real_servers_send_is_taken_twice_and_changes_something_once(
    store: Store, clock: Clock, files: list[Path]
) -> None:
    async with a_hub(store, limits=Limits(burst=100_000)) as here:
        event = await a_busy_hub(here, here.server("peer.example", "neighbourhub"))
        some = files if store.dialect.name == "sqlite" else files[::4]  # each takes four times as long there
        sent = [letter for path in some for letter in letters(path, event)]
        for letter in sent:
            answer = await post(here.app, INBOX, letter, scheme="rfc9421", ed25519=True)
            assert answer.status_code in (202, 400), (answer.status_code, answer.text, letter)
        for _ in range(5):  # what points at a server that is not there is asked for a few times more
            await here.work()
            clock.forward(HOUR)
        once = await state(here)
        assert await here.all("SELECT kind, args, last_error FROM job WHERE dead = 1") == []
        assert await here.all("SELECT type, body FROM inbox WHERE outcome = ''") == []
        for letter in sent:
            again = await post(here.app, INBOX, letter, scheme="rfc9421", ed25519=True)
            assert again.status_code in (202, 400)
        await here.work()
        assert await state(here) == once
        assert await store.read(sound) == []
        assert await store.read(unsafe) == []
        assert await here.one("SELECT count(*) FROM thing WHERE local = 0") > 0


async def test_an_actor_of_every_make_can_be_met(store: Store, clock: Clock) -> None:
    async with a_hub(store) as here:
        peer, met = here.server("peer.example"), 0
        for number, path in enumerate(FILES):
            raw = ADDRESS.sub(PEER.encode(), path.read_bytes())
            it = msgspec.json.decode(raw) if raw.strip()[:1] == b"{" else {}
            if "inbox" not in it:
                continue
            peer.serve(f"/u/{number}", it | {"id": f"{PEER}/u/{number}"})
            try:
                id = await resolve.actor(here.wire, f"{PEER}/u/{number}")
            except (resolve.Unfit, resolve.seen.Unreadable):
                continue
            met += 1
            assert (await store.read(actors.get, id)).domain == "peer.example"
        assert met > 50
        assert await store.read(unsafe) == []
