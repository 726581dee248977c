"""Following just a part: from Mastodon, and from another hub."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Elsewhere, activity, post
from here import Here, a_hub
from scene import lift, party

from federation import follow_hub, stop_following
from hub import actors, asks, events, settings
from hub.clock import DAY, HOUR, MINUTE
from hub.store import Store
from hub.store.open import opened

pytestmark = pytest.mark.slow
ACTIVITY = {"accept": "application/activity+json"}


class Two:
    """A hub with much to say, and one that wants only its events."""

    def __init__(self, river: Here, penarth: Here) -> None:
        self.river, self.penarth = river, penarth

    async def settle(self) -> None:
        while sum([await hub.work() for hub in (self.river, self.penarth)]):
            pass

    async def shown(self) -> list[str]:
        """What Penarth shows of others: kinds and titles."""
        rows = await self.penarth.all(
            "SELECT kind, title FROM thing WHERE local = 0 AND removed IS NULL AND kind <> 'reply' ORDER BY id"
        )
        return [f"{row['kind']} {row['title']}" for row in rows]


@pytest_asyncio.fixture
async def two(store: Store, migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Two]:
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as open_:
        path = shutil.copy(migrated, tmp_path / "penarth.db")
        own = await open_.enter_async_context(opened(str(path)))
        penarth = await open_.enter_async_context(
            a_hub(own, "https://penarth.example", servers, name={"en": "Penarth", "cy": "Penarth"})
        )
        river = await open_.enter_async_context(a_hub(store, "https://glan.example", servers))
        yield Two(river, penarth)


async def ask(hub: Here, path: str) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=hub.base) as client:
        answer = await client.get(path, headers=ACTIVITY)
    assert answer.status_code == 200, path
    return answer.json()


async def test_mastodon_finds_follows_and_reads_just_the_events(two: Two) -> None:
    """WebFinger → actor → Follow → Accept → Announce → GET of what was announced, as Mastodon does it."""
    river = two.river
    mastodon: Elsewhere = river.server("mastodon.example")
    ann = mastodon.actor("ann")
    found = await ask(river, "/.well-known/webfinger?resource=acct:events@glan.example")
    href = next(link["href"] for link in found["links"] if link["rel"] == "self")
    actor = await ask(river, href)
    assert actor["id"] == href
    await post(river.app, actor["inbox"], activity("Follow", ann, href))
    await river.work()
    assert [(it["type"], it["actor"], it["object"]["type"]) for it in mastodon.received] == [("Accept", href, "Follow")]

    mastodon.forget()
    await river.store.write(asks.publish, river.steward, "ask", lift())
    event = await river.store.write(events.publish, river.steward, party())
    await river.work()
    [shared] = mastodon.received
    assert (shared["type"], shared["actor"], shared["to"]) == (
        "Announce", href, ["https://www.w3.org/ns/activitystreams#Public"],
    )  # fmt: skip
    assert f"{href}/followers" in shared["cc"]
    poll = await ask(river, shared["object"])
    assert (poll["type"], poll["nh:kind"], poll["id"]) == ("Question", "EventCompanion", shared["object"])
    assert "Street party" in poll["content"]
    assert poll["attributedTo"] == f"{river.base}/actor/hub"
    assert poll["nh:about"] == event.uri


async def test_another_hub_follows_just_the_events_and_shows_them_as_they_change(two: Two, clock: Clock) -> None:
    river, penarth = two.river, two.penarth
    when = {"starts": clock.ms + 2 * DAY, "ends": clock.ms + 2 * DAY + HOUR}
    await river.store.write(events.publish, river.steward, party(title={"en": "Before"}, **when))
    await river.store.write(asks.publish, river.steward, "ask", lift())
    await two.settle()
    followed = await follow_hub(penarth.wire, "@events@glan.example", penarth.steward)
    assert (followed.name, followed.kind) == (
        {"en": "Events · Riverside", "cy": "Digwyddiadau · Glan-yr-afon"},
        "other",
    )
    await two.settle()
    assert await two.shown() == ['event {"en":"Before"}']  # what was there before, read back

    event = await river.store.write(events.publish, river.steward, party(title={"en": "After"}, **when))
    await river.store.write(asks.publish, river.steward, "ask", lift())
    await two.settle()
    assert await two.shown() == ['event {"en":"Before"}', 'event {"en":"After"}']

    clock.forward(MINUTE)
    await river.store.write(events.change, river.steward, event.id, party(title={"en": "Later"}, **when))
    await two.settle()
    assert (await two.shown())[1:] == ['event {"en":"Later"}']
    await river.store.write(events.remove, river.steward, event.id)
    await two.settle()
    assert await two.shown() == ['event {"en":"Before"}']


async def test_a_hub_that_no_longer_follows_a_part_gets_no_more_of_it(two: Two, clock: Clock) -> None:
    river, penarth = two.river, two.penarth
    followed = await follow_hub(penarth.wire, "@events@glan.example", penarth.steward)
    await two.settle()
    ours = (await penarth.store.read(settings.get)).actor
    assert await penarth.store.read(actors.follows, ours, followed.id) == "accepted"
    await stop_following(penarth.wire, followed.id, penarth.steward)
    await two.settle()
    await river.store.write(events.publish, river.steward, party())
    await two.settle()
    assert await two.shown() == []


async def test_a_hub_that_follows_hub_and_part_gets_each_thing_once(two: Two) -> None:
    river, penarth = two.river, two.penarth
    for whom in ("glan.example", "@events@glan.example"):
        await follow_hub(penarth.wire, whom, penarth.steward)
    await two.settle()
    await river.store.write(events.publish, river.steward, party())
    await two.settle()
    told = await penarth.all("SELECT type FROM inbox WHERE type IN ('Create', 'Announce') ORDER BY id")
    assert [row["type"] for row in told] == ["Create"]
    assert len(await two.shown()) == 1
