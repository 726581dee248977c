"""Moving house: both accounts say that they are the same person's, and who followed goes on following."""

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, blocks, moving, posts, relations, statuses, things, viewing
from hub.changes import Kind
from hub.clock import DAY
from hub.errors import Conflict, Invalid
from hub.ids import id_at, made_at, new_id
from hub.kept import Seen
from hub.statuses import Draft
from hub.store import Store, Tx


def street(tx: Tx) -> tuple[int, int, int]:
    open_hub(tx)
    return person(tx, "ann"), person(tx, "ben"), stranger(tx, "ann")


def agreed(tx: Tx, there: int) -> None:
    """The other account names Ann's as its own."""
    tx.run("UPDATE actor SET also = :also WHERE id = :id", also='["https://glan.example/actor/u-ann"]', id=there)


async def test_what_is_claimed_is_an_account_of_somebody_once_and_not_without_end(store: Store) -> None:
    def scene(tx: Tx) -> list[str]:
        ann, _, old = street(tx)
        moving.claim(tx, ann, old)
        named = moving.claim(tx, ann, old)
        with pytest.raises(Invalid):
            moving.claim(tx, ann, ann)
        with pytest.raises(Invalid):
            moving.claim(tx, ann, stranger(tx, "club", kind="hub"))
        for n in range(8):
            moving.claim(tx, ann, stranger(tx, f"ann{n}"))
        with pytest.raises(Conflict):
            moving.claim(tx, ann, stranger(tx, "onetoomany"))
        return named

    assert await store.write(scene) == ["https://mastodon.example/users/ann"]


async def test_nobody_is_led_to_whom_they_have_blocked_or_follow_already(store: Store) -> None:
    def scene(tx: Tx) -> list[str | None]:
        ann, ben, there = street(tx)
        cath = person(tx, "cath")
        for one in (ben, cath):
            relations.follow(tx, one, ann)
        relations.block(tx, ben, there)
        relations.follow(tx, cath, there)
        tx.run(
            "UPDATE actor SET also = :also WHERE id = :there", also='["https://glan.example/actor/u-ann"]', there=there
        )
        moving.go(tx, ann, there)
        return [actors.follows(tx, one, other) for one in (ben, cath) for other in (ann, there)]

    assert await store.write(scene) == [None, None, None, "requested"]


async def test_who_has_moved_says_nothing_more_until_they_come_back(store: Store) -> None:
    def scene(tx: Tx) -> list[str]:
        ann, _, there = street(tx)
        tx.run(
            "UPDATE actor SET also = :also WHERE id = :there", also='["https://glan.example/actor/u-ann"]', there=there
        )
        moving.go(tx, ann, there)
        with pytest.raises(Conflict):
            statuses.publish(tx, ann, Draft("Still here"))
        moving.come_back(tx, ann)
        statuses.publish(tx, ann, Draft("Back again"))
        return [row["kind"] for row in tx.all("SELECT kind FROM change WHERE subject = :ann ORDER BY id", ann=ann)]

    assert await store.write(scene) == [Kind.ACTOR_MOVED, Kind.ACTOR_CHANGED]


async def test_what_was_said_long_ago_sorts_with_what_was_said_then(store: Store, clock: Clock) -> None:
    long_ago = clock.ms - DAY
    assert made_at(id_at(long_ago)) == long_ago
    assert id_at(clock.ms + DAY) <= new_id()

    def scene(tx: Tx) -> list[int]:
        _, _, far = street(tx)
        seen = [
            Seen(uri=f"https://mastodon.example/{n}", url=f"https://mastodon.example/{n}", html={"en": "<p>x</p>"},
                 published=at, updated=at)
            for n, at in enumerate((clock.ms, long_ago))
        ]  # fmt: skip
        return [things.mirror(tx, "note", far, it, personal=True) or 0 for it in seen]

    now_, then = await store.write(scene)
    assert then < now_


@pytest.mark.parametrize(("audience", "seen"), [("public", True), ("followers", False), ("direct", False)])
async def test_a_server_that_is_let_in_again_shows_what_was_for_everybody_to_everybody(
    store: Store, audience: str, seen: bool
) -> None:
    def scene(tx: Tx) -> tuple[list[bool], bool]:
        steward = open_hub(tx)
        ann, far = person(tx, "ann"), stranger(tx)
        uri = "https://mastodon.example/1"
        named = ["https://glan.example/actor/u-ann"]
        it = Seen(uri=uri, url=uri, html={"en": "<p>x</p>"}, published=1, updated=1, audience=audience, mentions=named)
        id = things.mirror(tx, "note", far, it, personal=True) or 0
        blocks.rule(tx, steward, "mastodon.example", "suspended")
        hidden = [bool(viewing.many(tx, who, [id])) for who in (ann, 0)]
        blocks.lift(tx, steward, "mastodon.example")
        return [*hidden, bool(viewing.many(tx, ann, [id]))], bool(viewing.many(tx, 0, [id]))

    assert await store.write(scene) == ([False, False, True], seen)


async def test_two_of_the_same_moment_long_ago_have_a_number_each(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = clock.ms - 400 * DAY
    numbers = [id_at(long_ago), id_at(long_ago) + 7]
    given = iter([numbers[0], numbers[0], numbers[1]])  # as chance may have it
    monkeypatch.setattr("hub.things.id_at", lambda ms: next(given))

    def scene(tx: Tx) -> list[int | None]:
        them = street(tx)[2]
        return [
            posts.mirror(tx, them, things.Seen(
                uri=f"https://m.example/{n}", url="", html={"en": "<p>Hi</p>"}, published=long_ago, updated=long_ago,
            ), personal=True)
            for n in (1, 2)
        ]  # fmt: skip

    assert await store.write(scene) == numbers
