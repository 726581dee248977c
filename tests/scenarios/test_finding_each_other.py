"""Three hubs of ours: one steward types one domain, and in a day each knows the others."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from conftest import Clock
from here import Here, a_hub

from federation import follow_hub, schedule
from hub import directory, introductions, settings
from hub.clock import HOUR
from hub.store import Store
from hub.store.open import opened

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def hubs(store: Store, migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[list[Here]]:
    """Riverside, on either database; Tredegar; Barry."""
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as open_:
        found = [await open_.enter_async_context(a_hub(store, "https://glan.example", servers))]
        for host, lat in (("tredegar", 51.77), ("barry", 51.40)):
            own = await open_.enter_async_context(opened(str(shutil.copy(migrated, tmp_path / f"{host}.db"))))
            draft = {"name": {"en": host.title()}, "area_name": f"{host.title()} ward", "lat": lat, "lon": -3.2}
            found.append(await open_.enter_async_context(a_hub(own, f"https://{host}.example", servers, **draft)))
        for it in found:
            await it.store.write(schedule)
        yield found


async def pass_time(hubs: list[Here], clock: Clock, hours: int) -> None:
    end = clock.ms + hours * HOUR
    while clock.ms < end:
        while sum([await it.work() for it in hubs]):
            pass
        due = [await it.one("SELECT min(due) FROM job WHERE dead = 0 AND due > :now", now=clock.ms) for it in hubs]
        clock.ms = min([end, *(one for one in due if one)])


async def states(it: Here) -> dict[str, str]:
    return {one.host: one.state for one in await it.store.read(directory.entries)}


async def test_one_domain_is_typed_and_all_find_each_other(hubs: list[Here], clock: Clock) -> None:
    river, tredegar, barry = hubs
    await follow_hub(barry.wire, "tredegar.example", barry.steward)
    await follow_hub(tredegar.wire, "barry.example", tredegar.steward)
    await pass_time(hubs, clock, 1)
    await follow_hub(river.wire, "tredegar.example", river.steward)
    await pass_time(hubs, clock, 16)

    assert await states(river) == {"tredegar.example": "visible", "barry.example": "verified"}
    found = await river.store.read(directory.get, "barry.example")
    assert (found.name["en"], found.area.name, found.instance) == (
        "Barry", "Barry ward", "https://barry.example/actor",
    )  # fmt: skip
    assert [(one.introducer, one.relation) for one in found.introductions] == [("tredegar.example", "mutual")]
    assert [one.host for one in await river.store.read(introductions.waiting)] == ["barry.example"]

    await follow_hub(tredegar.wire, "glan.example", tredegar.steward)
    await follow_hub(barry.wire, "glan.example", barry.steward)
    await follow_hub(river.wire, "barry.example", river.steward)
    await pass_time(hubs, clock, 16)
    for it in hubs:
        assert set((await states(it)).values()) == {"visible"}, it.base
        assert all(one.lists_us for one in await it.store.read(directory.shown)), "and each knows who knows it"
    assert await river.one("SELECT count(*) FROM job WHERE dead = 1") == 0


async def test_a_friend_is_told_at_once_of_a_hub_that_we_have_found(hubs: list[Here], clock: Clock) -> None:
    river, tredegar, _ = hubs
    await follow_hub(river.wire, "tredegar.example", river.steward)
    await follow_hub(tredegar.wire, "glan.example", tredegar.steward)
    await pass_time(hubs, clock, 1)
    await follow_hub(tredegar.wire, "barry.example", tredegar.steward)
    await pass_time(hubs, clock, 1)
    assert (await states(river))["barry.example"] == "verified"


async def test_a_hub_that_no_longer_wants_to_be_found_leaves_every_list(hubs: list[Here], clock: Clock) -> None:
    river, tredegar, _ = hubs
    await follow_hub(river.wire, "tredegar.example", river.steward)
    await pass_time(hubs, clock, 1)

    def hide(tx: Any) -> None:
        tx.run("UPDATE actor SET discoverable = 0 WHERE id = :id", id=settings.get(tx).actor)

    await tredegar.store.write(hide)
    await pass_time(hubs, clock, 24 * 9)
    assert await river.store.read(directory.listed) == []
