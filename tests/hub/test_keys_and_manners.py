"""Keys that are changed, and what is learnt of other servers' manners: on both databases."""

import pytest
from conftest import Clock
from scene import open_hub

from hub import actors, jobs, keys, manners, peers, settings
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import NotFound
from hub.keys import Own
from hub.manners import Clock as TheirClock
from hub.store import Store


async def test_the_old_key_stays_until_all_is_delivered_that_was_queued_under_it(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    hub = (await store.read(settings.get)).actor
    before = await store.read(keys.own, hub)
    assert before == Own("https://glan.example/actor/hub", before.rsa, None, 0)
    waits = await store.write(jobs.enqueue, "deliver", {}, host="away.example")
    changed = clock.ms
    assert await store.write(keys.rotate, hub, keys.generate())
    after = await store.read(keys.own, hub)
    assert (after.former, after.changed) == (before.rsa, changed)
    assert after.rsa != before.rsa
    clock.forward(2 * HOUR)
    assert await store.write(keys.sweep) == 0
    await store.write(jobs.done, waits)
    assert await store.write(keys.sweep) == 1
    assert (await store.read(keys.own, hub)).former is None


async def test_what_was_queued_later_keeps_no_old_key(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    hub = (await store.read(settings.get)).actor
    assert await store.write(keys.rotate, hub, keys.generate())
    clock.forward(2 * HOUR)
    await store.write(jobs.enqueue, "deliver", {}, host="away.example")
    assert await store.write(keys.sweep) == 1


async def test_nobody_elsewhere_has_keys_here(store: Store) -> None:
    await store.write(open_hub)
    with pytest.raises(NotFound):
        await store.read(keys.own, 7)
    ours = await store.read(keys.ours)
    assert all([(await store.read(actors.get, actor)).local for actor in ours])
    assert ours


async def test_how_a_server_wants_to_be_asked_is_remembered_for_thirty_days(store: Store, clock: Clock) -> None:
    assert await store.read(manners.asking, "one.example") == ""
    await store.write(manners.ask_by, "one.example", "rfc9421")
    await store.write(manners.ask_by, "one.example", "cavage without query")
    assert await store.read(manners.asking, "one.example") == "cavage without query"
    clock.forward(30 * DAY)
    assert await store.read(manners.asking, "one.example") == ""
    clock.forward(16 * DAY)
    assert await store.write(manners.sweep) == 1


async def test_clocks_are_spoken_of_for_a_day_and_only_where_minutes_are_missing(store: Store, clock: Clock) -> None:
    await store.write(manners.clock, "one.example", -2 * HOUR)
    await store.write(manners.clock, "two.example", 4 * MINUTE)
    assert await store.read(manners.clocks) == [TheirClock("one.example", -2 * HOUR)]
    clock.forward(1)
    await store.write(peers.succeeded, "one.example")
    assert await store.read(manners.clocks) == []
    await store.write(manners.clock, "two.example", 5 * MINUTE)
    assert await store.read(manners.clocks) == [TheirClock("two.example", 5 * MINUTE)]
    clock.forward(DAY)
    assert await store.read(manners.clocks) == []


async def test_what_a_server_says_of_itself_is_tried_until_something_else_is_known(store: Store, clock: Clock) -> None:
    async def scheme() -> str:
        found = await store.read(peers.get, "one.example")
        return found.scheme if found is not None else ""

    await store.write(peers.prefer, "one.example", "rfc9421")
    assert await scheme() == "rfc9421"
    await store.write(lambda tx: peers.describe(tx, "one.example", scheme="cavage"))
    await store.write(peers.prefer, "one.example", "rfc9421")
    assert await scheme() == "cavage"
    clock.forward(30 * DAY)
    await store.write(peers.prefer, "one.example", "rfc9421")
    assert await scheme() == "rfc9421"
