"""Letters that come twice, late or the wrong way round: in the end everybody has the same (trust.md D-05, D-06).

What is said here is everything that does not itself say "and from now on": of a Join and a Leave, a Reject after an
Accept, a Block, a Move, the one that comes last counts, and nothing in them tells which was meant last.
"""

import random
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Json, activity, create, post
from here import Here, a_hub
from scene import lift, party

from federation import Limits, resolve
from hub import actors, asks, events, heard, settings
from hub.asks import Ask
from hub.store import Store, Tx

pytestmark = pytest.mark.slow

THEIR_NOTE = "https://mastodon.example/notes/1"
INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"
THEIRS = "https://tredegar.example"
SLOW_ROUNDS, ROUNDS = 12, 200  # on PostgreSQL, where each takes four times as long; on SQLite


class Ours(msgspec.Struct, frozen=True):
    """What of ours is spoken of: two events, another one's poll, some asks."""

    event: str
    other: str
    poll: str
    asks: list[Ask]


@pytest_asyncio.fixture
async def here(store: Store, clock: Clock) -> AsyncIterator[Here]:
    async with a_hub(store, limits=Limits(burst=100_000)) as it:
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


def letters(hub: str, about: Ours) -> list[Json]:
    """What a hub may say in a day, first to last."""
    event = about.event

    def thing(number: int, **more: object) -> Json:
        return create(hub, f"{hub}/things/{number}", **({"content": f"<p>{number}</p>"} | more))

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
        *to_us(hub, about, thing),
    ]  # fmt: skip


def to_us(hub: str, about: Ours, thing: Callable[..., Json]) -> list[Json]:
    """What it says about ours, to us, in public and alone; help, a vote, a poll, a report."""
    tea = [{"type": "Note", "name": "Tea", "replies": {"type": "Collection", "totalItems": 1}}]
    poll = thing(5, type="Question", oneOf=tea, endTime="2026-05-20T10:00:00Z")
    more = [tea[0] | {"replies": {"type": "Collection", "totalItems": 9}}]
    mention, alone = {"tag": [{"type": "Mention", "href": HUB, "name": "@hub"}]}, {"to": [HUB], "cc": []}
    said, taken_back = thing(6, **mention), thing(7, **mention)
    told, forgotten = thing(8, **mention | alone), thing(9, **mention | alone)
    offer, undone = promise(hub, about.asks[0]), promise(hub, about.asks[1])
    return [
        poll, said, taken_back, told, forgotten, offer, undone,
        thing(10, inReplyTo=about.poll, name="Maybe", content=None),
        thing(11, inReplyTo=about.asks[2].uri, content="I can help with that"),
        activity("EmojiReact", hub, about.asks[0].uri, content="\U0001f33b"), activity("Flag", hub, [about.event, HUB]),
        activity("TentativeAccept", hub, about.other), activity("Announce", hub, THEIR_NOTE),
        activity("Accept", hub, activity("Follow", HUB, hub)), activity("Update", hub, hub),
        activity("Update", hub, poll["object"] | {"oneOf": more, "updated": "2026-05-01T08:58:00Z"}),
        activity("Update", hub, said["object"] | {"content": "<p>said better</p>", "updated": "2026-05-01T08:58:00Z"}),
        activity("Delete", hub, taken_back["object"]["id"]), activity("Delete", hub, forgotten["object"]["id"]),
        activity("Undo", hub, undone),
    ]  # fmt: skip


def promise(hub: str, ask: Ask) -> Json:
    stipulates = {"type": "Commitment", "satisfies": f"{ask.uri}#primary", "action": "deliverService", "provider": hub,
                  "receiver": HUB}  # fmt: skip
    what = {"type": "Agreement", "stipulates": stipulates}
    return activity("Offer", hub, what, f"{hub}/offers/{ask.id}", **{"to": [HUB], "nh:kind": "Pledge"})


def state(tx: Tx, hub: str) -> bytes:
    """All that is shown of one hub."""
    id = actors.at(tx, hub).id
    theirs = "WHERE author = :id AND removed IS NULL ORDER BY uri"
    rows = [
        tx.all(f"SELECT uri, kind, title, html, extra, updated FROM thing {theirs}", id=id),
        tx.all("SELECT e.status FROM event e JOIN thing t ON t.id = e.id WHERE t.author = :id", id=id),
        tx.all("SELECT kind FROM reaction WHERE actor = :id ORDER BY kind", id=id),
        tx.all("SELECT said, via FROM attendance WHERE actor = :id ORDER BY said, via", id=id),
        tx.all("SELECT state FROM follow WHERE follower = :id OR followed = :id", id=id),
        tx.all(
            "SELECT said, state, via, words FROM answer WHERE actor = :id AND state <> 'withdrawn' ORDER BY ask", id=id
        ),
        tx.all(
            "SELECT h.state FROM heard h JOIN thing t ON t.id = h.thing WHERE t.author = :id AND t.removed IS NULL",
            id=id,
        ),
        tx.all("SELECT uri, html FROM thing WHERE uri = :note", note=THEIR_NOTE),
    ]
    text = msgspec.json.encode([[dict(row) for row in some] for some in rows]).decode()
    return text.replace(hub, "hub").encode()


async def of_ours(here: Here) -> Ours:
    """What they speak about, and a note of somebody else's that they share."""
    publish = here.store.write
    event, other = [await publish(events.publish, here.steward, party(places=None)) for _ in range(2)]
    third = await publish(events.publish, here.steward, party(places=None))
    needed = [await publish(asks.publish, here.steward, "ask", lift()) for _ in range(3)]
    poll = await here.one("SELECT uri FROM thing WHERE kind = 'companion' AND root = :id", id=third.id)
    server = here.server("mastodon.example")
    server.serve("/notes/1", create(server.actor("ann"), THEIR_NOTE, content="<p>Ann's</p>")["object"])
    return Ours(event.uri, other.uri, str(poll), needed)


async def test_whatever_the_order_and_however_often_the_end_is_the_same(here: Here, clock: Clock) -> None:
    about = await of_ours(here)
    ends: dict[bytes, int] = {}
    for number in range(ROUNDS if here.store.dialect.name == "sqlite" else SLOW_ROUNDS):
        chance = random.Random(number)
        hub = await a_correspondent(here, number)
        said = letters(hub, about)
        if number:
            said = chance.sample(said, len(said)) + chance.sample(said, len(said) // 2)
            chance.shuffle(said)
        for letter in said:
            answer = await post(here.app, INBOX, letter, scheme="rfc9421", ed25519=True)
            assert answer.status_code == 202
            if chance.random() < 0.1:
                await here.work()
        await here.work()
        ends.setdefault(await here.store.read(state, hub), number)
        for it in await here.store.read(heard.waiting, here.steward):  # or there is no room for more
            await here.store.write(heard.refuse, here.steward, it.thing.id)
    assert await here.all("SELECT * FROM job WHERE dead = 1") == []
    assert await here.one("SELECT count(*) FROM report") == 1  # they are all of one server
    assert list(ends.values()) == [0], [end.decode() for end in ends]
    (end,) = ends
    for word in (b"cancelled", b'"votes\\":9', b"said better", b"offered", b"poll", b"Ann's"):
        assert word in end, end.decode()
