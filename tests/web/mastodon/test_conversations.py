"""Letters in apps: among residents, and between a resident and the hub, which its organisers answer on their page."""

import re
from typing import Any

import httpx
from browsing import Site
from entities_schema import check
from scene import party, person

from hub import events, messages, people, relations, settings, statuses
from hub.neighbouring import spread
from hub.statuses import Draft
from hub.store import Tx

App = httpx.AsyncClient
PATH = "/api/v1/conversations"


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    return found[0].actor if found else person(tx, login)


def say(tx: Tx, login: str, words: str, reply_to: int | None = None) -> int:
    for name in ("ann", "ben", "cath"):
        actor(tx, name)
    return statuses.publish(tx, actor(tx, login), Draft(words, audience="direct", reply_to=reply_to)).id


async def said(site: Site, *given: Any) -> int:
    made: int = await site.did(say, *given)
    await site.did(spread)
    return made


async def all_(app: App, **query: Any) -> list[Any]:
    answer = await app.get(PATH, params=query)
    check(answer.json(), "[Conversation]")
    found: list[Any] = answer.json()
    return found


def names(one: Any) -> list[str]:
    return sorted(account["acct"] for account in one["accounts"])


async def test_each_sees_the_others_and_the_last_word(signed_in: Any, site: Site) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]
    first = await said(site, "ann", "@ben @cath tea?")
    last = await said(site, "ben", "@ann @cath yes", first)
    (hers,), (his,), (theirs,) = await all_(ann), await all_(ben), await all_(cath)
    assert (names(hers), names(his), names(theirs)) == (["ben", "cath"], ["ann", "cath"], ["ann", "ben"])
    assert [one["last_status"]["id"] for one in (hers, his, theirs)] == [str(last)] * 3
    assert (hers["unread"], his["unread"], theirs["unread"]) == (True, False, True)


async def test_other_people_in_the_same_thread_are_another_conversation(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    first = await said(site, "ann", "@ben @cath tea?")
    await said(site, "ben", "@ann but not with cath", first)
    assert [names(one) for one in await all_(ann)] == [["ben"], ["ben", "cath"]]


async def test_read_unread_and_put_away(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    first = await said(site, "ben", "@ann hello")
    (one,) = await all_(ann)
    path = f"{PATH}/{one['id']}"
    assert (await ben.post(f"{path}/read")).status_code == 404
    read = (await ann.post(f"{path}/read")).json()
    check(read, "Conversation")
    assert read["unread"] is False
    assert await site.store.read(lambda tx: messages.unread(tx, actor(tx, "ann"))) == 0
    assert (await ann.post(f"{path}/unread")).json()["unread"] is True
    assert (await ben.delete(path)).status_code == 404
    assert (await ann.delete(path)).json() == {}
    assert await all_(ann) == []
    await said(site, "ben", "@ann hello?", first)
    assert len(await all_(ann)) == 1


async def test_pages_go_by_the_last_word(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    for n in range(5):
        await said(site, "ben", f"@ann letter {n}")
    found, url = [], f"{PATH}?limit=2"
    while url:
        answer = await ann.get(url)
        found += [one["last_status"]["id"] for one in answer.json()]
        match = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = match[1] if match else ""
    assert len(found) == 5
    assert found == sorted(found, key=int, reverse=True)
    assert [one["last_status"]["id"] for one in await all_(ann, min_id=found[-1], limit=1)] == [found[-2]]


async def test_a_word_taken_back_is_the_last_no_more(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    first = await said(site, "ben", "@ann hello")
    second = await said(site, "ben", "@ann still there?", first)
    for gone, left in ((second, [str(first)]), (first, [])):
        await site.did(lambda tx, id: statuses.remove(tx, actor(tx, "ben"), id), gone)
        await site.did(spread)
        assert [one["last_status"]["id"] for one in await all_(ann)] == left


async def test_who_is_blocked_begins_none(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await site.did(lambda tx: relations.block(tx, actor(tx, "ann"), actor(tx, "ben")))
    await said(site, "ben", "@ann hello")
    assert await all_(ann) == []


async def test_a_letter_from_the_hub_shows_in_the_app_and_the_answer_on_the_organisers_page(
    signed_in: Any, site: Site
) -> None:
    rhys, ann = await signed_in("rhys"), await signed_in("ann")

    def write(tx: Tx) -> tuple[int, str]:
        event = events.publish(tx, people.steward(tx).actor, party())
        hub = settings.get(tx)
        id = messages.tell(tx, hub.actor, actor(tx, "rhys"), {"en": "The door code is **1234**."}, about=event.id)
        return id, event.by.handle

    id, handle = await site.did(write)
    await site.did(spread)
    (one,) = await all_(rhys)
    assert one["unread"] is True
    assert "<strong>1234</strong>" in one["last_status"]["content"]
    assert one["accounts"][0]["acct"] == handle
    assert (await rhys.get(f"/api/v1/statuses/{id}")).status_code == 200
    for other in (ann, site.guest):
        assert (await other.get(f"/api/v1/statuses/{id}")).status_code == 404

    sent = await rhys.post(
        "/api/v1/statuses",
        json={"status": f"@{handle} thank you, is there a ramp?", "visibility": "direct", "in_reply_to_id": str(id)},
    )
    assert sent.status_code == 200, sent.text
    page = await (await site.who("olwen")).get("/messages")
    assert "is there a ramp?" in page.text
    assert "is there a ramp?" not in (await (await site.who("ann")).get("/messages")).text
    await site.did(spread)
    assert len(await all_(rhys)) == 1  # what it is about keeps them together

    await (await site.who("olwen")).post("/messages", data={"message": sent.json()["id"], "text": "Yes, at the side."})
    await site.did(spread)
    (one,) = await all_(rhys)
    assert "at the side" in one["last_status"]["content"]
    assert one["last_status"]["in_reply_to_id"] == sent.json()["id"]


async def test_letters_are_in_no_public_place(signed_in: Any, site: Site) -> None:
    rhys = await signed_in("rhys")

    def write(tx: Tx) -> int:
        event = events.publish(tx, people.steward(tx).actor, party())
        messages.tell(tx, settings.get(tx).actor, actor(tx, "rhys"), {"en": "canary #heron"}, about=event.id)
        say(tx, "rhys", "@ann canary #heron", event.id)
        return event.id

    event = await site.did(write)
    await site.did(spread)
    for path in (
        "/", "/events", f"/events/{event}", "/search?q=heron", "/news.atom", "/news.json", "/sitemap.xml", "/@rhys",
        "/actor/hub/outbox", "/actor/u-rhys/outbox", f"/event/{event}/replies",
        "/api/v1/timelines/public", "/api/v1/timelines/tag/heron", f"/api/v1/statuses/{event}/context",
    ):  # fmt: skip
        assert "canary" not in (await site.guest.get(path)).text, path
    assert "canary" not in (await rhys.get("/api/v1/timelines/tag/heron")).text
    assert "canary" not in (await rhys.get("/api/v1/timelines/public")).text


async def test_an_app_needs_leave_for_it(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann", scopes="read:notifications write:statuses")
    assert (await ann.get(PATH)).status_code == 403
    for method, path in (("POST", f"{PATH}/1/read"), ("DELETE", f"{PATH}/1")):
        assert (await ann.request(method, path)).status_code == 403
        assert (await site.guest.request(method, path)).status_code == 401
