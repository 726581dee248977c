"""Asks and offers. Who helps is in test_helping.py."""

import pytest
from conftest import Clock
from scene import lift, open_hub

from hub import asks, clock
from hub.clock import DAY
from hub.errors import Conflict, Invalid
from hub.store import Store


async def test_an_ask_is_open_for_fourteen_days_and_then_expires(store: Store) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    assert round((ask.expires - ask.published) / DAY, 4) == 14
    assert [one.id for one in await store.read(asks.open_)] == [ask.id]
    clock.use(lambda: ask.expires)
    try:
        assert await store.read(asks.open_) == []
        assert await store.write(asks.expire) == [ask.id]
        assert await store.write(asks.expire) == []
        assert (await store.read(asks.get, ask.id)).status == "expired"
    finally:
        clock.use(None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {}}, "title"),
        ({"category": "crime"}, "category"),
        ({"people": 0}, "people"),
        ({"hours": -1.0}, "hours"),
        ({"days": 400}, "days"),
        ({"area_name": "x" * 201}, "area_name"),
    ],
)
async def test_an_ask_that_makes_no_sense_is_refused(store: Store, change: dict[str, object], field: str) -> None:
    bethan = await store.write(open_hub)
    with pytest.raises(Invalid) as refused:
        await store.write(asks.publish, bethan, "ask", lift(**change))
    assert refused.value.field == field


async def test_what_is_closed_stays_closed(store: Store) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    assert ask.closed is None
    matched = await store.write(asks.close, bethan, ask.id, "matched")
    assert matched.closed is not None
    await store.write(asks.close, bethan, ask.id, "done")
    with pytest.raises(Conflict):
        await store.write(asks.close, bethan, ask.id, "withdrawn")


async def test_what_has_run_out_is_open_again_when_it_is_changed(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    clock.ms = ask.expires
    await store.write(asks.expire)
    assert (await store.read(asks.get, ask.id)).closed == ask.expires
    again = await store.write(asks.change, bethan, ask.id, lift())
    assert (again.status, again.closed) == ("open", None)
