"""How the hub's things and people read in an app."""

import msgspec
from browsing import Site
from scene import lift, orchard, party

from hub import asks, events, people, posts, projects, reacting, statuses
from hub.store import Tx
from web import auth
from web.mastodon import entities
from web.mastodon.view import view_of


def written(tx: Tx) -> dict[str, int]:
    who = people.steward(tx).actor
    return {
        "event": events.publish(tx, who, party()).id,
        "ask": asks.publish(tx, who, "ask", lift()).id,
        "offer": asks.publish(tx, who, "offer", lift()).id,
        "project": projects.start(tx, who, orchard()).id,
        "note": posts.publish(tx, who, posts.Draft(text={"en": "Hello"}, title={"en": "News"})).id,
        "own": statuses.publish(tx, who, statuses.Draft("Hi #there", warning="careful")).id,
        "poll": statuses.publish(tx, who, statuses.Draft("?", poll=statuses.NewPoll(["a", "b"], 10**7))).id,
    }


async def test_everything_reads_as_a_status(site: Site) -> None:
    made = await site.did(written)
    await auth.look(site.app.state)
    me = (await site.store.read(people.steward)).actor
    share = await site.store.write(reacting.share, me, made["event"])
    for id in [*made.values(), share]:
        it = msgspec.json.decode(await site.store.read(entities.status, view_of(site.app.state), me, id))
        assert it["id"] == str(id)
    assert it["reblog"]["id"] == str(made["event"])
