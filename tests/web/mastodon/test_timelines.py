"""Lists of statuses: what is in them for whom, in which order, and how apps page through them."""

import re
from typing import Any

import httpx
import pytest
from browsing import Site
from entities_schema import check
from scene import lift, orchard, party, stranger

from hub import apps, asks, events, lists, people, posts, projects, reacting, relations, settings, statuses, things
from hub.clock import DAY, now
from hub.neighbouring import spread
from hub.statuses import Draft
from hub.store import Tx
from web.mastodon.recent import Recent

App = httpx.AsyncClient


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    assert found is not None
    return found[0].actor


async def ids(app: App, path: str, **query: Any) -> list[int]:
    answer = await app.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    check(answer.json(), "[OwnedStatus]" if "authorization" in app.headers else "[Status]")
    return [int(one["id"]) for one in answer.json()]


async def all_pages(app: App, path: str, rel: str = "next") -> list[list[int]]:
    pages, url = [], f"/api/v1/{path}"
    while url and len(pages) < 20:
        answer = await app.get(url)
        if answer.json():
            pages.append([int(one["id"]) for one in answer.json()])
        found = re.search(rf'<([^>]*)>; rel="{rel}"', answer.headers.get("link", ""))
        url = found[1] if found else ""
    return pages


def theirs(tx: Tx, number: int, **more: Any) -> int:
    seen = things.Seen(
        uri=f"https://m.example/{number}", url=f"https://m.example/{number}", html={"en": "<p>Hi</p>"},
        published=now(), updated=now(), **more,
    )  # fmt: skip
    id = posts.mirror(tx, stranger(tx, domain="m.example"), seen)
    assert id is not None
    return id


async def test_home_is_what_those_say_and_share_whom_one_follows(signed_in: Any, site: Site) -> None:
    ann, _, _ = [await signed_in(name) for name in ("ann", "ben", "cath")]

    def scene(tx: Tx) -> tuple[int, int, int, int]:
        a, b, c = (actor(tx, name) for name in ("ann", "ben", "cath"))
        relations.follow(tx, a, b)
        own = statuses.publish(tx, a, Draft("mine")).id
        his = statuses.publish(tx, b, Draft("his")).id
        hers = statuses.publish(tx, c, Draft("hers")).id
        return own, his, hers, reacting.share(tx, b, hers)

    own, his, hers, share = await site.did(scene)
    await site.did(spread)
    assert await ids(ann, "timelines/home") == [share, his, own]
    assert await ids(ann, "timelines/home", max_id=share, limit=1) == [his]
    assert await ids(ann, "timelines/home", min_id=own, limit=1) == [his]
    assert await ids(ann, "timelines/home", since_id=own, limit=1) == [share]
    assert hers not in await ids(ann, "timelines/home")
    assert (await site.guest.get("/api/v1/timelines/home")).status_code == 401


async def test_paging_goes_through_all_and_back(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def scene(tx: Tx) -> list[int]:
        return [statuses.publish(tx, actor(tx, "ann"), Draft(f"{n}")).id for n in range(5)]

    said = (await site.did(scene))[::-1]
    for path in ("timelines/home", "timelines/public", f"accounts/{await site.store.read(actor, 'ann')}/statuses"):
        assert await all_pages(ann, f"{path}?limit=2") == [said[:2], said[2:4], said[4:]]
        assert await all_pages(ann, f"{path}?limit=2&min_id={said[4]}", "prev") == [said[2:4], said[:2]]


async def test_the_local_timeline_is_the_hub_and_the_remote_one_its_neighbours(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def scene(tx: Tx) -> tuple[list[int], int]:
        who = people.steward(tx).actor
        ours = [
            events.publish(tx, who, party()).id, asks.publish(tx, who, "ask", lift()).id,
            projects.start(tx, who, orchard()).id, posts.publish(tx, who, posts.Draft(text={"en": "Note"})).id,
        ]  # fmt: skip
        statuses.publish(tx, who, Draft("quiet", audience="unlisted"))
        statuses.publish(tx, who, Draft("an answer", reply_to=ours[0]))
        return ours, theirs(tx, 1)

    ours, other = await site.did(scene)
    for app in (ann, site.guest):
        assert await ids(app, "timelines/public", local="true") == ours[::-1]
        assert await ids(app, "timelines/public", remote="1") == [other]
        assert await ids(app, "timelines/public", local="false") == [other, *ours[::-1]]
        assert await ids(app, "timelines/public", only_media="true") == []


async def test_whom_one_does_not_want_to_hear_is_left_out(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await signed_in("ben")

    def scene(tx: Tx) -> int:
        said = statuses.publish(tx, actor(tx, "ben"), Draft("Hi #heron")).id
        relations.mute(tx, actor(tx, "ann"), actor(tx, "ben"))
        return said

    said = await site.did(scene)
    for path in ("timelines/public", "timelines/tag/heron"):
        assert await ids(ann, path) == []
        assert await ids(site.guest, path) == [said]


async def test_tags_can_be_combined(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def scene(tx: Tx) -> list[int]:
        me = actor(tx, "ann")
        return [statuses.publish(tx, me, Draft(words)).id for words in ("#a", "#a #b", "#c", "#a #d", "#e")]

    a, ab, c, ad, _ = await site.did(scene)
    assert await ids(ann, "timelines/tag/A") == [ad, ab, a]
    assert await ids(ann, "timelines/tag/a", **{"any[]": ["c"]}) == [ad, c, ab, a]
    assert await ids(ann, "timelines/tag/a", **{"all[]": ["b"]}) == [ab]
    assert await ids(ann, "timelines/tag/a", **{"none[]": ["b", "d"]}) == [a]
    assert await ids(ann, "timelines/tag/a", limit=1, max_id=ad) == [ab]
    assert await ids(ann, "timelines/tag/nothing") == []


async def test_a_persons_statuses_can_be_sifted(signed_in: Any, site: Site) -> None:
    ann, _ = await signed_in("ann"), await signed_in("ben")

    def scene(tx: Tx) -> tuple[int, ...]:
        a, b = actor(tx, "ann"), actor(tx, "ben")
        his = statuses.publish(tx, b, Draft("his")).id
        one = statuses.publish(tx, a, Draft("one #tag")).id
        two = statuses.publish(tx, a, Draft("two", reply_to=his)).id
        few = statuses.publish(tx, a, Draft("few", audience="followers")).id
        statuses.publish(tx, a, Draft("@ben", audience="direct"))
        share = reacting.share(tx, a, his)
        reacting.pin(tx, a, one)
        return a, one, two, few, share

    who, one, two, few, share = await site.did(scene)
    path = f"accounts/{who}/statuses"
    assert await ids(ann, path) == [share, few, two, one]
    assert await ids(site.guest, path) == [share, two, one]
    assert await ids(site.guest, path, exclude_replies="true") == [share, one]
    assert await ids(site.guest, path, exclude_reblogs="true") == [two, one]
    assert await ids(site.guest, path, pinned="true") == [one]
    assert await ids(site.guest, path, tagged="Tag") == [one]
    assert await ids(site.guest, path, only_media="true") == []
    assert (await site.guest.get("/api/v1/accounts/1/statuses")).status_code == 404


async def test_a_hubs_statuses_are_what_it_publishes(signed_in: Any, site: Site) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        it = events.publish(tx, people.steward(tx).actor, party())
        return it.by.id, it.id

    hub, event = await site.did(scene)
    assert await ids(site.guest, f"accounts/{hub}/statuses") == [event]


async def test_favourites_and_bookmarks_are_in_the_order_they_were_made(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def scene(tx: Tx) -> list[int]:
        me = actor(tx, "ann")
        said = [statuses.publish(tx, me, Draft(f"{n}")).id for n in range(3)]
        for id in (said[1], said[2], said[0]):
            reacting.like(tx, me, id)
            reacting.keep(tx, me, id)
        return said

    one, two, three = await site.did(scene)
    for path in ("favourites", "bookmarks"):
        assert await ids(ann, path) == [one, three, two]
        assert await all_pages(ann, f"{path}?limit=1") == [[one], [three], [two]]


async def test_words_for_a_few_have_a_list_of_their_own(signed_in: Any, site: Site) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]

    def scene(tx: Tx) -> int:
        return statuses.publish(tx, actor(tx, "ann"), Draft("@ben", audience="direct")).id

    said = await site.did(scene)
    assert await ids(ann, "timelines/direct") == await ids(ben, "timelines/direct") == [said]
    assert await ids(cath, "timelines/direct") == []
    assert await ids(cath, "timelines/link", url="https://glan.example") == []


@pytest.mark.parametrize(("replies", "answers"), [("none", False), ("list", False), ("followed", True)])
async def test_a_list_has_what_its_members_say(signed_in: Any, site: Site, replies: str, answers: bool) -> None:
    ann, ben, _ = [await signed_in(name) for name in ("ann", "ben", "cath")]

    def scene(tx: Tx) -> tuple[int, int, int]:
        a, b, c = (actor(tx, name) for name in ("ann", "ben", "cath"))
        relations.follow(tx, a, b)
        relations.follow(tx, a, c)
        hers = statuses.publish(tx, c, Draft("hers")).id
        friends = lists.create(tx, a, "Friends", replies).id
        lists.add(tx, a, friends, [b])
        his = statuses.publish(tx, b, Draft("his")).id
        return friends, his, statuses.publish(tx, b, Draft("ah", reply_to=hers)).id

    friends, said, answered = await site.did(scene)
    await site.did(spread)
    assert await ids(ann, f"timelines/list/{friends}") == ([answered, said] if answers else [said])
    assert (await ben.get(f"/api/v1/timelines/list/{friends}")).status_code == 404


async def test_everybody_has_a_list_of_what_is_on_and_one_of_what_is_needed(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def scene(tx: Tx) -> tuple[int, int, int, int]:
        who = people.steward(tx).actor
        soon = events.publish(tx, who, party(starts=now() + DAY, ends=now() + 2 * DAY))
        events.publish(tx, who, party(starts=now() + 9 * DAY, ends=now() + 10 * DAY))
        off = events.publish(tx, who, party(starts=now() + DAY, ends=now() + 2 * DAY))
        events.cancel(tx, who, off.id, {"en": "Rain"})
        offer = asks.publish(tx, who, "offer", lift())
        done = asks.publish(tx, who, "ask", lift())
        asks.close(tx, who, done.id, "done")
        return soon.id, offer.id, asks.publish(tx, who, "ask", lift()).id, people.steward(tx).actor

    soon, offer, needed, _ = await site.did(scene)
    seen = (await ann.get("/api/v1/lists")).json()
    check(seen, "[List]")
    assert [(one["id"], one["title"]) for one in seen] == [("1", "On this week"), ("2", "Asks near me")]
    assert (await ann.get("/api/v1/lists/1")).json() == seen[0]
    assert await ids(ann, "timelines/list/1") == [soon]
    assert await ids(ann, "timelines/list/2") == [needed, offer]
    assert await ids(ann, "timelines/list/2", limit=1, max_id=needed) == [offer]
    assert await ids(ann, "timelines/list/2", limit=1, min_id=offer) == [needed]
    assert (await ann.get("/api/v1/lists/1/accounts")).json() == []
    for method, path in (("PUT", "lists/1"), ("DELETE", "lists/2"), ("POST", "lists/1/accounts")):
        refused = await ann.request(method, f"/api/v1/{path}", data={"title": "Mine", "account_ids[]": "1"})
        assert refused.status_code == 422, path
        assert "The hub keeps this list" in refused.json()["error"]
    hub = await site.store.read(lambda tx: settings.get(tx).actor)
    await site.did(lambda tx: relations.block(tx, actor(tx, "ann"), hub))
    assert await ids(ann, "timelines/list/1") == await ids(ann, "timelines/list/2") == []


# --- what is kept is as new as the hub -------------------------------------------------------------


async def test_a_page_that_is_kept_shows_what_was_done_since(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    said = await site.did(lambda tx: statuses.publish(tx, actor(tx, "ben"), Draft("Hi")).id)

    async def page() -> list[tuple[bool, bool, int]]:
        found = (await ann.get("/api/v1/timelines/public")).json()
        return [(one["bookmarked"], one["favourited"], one["favourites_count"]) for one in found]

    assert await page() == await page() == [(False, False, 0)]
    await ann.post(f"/api/v1/statuses/{said}/bookmark")  # which stands in no log
    assert await page() == [(True, False, 0)]
    await ben.post(f"/api/v1/statuses/{said}/favourite")
    assert await page() == [(True, False, 1)]
    await site.did(lambda tx: relations.mute(tx, actor(tx, "ann"), actor(tx, "ben")))
    assert await page() == []
    await site.did(lambda tx: relations.unmute(tx, actor(tx, "ann"), actor(tx, "ben")))
    await ben.delete(f"/api/v1/statuses/{said}")
    assert await page() == []


async def test_who_has_a_page_already_is_not_sent_it_again(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    await site.did(lambda tx: statuses.publish(tx, actor(tx, "ben"), Draft("Hi")))
    first = await ann.get("/api/v1/timelines/public")
    have = {"If-None-Match": first.headers["ETag"]}
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("private, no-cache", "Authorization")
    for _ in range(2):
        again = await ann.get("/api/v1/timelines/public", headers=have)
        assert (again.status_code, again.content, again.headers["Link"]) == (304, b"", first.headers["Link"])
    assert (await ben.get("/api/v1/timelines/public", headers=have)).status_code == 200  # it is of another reader
    await site.did(lambda tx: statuses.publish(tx, actor(tx, "ben"), Draft("Ho")))
    changed = await ann.get("/api/v1/timelines/public", headers=have)
    assert (changed.status_code, len(changed.json())) == (200, 2)


async def test_each_reader_has_their_own_page(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    said = await site.did(lambda tx: statuses.publish(tx, actor(tx, "ben"), Draft("Hi")).id)
    await site.did(lambda tx: reacting.like(tx, actor(tx, "ann"), said))
    seen = [(await app.get("/api/v1/timelines/public")).json()[0] for app in (ann, ben, site.guest)]
    assert [one.get("favourited") for one in seen] == [True, False, None]


async def test_what_is_asked_in_a_body_is_another_page(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await site.did(lambda tx: [statuses.publish(tx, actor(tx, "ann"), Draft(f"{n}")).id for n in range(3)])
    assert len(await ids(ann, "timelines/public")) == 3
    asked = await ann.request("GET", "/api/v1/timelines/public", json={"limit": 1})
    assert len(asked.json()) == 1
    assert len(await ids(ann, "timelines/public")) == 3


async def test_a_token_that_ends_opens_nothing_at_once(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    assert (await ann.get("/api/v1/timelines/home")).status_code == 200
    await site.did(lambda tx: apps.end_all(tx, actor(tx, "ann")))
    assert (await ann.get("/api/v1/timelines/home")).status_code == 401


async def test_what_other_processes_write_is_seen_some_seconds_later(clock: Any) -> None:
    recent: Recent[str] = Recent(2, 5_000)
    recent.put("a", (1, 1), "then")
    assert (recent.get("a", (1, 1)), recent.get("a", (1, 2)), recent.get("a", (2, 1))) == ("then", None, None)
    clock.forward(4_999)
    assert recent.get("a", (1, 1)) == "then"
    clock.forward(1)
    assert recent.get("a", (1, 1)) is None
    for key in "bcd":
        recent.put(key, (1, 1), key)
    assert [recent.get(key, (1, 1)) for key in "bcd"] == [None, "c", "d"]
