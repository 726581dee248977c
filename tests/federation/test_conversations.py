"""What is said elsewhere under a thing, and never sent to us, is read back: from where it was said, and no more."""

from typing import Any

from conftest import Clock
from elsewhere import PUBLIC, Elsewhere, Json, activity, create, post
from hearing import INBOX, a_reply, an_event, followed, hear
from here import Here

from hub import events, posts, things
from hub.clock import DAY, HOUR
from hub.things import Thing


def note(author: str, number: int, answers: str, words: str = "Lovely", **more: Any) -> Json:
    made = create(author, f"{author}/statuses/{number}", content=f"<p>{words}</p>", inReplyTo=answers, **more)
    inner: Json = made["object"]
    return inner


def listing(server: Elsewhere, path: str, items: list[Any], **more: Any) -> str:
    server.serve(
        path, {"id": f"https://{server.host}{path}", "type": "OrderedCollection", "orderedItems": items, **more}
    )
    return f"https://{server.host}{path}"


def say(server: Elsewhere, doc: Json) -> str:
    id: str = doc["id"]
    server.serve(id.partition(server.host)[2], doc)
    return id


async def mirrored(here: Here, server: Elsewhere, **more: Any) -> str:
    """An event of a hub that we follow, with a list of what is said under it."""
    hub = await followed(here, server)
    uri = f"{hub}/event/1"
    sent = create(
        hub, uri, type="Event", name="Party", startTime="2031-06-01T10:00:00Z", endTime="2031-06-01T12:00:00Z",
        location={"type": "Place", "name": "Green"}, context=f"https://{server.host}/ctx/1", **more,
    )  # fmt: skip
    assert await hear(here, sent) == "kept"
    server.forget()
    return uri


async def under(here: Here, uri: str) -> list[Thing]:
    thing = await here.store.read(things.at, uri)
    assert thing is not None
    return await here.store.read(posts.replies, thing.id)


async def test_what_others_said_under_an_event_is_fetched_from_where_they_said_it(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    uri = await mirrored(here, mastodon)
    other = here.server("other.example")
    ann, bo = other.actor("ann"), mastodon.actor("bo")
    first = say(other, note(ann, 1, uri))
    second = say(mastodon, note(bo, 2, first, "Indeed"))
    listing(mastodon, "/ctx/1", [uri, second, first])  # the answer stands before what it answers
    clock.forward(HOUR)
    await here.work()
    assert sorted(it.uri for it in await under(here, uri)) == sorted([first, second])


async def test_it_is_looked_at_after_an_hour_and_after_a_day_and_then_left(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await mirrored(here, mastodon)
    listing(mastodon, "/ctx/1", [])
    asked = []
    for wait in (HOUR, DAY, 30 * DAY):
        clock.forward(wait)
        await here.work()
        asked.append(len(await here.all("SELECT 1 AS x FROM job WHERE kind = 'thread'")))
    assert asked == [1, 0, 0]


async def test_what_stands_in_a_list_is_believed_only_at_its_own_address(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    uri = await mirrored(here, mastodon)
    other = here.server("other.example")
    ann = other.actor("ann")
    forged = note(ann, 1, uri, "I hate this")
    say(other, note(ann, 1, uri, "I love this"))
    listing(mastodon, "/ctx/1", [forged])
    clock.forward(HOUR)
    await here.work()
    assert ["love" in next(iter(it.html.values())) for it in await under(here, uri)] == [True]


async def test_what_is_not_public_or_belongs_elsewhere_is_left(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    uri = await mirrored(here, mastodon)
    ann = mastodon.actor("ann")
    secret = say(mastodon, note(ann, 1, uri, to=[f"{ann}/followers"], cc=[]))
    astray = say(mastodon, note(ann, 2, "https://nowhere.example/1", to=[PUBLIC]))
    listing(mastodon, "/ctx/1", [secret, astray])
    clock.forward(HOUR)
    await here.work()
    assert await under(here, uri) == []


async def test_a_long_list_costs_no_more_than_its_budget(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    uri = await mirrored(here, mastodon)
    ann = mastodon.actor("ann")
    said = [say(mastodon, note(ann, n, uri)) for n in range(300)]
    for page in range(10):
        more = {"next": f"https://mastodon.example/ctx/{page + 2}"}
        listing(mastodon, f"/ctx/{page + 1}", said[page * 30 : page * 30 + 30], **more)
    clock.forward(HOUR)
    await here.work()
    assert len(await under(here, uri)) == 90


async def test_a_thread_whose_list_is_on_another_server_is_not_looked_for(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    hub = await followed(here, mastodon)
    sent = create(hub, f"{hub}/1", content="<p>Hello</p>", to=[PUBLIC], context="https://victim.example/big")
    assert await hear(here, sent) == "kept"
    assert await here.all("SELECT 1 AS x FROM job WHERE kind = 'thread'") == []


async def test_a_reply_to_an_event_of_ours_brings_what_was_said_under_it(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    event = await an_event(here)
    ann, bo = mastodon.actor("ann"), mastodon.actor("bo")
    reply = a_reply(ann, event.uri, "How lovely", replies=f"{ann}/statuses/1/replies")
    assert await hear(here, reply) == "kept"
    answer = say(mastodon, note(bo, 2, f"{ann}/statuses/1", "Yes it is"))
    listing(mastodon, f"{ann}/statuses/1/replies".partition("mastodon.example")[2], [answer])
    clock.forward(HOUR)
    await here.work()
    assert [it.uri for it in await under(here, event.uri)] == [f"{ann}/statuses/1", answer]
    assert (await here.store.read(events.get, event.id)).going == 0  # what is read back is no answer to the poll


async def test_what_was_deleted_there_is_not_brought_back(here: Here, mastodon: Elsewhere, clock: Clock) -> None:
    uri = await mirrored(here, mastodon)
    ann = mastodon.actor("ann")
    said = say(mastodon, note(ann, 1, uri))
    await hear(here, activity("Follow", ann, "https://glan.example/actor/hub"))  # so that we have met
    await hear(here, activity("Delete", ann, said))
    listing(mastodon, "/ctx/1", [said])
    clock.forward(HOUR)
    await here.work()
    assert await under(here, uri) == []


async def test_one_server_has_us_read_no_more_than_fifty_threads_at_a_time(here: Here, mastodon: Elsewhere) -> None:
    asked, ann = (await an_event(here)).uri, mastodon.actor("ann")
    for number in range(60):
        id = f"{ann}/statuses/{number}"
        await post(here.app, INBOX, a_reply(ann, asked, "Lovely", number, replies=f"{id}/replies"))
    await here.work()
    assert await here.one("SELECT count(*) AS n FROM thing WHERE kind = 'reply'") == 60
    assert await here.one("SELECT count(*) AS n FROM job WHERE kind = 'thread'") == 50
    other = here.server("other.example").actor("bo")
    await hear(here, a_reply(other, asked, "Lovely", replies=f"{other}/statuses/1/replies"))
    assert await here.one("SELECT count(*) AS n FROM job WHERE kind = 'thread'") == 51
