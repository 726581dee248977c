"""What is on where and when, and who needs what, part by part."""

import pytest
from scene import lift, open_hub, party, person, stranger

from hub import asks, events, projects, whereabouts
from hub.clock import DAY, HOUR, now
from hub.kept import Seen
from hub.places import Venue
from hub.store import Store, Tx
from hub.whereabouts import Around, When

MILL, PIER = (51.4816, -3.1791), (51.4355, -3.1668)  # five kilometres apart
EVER = When(0)


def titles(found: whereabouts.Found) -> list[str]:
    return [it.title["en"] for it, _ in found.events]


def publish(tx: Tx, who: int, title: str, days: int, place: tuple[float, float] | None = None) -> int:
    starts = now() + days * DAY
    lat, lon = place or (None, None)
    return events.publish(
        tx, who, party(title={"en": title}, starts=starts, ends=starts + HOUR, lat=lat, lon=lon)
    ).id  # fmt: skip


def mirror(tx: Tx, who: int, title: str, days: int, venue: Venue) -> None:
    uri, starts = f"https://pont.example/{title}", now() + days * DAY
    seen = Seen(uri=uri, url=uri, title={"en": title}, published=now(), updated=now())
    assert events.mirror(tx, who, seen, events.Details(starts=starts, ends=starts + HOUR, zone="UTC", venue=venue))


def scene(tx: Tx) -> int:
    steward = open_hub(tx)
    publish(tx, steward, "Weir walk", 3, MILL)
    publish(tx, steward, "Pier walk", 1, PIER)
    publish(tx, steward, "At the hub", 2)
    pont = stranger(tx, "hub", "pont.example", "hub")
    mirror(tx, pont, "Next door", 4, Venue("Hall", lat=MILL[0], lon=MILL[1]))
    mirror(tx, pont, "Nowhere", 5, Venue("Somewhere"))
    return steward


async def test_events_come_soonest_first_and_part_by_part(store: Store) -> None:
    await store.write(scene)
    seen, end = [], None
    for _ in range(3):
        found = await store.read(whereabouts.on, EVER, after=end, limit=2)
        seen.append(titles(found))
        end = found.end
    assert seen == [["Pier walk", "At the hub"], ["Weir walk", "Next door"], ["Nowhere"]]
    assert end is None


async def test_events_that_start_at_once_are_each_seen_once(store: Store) -> None:
    def same(tx: Tx) -> None:
        steward = open_hub(tx)
        starts = now() + DAY
        for n in range(5):
            events.publish(tx, steward, party(title={"en": str(n)}, starts=starts, ends=starts + HOUR))

    await store.write(same)
    seen, end = [], None
    while len(seen) < 9:
        found = await store.read(whereabouts.on, EVER, after=end, limit=2)
        seen += titles(found)
        end = found.end
        if end is None:
            break
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"around": Around(*MILL, 1)}, ["At the hub", "Weir walk", "Next door"]),
        ({"around": Around(*PIER, 1)}, ["Pier walk"]),
        ({"around": Around(*PIER, 6)}, ["Pier walk", "At the hub", "Weir walk", "Next door"]),
        ({"local": False}, ["Next door", "Nowhere"]),
        ({"local": True, "area": "nowhere at all"}, []),
    ],
)
async def test_events_are_found_by_place_and_by_whose_they_are(
    store: Store, asked: dict[str, object], found: list[str]
) -> None:
    await store.write(scene)
    assert titles(await store.read(whereabouts.on, EVER, **asked)) == found  # type: ignore[arg-type]


async def test_how_far_away_an_event_is_is_told(store: Store) -> None:
    await store.write(scene)
    found = await store.read(whereabouts.on, EVER, around=Around(*MILL, 6), local=True)
    assert [round(km or 0, 1) for _, km in found.events] == [5.2, 0.0, 0.0]
    assert {km for _, km in (await store.read(whereabouts.on, EVER)).events} == {None}


async def test_what_is_over_by_then_or_begins_later_is_left_out(store: Store) -> None:
    await store.write(scene)
    when = When(now() + DAY + 2 * HOUR, now() + 3 * DAY - HOUR)
    assert titles(await store.read(whereabouts.on, when)) == ["At the hub"]


async def test_however_much_is_looked_through_in_vain_the_next_part_goes_on_behind_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(scene)
    monkeypatch.setattr(whereabouts, "LOOKED_THROUGH", 2)
    nothing = await store.read(whereabouts.on, EVER, around=Around(10.0, 10.0, 1))
    assert nothing.events == []
    assert nothing.end is not None
    rest = await store.read(whereabouts.on, EVER, around=Around(*MILL, 1), after=nothing.end)
    assert titles(rest) == ["Weir walk", "Next door"]


async def test_asks_are_found_by_kind_category_and_whether_they_are_open(store: Store) -> None:
    def needs(tx: Tx) -> tuple[int, int, int]:
        steward = open_hub(tx)
        one = asks.publish(tx, steward, "ask", lift()).id
        other = asks.publish(tx, steward, "offer", lift(title={"en": "A ladder"}, category="tools")).id
        done = asks.publish(tx, steward, "ask", lift(title={"en": "A cat"}, category="pets")).id
        asks.close(tx, steward, done, "done")
        return one, other, done

    async def found(**asked: object) -> list[int]:
        return [it.id for it in await store.read(whereabouts.needed, **asked)]  # type: ignore[arg-type]

    one, other, done = await store.write(needs)
    assert await found() == [other, one]
    assert await found(kind="offer") == await found(category="tools") == [other]
    assert await found(open_=False) == [done]
    assert await found(open_=None, before=done) == [other, one]
    assert await found(open_=None, limit=1) == [done]
    assert await found(local=False) == []


async def test_projects_are_found_by_how_far_they_are(store: Store) -> None:
    def some(tx: Tx) -> list[int]:
        steward = open_hub(tx)
        return [
            projects.start(tx, steward, projects.Draft({"en": name}, stage=stage)).id
            for name, stage in (("Orchard", "active"), ("Bridge", "done"))
        ]

    orchard, bridge = await store.write(some)
    assert [it.id for it in await store.read(whereabouts.under_way)] == [bridge, orchard]
    assert [it.id for it in await store.read(whereabouts.under_way, stage="active")] == [orchard]
    assert [it.id for it in await store.read(whereabouts.under_way, before=bridge)] == [orchard]


async def test_what_is_taken_down_is_found_by_nobody(store: Store) -> None:
    def taken(tx: Tx) -> None:
        steward = open_hub(tx)
        person(tx, "mo", "moderator")
        events.remove(tx, steward, publish(tx, steward, "A mistake", 1))

    await store.write(taken)
    assert titles(await store.read(whereabouts.on, EVER)) == []
