"""Letters that come twice, late or the wrong way round: in the end everybody has the same (trust.md D-05, D-06)."""

import random
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Json, activity, create, post
from here import Here, a_hub
from scene import party

from federation import resolve
from hub import actors, events, settings
from hub.store import Store, Tx

pytestmark = pytest.mark.slow

INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"
THEIRS = "https://tredegar.example"
ROUNDS = 12


@pytest_asyncio.fixture
async def here(store: Store, clock: Clock) -> AsyncIterator[Here]:
    async with a_hub(store) as it:
        yield it


async def a_correspondent(here: Here, number: int) -> str:
    """A hub that ours follows, one for each round; they share a key."""
    server = here.server("tredegar.example", "neighbourhub")
    uri = server.actor(f"hub{number}", "Group", **{"nh:kind": "Hub"})
    ours = (await here.store.read(settings.get)).actor
    id = await resolve.actor(here.wire, uri)
    await here.store.write(actors.ask_to_follow, ours, id)
    await here.store.write(actors.follow_answered, ours, id, accepted=True)
    return uri


def letters(hub: str, event: str) -> list[Json]:
    """What a hub may say in a day, first to last."""

    def thing(number: int, **more: object) -> Json:
        return create(hub, f"{hub}/things/{number}", content=f"<p>{number}</p>", **more)

    first, second = thing(1), thing(2)
    reply = thing(3, inReplyTo=event)
    theirs = thing(4, type="Event", name="Repair café", startTime="2026-05-20T10:00:00Z")
    follow, like, share = activity("Follow", hub, HUB), activity("Like", hub, event), activity("Announce", hub, event)
    join = activity("Join", hub, event)
    later = {"updated": "2026-05-01T08:58:00Z"}
    return [
        follow, like, share, join, first, second, reply, theirs,
        activity("Update", hub, first["object"] | {"content": "<p>better</p>", "updated": "2026-05-01T08:57:00Z"}),
        activity("Update", hub, first["object"] | {"content": "<p>best</p>"} | later),
        activity("Update", hub, theirs["object"] | {"eventStatus": "EventCancelled"} | later),
        activity("Delete", hub, second["object"]["id"]),
        activity("Undo", hub, like), activity("Undo", hub, join), activity("Undo", hub, follow["id"]),
    ]  # fmt: skip


def state(tx: Tx, hub: str) -> bytes:
    """All that is shown of one hub."""
    id = actors.at(tx, hub).id
    rows = [
        tx.all("SELECT uri, kind, html, updated FROM thing WHERE author = :id AND removed IS NULL ORDER BY uri", id=id),
        tx.all("SELECT e.status FROM event e JOIN thing t ON t.id = e.id WHERE t.author = :id", id=id),
        tx.all("SELECT kind FROM reaction WHERE actor = :id ORDER BY kind", id=id),
        tx.all("SELECT said FROM attendance WHERE actor = :id", id=id),
        tx.all("SELECT state FROM follow WHERE follower = :id", id=id),
    ]
    text = msgspec.json.encode([[dict(row) for row in some] for some in rows]).decode()
    return text.replace(hub, "hub").encode()


async def test_whatever_the_order_and_however_often_the_end_is_the_same(here: Here, clock: Clock) -> None:
    event = await here.store.write(events.publish, here.steward, party(places=None))
    ends: dict[bytes, int] = {}
    for number in range(ROUNDS):
        chance = random.Random(number)
        hub = await a_correspondent(here, number)
        said = letters(hub, event.uri)
        if number:
            said = chance.sample(said * 3, len(said) * 3)
        for letter in said:
            assert (await post(here.app, INBOX, letter)).status_code == 202
            if chance.random() < 0.3:
                await here.work()
        await here.work()
        ends.setdefault(await here.store.read(state, hub), number)
    assert await here.all("SELECT * FROM job WHERE dead = 1") == []
    assert list(ends.values()) == [0], [end.decode() for end in ends]
    assert b"cancelled" in next(iter(ends))
