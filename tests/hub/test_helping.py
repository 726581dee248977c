"""The people who would help: offered, accepted, done, thanked; and what nobody else gets to see."""

from typing import Any

import pytest
from conftest import Clock
from scene import lift, open_hub, person, stranger

from hub import asks, helping, messages, things
from hub.asks import Ask
from hub.clock import DAY
from hub.errors import Conflict, HubError, Invalid, NotAllowed, NotFound
from hub.helping import Answer
from hub.people import Guest
from hub.store import Store, Tx

MAIR = Guest("Mair Evans", "01632 960000")
WHERE = {"en": "Saturday at ten. Ring Nia: 01632 960777."}


async def asked(store: Store, **changes: object) -> tuple[int, Ask]:
    bethan = await store.write(open_hub)
    return bethan, await store.write(asks.publish, bethan, "ask", lift(**changes))


async def offered(store: Store, **changes: object) -> tuple[int, Ask, int, Answer]:
    """An ask, and Sunil of mastodon.example, who can help."""
    bethan, ask = await asked(store, **changes)
    sunil = await store.write(stranger)
    return bethan, ask, sunil, await store.write(helping.answer, ask.id, sunil, "help", via="poll")


async def told(store: Store, bethan: int) -> list[tuple[str, str]]:
    """Whom the hub has written to, and what."""
    found = await store.read(messages.to, bethan)
    return [(one.receiver.handle, next(iter(one.words.values()))) for one in found]


async def test_i_can_help_is_seen_by_coordinators_and_by_nobody_else(store: Store) -> None:
    bethan, ask = await asked(store)
    resident = await store.write(person, "delyth")
    one = await store.write(helping.answer, ask.id, MAIR, "help", words="I have a car")
    found = await store.read(helping.answers, bethan, ask.id)
    assert [(one.name, one.contact, one.words) for one in found] == [("Mair Evans", "01632 960000", "I have a car")]
    assert (await store.read(asks.get, ask.id)).offered == 1
    doors: list[tuple[Any, list[Any], dict[str, Any]]] = [
        (helping.answers, [ask.id], {}), (helping.waiting, [], {}), (helping.accept, [one.id, WHERE], {}),
        (helping.decline, [one.id, {}], {}), (helping.done, [one.id, None], {}),
        (helping.thank, [one.id, WHERE], {"public": True}),
    ]  # fmt: skip
    for door, given, more in doors:
        with pytest.raises(NotAllowed):
            await store.write(door, resident, *given, **more)


async def test_a_guest_who_cannot_be_reached_is_asked_for_more(store: Store) -> None:
    _, ask = await asked(store)
    for guest, field in ((Guest("", "x"), "name"), (Guest("Mair", " "), "contact")):
        with pytest.raises(Invalid) as refused:
            await store.write(helping.answer, ask.id, guest, "help")
        assert refused.value.field == field


async def test_an_actor_elsewhere_answers_once_and_may_change_it(store: Store) -> None:
    bethan, ask, sunil, _ = await offered(store)
    await store.write(helping.answer, ask.id, sunil, "refer", via="reply")
    (one,) = await store.read(helping.answers, bethan, ask.id)
    assert (one.said, one.name, one.handle, one.via) == ("refer", "Sunil", "@sunil@mastodon.example", "reply")


async def test_an_offer_has_answers_of_its_own(store: Store) -> None:
    bethan = await store.write(open_hub)
    offer = await store.write(asks.publish, bethan, "offer", lift(title={"en": "A ladder to lend"}, category="tools"))
    await store.write(helping.answer, offer.id, MAIR, "take")
    with pytest.raises(Invalid):
        await store.write(helping.answer, offer.id, MAIR, "help")


async def test_a_closed_ask_takes_no_more_answers(store: Store) -> None:
    bethan, ask = await asked(store)
    await store.write(asks.close, bethan, ask.id, "matched")
    with pytest.raises(Conflict):
        await store.write(helping.answer, ask.id, MAIR, "help")


async def test_what_waits_for_a_coordinator_is_counted(store: Store) -> None:
    bethan, ask = await asked(store)
    one = await store.write(helping.answer, ask.id, MAIR, "help")
    await store.write(helping.answer, ask.id, Guest("Dai", "2"), "share")
    assert [(it.id, n) for it, n in await store.read(helping.waiting, bethan)] == [(ask.id, 1)]
    await store.write(helping.accept, bethan, one.id, {})
    after = await store.read(asks.get, ask.id)
    assert (after.offered, after.accepted, after.completed) == (1, 1, 0)
    assert await store.read(helping.waiting, bethan) == []


async def test_one_offer_stands_for_one_ask_and_one_person(store: Store) -> None:
    bethan, ask, sunil, _ = await offered(store)
    other = await store.write(asks.publish, bethan, "ask", lift())
    aled = await store.write(stranger, "aled")
    said = helping.Offered("https://mastodon.example/offers/1")
    for _ in range(2):
        await store.write(helping.answer, ask.id, sunil, "help", via="pledge", offered=said)
    for id, who in ((other.id, sunil), (ask.id, aled)):
        with pytest.raises(Invalid):
            await store.write(helping.answer, id, who, "help", via="pledge", offered=said)


# --- from offered to thanked -----------------------------------------------------------------------


async def test_nothing_is_told_to_a_helper_until_a_coordinator_tells_it(store: Store) -> None:
    bethan, ask, _, one = await offered(store)
    assert await told(store, bethan) == []
    with pytest.raises(Invalid) as refused:
        await store.write(helping.accept, bethan, one.id, {})
    assert refused.value.field == "words"
    it = await store.write(helping.accept, bethan, one.id, WHERE)
    assert (it.state, it.told) == ("accepted", WHERE)
    assert await told(store, bethan) == [("sunil", WHERE["en"])]
    (message,) = await store.read(messages.to, bethan)
    assert (message.about, message.sender.kind) == (ask.id, "hub")


async def test_help_is_offered_accepted_done_and_thanked(store: Store) -> None:
    bethan, ask, _, one = await offered(store)
    await store.write(helping.accept, bethan, one.id, WHERE)
    done = await store.write(helping.done, bethan, one.id, 1.5)
    assert (done.state, done.hours) == ("done", 1.5)
    assert (await store.read(asks.get, ask.id)).completed == 1
    thanked = await store.write(helping.thank, bethan, one.id, {"en": "Diolch, Sunil."}, public=False)
    assert thanked.state == "thanked"
    assert (await told(store, bethan))[0] == ("sunil", "Diolch, Sunil.")
    assert await store.read(helping.so_far) == (1, 1.5)
    with pytest.raises(Conflict):
        await store.write(helping.answer, ask.id, one.actor, "help")


@pytest.mark.parametrize("words", ["Thanks to Sunil.", "Thanks, @sunil", "diolch, SUNIL!", "@sunil@mastodon.example"])
async def test_a_public_thank_you_names_nobody_who_has_not_agreed(store: Store, words: str) -> None:
    bethan, _, _, one = await offered(store)
    await store.write(helping.accept, bethan, one.id, WHERE)
    await store.write(helping.done, bethan, one.id, None)
    with pytest.raises(Invalid) as refused:
        await store.write(helping.thank, bethan, one.id, {"en": words}, public=True)
    assert refused.value.field == "words"
    await store.write(helping.thank, bethan, one.id, {"en": "Thank you to our neighbour."}, public=True)
    (note,) = await store.read(things.latest, ("note",))
    assert note.words == {"en": "Thank you to our neighbour."}


async def test_who_agreed_is_thanked_by_name(store: Store) -> None:
    bethan, ask = await asked(store)
    one = await store.write(helping.answer, ask.id, MAIR, "help", named=True)
    await store.write(helping.accept, bethan, one.id, {})
    await store.write(helping.done, bethan, one.id, 2.0)
    assert (
        await store.write(helping.thank, bethan, one.id, {"en": "Thank you, Mair."}, public=True)
    ).state == "thanked"


async def test_a_guest_is_named_by_no_part_of_their_name_and_no_number(store: Store) -> None:
    bethan, ask = await asked(store)
    one = await store.write(helping.answer, ask.id, MAIR, "help")
    await store.write(helping.accept, bethan, one.id, {})
    await store.write(helping.done, bethan, one.id, None)
    for words in ("Thank you, Mair.", "Mrs Evans", "ring 01632 960000"):
        with pytest.raises(Invalid):
            await store.write(helping.thank, bethan, one.id, {"en": words}, public=True)


@pytest.mark.parametrize(
    ("step", "given"), [(helping.done, [1.0]), (helping.thank, [{"en": "x"}])], ids=["done", "thanked"]
)
async def test_no_step_is_left_out(store: Store, step: Any, given: list[Any]) -> None:
    bethan, _, _, one = await offered(store)
    more = {"public": True} if step is helping.thank else {}
    with pytest.raises(Conflict):
        await store.write(step, bethan, one.id, *given, **more)


@pytest.mark.parametrize("hours", [0, -1, 1001, float("nan")])
async def test_hours_that_cannot_be_are_refused(store: Store, hours: float) -> None:
    bethan, _, _, one = await offered(store)
    await store.write(helping.accept, bethan, one.id, WHERE)
    with pytest.raises(Invalid) as refused:
        await store.write(helping.done, bethan, one.id, hours)
    assert refused.value.field == "hours"


async def test_a_no_is_said_kindly_and_in_private_also_after_a_yes(store: Store) -> None:
    bethan, ask, _, one = await offered(store)
    await store.write(helping.accept, bethan, one.id, WHERE)
    it = await store.write(helping.decline, bethan, one.id, {"en": "She is well again."})
    assert it.state == "declined"
    assert (await told(store, bethan))[0] == ("sunil", "She is well again.")
    assert (await store.read(asks.get, ask.id)).offered == 0
    with pytest.raises(Conflict):
        await store.write(helping.decline, bethan, one.id, {})


async def test_only_checked_people_help_where_the_ask_says_so(store: Store) -> None:
    bethan, _, _, one = await offered(store, vetted=True)
    with pytest.raises(Invalid) as refused:
        await store.write(helping.accept, bethan, one.id, WHERE)
    assert refused.value.field == "checked"
    assert await told(store, bethan) == []
    assert (await store.write(helping.accept, bethan, one.id, WHERE, checked=True)).state == "accepted"


async def test_a_helper_takes_their_offer_back_until_they_have_helped(store: Store) -> None:
    bethan, ask, sunil, one = await offered(store)
    await store.write(helping.answer, ask.id, sunil, "help", words="after six")
    await store.write(helping.accept, bethan, one.id, WHERE)
    assert await store.write(helping.withdraw, ask.id, sunil)
    it = await store.read(helping.get, one.id)
    assert (it.state, it.words) == ("withdrawn", "")
    assert await store.read(helping.tally, ask.id) == {}
    assert not await store.write(helping.withdraw, ask.id, sunil)
    with pytest.raises(Conflict):
        await store.write(helping.accept, bethan, one.id, WHERE)
    again = await store.write(helping.answer, ask.id, sunil, "help")
    assert (again.id, again.state) == (one.id, "offered")
    await store.write(helping.accept, bethan, one.id, WHERE)
    await store.write(helping.done, bethan, one.id, 1.0)
    assert not await store.write(helping.withdraw, ask.id, sunil)


async def test_somebody_who_says_something_else_is_looked_at_again(store: Store) -> None:
    bethan, ask, sunil, one = await offered(store)
    await store.write(helping.accept, bethan, one.id, WHERE)
    assert (await store.write(helping.answer, ask.id, sunil, "help", words="at noon")).state == "accepted"
    assert (await store.write(helping.answer, ask.id, sunil, "refer")).state == "offered"


async def test_a_neighbour_sees_what_they_have_offered_and_only_that(store: Store) -> None:
    bethan, ask, _, _ = await offered(store)
    delyth = await store.write(person, "delyth")
    await store.write(helping.answer, ask.id, delyth, "help")
    assert [(one.ask, one.state) for one in await store.read(helping.all_mine, delyth)] == [(ask.id, "offered")]
    assert await store.read(helping.all_mine, bethan) == []
    found = await store.read(helping.mine, ask.id, delyth)
    assert found is not None
    assert (found.name, found.handle) == ("delyth", "@delyth@glan.example")


# --- forgetting ------------------------------------------------------------------------------------


async def rows(store: Store, table: str) -> list[dict[str, Any]]:
    def unit(tx: Tx) -> list[dict[str, Any]]:
        return [dict(row) for row in tx.all(f"SELECT * FROM {table}")]

    return await store.read(unit)


async def test_thirty_days_after_an_ask_is_closed_nobody_can_tell_who_answered(store: Store, clock: Clock) -> None:
    bethan, ask, _, one = await offered(store)
    await store.write(helping.answer, ask.id, Guest("Dai", "2"), "share")
    await store.write(helping.accept, bethan, one.id, WHERE)
    await store.write(helping.done, bethan, one.id, 2.5)
    await store.write(asks.close, bethan, ask.id, "done")
    clock.forward(30 * DAY)
    assert await store.write(helping.forget) == helping.Forgotten([], [])
    clock.forward(1)
    (message,) = await store.read(messages.to, bethan)
    assert await store.write(helping.forget) == helping.Forgotten([ask.id], [message.uri])
    assert await rows(store, "answer") == []
    assert await rows(store, "mention") == []
    assert [row["html"] for row in await rows(store, "thing WHERE audience = 'direct'")] == ["{}"]
    with pytest.raises(NotFound):
        await store.read(asks.get, ask.id)
    assert await store.read(helping.so_far) == (1, 2.5)
    assert {(row["said"], row["state"], row["n"]) for row in await rows(store, "answer_count")} == {
        ("help", "done", 1), ("share", "offered", 1),
    }  # fmt: skip
    assert await store.write(helping.forget) == helping.Forgotten([], [])


async def test_what_is_open_or_still_to_come_is_not_forgotten(store: Store, clock: Clock) -> None:
    bethan, late = await asked(store, days=90)
    coming = await store.write(asks.publish, bethan, "ask", lift(due=clock.ms + 20 * DAY))
    await store.write(asks.close, bethan, coming.id, "matched")
    clock.forward(45 * DAY)
    assert await store.write(helping.forget) == helping.Forgotten([], [])
    clock.forward(6 * DAY)
    assert (await store.write(helping.forget)).asks == [coming.id]
    assert (await store.read(asks.get, late.id)).open


async def test_answers_to_what_a_moderator_took_down_are_forgotten_too(store: Store, clock: Clock) -> None:
    bethan, ask, _, _ = await offered(store)
    await store.write(asks.remove, bethan, ask.id)
    clock.forward(30 * DAY + 1)
    assert (await store.write(helping.forget)).asks == []
    assert await rows(store, "answer") == []


async def test_an_answer_that_is_not_there_is_not_found(store: Store) -> None:
    bethan, _ = await asked(store)
    with pytest.raises(HubError):
        await store.write(helping.accept, bethan, 7, WHERE)
