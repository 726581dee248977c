"""Lists, filters, tags, notes and markers: what residents arrange for themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, filters, homes, lists, markers, neighbouring, regards, relations, statuses, tags
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.statuses import Draft
from hub.store import Store, Tx


def street(tx: Tx) -> tuple[int, int, int]:
    """Ann, who follows Ben and Cath."""
    open_hub(tx)
    ann, ben, cath = (person(tx, name) for name in ("ann", "ben", "cath"))
    relations.follow(tx, ann, ben)
    relations.follow(tx, ann, cath)
    return ann, ben, cath


# --- lists -----------------------------------------------------------------------------------------


async def test_who_is_on_a_list_that_is_read_apart_is_not_on_the_first_page(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        ann, ben, cath = street(tx)
        apart = lists.create(tx, ann, "Apart", exclusive=True).id
        lists.add(tx, ann, apart, [ben])
        statuses.publish(tx, ben, Draft("A heron"))
        return ann, statuses.publish(tx, cath, Draft("A duck")).id, apart

    ann, duck, _ = await store.write(scene)
    await store.write(neighbouring.spread)
    assert [row["id"] for row in await store.read(homes.page, ann)] == [duck]


async def test_who_is_followed_no_more_is_on_no_list(store: Store) -> None:
    def scene(tx: Tx) -> tuple[list[tuple[int, int]], list[object]]:
        ann, ben, _ = street(tx)
        friends = lists.create(tx, ann, "Friends").id
        lists.add(tx, ann, friends, [ben])
        relations.unfollow(tx, ann, ben)
        return lists.members(tx, ann, friends), [*lists.with_(tx, ann, ben)]

    assert await store.write(scene) == ([], [])


@pytest.mark.parametrize(
    "deed",
    [
        lambda tx, who, id, _: lists.get(tx, who, id),
        lambda tx, who, id, _: lists.change(tx, who, id, "Mine", "list", exclusive=False),
        lambda tx, who, id, _: lists.remove(tx, who, id),
        lambda tx, who, id, ben: lists.add(tx, who, id, [ben]),
        lambda tx, who, id, ben: lists.take_off(tx, who, id, [ben]),
        lambda tx, who, id, _: lists.members(tx, who, id),
    ],
)
async def test_a_list_is_nobody_elses(store: Store, deed: Callable[[Tx, int, int, int], object]) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, cath = street(tx)
        relations.follow(tx, cath, ben)
        deed(tx, cath, lists.create(tx, ann, "Friends").id, ben)

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_only_who_is_followed_comes_on_a_list(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, _, _ = street(tx)
        lists.add(tx, ann, lists.create(tx, ann, "Friends").id, [person(tx, "dai")])

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_a_list_has_a_name_and_there_are_fifty_at_most(store: Store) -> None:
    def nameless(tx: Tx) -> None:
        ann, _, _ = street(tx)
        lists.create(tx, ann, "  ")

    def many(tx: Tx) -> None:
        ann, _, _ = street(tx)
        for n in range(lists.MOST + 1):
            lists.create(tx, ann, str(n))

    with pytest.raises(Invalid):
        await store.write(nameless)
    with pytest.raises(Conflict):
        await store.write(many)


# --- filters ---------------------------------------------------------------------------------------


def caught(tx: Tx, me: int, words: str, context: str = "", thing: int = 0) -> list[list[str]]:
    return [it.words for it in filters.sieve(tx, me).caught(thing, lambda: words, context)]


@pytest.mark.parametrize(
    ("keyword", "whole", "words", "found"),
    [
        ("duck", True, "A duck, there", True), ("duck", True, "DUCK!", True), ("duck", True, "ducks", False),
        ("duck", False, "ducks", True), ("grey heron", True, "the grey\nheron flew", True),
        ("grey heron", True, "grey herons", False), ("#ad", True, "buy this #ad", True),
        ("#ad", True, "an #adder", False), ("ŵy", True, "Un ŵy, os gwelwch yn dda", True), (":(", True, "sad :(", True),
        ("a.b", False, "axb", False),
    ],
)  # fmt: skip
async def test_which_words_a_filter_finds(store: Store, keyword: str, whole: bool, words: str, found: bool) -> None:
    def scene(tx: Tx) -> bool:
        ann, _, _ = street(tx)
        filters.create(tx, ann, filters.Draft("Birds", ["home"]), [filters.Wish(keyword, whole)])
        return bool(caught(tx, ann, words))

    assert await store.write(scene) is found


async def test_a_filter_counts_where_it_was_meant_to_and_until_it_is_over(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> int:
        ann, _, _ = street(tx)
        draft = filters.Draft("Birds", ["home", "thread"], ends=clock() + DAY)
        filters.create(tx, ann, draft, [filters.Wish("duck")])
        return ann

    ann = await store.write(scene)
    assert await store.read(caught, ann, "a duck", "home") == [["duck"]]
    assert await store.read(caught, ann, "a duck", "public") == []
    clock.forward(DAY)
    assert await store.read(caught, ann, "a duck", "home") == []


async def test_filters_are_compiled_once_and_anew_after_each_change(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        ann, _, _ = street(tx)
        return ann, filters.create(tx, ann, filters.Draft("Birds", ["home"]), [filters.Wish("duck")]).id

    ann, id = await store.write(scene)
    first = await store.read(filters.sieve, ann)
    assert await store.read(filters.sieve, ann) is first
    added = await store.write(lambda tx: filters.add_word(tx, ann, id, "heron", whole=True))
    assert await store.read(caught, ann, "heron") == [["heron"]]
    await store.write(filters.change_word, ann, added.id, "wren", None)
    assert await store.read(caught, ann, "wren heron") == [["wren"]]
    await store.write(filters.remove_word, ann, added.id)
    assert await store.read(caught, ann, "wren") == []
    await store.write(filters.remove, ann, id)
    assert not await store.read(filters.sieve, ann)


async def test_something_itself_can_be_put_into_a_filter(store: Store) -> None:
    def scene(tx: Tx) -> tuple[list[list[str]], list[list[str]]]:
        ann, ben, _ = street(tx)
        said = statuses.publish(tx, ben, Draft("A heron")).id
        id = filters.create(tx, ann, filters.Draft("This", ["home"])).id
        number, _ = filters.add_thing(tx, ann, id, said)
        there = caught(tx, ann, "A heron", thing=said)
        filters.remove_thing(tx, ann, number)
        return there, caught(tx, ann, "A heron", thing=said)

    assert await store.write(scene) == ([[]], [])


async def test_what_somebody_may_not_see_is_in_no_filter_of_theirs(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, cath = street(tx)
        said = statuses.publish(tx, ben, Draft("psst @cath", audience="direct")).id
        assert cath
        filters.add_thing(tx, ann, filters.create(tx, ann, filters.Draft("This", ["home"])).id, said)

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_a_filter_looks_at_the_warning_the_poll_and_what_pictures_show(store: Store) -> None:
    def scene(tx: Tx) -> str:
        ann, _, _ = street(tx)
        poll = statuses.NewPoll(["A heron", "A duck"], DAY)
        return filters.words_of(statuses.publish(tx, ann, Draft("<b>Which?", warning="Birds", poll=poll)))

    assert (await store.write(scene)).split("\n\n") == ["Birds", "<b>Which?", "A heron", "A duck"]


@pytest.mark.parametrize(
    "draft", [filters.Draft("", ["home"]), filters.Draft("Birds", []), filters.Draft("Birds", ["everywhere"]),
              filters.Draft("Birds", ["home"], does="burn")],
)  # fmt: skip
async def test_a_filter_that_cannot_be(store: Store, draft: filters.Draft) -> None:
    def scene(tx: Tx) -> None:
        filters.create(tx, street(tx)[0], draft)

    with pytest.raises(Invalid):
        await store.write(scene)


@pytest.mark.parametrize(
    "deed",
    [
        lambda tx, who, f: filters.get(tx, who, f.id),
        lambda tx, who, f: filters.change(tx, who, f.id, filters.Draft("Mine", ["home"])),
        lambda tx, who, f: filters.remove(tx, who, f.id),
        lambda tx, who, f: filters.add_word(tx, who, f.id, "x", whole=True),
        lambda tx, who, f: filters.word(tx, who, f.words[0].id),
        lambda tx, who, f: filters.change_word(tx, who, f.words[0].id, "x", None),
        lambda tx, who, f: filters.remove_word(tx, who, f.words[0].id),
        lambda tx, who, f: filters.thing(tx, who, f.things[0][0]),
        lambda tx, who, f: filters.remove_thing(tx, who, f.things[0][0]),
    ],
)
async def test_a_filter_is_nobody_elses(store: Store, deed: Callable[[Tx, int, Any], object]) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, cath = street(tx)
        it = filters.create(tx, ann, filters.Draft("Birds", ["home"]), [filters.Wish("duck")])
        filters.add_thing(tx, ann, it.id, statuses.publish(tx, ben, Draft("x")).id)
        deed(tx, cath, filters.get(tx, ann, it.id))

    with pytest.raises(NotFound):
        await store.write(scene)


# --- tags ------------------------------------------------------------------------------------------


async def test_what_is_said_under_a_tag_that_one_follows_comes_to_the_first_page(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        tags.follow(tx, ann, "#Heron")
        said = statuses.publish(tx, ben, Draft("There: #heron")).id
        statuses.publish(tx, ben, Draft("#heron for few", audience="followers"))
        statuses.publish(tx, ben, Draft("#heron aside", audience="unlisted"))
        return ann, said

    ann, said = await store.write(scene)
    await store.write(neighbouring.spread)
    assert [row["id"] for row in await store.read(homes.page, ann)] == [said]


async def test_who_blocked_somebody_does_not_reach_them_by_a_tag(store: Store) -> None:
    def scene(tx: Tx) -> int:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        tags.follow(tx, ann, "heron")
        relations.block(tx, ben, ann)
        statuses.publish(tx, ben, Draft("#heron"))
        return ann

    ann = await store.write(scene)
    await store.write(neighbouring.spread)
    assert await store.read(homes.page, ann) == []


async def test_tags_are_followed_shown_and_counted(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> list[object]:
        ann, ben, _ = street(tx)
        statuses.publish(tx, ann, Draft("#Heron"))
        statuses.publish(tx, ben, Draft("#heron #wren"))
        tags.follow(tx, ann, "Wren")
        shown = tags.feature(tx, ann, "#Heron")
        first = [tags.get(tx, ann, "heron").featured, tags.get(tx, ann, "wren").following, shown.said]
        uses = tags.history(tx, ["heron"])["heron"]
        tags.unfollow(tx, ann, "WREN")
        tags.unfeature(tx, ann, shown.id)
        return [*first, uses[0][1:], len(uses), tags.followed(tx, ann), tags.featured(tx, ann), tags.used_by(tx, ann),
                tags.named_like(tx, "#HER")]  # fmt: skip

    assert await store.write(scene) == [True, True, 1, (2, 2), 7, [], [], ["heron"], ["heron"]]


async def test_what_is_no_tag(store: Store) -> None:
    await store.write(street)
    for name in ("", "#", "two words", "2026", "a/b"):
        with pytest.raises(NotFound):
            await store.read(tags.get, 0, name)


# --- what one makes of others ----------------------------------------------------------------------


async def test_a_note_about_somebody_is_read_by_nobody_else(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        ann, ben, cath = street(tx)
        regards.remark(tx, ann, ben, "Has a ladder")
        regards.endorse(tx, ann, ben)
        mine, theirs = regards.of(tx, ann, [ben])[ben], regards.of(tx, cath, [ben])[ben]
        regards.remark(tx, ann, ben, "")
        return [mine, theirs, regards.of(tx, ann, [ben])[ben], [id for id, _ in regards.endorsed(tx, ann)] == [ben]]

    assert await store.write(scene) == [("Has a ladder", True), ("", False), ("", True), True]


async def test_only_who_is_followed_is_shown_on_ones_page(store: Store) -> None:
    def scene(tx: Tx) -> None:
        regards.endorse(tx, street(tx)[0], person(tx, "dai"))

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_who_hides_whom_they_follow_hides_it_from_others(store: Store) -> None:
    def scene(tx: Tx) -> list[int]:
        ann, ben, cath = street(tx)
        tx.run("UPDATE actor SET hides = 1 WHERE id = :ann", ann=ann)
        return [len(it) for it in (
            regards.following(tx, ann, ann), regards.following(tx, ben, ann), regards.following(tx, 0, ann),
            regards.followers(tx, 0, cath), regards.familiar(tx, ben, cath))]  # fmt: skip

    assert await store.write(scene) == [2, 0, 0, 1, 0]


async def test_those_whom_i_follow_and_who_know_them_are_named(store: Store) -> None:
    def scene(tx: Tx) -> bool:
        ann, ben, _ = street(tx)
        dai = person(tx, "dai")
        relations.follow(tx, ben, dai)
        return regards.familiar(tx, ann, dai) == [ben]

    assert await store.write(scene)


async def test_lists_of_people_are_paged_by_the_number_of_what_binds_them(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        ann, ben, cath = street(tx)
        actors.follow(tx, stranger(tx), ben)
        relations.block(tx, ann, person(tx, "dai"))
        relations.mute(tx, ann, cath, lasts=DAY)
        relations.mute_domain(tx, ann, "spam.example")
        both = regards.following(tx, ann, ann)
        older = regards.following(tx, ann, ann, before=both[0][1])
        return [[id for id, _ in both] == [cath, ben], older == both[1:], len(regards.followers(tx, 0, ben)),
                len(regards.blocked(tx, ann)), regards.muted(tx, ann)[0][2] is not None,
                regards.muted_domains(tx, ann)[0][0]]  # fmt: skip

    assert await store.write(scene) == [True, True, 2, 1, True, "spam.example"]


# --- markers ---------------------------------------------------------------------------------------


async def test_a_marker_moves_on_and_its_version_grows(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        ann, _, _ = street(tx)
        markers.put(tx, ann, "home", 7)
        markers.put(tx, ann, "home", 9)
        return [(one.place, one.upto, one.version) for one in markers.get(tx, ann, ["home", "notifications"])]

    assert await store.write(scene) == [("home", 9, 2)]


async def test_a_marker_that_somebody_else_moved_is_fetched_again_first(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, _, _ = street(tx)
        markers.put(tx, ann, "home", 7)
        markers.put(tx, ann, "home", 9, version=1)
        markers.put(tx, ann, "home", 8, version=1)

    with pytest.raises(Conflict):
        await store.write(scene)


async def test_who_has_no_account_arranges_nothing(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        lists.create(tx, stranger(tx), "Friends")

    with pytest.raises(NotAllowed):
        await store.write(scene)
