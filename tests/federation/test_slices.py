"""Parts of a hub as actors of their own: found, followed, and what they share with whom."""

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from conftest import Clock
from elsewhere import Elsewhere, activity, post
from here import Here
from httpx import ASGITransport, AsyncClient
from receivers import breaches
from scene import lift, orchard, party, stranger

from federation.negotiate import prefers_feed
from hub import actors, asks, attendance, events, posts, projects, settings, slices
from hub.changes import Kind, record
from hub.clock import DAY, HOUR, MINUTE
from hub.events import Details
from hub.patches import Draft
from hub.people import Guest
from hub.places import Area
from hub.store import Tx
from hub.things import Seen

P = ParamSpec("P")
T = TypeVar("T")
ACTIVITY = {"accept": "application/activity+json"}
FOUND = "/.well-known/webfinger?resource=acct:{}@glan.example"


async def get(here: Here, path: str, **headers: str) -> Any:
    """An answer of the hub to whoever asks as a server does."""
    async with AsyncClient(transport=ASGITransport(app=here.app), base_url=here.base) as client:
        return await client.get(path, headers=ACTIVITY | headers)


async def do(here: Here, unit: Callable[Concatenate[Tx, P], T], *a: P.args, **k: P.kwargs) -> T:
    result = await here.store.write(unit, *a, **k)
    await here.work()
    return result


async def follow(here: Here, server: Elsewhere, *whom: str, name: str = "ann", software: str = "") -> str:
    """Somebody on another server follows some of ours. Returns who."""
    who = server.actor(name)
    for one in whom:
        assert (await get(here, f"/actor/{one}")).status_code == 200
        sent = activity("Follow", who, f"{here.base}/actor/{one}")
        assert (await post(here.app, f"{here.base}/actor/{one}/inbox", sent)).status_code == 202
    await here.work()
    server.forget()
    return who


def told(server: Elsewhere) -> list[tuple[str, str, str]]:
    """Who did what to which, as the server received it."""
    return [(it["actor"].rpartition("/")[2], it["type"], _object(it)) for it in server.received]


def _object(it: Any) -> str:
    what = it["object"]
    what = what if isinstance(what, str) else what.get("object", what["id"])
    return str(what).partition(".example/")[2].partition("/")[0]


# --- found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [
    "/actor/events", FOUND.format("events"), FOUND.format("EVENTS"),
    "/.well-known/webfinger?resource=https://glan.example/@events",
    "/.well-known/webfinger?resource=https://glan.example/actor/events", "/actor/events/outbox",
])  # fmt: skip
async def test_a_slice_is_there_as_soon_as_somebody_looks_for_it(here: Here, path: str) -> None:
    assert await here.one("SELECT count(*) AS n FROM slice") == 0
    assert (await get(here, path)).status_code == 200
    assert await here.one("SELECT handle FROM actor WHERE kind = 'other'") == "events"


async def test_webfinger_and_the_actor_lead_to_each_other(here: Here) -> None:
    found = (await get(here, FOUND.format("asks"))).json()
    href = next(link["href"] for link in found["links"] if link["rel"] == "self")
    actor = (await get(here, href)).json()
    assert found["subject"] == f"acct:{actor['webfinger']}" == "acct:asks@glan.example"
    assert (actor["type"], actor["preferredUsername"], actor["nh:kind"]) == ("Group", "asks", "Slice")
    assert actor["nameMap"] == {"en": "Asks for help · Riverside", "cy": "Ceisiadau am help · Glan-yr-afon"}


async def test_made_up_topics_get_neither_an_actor_nor_keys(here: Here) -> None:
    for number in range(20):
        assert (await get(here, f"/actor/t_made_up_{number}")).status_code == 404
        assert (await get(here, FOUND.format(f"t_made_up_{number}"))).status_code == 404
    assert await here.one("SELECT count(*) AS n FROM slice") == 0


async def test_many_who_look_for_it_at_once_make_one_actor(here: Here) -> None:
    answers = await asyncio.gather(*(get(here, "/actor/offers") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["publicKey"]["publicKeyPem"] for answer in answers}) == 1


@pytest.mark.parametrize("handle", ["events", "asks", "offers", "t_food", "s_market", "mill"])
async def test_no_server_has_anything_to_object_to(here: Here, handle: str) -> None:
    await do(here, events.publish, here.steward, party(tags=["food"], series={"en": "Market"}))
    await do(here, slices.draw, here.steward, Draft({"en": "Mill"}, lines="Mill Road"))
    actor = (await get(here, f"/actor/{handle}")).json()
    await here.work()
    assert breaches()(actor) == []
    assert actor["publicKey"]["id"] == f"{actor['id']}#main-key"
    assert actor["summary"]
    for shared in await here.queued("Announce"):
        assert breaches()(shared) == []


async def test_the_hub_tells_of_its_slices(here: Here) -> None:
    await do(here, events.publish, here.steward, party(series={"en": "Market"}))
    hub = (await get(here, "/actor/hub")).json()
    listed = (await get(here, hub["nh:collections"]["nh:slices"])).json()["orderedItems"]
    assert listed == [f"{here.base}/actor/{handle}" for handle in ("events", "asks", "offers", "s_market")]
    assert any(f"{here.base}/slices" in field["value"] for field in hub["attachment"])


async def test_an_event_names_its_series(here: Here) -> None:
    event = await do(here, events.publish, here.steward, party(series={"en": "Market"}))
    plain = await do(here, events.publish, here.steward, party())
    document = (await get(here, event.uri)).json()
    assert document["nh:recurrence"] == {"nh:seriesId": f"{here.base}/actor/s_market"}
    assert "nh:recurrence" not in (await get(here, plain.uri)).json()


async def test_those_who_come_late_find_what_is_in_it_in_its_outbox(here: Here) -> None:
    event = await do(here, events.publish, here.steward, party())
    await do(here, asks.publish, here.steward, "ask", lift())
    await get(here, "/actor/events")
    await here.work()
    page = (await get(here, "/actor/events/outbox?page=true")).json()
    assert [(it["type"], it["object"]) for it in page["orderedItems"]] == [("Announce", event.uri)]
    coming = (await get(here, "/actor/events/upcoming")).json()
    assert coming["orderedItems"] == [event.uri]


async def test_a_feed_reader_is_sent_from_the_actor_to_the_page(here: Here) -> None:
    assert (await get(here, "/actor/events")).status_code == 200  # and it is on the shelf now
    for accept in ("text/calendar", "application/atom+xml", "application/feed+json", "text/html"):
        answer = await get(here, "/actor/events", accept=accept)
        assert (answer.status_code, answer.headers["location"]) == (303, "https://glan.example/@events")
    assert (await get(here, "/actor/hub", accept="text/calendar")).status_code == 200


@pytest.mark.parametrize(("accept", "feed"), [
    ("text/calendar", True), ("application/atom+xml;q=0.9, text/html;q=0.8", True), ("text/html, text/calendar", False),
    ("application/activity+json, text/calendar;q=0.1", False), ("*/*", False), ("", False),
])  # fmt: skip
def test_who_wants_a_feed(accept: str, *, feed: bool) -> None:
    assert prefers_feed(accept) is feed


# --- followed --------------------------------------------------------------------------------------


async def test_who_follows_the_events_gets_events_alone_in_the_shape_of_their_server(here: Here) -> None:
    mastodon, gancio = here.server("mastodon.example"), here.server("gancio.example", "gancio")
    await follow(here, mastodon, "events")
    await follow(here, gancio, "events")
    await do(here, asks.publish, here.steward, "ask", lift())
    assert (mastodon.received, gancio.received) == ([], [])
    await do(here, events.publish, here.steward, party())
    assert (told(mastodon), told(gancio)) == ([("events", "Announce", "post")], [("events", "Announce", "event")])


async def test_who_follows_the_hub_too_does_not_get_it_twice(here: Here, mastodon: Elsewhere) -> None:
    await follow(here, mastodon, "hub", "events")
    await do(here, events.publish, here.steward, party())
    assert told(mastodon) == [("hub", "Create", "post")]


async def test_another_of_the_same_server_who_follows_the_slice_alone_gets_it(here: Here, mastodon: Elsewhere) -> None:
    await follow(here, mastodon, "hub", "events")
    await follow(here, mastodon, "events", name="ben")
    await do(here, events.publish, here.steward, party())
    assert told(mastodon) == [("hub", "Create", "post"), ("events", "Announce", "post")]


async def test_who_follows_two_slices_gets_it_from_one(here: Here, mastodon: Elsewhere) -> None:
    await do(here, events.publish, here.steward, party(tags=["food"]))
    await follow(here, mastodon, "events", "t_food")
    await do(here, events.publish, here.steward, party(tags=["food"]))
    assert told(mastodon) == [("events", "Announce", "post")]
    await do(here, asks.publish, here.steward, "ask", lift(tags=["food"]))
    assert told(mastodon)[1:] == [("t_food", "Announce", "ask")]


async def test_changes_and_the_end_of_it_come_to_those_who_follow_the_slice_alone(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await follow(here, mastodon, "events")
    when = {"starts": clock.ms + DAY, "ends": clock.ms + DAY + HOUR}
    event = await do(here, events.publish, here.steward, party(**when))
    mastodon.forget()
    clock.forward(MINUTE)
    await do(here, events.change, here.steward, event.id, party(title={"en": "Bigger party"}, **when))
    assert told(mastodon) == [("hub", "Update", "post")]
    mastodon.forget()
    clock.forward(MINUTE)
    await do(here, events.cancel, here.steward, event.id, {"en": "The river is too high."})
    assert ("hub", "Update", "post") in told(mastodon)
    assert ("events", "Announce", "post") in told(mastodon)  # the hub's notice, since an edit rings no bell
    mastodon.forget()
    await do(here, events.remove, here.steward, event.id)
    assert told(mastodon) == [("hub", "Delete", "post"), ("events", "Undo", "post")]
    assert (await get(here, "/actor/events/outbox?page=true")).json()["orderedItems"] == []


async def test_what_leaves_a_topic_is_taken_back_and_what_comes_into_it_is_shared(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await do(here, asks.publish, here.steward, "ask", lift(tags=["food"]))
    await follow(here, mastodon, "t_food")
    when = {"starts": clock.ms + DAY, "ends": clock.ms + DAY + HOUR}
    event = await do(here, events.publish, here.steward, party(**when))
    assert mastodon.received == []
    clock.forward(MINUTE)
    await do(here, events.change, here.steward, event.id, party(tags=["food"], **when))
    assert told(mastodon) == [("t_food", "Announce", "post")]
    mastodon.forget()
    clock.forward(MINUTE)
    await do(here, events.change, here.steward, event.id, party(tags=[], **when))
    assert told(mastodon) == [("hub", "Update", "post"), ("t_food", "Undo", "post")]
    shared, undone = (await here.queued("Announce"))[-1], (await here.queued("Undo"))[-1]
    assert (undone["object"]["id"], undone["to"]) == (shared["id"], shared["to"])


async def test_a_note_of_a_topic_that_is_taken_down_is_taken_back(here: Here, mastodon: Elsewhere) -> None:
    await do(here, posts.publish, here.steward, posts.Draft(text={"en": "Soup."}, tags=["food"]))
    await follow(here, mastodon, "t_food")
    note = await do(here, posts.publish, here.steward, posts.Draft(text={"en": "More soup."}, tags=["food"]))
    await do(here, posts.remove, here.steward, note.id)
    assert told(mastodon) == [("t_food", "Announce", "post"), ("hub", "Delete", "post"), ("t_food", "Undo", "post")]


async def test_new_counts_of_a_poll_come_to_those_who_follow_the_slice_alone(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await follow(here, mastodon, "events")
    event = await do(here, events.publish, here.steward, party())
    mastodon.forget()
    await do(here, attendance.answer, event.id, Guest("Delyth"), "yes")
    clock.forward(6 * MINUTE)
    await here.work()
    assert told(mastodon) == [("hub", "Update", "post")]


async def test_what_moderators_hide_is_taken_back_and_shared_again_when_it_shows(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await do(here, asks.publish, here.steward, "ask", lift(tags=["food"]))
    await follow(here, mastodon, "t_food")
    ask = await do(here, asks.publish, here.steward, "ask", lift(tags=["food"]))

    def turn(tx: Tx, *, hidden: int) -> None:
        tx.run("UPDATE thing SET hidden = :hidden WHERE id = :id", hidden=hidden, id=ask.id)
        record(tx, Kind.POST_HIDDEN if hidden else Kind.POST_SHOWN, subject=ask.id, actor=here.steward)

    mastodon.forget()
    for hidden in (1, 0):
        await do(here, turn, hidden=hidden)
    assert told(mastodon) == [("t_food", "Undo", "ask"), ("t_food", "Announce", "ask")]


async def test_a_projects_update_with_the_topic_is_shared_too(here: Here, mastodon: Elsewhere) -> None:
    project = await do(here, projects.start, here.steward, orchard())
    await do(here, posts.publish, here.steward, posts.Draft(text={"en": "Soup."}, tags=["trees"]))
    await follow(here, mastodon, "t_trees")
    said = posts.Draft(text={"en": "28 trees are in."}, tags=["trees"], project=project.id)
    await do(here, posts.publish, here.steward, said)
    assert told(mastodon) == [("t_trees", "Announce", "post")]


async def test_a_series_and_a_street_patch_share_what_is_theirs(here: Here, mastodon: Elsewhere) -> None:
    await do(here, slices.draw, here.steward, Draft({"en": "Mill"}, lines="Mill Road"))
    await do(here, events.publish, here.steward, party(series={"en": "Market"}, street="Bridge Street"))
    await follow(here, mastodon, "mill", "s_market")
    await do(here, events.publish, here.steward, party(series={"en": "Market"}, street="Bridge Street"))
    await do(here, events.publish, here.steward, party())
    await do(here, events.publish, here.steward, party(street="Bridge Street"))
    assert told(mastodon) == [("s_market", "Announce", "post"), ("mill", "Announce", "post")]


async def test_a_patch_that_ends_is_gone_for_those_who_followed_it(here: Here, mastodon: Elsewhere) -> None:
    part = await do(here, slices.draw, here.steward, Draft({"en": "Mill"}, lines="Mill Road"))
    await follow(here, mastodon, "mill")
    assert part.id is not None
    await do(here, slices.end, here.steward, part.id)
    assert told(mastodon) == [("mill", "Delete", "actor")]
    assert (await get(here, "/actor/mill")).status_code == 404
    assert (await get(here, FOUND.format("mill"))).status_code == 404


async def test_an_area_shares_what_other_hubs_publish_there(here: Here, mastodon: Elsewhere) -> None:
    await do(here, slices.draw, here.steward, Draft({}, kind="area", area="Penarth"))
    await follow(here, mastodon, "penarth")

    def publish(tx: Tx, number: int, area: str) -> None:
        uri = f"https://penarth.example/event/{number}"
        seen = Seen(uri=uri, url=uri, title={"en": "Regatta"}, area=Area(area), published=1, updated=1)
        author = stranger(tx, "hub", "penarth.example", "hub")
        events.mirror(tx, author, seen, Details(starts=2**42, ends=2**42 + 1, zone="UTC"))

    await do(here, publish, 1, "Penarth")
    await do(here, publish, 2, "Barry")
    await do(here, events.publish, here.steward, party())
    assert [it["object"] for it in mastodon.received] == ["https://penarth.example/event/1"]


async def test_a_new_name_of_the_hub_is_the_end_of_theirs_too(here: Here, mastodon: Elsewhere) -> None:
    await follow(here, mastodon, "events")

    def rename(tx: Tx) -> None:
        actors.rename(tx, settings.get(tx).actor, title={"en": "Waterside"}, summary={})
        record(tx, Kind.HUB_CHANGED, subject=settings.get(tx).actor, actor=here.steward)

    await do(here, rename)
    await here.work()
    assert [(it["type"], it["object"]["nameMap"]["en"]) for it in mastodon.received] == [
        ("Update", "Events · Waterside")
    ]
