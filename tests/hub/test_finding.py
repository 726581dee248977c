"""What an app finds, whom it suggests, and what is spoken of."""

import pytest
from conftest import Clock
from scene import open_hub, orchard, party, person, stranger

from hub import actors, events, finding, projects, reacting, relations, settings, statuses, suggestions, things, trends
from hub.clock import DAY
from hub.errors import NotFound
from hub.statuses import Draft
from hub.store import Store, Tx


def found(tx: Tx, me: int, words: str) -> list[str]:
    return [next(iter(things.get(tx, id).words.values())) for id in finding.statuses(tx, me, words)]


async def test_what_is_found_is_ones_own_what_one_had_to_do_with_and_what_is_meant_to_be_found(store: Store) -> None:
    def scene(tx: Tx) -> list[list[str]]:
        steward = open_hub(tx)
        ann, ben, cath = (person(tx, name) for name in ("ann", "ben", "cath"))
        tx.run("UPDATE actor SET indexable = 1 WHERE id = :cath", cath=cath)
        statuses.publish(tx, ann, Draft("heron 1 mine"))
        statuses.publish(tx, ben, Draft("heron 2 somebody's"))
        liked = statuses.publish(tx, ben, Draft("heron 3 liked")).id
        kept = statuses.publish(tx, ben, Draft("heron 4 kept")).id
        statuses.publish(tx, ben, Draft("heron 5 @ann", audience="direct"))
        statuses.publish(tx, cath, Draft("heron 6 indexable"))
        statuses.publish(tx, cath, Draft("heron 7 aside", audience="unlisted"))
        statuses.publish(tx, ben, Draft("heron 8 @cath", audience="direct"))
        events.publish(tx, steward, party(title={"en": "Heron 9"}, text={"en": "event"}))
        reacting.like(tx, ann, liked)
        reacting.keep(tx, ann, kept)
        return [found(tx, ann, "HERON"), found(tx, 0, "heron")]

    mine, anybodys = await store.write(scene)
    assert mine == ["event", "heron 6 indexable", "heron 5 @ann", "heron 4 kept", "heron 3 liked", "heron 1 mine"]
    assert anybodys == ["event", "heron 6 indexable"]


async def test_who_is_muted_is_not_found(store: Store) -> None:
    def scene(tx: Tx) -> list[str]:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        reacting.like(tx, ann, statuses.publish(tx, ben, Draft("heron")).id)
        relations.mute(tx, ann, ben)
        return found(tx, ann, "heron")

    assert await store.write(scene) == []


async def test_what_is_found_is_paged(store: Store) -> None:
    def scene(tx: Tx) -> tuple[list[int], list[int], list[int], list[int]]:
        open_hub(tx)
        ann = person(tx, "ann")
        said = [statuses.publish(tx, ann, Draft("heron")).id for _ in range(4)]
        return (said, finding.statuses(tx, ann, "heron", limit=2), finding.statuses(tx, ann, "heron", skip=2),
                finding.statuses(tx, ann, "heron", before=said[2], author=ann))  # fmt: skip

    said, first, skipped, before = await store.write(scene)
    assert (first, skipped, before) == (said[:1:-1], said[1::-1], said[1::-1])


@pytest.mark.parametrize(
    ("words", "who"),
    [("ann", ["ann"]), ("@ann", ["ann"]), ("AN", ["ann", "ange"]), ("ann@glan.example", ["ann"]),
     ("@sunil@mastodon.example", ["sunil"]), ("acct:sunil@mastodon.example", ["sunil"]), ("suni", ["sunil"]),
     ("angharad", ["ange"]), ("sian", ["ange"]), ("siân", ["ange"]), ("gharad", []), ("en", []), ("%", []), ("", []),
     ("nobody@mastodon.example", []), ("!", [])],
)  # fmt: skip
async def test_people_are_found_by_handle_and_name(store: Store, words: str, who: list[str]) -> None:
    def scene(tx: Tx) -> list[str]:
        open_hub(tx)
        ann, ange = person(tx, "ann"), person(tx, "ange")
        actors.rename(tx, ange, title={"en": "Angharad Siân"}, summary={})
        stranger(tx)
        relations.follow(tx, ann, ange)
        ids = finding.accounts(tx, 0, words, settings.get(tx))
        return [actors.get(tx, id).handle for id in ids]

    assert sorted(await store.write(scene)) == sorted(who)


async def test_whom_one_follows_comes_first_and_alone_if_that_is_asked(store: Store) -> None:
    def scene(tx: Tx) -> tuple[list[int], list[int], int]:
        open_hub(tx)
        me, _, ange = person(tx, "me"), person(tx, "ann"), person(tx, "anz")
        relations.follow(tx, me, ange)
        hub = settings.get(tx)
        return finding.accounts(tx, me, "an", hub)[:1], finding.accounts(tx, me, "an", hub, following=True), ange

    first, alone, ange = await store.write(scene)
    assert first == alone == [ange]


async def test_things_and_people_are_found_by_their_addresses_as_far_as_one_may_see_them(store: Store) -> None:
    def scene(tx: Tx) -> list[bool]:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        said = statuses.publish(tx, ann, Draft("heron", audience="followers"))
        hub, them = settings.get(tx), actors.get(tx, ann)
        return [
            finding.address(tx, them.url) == ann, finding.address(tx, them.uri) == ann,
            finding.thing(tx, ann, said.uri, hub) == said.id, finding.thing(tx, ann, said.url, hub) == said.id,
            finding.thing(tx, ann, f"{hub.base}/@ann/{said.id}", hub) == said.id,
            finding.thing(tx, ben, said.uri, hub) is None, finding.thing(tx, ben, said.url, hub) is None,
        ]  # fmt: skip

    assert all(await store.write(scene))


async def test_the_hub_its_projects_and_neighbours_are_suggested_until_one_says_no(store: Store) -> None:
    def scene(tx: Tx) -> list[list[str]]:
        steward = open_hub(tx)
        ann, ben, _ = person(tx, "ann"), person(tx, "ben"), person(tx, "cath")
        projects.start(tx, steward, orchard())
        tx.run("UPDATE actor SET discoverable = 1 WHERE id IN (:ann, :ben)", ann=ann, ben=ben)
        first = [actors.get(tx, id).handle for id in suggestions.for_(tx, ann)]
        suggestions.dismiss(tx, ann, ben)
        relations.follow(tx, ann, settings.get(tx).actor)
        return [first, [actors.get(tx, id).kind for id in suggestions.for_(tx, ann)]]

    first, then = await store.write(scene)
    assert first[0] == "hub"
    assert first[-1] == "ben"
    assert then == ["project"]


async def test_the_directory_has_who_wants_to_be_in_it(store: Store) -> None:
    def scene(tx: Tx) -> tuple[list[str], list[str]]:
        open_hub(tx)
        ann, ben, _ = person(tx, "ann"), person(tx, "ben"), person(tx, "cath")
        tx.run("UPDATE actor SET discoverable = 1 WHERE id IN (:ann, :ben)", ann=ann, ben=ben)
        statuses.publish(tx, ann, Draft("heron"))
        active = suggestions.listed(tx, local=True, newest=False)
        newest = suggestions.listed(tx, local=True, newest=True)
        return [actors.get(tx, id).handle for id in active], [actors.get(tx, id).handle for id in newest]

    assert await store.write(scene) == (["ann", "ben", "hub"], ["ben", "ann", "hub"])


async def test_what_many_people_speak_of_is_counted_by_people(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> list[object]:
        open_hub(tx)
        ann, ben, cath = (person(tx, name) for name in ("ann", "ben", "cath"))
        statuses.publish(tx, ann, Draft("#old https://old.example/x"))
        statuses.publish(tx, ben, Draft("#old https://old.example/x"))
        clock.forward(8 * DAY)
        heron = statuses.publish(tx, ann, Draft("#heron #wren https://birds.example/heron"))
        statuses.publish(tx, ann, Draft("#wren #wren #wren"))
        statuses.publish(tx, ben, Draft("#heron https://birds.example/heron"))
        statuses.publish(tx, cath, Draft("#secret https://secret.example/", audience="followers"))
        statuses.publish(tx, cath, Draft("https://lonely.example/"))
        reacting.like(tx, ben, heron.id)
        reacting.share(tx, cath, heron.id)
        links = trends.links(tx)
        return [trends.tags(tx), trends.statuses(tx) == [heron.id], [one.url for one in links], links[0].days[0][1:]]

    assert await store.write(scene) == [["heron", "wren"], True, ["https://birds.example/heron"], (2, 2)]


async def test_nobody_who_is_not_there_is_dismissed(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        suggestions.dismiss(tx, person(tx, "ann"), 1)

    with pytest.raises(NotFound):
        await store.write(scene)
