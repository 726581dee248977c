"""Parts that can be followed: which there are, what falls in them, who may draw them."""

import pytest
from scene import lift, open_hub, party, person, stranger

from hub import asks, events, people, posts, series, settings, slices, things
from hub.changes import Kind
from hub.errors import Conflict, HubError, Invalid, NotAllowed, NotFound
from hub.events import Details
from hub.keys import generate
from hub.patches import Draft, inside
from hub.places import Area, Venue
from hub.slices import Slice
from hub.store import Store, Tx
from hub.things import Seen

PAIR = generate()
STREETS = Draft(name={"en": "By the mill", "cy": "Ger y felin"}, lines="Mill Road\nCF11 6\nRiverside Library")


def handles_of(tx: Tx, thing: int) -> list[str]:
    """The slices with an actor in which a thing falls."""
    it = slices.facts(tx, thing)
    assert it is not None
    return [part.handle for part in slices.awake(tx) if slices.holds(part, it)]


def wake(tx: Tx, *handles: str) -> None:
    for handle in handles:
        assert slices.wake(tx, handle, PAIR)


async def test_each_thing_falls_where_it_belongs_and_nowhere_else(store: Store) -> None:
    def unit(tx: Tx) -> dict[str, list[str]]:
        who = open_hub(tx)
        tagged = events.publish(tx, who, party(tags=["câffi", "food"])).id
        plain = events.publish(tx, who, party()).id
        ask = asks.publish(tx, who, "ask", lift(tags=["food"])).id
        offer = asks.publish(tx, who, "offer", lift(category="garden")).id
        note = posts.publish(tx, who, posts.Draft(text={"en": "Soup."}, tags=["food"])).id
        wake(tx, "events", "asks", "offers", "t_caffi", "t_food", "t_transport")
        named = {"tagged": tagged, "plain": plain, "ask": ask, "offer": offer, "note": note}
        return {name: handles_of(tx, id) for name, id in named.items()}

    assert await store.write(unit) == {
        "tagged": ["events", "t_caffi", "t_food"], "plain": ["events"], "ask": ["asks", "t_food", "t_transport"],
        "offer": ["offers"], "note": ["t_food"],
    }  # fmt: skip


async def test_only_a_topic_that_occurs_can_be_followed(store: Store) -> None:
    def unit(tx: Tx) -> list[bool]:
        who = open_hub(tx)
        events.publish(tx, who, party(tags=["street-party"]))
        asked = ("t_street_party", "t_street", "t_nothing", "t_", "t_Ünder", "t_" + "x" * 40, "t_transport", "p_food")
        return [slices.find(tx, handle) is not None for handle in asked]

    assert await store.write(unit) == [True, False, False, False, False, False, True, False]


async def test_a_topic_that_was_taken_down_or_hidden_cannot_be_looked_for(store: Store) -> None:
    def unit(tx: Tx) -> list[bool]:
        who = open_hub(tx)
        id = events.publish(tx, who, party(tags=["secret"])).id
        before = slices.find(tx, "t_secret") is not None
        things.take_down(tx, id)
        return [before, slices.find(tx, "t_secret") is not None]

    assert await store.write(unit) == [True, False]


async def test_a_slice_gets_its_actor_once_and_says_so_in_the_log(store: Store) -> None:
    def unit(tx: Tx) -> tuple[bool, bool, Slice | None, list[str]]:
        open_hub(tx)
        once, twice = slices.wake(tx, "events", PAIR), slices.wake(tx, "events", PAIR)
        kinds = [row["kind"] for row in tx.all("SELECT kind FROM change ORDER BY id")]
        return once, twice, slices.find(tx, "EVENTS"), kinds

    once, twice, part, kinds = await store.write(unit)
    assert (once, twice) == (True, False)
    assert part is not None
    assert part.actor is not None
    assert kinds.count(Kind.SLICE_BEGUN) == 1


async def test_there_is_an_end_to_how_many_get_keys(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST_AWAKE", 2)

    def unit(tx: Tx) -> list[bool]:
        open_hub(tx)
        return [slices.wake(tx, handle, PAIR) for handle in ("events", "asks", "offers")]

    assert await store.write(unit) == [True, True, False]


async def test_nobody_can_sign_up_by_a_name_that_a_slice_has_or_may_need(store: Store) -> None:
    def unit(tx: Tx) -> list[str]:
        who = open_hub(tx)
        drawn = slices.draw(tx, who, STREETS).handle
        refused = []
        for login in ("events", "asks", "outbox", "t_food", "s_repair", "p_orchard", drawn):
            try:
                people.create(tx, login, f"{login}@glan.example", "x", "resident")
            except Conflict:
                refused.append(login)
        return refused

    assert await store.write(unit) == ["events", "asks", "outbox", "t_food", "s_repair", "p_orchard", "by_the_mill"]


async def test_a_neighbour_who_had_the_name_before_keeps_it(store: Store) -> None:
    def unit(tx: Tx) -> list[str]:
        open_hub(tx)
        tx.run("UPDATE actor SET handle = 'events' WHERE id = :id", id=person(tx, "elin"))
        assert slices.wake(tx, "hub_events", PAIR)
        return [part.handle for part in slices.fixed(tx)]

    assert await store.write(unit) == ["hub_events", "asks", "offers"]


async def test_a_patch_does_not_take_the_name_of_a_neighbour_or_a_list(store: Store) -> None:
    def unit(tx: Tx) -> list[str]:
        who = open_hub(tx)
        person(tx, "mill")
        return [
            slices.draw(tx, who, Draft({"en": name}, lines="Mill Road")).handle for name in ("Mill", "Mill", "Outbox")
        ]

    assert await store.write(unit) == ["mill_2", "mill_3", "outbox_2"]


@pytest.mark.parametrize(
    ("venue", "falls"),
    [
        (Venue(street="12 Mill Road"), True), (Venue(street="Millroad"), False), (Venue(street="mill-road"), True),
        (Venue(street="Windmill Road"), False), (Venue(name="Riverside Library"), True),
        (Venue(postcode="CF11 6AN"), True), (Venue(postcode="cf116an"), True), (Venue(postcode="CF11 9AN"), False),
        (Venue(postcode="CF1 16A"), False), (Venue(), False),
    ],
)  # fmt: skip
def test_a_street_patch_is_its_streets_and_postcodes(venue: Venue, falls: bool) -> None:
    _, rule = STREETS.checked()
    assert inside(rule, venue, Area()) is falls


def test_a_part_of_a_postcode_is_not_taken_for_another() -> None:
    assert inside("CF1", Venue(postcode="CF1 1AB"), Area())
    assert not inside("CF1", Venue(postcode="CF11 1AB"), Area())
    assert not inside("CF11 1AB", Venue(postcode="CF11 1AX"), Area())


def test_an_ask_falls_in_a_patch_by_the_name_of_its_area_alone() -> None:
    assert inside("Mill Road", Venue(), Area("Mill Road"))


@pytest.mark.parametrize("draft", [
    Draft({}, lines="Mill Road"), Draft({"en": "Mill"}, lines=" \n"), Draft({"en": "Mill"}, kind="area"),
    Draft({"en": "Mill"}, kind="town"), Draft({"en": "Mill"}, lines="\n".join(f"Road {n}" for n in range(61))),
    Draft({"en": "日本"}, lines="Mill Road"),
])  # fmt: skip
async def test_a_patch_without_a_name_or_streets_is_refused(store: Store, draft: Draft) -> None:
    def unit(tx: Tx) -> None:
        slices.draw(tx, open_hub(tx), draft)

    with pytest.raises(Invalid):
        await store.write(unit)


async def test_only_stewards_draw_and_end_patches(store: Store) -> None:
    def unit(tx: Tx) -> int:
        who = open_hub(tx)
        part = slices.draw(tx, who, STREETS)
        organiser, refused = person(tx, "olwen", "organiser"), 0
        assert part.id is not None
        for act in (lambda: slices.draw(tx, organiser, STREETS), lambda: slices.end(tx, organiser, part.id or 0),
                    lambda: slices.redraw(tx, organiser, part.id or 0, STREETS)):  # fmt: skip
            try:
                act()
            except NotAllowed:
                refused += 1
        return refused

    assert await store.write(unit) == 3


async def test_a_patch_that_ended_is_gone_and_its_handle_not_given_away(store: Store) -> None:
    def unit(tx: Tx) -> tuple[bool, str, list[str]]:
        who = open_hub(tx)
        part = slices.draw(tx, who, STREETS)
        wake(tx, part.handle)
        assert part.id is not None
        slices.end(tx, who, part.id)
        kinds = [row["kind"] for row in tx.all("SELECT kind FROM change ORDER BY id")]
        return slices.find(tx, part.handle) is None, slices.draw(tx, who, STREETS).handle, kinds

    gone, handle, kinds = await store.write(unit)
    assert gone
    assert handle == "by_the_mill_2"
    assert kinds[-1] == Kind.SLICE_ENDED


async def test_what_every_hub_has_cannot_be_ended(store: Store) -> None:
    def unit(tx: Tx) -> None:
        who = open_hub(tx)
        wake(tx, "events")
        part = slices.find(tx, "events")
        assert part is not None
        assert part.id is not None
        slices.end(tx, who, part.id)

    with pytest.raises(Conflict):
        await store.write(unit)


async def test_events_of_one_series_find_each_other_by_its_name_in_either_language(store: Store) -> None:
    def unit(tx: Tx) -> tuple[list[str], object, int]:
        who = open_hub(tx)
        first = events.publish(tx, who, party(series={"en": "Repair Café"})).id
        second = events.publish(tx, who, party(series={"en": "repair cafe", "cy": "Caffi Trwsio"})).id
        events.publish(tx, who, party(series={"cy": "Caffi trwsio"}))
        part = slices.find(tx, "s_repair_cafe")
        assert part is not None
        found = slices.latest(tx, part)
        events.change(tx, who, second, party())
        return (
            [str(it.id) for it in found if it.id in (first, second)],
            series.of(tx, first),
            len(slices.latest(tx, part)),
        )

    ids, told, left = await store.write(unit)
    assert len(ids) == 2
    assert told == ("s_repair_cafe", {"en": "Repair Café", "cy": "Caffi Trwsio"})
    assert left == 2


async def test_an_area_is_of_other_hubs_and_of_nothing_here(store: Store) -> None:
    def unit(tx: Tx) -> list[str]:
        who = open_hub(tx)
        events.publish(tx, who, party())
        seen = Seen(
            uri="https://penarth.example/event/1", url="https://penarth.example/events/1", title={"en": "Regatta"},
            area=Area("Riverside ward", "W05000985"), published=1, updated=1,
        )  # fmt: skip
        events.mirror(
            tx, stranger(tx, "hub", "penarth.example", "hub"), seen, Details(starts=2**42, ends=2**42 + 1, zone="UTC")
        )
        part = slices.draw(tx, who, Draft({}, kind="area", area="W05000985"))
        return [it.uri for it in slices.latest(tx, part)]

    assert await store.write(unit) == ["https://penarth.example/event/1"]


async def test_topics_are_listed_by_how_often_they_are_named(store: Store) -> None:
    def unit(tx: Tx) -> list[tuple[str, int]]:
        who = open_hub(tx)
        events.publish(tx, who, party(tags=["Food", "music"]))
        asks.publish(tx, who, "ask", lift(tags=["food"]))
        return [(part.handle, many) for part, many in slices.topics(tx)]

    assert await store.write(unit) == [("t_food", 2), ("t_music", 1), ("t_transport", 1)]


async def test_a_slice_is_called_by_its_name_and_the_hub_in_each_language(store: Store) -> None:
    def unit(tx: Tx) -> object:
        open_hub(tx)
        return slices.title(slices.fixed(tx)[0], settings.get(tx))

    assert await store.write(unit) == {"en": "Events · Riverside", "cy": "Digwyddiadau · Glan-yr-afon"}


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    def unit(tx: Tx) -> int:
        open_hub(tx)
        refused = 0
        for look in (slices.get, slices.of_actor):
            try:
                look(tx, 1)
            except HubError as error:
                refused += isinstance(error, NotFound)
        return refused

    assert await store.write(unit) == 2
