"""Lemmy, PieFed, Mbin and NodeBB get what the hub says as posts in a community."""

from typing import Any

import httpx
import pytest
from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity, create, post
from here import Here
from receivers import breaches
from scene import lift, party, stranger

from hub import asks, attendance, events, posts
from hub.clock import DAY, HOUR
from hub.store import Tx

HUB = "https://glan.example/actor/hub"
DESK = "https://glan.example/actor/the-desk"
FORUMS = ["lemmy", "piefed", "mbin", "nodebb"]


async def community(here: Here, software: str = "lemmy") -> Elsewhere:
    """Two people of a server there follow the hub."""
    server = here.server("forum.example", software)
    for key, name in enumerate(("ann", "bob")):
        await post(here.app, f"{HUB}/inbox", activity("Follow", server.actor(name, key=key), HUB), key=key)
        await here.work()
    server.forget()
    return server


async def publish(here: Here) -> events.Event:
    event = await here.store.write(events.publish, here.steward, party())
    await here.work()
    return event


def is_post(said: Json, kind: str, type: str, id: str) -> None:
    """An Announce by the hub, of what somebody who is no group did in its community."""
    assert (said["type"], said["actor"], said["to"]) == ("Announce", HUB, [PUBLIC])
    done = said["object"]
    assert (done["type"], done["actor"], done["to"], done["cc"]) == (kind, DESK, [HUB, PUBLIC], [])
    it = done["object"]
    assert (it["type"], it["id"], it["attributedTo"], it["audience"]) == (type, id, DESK, HUB)
    assert (it["to"], it["cc"]) == (done["to"], done["cc"])
    assert 0 < len(it["name"]) <= 200


@pytest.mark.parametrize("software", FORUMS)
async def test_an_event_is_a_post_by_somebody_who_is_no_group_once_a_server(here: Here, software: str) -> None:
    server = await community(here, software)
    event = await publish(here)
    assert len(server.received) == 1
    is_post(server.received[0], "Create", "Event", event.uri)


async def test_every_rule_of_those_who_read_it_is_kept(here: Here) -> None:
    server = await community(here)
    await publish(here)
    created = server.received[0]["object"]
    assert breaches()({"@context": server.received[0]["@context"]} | created) == []


async def test_asks_and_notes_are_pages_with_a_title(here: Here) -> None:
    server = await community(here)
    ask = await here.store.write(asks.publish, here.steward, "ask", lift())
    note = await here.store.write(posts.publish, here.steward, posts.Draft(text={"en": "The bins *are* full.\n\nOh."}))
    await here.work()
    first, second = server.received
    is_post(first, "Create", "Page", ask.uri)
    is_post(second, "Create", "Page", note.uri)
    assert second["object"]["object"]["name"] == "The bins are full."
    assert "oneOf" not in first["object"]["object"]


async def test_a_change_and_the_end_are_passed_on_and_new_numbers_are_not(here: Here, clock: Clock) -> None:
    server = await community(here)
    event = await publish(here)
    server.forget()
    clock.forward(HOUR)

    def answers(tx: Tx) -> None:
        attendance.answer(tx, event.id, stranger(tx), "yes", via="poll")

    await here.store.write(answers)
    clock.forward(HOUR)
    await here.work()
    assert server.received == []
    await here.store.write(events.cancel, here.steward, event.id, {"en": "Flood."})
    await here.work()
    is_post(server.received[0], "Update", "Event", event.uri)
    assert server.received[0]["object"]["object"]["status"] == "CANCELLED"
    await here.store.write(events.remove, here.steward, event.id)
    await here.work()
    gone = server.received[-1]["object"]
    assert (gone["type"], gone["actor"], gone["object"]) == ("Delete", DESK, event.uri)


async def test_who_speaks_for_the_hub_can_be_looked_up_and_is_made_when_needed(here: Here) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(here.app), base_url=here.base) as them:
        ask = {"headers": {"Accept": "application/activity+json"}}
        await publish(here)
        assert (await them.get(DESK, **ask)).status_code == 404  # type: ignore[arg-type]
        server = await community(here)
        await publish(here)
        doc: Any = (await them.get(DESK, **ask)).json()  # type: ignore[arg-type]
        assert (doc["type"], doc["id"], doc["publicKey"]["owner"]) == ("Service", DESK, DESK)
        said = (await them.get(server.received[0]["id"], **ask)).json()  # type: ignore[arg-type]
        assert said["object"].startswith(f"{here.base}/event/")


async def test_what_is_answered_there_is_answered_here(here: Here) -> None:
    server = await community(here)
    event = await publish(here)
    ann = f"{server.base}/users/ann"
    comment = create(ann, f"{server.base}/comment/1", inReplyTo=event.uri, content="<p>Is there parking?</p>")
    assert (await post(here.app, f"{HUB}/inbox", comment)).status_code == 202
    await here.work()
    assert len(await here.store.read(posts.replies, event.id)) == 1
    yes = create(ann, f"{server.base}/comment/2", inReplyTo=event.uri, content="<p>yes!</p>")
    await post(here.app, f"{HUB}/inbox", yes)
    await here.work()
    assert (await here.store.read(events.get, event.id)).going == 1


async def test_other_servers_see_nothing_of_it(here: Here, mastodon: Elsewhere) -> None:
    await community(here)
    await post(here.app, f"{HUB}/inbox", activity("Follow", mastodon.actor("cat", key=2), HUB), key=2)
    await here.work()
    mastodon.forget()
    event = await publish(here)
    await here.store.write(
        events.change, here.steward, event.id, party(starts=event.starts + DAY, ends=event.ends + DAY)
    )
    await here.work()
    assert {one["type"] for one in mastodon.received} == {"Create", "Update"}
