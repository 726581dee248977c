"""Events from the first word to the last answer."""

import asyncio

import pytest
from scene import BASE, open_hub, party, person, stranger

from hub import attendance, clock, events, posts, search, things
from hub.changes import read_on
from hub.clock import DAY, HOUR, LAST, now
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.people import Guest
from hub.store import Store, Tx
from hub.things import Seen


async def test_a_published_event_is_shown_logged_and_found(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    assert await store.read(events.coming) == [event]
    assert event.uri == f"{BASE}/event/{event.id}"
    assert event.html["en"] == "<p>Bring a <strong>chair</strong>.</p>"
    assert (await store.read(read_on, "t"))[-1].kind == "event.published"
    assert [row["id"] for row in await store.read(search.things, "PARTÏ")] == [event.id]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {"en": " "}}, "title"),
        ({"title": {"en": "x" * 201}}, "title"),
        ({"ends": 1}, "ends"),
        ({"ends": now() + 999 * DAY}, "ends"),
        ({"starts": -5, "ends": 5}, "starts"),
        ({"starts": LAST - HOUR, "ends": LAST + 1}, "starts"),
        ({"venue": "", "online": ""}, "venue"),
        ({"online": "javascript:alert(1)"}, "online"),
        ({"places": 0}, "places"),
        ({"cost": -1}, "cost"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"lat": 99.0, "lon": 1.0}, "lat"),
        ({"project": 5}, None),
    ],
)
async def test_a_draft_that_makes_no_sense_is_refused(
    store: Store, change: dict[str, object], field: str | None
) -> None:
    bethan = await store.write(open_hub)
    with pytest.raises((Invalid, NotFound)) as refused:
        await store.write(events.publish, bethan, party(**change))
    assert refused.value.field == field
    assert await store.read(events.coming) == []


@pytest.mark.parametrize("verb", ["publish", "change", "cancel", "postpone", "remove"])
async def test_a_resident_cannot_speak_for_the_hub(store: Store, verb: str) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    resident = await store.write(person, "delyth")
    more = {"publish": (party(),), "change": (event.id, party()), "remove": (event.id,)}.get(
        verb, (event.id, {"en": "No"})
    )
    with pytest.raises(NotAllowed):
        await store.write(getattr(events, verb), resident, *more)


async def test_cancelling_says_why_and_happens_once(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    with pytest.raises(Invalid):
        await store.write(events.cancel, bethan, event.id, {"en": " "})
    gone = await store.write(events.cancel, bethan, event.id, {"en": "The field is flooded."})
    assert (gone.status, gone.reason["en"]) == ("cancelled", "The field is flooded.")
    assert gone.updated > event.updated
    with pytest.raises(Conflict):
        await store.write(events.cancel, bethan, event.id, {"en": "Again"})
    with pytest.raises(Conflict):
        await store.write(events.change, bethan, event.id, party())
    with pytest.raises(Conflict, match="cancelled"):
        await store.write(attendance.answer, event.id, bethan, "yes")


async def test_a_postponed_event_is_on_again_with_its_new_time(store: Store) -> None:
    bethan = await store.write(open_hub)
    draft = party()
    event = await store.write(events.publish, bethan, draft)
    await store.write(events.postpone, bethan, event.id, {"en": "Rain"})
    same = await store.write(events.change, bethan, event.id, draft)
    assert (same.status, same.reason) == ("postponed", {"en": "Rain"})
    moved = await store.write(
        events.change, bethan, event.id, party(starts=now() + 8 * DAY, ends=now() + 8 * DAY + HOUR)
    )
    assert (moved.status, moved.reason) == ("rescheduled", {})


async def test_places_cannot_fall_below_those_who_are_going(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(places=5))
    await store.write(attendance.answer, event.id, bethan, "yes", party=4)
    with pytest.raises(Invalid) as refused:
        await store.write(events.change, bethan, event.id, party(places=3))
    assert str(refused.value) == "4 people are going already. Keep at least as many places."


async def test_many_ask_at_once_and_the_places_are_not_oversold(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(places=2))
    neighbours = [await store.write(stranger, f"n{i}") for i in range(8)]
    given = await asyncio.gather(*(store.write(attendance.answer, event.id, who, "yes") for who in neighbours))
    assert [one.waiting for one in given].count(True) == 6
    held = await store.read(events.get, event.id)
    assert (held.going, held.waiting) == (2, 6)


async def test_somebody_counts_once_and_may_change_their_mind(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(places=2))
    sunil = await store.write(stranger)
    await store.write(attendance.answer, event.id, sunil, "yes", party=2, via="poll")
    await store.write(attendance.answer, event.id, sunil, "yes", party=2, via="reply")
    assert (await store.read(events.get, event.id)).going == 2
    await store.write(attendance.answer, event.id, sunil, "maybe")
    now_ = await store.read(events.get, event.id)
    assert (now_.going, now_.maybe) == (0, 2)
    assert await store.write(attendance.withdraw, event.id, sunil)
    assert not await store.write(attendance.withdraw, event.id, sunil)


async def test_a_guest_changes_their_answer_by_their_own_secret_only(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    told = await store.write(attendance.answer, event.id, Guest("Mair", "01632 960000"), "yes")
    assert told.secret
    await store.write(attendance.answer, event.id, Guest("Mair"), "no", secret=told.secret)
    assert (await store.read(attendance.answer_by_secret, event.id, told.secret)).said == "no"
    with pytest.raises(NotAllowed):
        await store.write(attendance.answer, event.id, Guest("Mallory"), "yes", secret="guessed")
    with pytest.raises(Invalid):
        await store.write(attendance.answer, event.id, Guest(" "), "yes")


async def test_only_organisers_see_who_is_coming(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    await store.write(attendance.answer, event.id, Guest("Mair", "01632 960000"), "yes")
    assert [one.contact for one in await store.read(attendance.attending, bethan, event.id)] == ["01632 960000"]
    resident = await store.write(person, "delyth")
    with pytest.raises(NotAllowed):
        await store.read(attendance.attending, resident, event.id)


async def test_an_event_that_is_over_takes_no_answer(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    clock.use(lambda: event.ends)
    try:
        with pytest.raises(Conflict, match="over"):
            await store.write(attendance.answer, event.id, bethan, "yes")
    finally:
        clock.use(None)


def _seen(updated: int, title: str = "Seed swap", uri: str = "https://pont.example/event/1") -> Seen:
    return Seen(uri=uri, url=uri, title={"en": title}, html={"en": "<p>x</p>"}, published=1000, updated=updated)


def _when() -> events.Details:
    return events.Details(starts=now() + DAY, ends=now() + 2 * DAY, zone="Europe/London")


async def test_what_another_hub_publishes_is_kept_and_only_news_changes_it(store: Store) -> None:
    await store.write(open_hub)
    pont = await store.write(stranger, "hub", "pont.example", "hub")
    id = await store.write(events.mirror, pont, _seen(2000), _when(), counted=7)
    assert id is not None
    assert await store.write(events.mirror, pont, _seen(1500, "Old news"), _when()) is None
    assert await store.write(events.mirror, pont, _seen(3000, "Seed swap, moved"), _when()) == id
    event = await store.read(events.get, id)
    assert (event.title["en"], event.going, event.by.domain) == ("Seed swap, moved", 0, "pont.example")
    assert await store.read(events.coming) == []
    assert [one.id for one in await store.read(events.next_door)] == [id]
    with pytest.raises(Conflict):
        await store.write(attendance.answer, id, pont, "yes")


async def test_nobody_elsewhere_writes_for_others_or_for_us(store: Store) -> None:
    await store.write(open_hub)
    pont = await store.write(stranger, "hub", "pont.example", "hub")
    mallory = await store.write(stranger, "mallory", "evil.example")
    await store.write(events.mirror, pont, _seen(2000), _when())
    for seen in (_seen(9000), _seen(9000, uri=f"{BASE}/event/7")):
        with pytest.raises(NotAllowed):
            await store.write(events.mirror, mallory, seen, _when())
    with pytest.raises(NotAllowed):
        await store.write(things.remove, "https://pont.example/event/1", mallory)
    with pytest.raises(NotAllowed):
        await store.write(posts.mirror, pont, _seen(9000))


async def test_a_delete_that_comes_before_its_create_keeps_it_away(store: Store) -> None:
    await store.write(open_hub)
    pont = await store.write(stranger, "hub", "pont.example", "hub")
    await store.write(things.remove, "https://pont.example/event/1", pont)
    assert await store.write(events.mirror, pont, _seen(2000), _when()) is None


async def test_what_was_taken_down_leaves_a_tombstone_and_is_not_found(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    await store.write(events.remove, bethan, event.id)
    with pytest.raises(NotFound):
        await store.read(events.get, event.id)
    assert (await store.read(things.tombstone, event.id))[0] == event.uri  # type: ignore[index]
    assert await store.read(search.things, "party") == []


async def test_two_changes_within_a_second_differ_for_those_who_count_in_seconds(store: Store) -> None:
    def scene(tx: Tx) -> list[int]:
        bethan = open_hub(tx)
        event = events.publish(tx, bethan, party())
        one = events.change(tx, bethan, event.id, party(title={"en": "One"}))
        two = events.change(tx, bethan, event.id, party(title={"en": "Two"}))
        return [event.updated // 1000, one.updated // 1000, two.updated // 1000]

    seconds = await store.write(scene)
    assert len(set(seconds)) == 3


async def test_a_tag_finds_what_carries_it_also_after_a_change(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(tags=["Afon2026"]))
    assert [row["id"] for row in await store.read(search.things, "afon2026")] == [event.id]
    await store.write(events.change, bethan, event.id, party(tags=["Gaeaf"]))
    assert await store.read(search.things, "afon2026") == []
    assert [row["id"] for row in await store.read(search.things, "gaeaf")] == [event.id]
