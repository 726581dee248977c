"""Asks and offers, and the people who would help."""

import pytest
from scene import lift, open_hub, person, stranger

from hub import asks, clock
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotAllowed
from hub.people import Guest
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


async def test_i_can_help_is_seen_by_coordinators_and_by_nobody_else(store: Store) -> None:
    bethan = await store.write(open_hub)
    resident = await store.write(person, "delyth")
    ask = await store.write(asks.publish, bethan, "ask", lift())
    await store.write(asks.answer, ask.id, Guest("Mair", "01632 960000"), "help", words="I have a car")
    found = await store.read(asks.answers, bethan, ask.id)
    assert [(one.name, one.contact, one.words) for one in found] == [("Mair", "01632 960000", "I have a car")]
    assert (await store.read(asks.get, ask.id)).offered == 1
    for door in (asks.answers, asks.decide):
        with pytest.raises(NotAllowed):
            await store.write(door, resident, ask.id, *(["accepted"] if door is asks.decide else []))  # type: ignore[operator]


async def test_a_guest_who_cannot_be_reached_is_asked_for_more(store: Store) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    for guest, field in ((Guest("", "x"), "name"), (Guest("Mair", " "), "contact")):
        with pytest.raises(Invalid) as refused:
            await store.write(asks.answer, ask.id, guest, "help")
        assert refused.value.field == field


async def test_an_actor_elsewhere_answers_once_and_may_change_it(store: Store) -> None:
    bethan = await store.write(open_hub)
    sunil = await store.write(stranger)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    await store.write(asks.answer, ask.id, sunil, "help", via="poll")
    await store.write(asks.answer, ask.id, sunil, "refer", via="reply")
    (one,) = await store.read(asks.answers, bethan, ask.id)
    assert (one.said, one.name, one.via) == ("refer", "@sunil@mastodon.example", "reply")
    assert await store.write(asks.withdraw, ask.id, sunil)


async def test_an_offer_has_answers_of_its_own(store: Store) -> None:
    bethan = await store.write(open_hub)
    offer = await store.write(asks.publish, bethan, "offer", lift(title={"en": "A ladder to lend"}, category="tools"))
    await store.write(asks.answer, offer.id, Guest("Mair", "m@x.example"), "take")
    with pytest.raises(Invalid):
        await store.write(asks.answer, offer.id, Guest("Mair", "m@x.example"), "help")


async def test_a_closed_ask_takes_no_more_answers(store: Store) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    await store.write(asks.close, bethan, ask.id, "matched")
    with pytest.raises(Conflict):
        await store.write(asks.answer, ask.id, Guest("Mair", "m@x.example"), "help")
    await store.write(asks.close, bethan, ask.id, "done")
    with pytest.raises(Conflict):
        await store.write(asks.close, bethan, ask.id, "withdrawn")


async def test_what_waits_for_a_coordinator_is_counted(store: Store) -> None:
    bethan = await store.write(open_hub)
    ask = await store.write(asks.publish, bethan, "ask", lift())
    told = await store.write(asks.answer, ask.id, Guest("Mair", "m@x.example"), "help")
    assert [(one.id, n) for one, n in await store.read(asks.waiting, bethan)] == [(ask.id, 1)]
    after = await store.write(asks.decide, bethan, told.id, "accepted")
    assert (after.offered, after.accepted) == (1, 1)
    assert await store.read(asks.waiting, bethan) == []
