"""Tries to sign in are counted before it is known how they end, on both databases, for every name alike."""

import asyncio

import pytest
from conftest import Clock
from scene import open_hub, person

from hub import clock as hub_clock
from hub import people, tries
from hub.clock import MINUTE
from hub.store import Store
from hub.tries import Try


async def begun(store: Store, name: str, times: int) -> list[Try]:
    return [await store.write(tries.begin, name) for _ in range(times)]


async def test_five_wrong_passwords_cost_a_wait_and_never_a_lock(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    assert all(it.kept for it in await begun(store, "bethan", 4))
    assert (await store.read(people.known_as, "bethan"))[2] == 0  # type: ignore[index]
    for _ in range(20):
        clock.forward(31 * MINUTE)
        assert (await begun(store, "bethan@glan.example", 1))[0].kept
    wait = (await store.read(people.known_as, "bethan"))[2] - hub_clock.now()  # type: ignore[index]
    assert wait == 15 * MINUTE
    await store.write(tries.right, "bethan", bethan)
    assert (await store.read(people.known_as, "bethan"))[2] == 0  # type: ignore[index]


async def test_who_has_to_wait_is_compared_with_nothing(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    found = await begun(store, "bethan", 8)
    assert [bool(it.kept) for it in found] == [True] * 5 + [False] * 3
    assert all(it.account for it in found)
    clock.forward(2000)
    assert (await begun(store, "bethan", 1))[0].kept


async def test_of_many_at_once_no_more_are_compared_than_one_after_the_other(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    found = await asyncio.gather(*(store.write(tries.begin, "bethan") for _ in range(12)))
    assert sum(bool(it.kept) for it in found) == 5


@pytest.mark.parametrize("name", ["rhys", " RHYS@glan.example ", "nobody"])
async def test_ten_tries_at_a_name_in_half_an_hour_whoever_has_it(store: Store, clock: Clock, name: str) -> None:
    await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    found = await begun(store, name, 12)
    assert [it.over for it in found] == [False] * 10 + [True] * 2
    assert found[-1].ends == clock.ms + 30 * MINUTE
    assert found[-1].account is None
    clock.forward(30 * MINUTE)
    assert not (await begun(store, name, 1))[0].over
    await store.write(tries.right, name, rhys)
    assert not any(it.over for it in await begun(store, name, 10))


async def test_names_are_kept_as_hashes_and_for_half_an_hour(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    await begun(store, "my password by mistake", 1)
    rows = await store.read(lambda tx: [dict(row) for row in tx.all("SELECT * FROM sign_in_try")])
    assert "mistake" not in str(rows)
    clock.forward(31 * MINUTE)
    await begun(store, "another", 1)
    assert len(await store.read(lambda tx: tx.all("SELECT 1 AS x FROM sign_in_try"))) == 1


async def test_a_clock_that_ran_ahead_keeps_nobody_out(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    clock.forward(100 * MINUTE)
    await begun(store, "nobody", 12)
    clock.forward(-100 * MINUTE)
    assert not (await begun(store, "nobody", 1))[0].over
