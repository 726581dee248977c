"""Two neighbourhoods are cut off from each other for an hour, and people answer both of them (trust.md D-18)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Elsewhere, activity, post
from here import Here, a_hub
from scene import party

from federation import follow_hub
from hub import attendance, events
from hub.clock import HOUR, MINUTE
from hub.events import Event
from hub.people import Guest
from hub.store import Store
from hub.store.open import opened

pytestmark = pytest.mark.slow

Two = tuple[Here, Here]


@pytest_asyncio.fixture
async def two(store: Store, migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Two]:
    """Each knows the way to others by a table of its own, so that one way can be cut and not the other."""
    async with AsyncExitStack() as open_:
        other = await open_.enter_async_context(opened(str(copy(migrated, tmp_path / "other.db"))))
        river = await open_.enter_async_context(a_hub(store, "https://glan.example", {}))
        tredegar = await open_.enter_async_context(a_hub(other, "https://tredegar.example", {}))
        yield river, tredegar


def cut(two: Two, *, off: bool) -> None:
    for one, other in (two, two[::-1]):
        if off:
            one.servers[other.wire.host] = nobody
        else:
            one.servers[other.wire.host] = other.app


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 502, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def settle(two: Two) -> None:
    while sum([await hub.work() for hub in two]):
        pass


async def vote(hub: Here, voter: str, event: Event) -> None:
    answer = await post(
        hub.app, f"{hub.base}/inbox", activity("Join", voter, event.uri), scheme="rfc9421", ed25519=True
    )
    assert answer.status_code == 202
    guest = Guest(f"A neighbour of {voter}")
    await hub.store.write(attendance.answer, event.id, guest, "yes")


async def counts(hub: Here, event: Event) -> tuple[int, str]:
    """How many come, and what it is called, as this hub shows it."""
    it = await hub.store.read(events.get, await hub.one("SELECT id FROM thing WHERE uri = :uri", uri=event.uri))
    return it.going, it.title["en"]


async def test_both_hubs_count_on_by_themselves_and_show_the_same_when_they_meet_again(two: Two, clock: Clock) -> None:
    cut(two, off=False)
    for one, other in (two, two[::-1]):
        await follow_hub(one.wire, other.wire.host, one.steward)
    mastodon = Elsewhere("mastodon.example")
    for hub in two:
        hub.servers["mastodon.example"] = mastodon
    held = [await hub.store.write(events.publish, hub.steward, party(places=100)) for hub in two]
    await settle(two)
    for hub in two:
        assert [(await counts(hub, event))[0] for event in held] == [0, 0]

    cut(two, off=True)
    for number in range(12):
        for hub, event in zip(two, held, strict=True):
            await vote(hub, mastodon.actor(f"n{number}"), event)
        clock.forward(5 * MINUTE)
        await settle(two)
    for hub, event in zip(two, held, strict=True):
        renamed = party(title={"en": f"Party of {hub.wire.host}"}, places=100, starts=event.starts, ends=event.ends)
        await hub.store.write(events.change, hub.steward, event.id, renamed)
    await settle(two)
    river, tredegar = two
    for at_home, away, event in ((river, tredegar, held[0]), (tredegar, river, held[1])):
        assert (await counts(at_home, event))[0] == 24
        assert (await counts(away, event))[0] == 0

    cut(two, off=False)
    for _ in range(4):
        clock.forward(HOUR)
        await settle(two)
    for event, named in zip(held, ("glan.example", "tredegar.example"), strict=True):
        ends = {await counts(hub, event) for hub in two}
        assert len(ends) == 1, ends
        ((going, title),) = ends
        assert going == 24
        assert f"Party of {named}" in title
    for hub in two:
        assert await hub.all("SELECT last_error FROM job WHERE kind = 'deliver' OR dead = 1") == []
