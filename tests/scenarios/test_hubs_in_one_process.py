"""Two neighbourhoods and an aggregator, and a Mobilizon beside them: what one says, the others show."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import activity, post
from here import Here, a_hub
from scene import lift, orchard, party

from federation import follow_hub, signatures, stop_following
from hub import actors, asks, events, national, posts, projects, settings
from hub.clock import HOUR, MINUTE, now
from hub.errors import HubError, Invalid
from hub.national import Query
from hub.store import Store
from hub.store.open import opened

pytestmark = pytest.mark.slow


class Network:
    """Riverside, Tredegar, and the national page of Wales."""

    def __init__(self, river: Here, tredegar: Here, wales: Here) -> None:
        self.river, self.tredegar, self.wales = river, tredegar, wales

    async def settle(self) -> None:
        """Let everybody work until nobody has anything to do."""
        while sum([await hub.work() for hub in (self.river, self.tredegar, self.wales)]):
            pass

    async def entries(self, **query: Any) -> list[national.Entry]:
        return (await self.wales.store.read(national.entries, Query(**query)))[0]

    async def titles(self, **query: Any) -> list[str]:
        return [entry.thing.title.get("en", "") for entry in await self.entries(**query)]


@pytest_asyncio.fixture
async def network(store: Store, migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Network]:
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as open_:

        async def hub(host: str, **draft: object) -> Here:
            path = shutil.copy(migrated, tmp_path / f"{host}.db")
            own = await open_.enter_async_context(opened(str(path)))
            return await open_.enter_async_context(a_hub(own, f"https://{host}.example", servers, **draft))

        river = await hub("glan")
        tredegar = await hub("tredegar", name={"en": "Tredegar", "cy": "Tredegar"}, area_name="Georgetown ward")
        wales = await open_.enter_async_context(
            a_hub(store, "https://cymru.example", servers, name={"en": "Wales", "cy": "Cymru"})
        )
        yield Network(river, tredegar, wales)


async def followed(network: Network) -> None:
    for domain in ("glan.example", "@hub@tredegar.example"):
        await follow_hub(network.wales.wire, domain, network.wales.steward)
    await network.settle()


async def test_what_a_hub_publishes_is_shown_nationally_with_its_origin(network: Network) -> None:
    await followed(network)
    river = network.river
    event = await river.store.write(events.publish, river.steward, party())
    await river.store.write(asks.publish, river.steward, "ask", lift())
    project = await river.store.write(projects.start, river.steward, orchard())
    said = posts.Draft(text={"en": "28 of 40 trees are in."}, title={"en": "Half way"}, project=project.id)
    await river.store.write(posts.publish, river.steward, said)
    await network.settle()

    entries = {entry.thing.kind: entry for entry in await network.entries() if entry.thing.kind != "note"}
    assert sorted(entries) == ["ask", "event", "project", "update"]
    assert {entry.thing.by.domain for entry in entries.values()} == {"glan.example"}
    mirrored = entries["event"]
    assert (mirrored.thing.uri, mirrored.thing.title, mirrored.hub_name["cy"]) == (
        event.uri, {"en": "Street party", "cy": "Parti stryd"}, "Glan-yr-afon",
    )  # fmt: skip
    assert entries["update"].thing.title == {"en": "Half way"}
    assert entries["project"].thing.title == {"en": "Old Mill Orchard", "cy": "Perllan yr Hen Felin"}
    assert entries["update"].thing.project == entries["project"].thing.id
    kept = await network.wales.store.read(events.get, mirrored.thing.id)
    theirs = await river.store.read(events.get, event.id)
    same = ("starts", "ends", "zone", "venue", "access", "places", "cost", "status", "html")
    assert {name: getattr(kept, name) for name in same} == {name: getattr(theirs, name) for name in same}


async def test_a_project_that_its_hub_takes_down_is_shown_nowhere_any_more(network: Network) -> None:
    await followed(network)
    river = network.river
    project = await river.store.write(projects.start, river.steward, orchard())
    said = posts.Draft(text={"en": "28 of 40 trees are in."}, title={"en": "Half way"}, project=project.id)
    await river.store.write(posts.publish, river.steward, said)
    await network.settle()
    assert {entry.thing.kind for entry in await network.entries()} >= {"project", "update"}

    await river.store.write(projects.remove, river.steward, project.id)
    await network.settle()
    assert not {entry.thing.kind for entry in await network.entries()} & {"project", "update"}
    kept = await network.wales.store.read(actors.known, project.uri)
    assert kept is not None
    assert kept.removed is not None
    assert await network.wales.all("SELECT kind, last_error FROM job WHERE dead = 1") == []


async def test_what_was_published_before_the_follow_is_read_back(network: Network) -> None:
    river = network.river
    await river.store.write(events.publish, river.steward, party())
    await river.store.write(asks.publish, river.steward, "offer", lift())
    project = await river.store.write(projects.start, river.steward, orchard())
    for number in range(30):
        said = posts.Draft(text={"en": f"Tree {number}"}, project=project.id)
        await river.store.write(posts.publish, river.steward, said)
    await network.settle()
    await followed(network)
    found = await network.wales.all("SELECT kind, count(*) AS n FROM thing WHERE local = 0 GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["n"] for row in found if row["kind"] != "note"} == {
        "event": 1, "offer": 1, "project": 1, "update": 30,
    }  # fmt: skip
    assert await network.wales.all("SELECT kind, last_error FROM job WHERE dead = 1") == []


async def test_changes_and_cancellations_show_and_deletions_take_away(network: Network, clock: Clock) -> None:
    await followed(network)
    river = network.river
    event = await river.store.write(events.publish, river.steward, party())
    ask = await river.store.write(asks.publish, river.steward, "ask", lift())
    await network.settle()

    clock.forward(MINUTE)
    later = party(title={"en": "Long street party"}, starts=event.starts + HOUR, ends=event.ends + HOUR)
    await river.store.write(events.change, river.steward, event.id, later)
    await network.settle()
    shown = (await network.entries(kind="event"))[0]
    assert (shown.thing.title, shown.starts, shown.status) == (
        {"en": "Long street party"}, event.starts + HOUR, "rescheduled",
    )  # fmt: skip

    clock.forward(MINUTE)
    await river.store.write(events.cancel, river.steward, event.id, {"en": "Flood", "cy": "Llifogydd"})
    await river.store.write(asks.close, river.steward, ask.id, "matched")
    await network.settle()
    assert [entry.status for entry in await network.entries(kind="event")] == ["cancelled"]
    assert [entry.status for entry in await network.entries(kind="ask")] == ["matched"]
    mirrored = await network.wales.store.read(events.get, (await network.entries(kind="event"))[0].thing.id)
    assert mirrored.reason == {"en": "Flood", "cy": "Llifogydd"}

    await river.store.write(events.remove, river.steward, event.id)
    await river.store.write(asks.remove, river.steward, ask.id)
    await network.settle()
    assert await network.titles(kind="event") == await network.titles(kind="ask") == []


async def test_a_project_that_is_renamed_is_renamed_nationally(network: Network, clock: Clock) -> None:
    await followed(network)
    river = network.river
    project = await river.store.write(projects.start, river.steward, orchard())
    await network.settle()
    clock.forward(MINUTE)
    await river.store.write(
        projects.change, river.steward, project.id, orchard(title={"en": "The Orchard"}, stage="done")
    )
    await network.settle()
    assert [(entry.thing.title["en"], entry.status) for entry in await network.entries(kind="project")] == [
        ("The Orchard", "done")
    ]


async def test_two_hubs_that_follow_each_other_stay_quiet_when_nothing_happens(network: Network) -> None:
    river, tredegar = network.river, network.tredegar
    await follow_hub(river.wire, "tredegar.example", river.steward)
    await follow_hub(tredegar.wire, "https://glan.example/events", tredegar.steward)
    await network.settle()
    await river.store.write(events.publish, river.steward, party())
    await network.settle()
    assert [one.title["en"] for one in await tredegar.store.read(events.next_door)] == ["Street party"]
    assert sum([await hub.work() for hub in (river, tredegar)]) == 0


async def test_somebody_from_afar_joins_and_is_counted_everywhere(network: Network, clock: Clock) -> None:
    await followed(network)
    river = network.river
    mobilizon = river.server("mobilizon.example", "mobilizon")
    network.wales.servers["mobilizon.example"] = mobilizon
    bo = mobilizon.actor("bo")
    event = await river.store.write(events.publish, river.steward, party())
    await network.settle()

    answer = await post(river.app, "https://glan.example/inbox", activity("Join", bo, event.uri))
    assert answer.status_code == 202
    await network.settle()
    assert [(one["type"], one["actor"], one["object"]["type"]) for one in mobilizon.received] == [
        ("Accept", "https://glan.example/actor/hub", "Join")
    ]
    assert (await river.store.read(events.get, event.id)).going == 1
    clock.forward(10 * MINUTE)
    await network.settle()
    mirrored = (await network.entries(kind="event"))[0].thing.id
    assert (await network.wales.store.read(events.get, mirrored)).going == 1


async def test_a_resident_of_one_hub_answers_under_an_event_of_another(network: Network) -> None:
    river, tredegar = network.river, network.tredegar
    await follow_hub(tredegar.wire, "glan.example", tredegar.steward)
    event = await river.store.write(events.publish, river.steward, party())
    await network.settle()
    mirrored = (await tredegar.store.read(events.next_door))[0]
    reply = await tredegar.store.write(posts.reply, tredegar.steward, mirrored.id, {"en": "Is there parking?"})
    await network.settle()
    replies = await river.store.read(posts.replies, event.id)
    assert [(one.by.handle, one.by.domain, one.html) for one in replies] == [
        ("bethan", "tredegar.example", {"en": "<p>Is there parking?</p>"})
    ]
    await tredegar.store.write(posts.remove, tredegar.steward, reply.id)
    await network.settle()
    assert await river.store.read(posts.replies, event.id) == []


async def test_after_the_end_of_a_follow_nothing_more_comes(network: Network) -> None:
    await followed(network)
    wales, river = network.wales, network.river
    hub = await wales.store.read(actors.at, "https://glan.example/actor/hub")
    await stop_following(wales.wire, hub.id, wales.steward)
    await network.settle()
    ours = (await river.store.read(settings.get)).actor
    assert [one.domain for one in await river.store.read(actors.followers, ours)] == []
    await river.store.write(events.publish, river.steward, party())
    await network.settle()
    assert await network.titles(kind="event") == []


async def test_what_is_delivered_again_changes_nothing(network: Network) -> None:
    await followed(network)
    river, wales = network.river, network.wales
    await river.store.write(events.publish, river.steward, party())
    await network.settle()
    before = await wales.all("SELECT id, uri, updated FROM thing ORDER BY id"), await wales.all("SELECT * FROM follow")
    rows = await river.all("SELECT body FROM activity ORDER BY id")
    for row in rows:
        sent = msgspec.json.decode(row["body"])
        private = (await river.wire.own((await river.store.read(actors.at, sent["actor"])).id)).key
        url, body = "https://cymru.example/inbox", msgspec.json.encode(sent)
        headers = signatures.sign_cavage(
            "POST", url, key_id=f"{sent['actor']}#main-key", key=private, at=now(), body=body
        )
        answer = await river.wire.client.post(url, body, headers=headers)
        assert answer.status == 202
    await network.settle()
    after = await wales.all("SELECT id, uri, updated FROM thing ORDER BY id"), await wales.all("SELECT * FROM follow")
    assert before == after


async def test_a_hub_that_was_off_for_a_week_gets_everything_once_it_is_back(network: Network, clock: Clock) -> None:
    await followed(network)
    river, wales = network.river, network.wales
    app = river.servers.pop("cymru.example")

    async def off(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    river.servers["cymru.example"] = off
    event = await river.store.write(events.publish, river.steward, party())
    for day in range(7):
        clock.forward(24 * HOUR)
        if day < 3:
            draft = party(title={"en": f"Party {day}"}, starts=clock.ms + HOUR, ends=clock.ms + 2 * HOUR)
            await river.store.write(events.change, river.steward, event.id, draft)
        await river.work()
    assert await network.titles() == []
    river.servers["cymru.example"] = app
    for _ in range(10):
        clock.forward(24 * HOUR)
        await network.settle()
    assert await network.titles(kind="event") == ["Party 2"]
    assert await river.all("SELECT * FROM job WHERE kind = 'deliver'") == []
    assert await wales.all("SELECT * FROM job WHERE dead = 1") == []


@pytest.mark.parametrize("typed", ["", "not a domain", "mailto:x@y", "glan.example", "nobody.example", "https://"])
async def test_what_is_no_other_hub_is_refused_in_words(network: Network, typed: str) -> None:
    river = network.river
    river.server("nobody.example")
    with pytest.raises(Invalid) as refused:
        await follow_hub(river.wire, typed, river.steward)
    assert refused.value.field == "domain"


async def test_only_stewards_make_their_hub_follow_another(network: Network) -> None:
    with pytest.raises(HubError):
        await follow_hub(network.river.wire, "tredegar.example", 7)
