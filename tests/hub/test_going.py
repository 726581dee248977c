"""The waiting list, the states of an event, and what organisers do with the list."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from scene import open_hub, party, person, stranger

from hub import actors, attendance, clock, events
from hub.changes import Kind, read_on
from hub.clock import DAY, HOUR, now
from hub.errors import Conflict, Invalid, NotAllowed
from hub.people import Guest
from hub.places import Venue
from hub.store import Store, Tx

WHY = {"en": "The hall is flooded.", "cy": "Mae'r neuadd dan ddŵr."}


class Scene(msgspec.Struct):
    """A steward, an event, and those who answered it, first come first."""

    steward: int
    event: int
    who: list[int]


def queue(tx: Tx, parties: list[int], places: int | None = 2) -> Scene:
    steward = open_hub(tx)
    event = events.publish(tx, steward, party(places=places)).id
    who = [stranger(tx, f"n{n}") for n in range(len(parties))]
    for one, size in zip(who, parties, strict=True):
        attendance.answer(tx, event, one, "yes", party=size)
    return Scene(steward, event, who)


def going(tx: Tx, scene: Scene) -> list[int]:
    """The places, by who came, of those who have one."""
    found = [attendance.answer_of(tx, scene.event, one) for one in scene.who]
    return [n for n, it in enumerate(found) if it is not None and it.going]


def let_in(tx: Tx) -> list[int]:
    return [change.actor for change in read_on(tx, "t", 1000) if change.kind == Kind.EVENT_LET_IN]


async def test_who_comes_too_late_waits_and_is_told_their_turn(store: Store) -> None:
    scene = await store.write(queue, [1, 1, 1, 2])
    last = await store.read(attendance.answer_of, scene.event, scene.who[3])
    assert last is not None
    assert (last.waiting, last.going) == (True, False)
    assert await store.read(attendance.ahead, last) == 1
    event = await store.read(events.get, scene.event)
    assert (event.going, event.waiting, event.full) == (2, 3, True)


def _leaves(tx: Tx, it: Scene) -> None:
    attendance.withdraw(tx, it.event, it.who[0])


def _changes_mind(tx: Tx, it: Scene) -> None:
    attendance.answer(tx, it.event, it.who[0], "no")


def _is_deleted(tx: Tx, it: Scene) -> None:
    actors.remove(tx, it.who[0])


def _is_taken_off(tx: Tx, it: Scene) -> None:
    found = attendance.answer_of(tx, it.event, it.who[0])
    assert found is not None
    attendance.take_off(tx, it.steward, found.id)


@pytest.mark.parametrize("goes", [_leaves, _changes_mind, _is_deleted, _is_taken_off])
async def test_a_place_that_comes_free_is_the_next_ones(store: Store, goes: Any) -> None:
    scene = await store.write(queue, [1, 1, 1, 1])
    await store.write(goes, scene)
    assert await store.read(going, scene) == [1, 2]
    assert await store.read(let_in) == [scene.who[2]]


async def test_a_smaller_party_makes_room(store: Store) -> None:
    scene = await store.write(queue, [2, 1])
    await store.write(attendance.answer, scene.event, scene.who[0], "yes", party=1)
    assert await store.read(going, scene) == [0, 1]


@pytest.mark.parametrize(("places", "came"), [(3, [0, 1, 2]), (5, [0, 1, 2, 3, 4]), (None, [0, 1, 2, 3, 4, 5])])
async def test_more_places_let_in_as_many_as_they_are(store: Store, places: int | None, came: list[int]) -> None:
    scene = await store.write(queue, [1] * 6)
    await store.write(events.change, scene.steward, scene.event, party(places=places))
    assert await store.read(going, scene) == came
    assert await store.read(let_in) == scene.who[2 : len(came)]


async def test_a_party_waits_whole_and_nobody_passes_it(store: Store) -> None:
    scene = await store.write(queue, [3, 3, 1], 5)
    assert await store.read(going, scene) == [0]
    late = await store.write(attendance.answer, scene.event, Guest("Mair"), "yes")
    assert late.waiting, "two places are free, and a party of three is before them"
    await store.write(attendance.withdraw, scene.event, scene.who[0])
    assert await store.read(going, scene) == [1, 2]
    assert (await store.read(events.get, scene.event)).going == 5


async def test_a_party_larger_than_all_places_is_refused_and_keeps_nobody_waiting(store: Store) -> None:
    scene = await store.write(queue, [2], 3)
    with pytest.raises(Invalid, match="only 3 places"):
        await store.write(attendance.answer, scene.event, Guest("Mair"), "yes", party=4)
    big = await store.write(attendance.answer, scene.event, Guest("Mair"), "yes", party=3)
    assert big.waiting
    await store.write(events.change, scene.steward, scene.event, party(places=2))
    await store.write(attendance.withdraw, scene.event, scene.who[0])
    assert not (await store.write(attendance.answer, scene.event, scene.who[0], "yes", party=2)).waiting


async def test_who_has_a_place_keeps_it_when_they_want_more_than_there_are(store: Store) -> None:
    scene = await store.write(queue, [1, 1])
    with pytest.raises(attendance.NoRoomForMore):
        await store.write(attendance.answer, scene.event, scene.who[0], "yes", party=2)
    kept = await store.read(attendance.answer_of, scene.event, scene.who[0])
    assert kept is not None
    assert (kept.going, kept.party) == (True, 1)


async def test_who_waits_keeps_their_turn_but_not_for_more_people(store: Store) -> None:
    scene = await store.write(queue, [2, 1, 1])
    await store.write(attendance.answer, scene.event, scene.who[1], "yes", party=1, via="reply")
    await store.write(attendance.answer, scene.event, scene.who[1], "yes", party=2)
    await store.write(attendance.answer, scene.event, scene.who[0], "yes", party=1)
    assert await store.read(going, scene) == [0, 2]


async def test_a_maybe_that_becomes_a_yes_comes_last(store: Store) -> None:
    scene = await store.write(queue, [1, 1, 1])
    await store.write(attendance.answer, scene.event, scene.who[0], "maybe")
    await store.write(attendance.answer, scene.event, scene.who[0], "yes")
    assert await store.read(going, scene) == [1, 2]


async def test_nobody_is_let_in_to_what_is_cancelled(store: Store) -> None:
    scene = await store.write(queue, [1, 1, 1])
    await store.write(events.cancel, scene.steward, scene.event, WHY)
    await store.write(attendance.withdraw, scene.event, scene.who[0])
    assert await store.read(going, scene) == [1]


async def test_an_organiser_may_let_in_a_smaller_party_but_not_more_than_there_are_places(store: Store) -> None:
    scene = await store.write(queue, [3, 3, 1, 2], 5)
    found = [await store.read(attendance.answer_of, scene.event, one) for one in scene.who]
    with pytest.raises(Conflict, match="no room"):
        await store.write(attendance.let_in, scene.steward, found[1].id)  # type: ignore[union-attr]
    await store.write(attendance.let_in, scene.steward, found[2].id)  # type: ignore[union-attr]
    assert await store.read(going, scene) == [0, 2]
    with pytest.raises(Conflict, match="do not wait"):
        await store.write(attendance.let_in, scene.steward, found[0].id)  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", [attendance.take_off, attendance.let_in])
async def test_only_organisers_touch_the_list(store: Store, verb: Any) -> None:
    scene = await store.write(queue, [1, 1, 1])
    found = await store.read(attendance.answer_of, scene.event, scene.who[2])
    resident = await store.write(person, "delyth")
    with pytest.raises(NotAllowed):
        await store.write(verb, resident, found.id)  # type: ignore[union-attr]


async def test_the_list_begins_with_those_who_wait_in_their_order(store: Store) -> None:
    scene = await store.write(queue, [1, 1, 1, 1])
    found = await store.read(attendance.attending, scene.steward, scene.event)
    assert [one.actor for one in found[:2]] == scene.who[2:]


async def test_whoever_is_to_be_told_has_an_account_and_has_not_said_no(store: Store) -> None:
    scene = await store.write(queue, [1, 1, 1])
    await store.write(attendance.answer, scene.event, scene.who[0], "no")
    await store.write(attendance.answer, scene.event, Guest("Mair"), "maybe")
    told = await store.read(attendance.to_be_told, scene.event, 0, 10)
    assert [one.actor for one in told] == scene.who[1:]
    assert await store.read(attendance.to_be_told, scene.event, told[0].id, 10) == told[1:]


# States


@pytest.fixture
def tomorrow() -> Iterator[dict[str, int]]:
    at = now()
    clock.use(lambda: at)
    yield {"starts": at + DAY, "ends": at + DAY + HOUR}
    clock.use(None)


async def last_news(store: Store) -> list[str]:
    return (await store.read(read_on, "t", 1000))[-1].detail["news"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("changes", "status", "news"),
    [
        ({}, "scheduled", []),
        ({"title": {"en": "Other words"}, "places": 9, "cost": 100}, "scheduled", []),
        ({"starts": now() + 3 * DAY, "ends": now() + 3 * DAY + HOUR}, "rescheduled", ["time", "status"]),
        ({"venue": "The chapel"}, "scheduled", ["place"]),
        ({"tentative": True}, "tentative", ["status"]),
        ({"venue": "", "street": "", "online": "https://meet.example/x"}, "moved_online", ["place", "status"]),
        ({"online": "https://meet.example/x"}, "scheduled", ["place"]),
    ],
)
async def test_what_a_change_makes_of_an_event_and_what_of_it_is_news(
    store: Store, tomorrow: dict[str, int], changes: dict[str, object], status: str, news: list[str]
) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(**tomorrow))
    changed = await store.write(events.change, bethan, event.id, party(**(tomorrow | changes)))
    assert (changed.status, await last_news(store)) == (status, news)


async def test_what_was_not_certain_is_on(store: Store, tomorrow: dict[str, int]) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(**tomorrow, tentative=True))
    assert event.status == "tentative"
    assert (await store.write(events.change, bethan, event.id, party(**tomorrow))).status == "scheduled"
    assert await last_news(store) == ["status"]


async def test_an_event_moves_online_and_stays_there_until_it_has_a_place_again(
    store: Store, tomorrow: dict[str, int]
) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party(**tomorrow))
    moved = await store.write(events.move_online, bethan, event.id, "https://meet.example/x", WHY)
    assert (moved.status, moved.online, moved.venue, moved.reason) == (
        "moved_online", "https://meet.example/x", Venue(), WHY,
    )  # fmt: skip
    assert await last_news(store) == ["place", "status"]
    nowhere: dict[str, object] = {"venue": "", "street": "", "online": "https://meet.example/x"}
    reworded = await store.write(events.change, bethan, event.id, party(**tomorrow, **nowhere, title={"en": "Quiz"}))
    assert (reworded.status, reworded.reason, await last_news(store)) == ("moved_online", WHY, [])
    back = await store.write(events.change, bethan, event.id, party(**tomorrow))
    assert (back.status, back.reason) == ("scheduled", {})


@pytest.mark.parametrize(
    ("online", "refused"),
    [("", "web address where"), ("javascript:alert(1)", "starting with https"), ("meet.example", "starting with")],
)
async def test_moving_online_needs_an_address(store: Store, online: str, refused: str) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    with pytest.raises(Invalid, match=refused):
        await store.write(events.move_online, bethan, event.id, online, {})


async def test_only_an_organiser_moves_an_event_online_and_only_once(store: Store) -> None:
    bethan = await store.write(open_hub)
    event = await store.write(events.publish, bethan, party())
    resident = await store.write(person, "delyth")
    with pytest.raises(NotAllowed):
        await store.write(events.move_online, resident, event.id, "https://meet.example/x", {})
    await store.write(events.move_online, bethan, event.id, "https://meet.example/x", {})
    with pytest.raises(Conflict, match="already"):
        await store.write(events.move_online, bethan, event.id, "https://meet.example/x", {})
