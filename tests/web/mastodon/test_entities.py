"""How the hub's things and people read in an app; and that what is kept of them is as new as the hub."""

from typing import Any

import msgspec
import pytest
from browsing import Site
from entities_schema import SCHEMA, check, keys, wrong
from scene import lift, orchard, party, stranger

from hub import actors, asks, events, people, posts, projects, reacting, settings, statuses, things, voting
from hub.clock import now
from hub.reading import Extra, Link
from hub.store import Tx
from web import auth
from web.mastodon import entities
from web.mastodon.shapes import stamp
from web.mastodon.view import View, view_of


def written(tx: Tx) -> dict[str, int]:
    who = people.steward(tx).actor
    return {
        "event": events.publish(tx, who, party()).id,
        "ask": asks.publish(tx, who, "ask", lift(vetted=True, due=now())).id,
        "offer": asks.publish(tx, who, "offer", lift()).id,
        "project": projects.start(tx, who, orchard()).id,
        "note": posts.publish(tx, who, posts.Draft(text={"en": "Hello"}, title={"en": "News"})).id,
        "own": statuses.publish(tx, who, statuses.Draft("Hi #there", warning="careful")).id,
        "poll": statuses.publish(tx, who, statuses.Draft("?", poll=statuses.NewPoll(["a", "b"], 10**7))).id,
        "theirs": mirrored(tx),
    }


def mirrored(tx: Tx) -> int:
    seen = things.Seen(
        uri="https://mastodon.example/1", url="https://mastodon.example/@sunil/1", html={"cy": "<p>Helo</p>"},
        pictures=[things.Picture(url="https://mastodon.example/1.png", mime="image/png")], tags=["Heron"],
        extra=Extra(links=[Link("https://mastodon.example/1.mp4", mime="video/mp4")]),
        published=now(), updated=now(),
    )  # fmt: skip
    id = things.mirror(tx, "note", stranger(tx), seen)
    assert id is not None
    return id


async def fresh(site: Site) -> View:
    await auth.look(site.app.state)
    return view_of(site.app.state)


async def read(site: Site, me: int, id: int) -> Any:
    return msgspec.json.decode(await site.store.read(entities.status, await fresh(site), me, id))


async def test_everything_reads_as_a_status(site: Site) -> None:
    made = await site.did(written)
    me = (await site.store.read(people.steward)).actor
    share = await site.store.write(reacting.share, me, made["event"])
    for id in [*made.values(), share]:
        check(await read(site, me, id), "OwnedStatus")
        check(await read(site, 0, id), "Status")
    assert (await read(site, me, share))["reblog"]["id"] == str(made["event"])


async def test_an_event_says_what_when_where_and_asks_who_comes(site: Site) -> None:
    made = await site.did(written)
    it = await read(site, 0, made["event"])
    for words in ("<strong>Street party</strong>", "📅", "📍 Mill Bridge, Mill Road", it["url"], "chair"):
        assert words in it["content"]
    assert it["neighbourhub"] | {"starts": "", "ends": ""} == {
        "kind": "event", "title": {"en": "Street party", "cy": "Parti stryd"}, "starts": "", "ends": "",
        "zone": "Europe/London", "place": {"name": "Mill Bridge", "street": "Mill Road"}, "status": "scheduled",
        "places": 2, "going": 0, "maybe": 0, "waiting": 0,
    }  # fmt: skip
    assert [one["title"] for one in it["poll"]["options"]] == ["Yes, I'll be there", "Maybe", "Can't make it"]


async def test_an_event_that_is_called_off_says_so_first(site: Site) -> None:
    made = await site.did(written)
    who = (await site.store.read(people.steward)).actor
    await read(site, 0, made["event"])
    await site.store.write(events.cancel, who, made["event"], {"en": "Rain & wind"})
    it = await read(site, 0, made["event"])
    assert "<strong>CANCELLED: Street party</strong>" in it["content"]
    assert "Rain &amp; wind" in it["content"]
    assert it["poll"]["expired"] is True


async def test_accounts_have_all_that_apps_need(site: Site) -> None:
    them = await site.did(stranger)
    steward = await site.store.read(people.steward)
    hub = await site.store.read(settings.get)
    v = await fresh(site)
    for id in (them, steward.actor, hub.actor, hub.instance):
        it = msgspec.json.decode(await site.store.read(entities.account, v, id))
        check(it, "Account")
    own = msgspec.json.decode(await site.store.read(entities.own_account, v, steward))
    check(own, "CredentialAccount")
    assert own["roles"] == [{"id": "3", "name": "Steward", "color": ""}]
    many = await site.store.read(entities.accounts, v, [them, 4711, hub.actor])
    assert [msgspec.json.decode(one)["acct"] for one in many] == ["sunil@mastodon.example", "hub"]


async def test_pictures_that_are_drawn_are_there(site: Site) -> None:
    them = await site.did(stranger)
    it = msgspec.json.decode(await site.store.read(entities.account, await fresh(site), them))
    answer = await site.guest.get(it["avatar"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


async def test_what_has_changed_is_written_anew(site: Site) -> None:
    made = await site.did(written)
    me = (await site.store.read(people.steward)).actor
    rhys = await site.did(lambda tx: people.known_as(tx, "rhys")[0].actor)  # type: ignore[index]
    before = await read(site, me, made["own"])
    assert (before["favourites_count"], before["replies_count"]) == (0, 0)
    await site.store.write(reacting.like, rhys, made["own"])
    await site.store.write(statuses.publish, rhys, statuses.Draft("Hi", reply_to=made["own"]))
    await site.store.write(statuses.change, me, made["own"], statuses.Draft("Bye"))
    await site.store.write(actors.rename, me, title={"en": "Bethan"}, summary={})  # type: ignore[call-arg]
    after = await read(site, me, made["own"])
    assert (after["favourites_count"], after["replies_count"], after["favourited"]) == (1, 1, False)
    assert (after["content"], after["account"]["display_name"]) == ("<p>Bye</p>", "Bethan")
    assert after["edited_at"] is not None
    assert (await read(site, rhys, made["own"]))["favourited"] is True


async def test_answers_to_a_poll_show_at_once(site: Site) -> None:
    made = await site.did(written)
    rhys = await site.did(lambda tx: people.known_as(tx, "rhys")[0].actor)  # type: ignore[index]
    await read(site, rhys, made["event"])
    await site.store.write(voting.vote, rhys, made["event"], [0])
    it = await read(site, rhys, made["event"])
    assert it["poll"]["own_votes"] == [0]
    assert it["neighbourhub"]["going"] == 1
    await site.store.write(voting.vote, rhys, made["event"], [2])
    assert (await read(site, rhys, made["event"]))["poll"]["own_votes"] == [2]


async def test_what_an_old_reader_wrote_is_not_kept(site: Site) -> None:
    """Two units at once: the one that began before a change must not put back what the other has dropped."""
    made = await site.did(written)
    await fresh(site)
    old = view_of(site.app.state)
    await read(site, 0, made["note"])  # another one reads the log on
    await site.store.write(reacting.like, (await site.store.read(people.steward)).actor, made["own"])
    await read(site, 0, made["note"])
    await site.store.read(entities.status, old, 0, made["own"])
    assert made["own"] not in site.app.state.pieces.statuses
    await read(site, 0, made["own"])
    assert made["own"] in site.app.state.pieces.statuses


async def test_only_so_many_are_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.mastodon.view.STATUSES", 4)
    made = await site.did(written)
    for id in made.values():
        await read(site, 0, id)
    assert len(site.app.state.pieces.statuses) <= 4


async def test_new_settings_of_the_hub_are_seen(site: Site) -> None:
    made = await site.did(written)
    await read(site, 0, made["event"])
    steward = (await site.store.read(people.steward)).actor
    draft = settings.Draft(
        name={"en": "Riverside"}, rules={"en": "Be kind."}, languages=["cy", "en"],
        contacts=[settings.Contact("Bethan", "", "01632 960118")],
    )  # fmt: skip
    await site.store.write(settings.change, steward, draft)
    it = await read(site, 0, made["event"])
    assert "Parti stryd" in it["content"]
    assert it["poll"]["options"][0]["title"] == "Bydda i yno"


def test_moments_have_three_decimals() -> None:
    assert [stamp(ms) for ms in (0, 1_777_626_000_007)] == ["1970-01-01T00:00:00.000Z", "2026-05-01T09:00:00.007Z"]


def test_the_schema_sees_what_breaks_an_app() -> None:
    for kind in SCHEMA:
        for type_ in keys(kind).values():
            assert isinstance(type_, str)
    poll = {"id": "1", "expires_at": None, "expired": False, "multiple": False, "votes_count": 0,
            "voters_count": None, "options": [], "emojis": []}  # fmt: skip
    assert wrong(poll, "Poll") == []
    assert sorted(wrong(poll, "OwnedPoll")) == ["OwnedPoll.own_votes is missing", "OwnedPoll.voted is missing"]
    for name, value in (("expired", None), ("emojis", None), ("id", 1), ("expires_at", "2026-05-01T09:00:00Z")):
        assert wrong(poll | {name: value}, "Poll"), name
