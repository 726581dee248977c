"""Rules of the neighbourhood that two guards keep, each tried with the other out of the way."""

import pytest
from conftest import Clock
from scene import lift, open_hub, party, person

from hub import asks, attendance, events, helping, media, people, posts, search, things
from hub.clock import HOUR, MINUTE
from hub.errors import Invalid, NotAllowed, NotFound
from hub.people import Guest
from hub.store import Store, Tx
from hub.things import Picture

CERYS = Guest("Cerys", "01632 960123")


async def test_the_secret_of_one_answer_changes_no_other(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, str]:
        who = open_hub(tx)
        first, second = events.publish(tx, who, party()).id, events.publish(tx, who, party()).id
        return first, second, attendance.answer(tx, first, CERYS, "yes").secret

    first, second, secret = await store.write(scene)
    for said in ("no", "yes"):
        with pytest.raises(NotAllowed):
            await store.write(attendance.answer, second, Guest("Mallory"), said, secret=secret)
    with pytest.raises(NotFound):
        await store.read(attendance.answer_by_secret, second, secret)
    kept = await store.read(attendance.answer_by_secret, first, secret)
    assert (kept.name, kept.said) == ("Cerys", "yes")
    assert (await store.read(events.get, second)).going == 0


async def test_a_link_ends_after_its_time(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    rhys = await store.write(person, "rhys")

    def new(tx: Tx) -> str:
        return people.new_link(tx, "password", account=rhys, lasts=HOUR)

    secret = await store.write(new)
    clock.forward(HOUR - 1)
    assert await store.read(people.link, "password", secret) == rhys
    clock.forward(1)
    assert await store.read(people.link, "password", secret) is None
    with pytest.raises(NotAllowed):
        await store.write(people.use_link, "password", secret)


async def test_a_link_is_good_for_what_it_was_made_for(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    secret = await store.write(people.new_link, "setup")
    assert await store.read(people.link, "password", secret) is None
    with pytest.raises(NotAllowed):
        await store.write(people.use_link, "password", secret)
    assert await store.read(people.link, "setup", secret) == 0


@pytest.mark.parametrize("role", ["resident", "steward"])
async def test_a_session_that_is_used_all_the_time_ends_too(store: Store, clock: Clock, role: str) -> None:
    await store.write(open_hub)
    rhys = await store.write(person, "rhys", role)
    secret = await store.write(people.open_session, rhys)
    ends = clock.ms + people.OLDEST[role]
    while clock.ms < ends:
        assert await store.read(people.session, secret) is not None
        await store.write(people.session_used, secret)
        clock.forward(people.IDLE[role] - MINUTE)
    clock.ms = ends + 1
    await store.write(people.session_used, secret)
    assert await store.read(people.session, secret) is None


async def test_a_closed_account_has_no_session_although_one_was_left(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    await store.write(people.close, bethan, rhys)
    secret = await store.write(people.open_session, rhys)
    assert await store.read(people.session, secret) is None
    assert await store.read(people.known_as, "rhys") is None
    with pytest.raises(NotAllowed):
        await store.read(people.require, rhys, "resident")


async def test_what_is_hidden_or_gone_is_not_found_by_its_words(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        who = open_hub(tx)
        event = events.publish(tx, who, party()).id
        hidden = posts.reply(tx, who, event, {"en": "quince jam"}).id
        return who, hidden, posts.publish(tx, who, posts.Draft(text={"en": "quince tart"})).id

    who, reply, note = await store.write(scene)
    assert {row["id"] for row in await store.read(search.things, "quince")} == {reply, note}
    await store.write(posts.hide, who, reply)
    assert {row["id"] for row in await store.read(search.things, "quince")} == {note}
    await store.write(lambda tx: tx.run("UPDATE thing SET removed = 1 WHERE id = :id", id=note))
    assert await store.read(search.things, "quince") == []


async def test_only_coordinators_see_who_answered_whatever_page_asks(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        who = open_hub(tx)
        event, ask = events.publish(tx, who, party()).id, asks.publish(tx, who, "ask", lift()).id
        attendance.answer(tx, event, CERYS, "yes")
        helping.answer(tx, ask, CERYS, "help", words="Any morning.")
        return event, ask, person(tx, "rhys")

    event, ask, rhys = await store.write(scene)
    for unit, id in ((attendance.attending, event), (helping.answers, ask)):
        for who in (rhys, 0, 999):
            with pytest.raises(NotAllowed):
                await store.read(unit, who, id)


async def test_a_picture_is_what_was_uploaded_whatever_a_form_says_of_it(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    stored = media.Stored(
        key="a" * 64, mime="image/jpeg", width=3, height=2, small_width=3, small_height=2, bytes=9
    )  # fmt: skip
    kept = await store.write(media.add, stored, {"en": "The mill"}, bethan)
    said = Picture(media=kept.id, url="https://evil.example/x.svg", mime="image/svg+xml", width=1, alt={"en": "Mine"})
    (own,) = await store.read(things.own_pictures, [said])
    assert own == Picture(media=kept.id, mime="image/jpeg", width=3, height=2, alt={"en": "Mine"})
    with pytest.raises(Invalid):
        await store.read(things.own_pictures, [Picture(url="https://evil.example/x.svg")])
