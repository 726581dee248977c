"""What is asked for twice is done once."""

import asyncio

import pytest
from conftest import Clock
from scene import lift, open_hub

from hub import asks, once
from hub.clock import HOUR
from hub.store import Store, Tx


@pytest.mark.parametrize("other", [("a", "bc"), ("ab", "c", ""), ("abc",), ("ab", "C"), (b"ab\xff", "c")])
def test_other_words_have_another_key(other: tuple[str | bytes, ...]) -> None:
    assert once.key("ab", "c") == once.key(b"ab", "c") != once.key(*other)


async def test_what_came_of_it_is_known_until_its_time_is_over(store: Store, clock: Clock) -> None:
    def remember(tx: Tx) -> None:
        once.remember(tx, "short", 1, lasts=HOUR)
        once.remember(tx, "long", 2)

    await store.write(remember)
    clock.forward(HOUR - 1)
    assert await store.read(once.made, "short") == 1
    clock.forward(1)
    assert await store.read(once.made, "short") is None
    clock.forward(9_000 * HOUR)
    assert await store.read(once.made, "long") == 2
    await store.write(once.remember, "long", 3)
    assert await store.read(once.made, "long") == 3
    assert [row["key"] for row in await store.read(lambda tx: tx.all("SELECT key FROM once"))] == ["long"]


async def test_of_many_at_once_one_does_it(store: Store) -> None:
    bethan = await store.write(open_hub)

    def ask(tx: Tx) -> int:
        before = once.made(tx, "k")
        if before is None:
            before = asks.publish(tx, bethan, "ask", lift()).id
            once.remember(tx, "k", before)
        return before

    ids = await asyncio.gather(*(store.write(ask) for _ in range(8)))
    assert len(set(ids)) == 1
    assert [it.id for it in await store.read(asks.open_)] == ids[:1]
