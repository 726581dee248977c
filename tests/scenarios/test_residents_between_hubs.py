"""Two neighbourhoods whose people know each other: what one says, shares, asks and answers, the other's people see."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from conftest import Clock
from here import Here, a_hub
from scene import party, person

from federation import claim_account, find_account, find_thing, move_account
from hub import actors, attendance, events, homes, neighbouring, notices, reacting, relations, statuses, viewing, voting
from hub.changes import Kind, record
from hub.clock import HOUR, MINUTE
from hub.errors import NotFound
from hub.statuses import Draft, NewPoll
from hub.store import Store, Tx
from hub.store.open import opened
from hub.things import Thing

pytestmark = pytest.mark.slow


class Street:
    """Ann lives in Riverside, Ben in Tredegar; each follows the other. Cath lives in Tredegar and follows nobody."""

    def __init__(self, river: Here, tredegar: Here) -> None:
        self.river, self.tredegar = river, tredegar
        self.ann = self.ben = self.cath = 0

    async def begin(self) -> None:
        self.ann = await self.river.store.write(person, "ann")
        self.ben, self.cath = [await self.tredegar.store.write(person, name) for name in ("ben", "cath")]
        await self.river.store.write(
            relations.follow, self.ann, await find_account(self.river.wire, "@ben@tredegar.example")
        )
        await self.tredegar.store.write(
            relations.follow, self.ben, await find_account(self.tredegar.wire, "@ann@glan.example")
        )
        await self.settle()

    async def settle(self) -> None:
        while await self.river.work() + await self.tredegar.work():
            pass
        for hub in (self.river, self.tredegar):
            while await hub.store.write(neighbouring.spread):
                pass

    async def says(self, words: str, **more: Any) -> Thing:
        """Ann does."""
        it = await self.river.store.write(statuses.publish, self.ann, Draft(words, **more))
        await self.settle()
        return it

    async def there(self, it: Thing) -> int:
        """Its number in Tredegar."""
        found = await self.tredegar.one("SELECT id FROM thing WHERE uri = :uri", uri=it.uri)
        assert found is not None
        return int(found)

    async def here(self, id: int) -> int:
        """The number in Riverside of what has this one in Tredegar."""
        uri = await self.tredegar.one("SELECT uri FROM thing WHERE id = :id", id=id)
        found = await self.river.one("SELECT id FROM thing WHERE uri = :uri", uri=uri)
        assert found is not None
        return int(found)

    async def home(self, hub: Here, who: int) -> list[int]:
        return [row["thing"] for row in await hub.store.read(homes.page, who)]

    async def told(self, hub: Here, who: int) -> list[str]:
        return [row["kind"] for row in await hub.all("SELECT kind FROM notice WHERE account = :w ORDER BY id", w=who)]

    async def seen(self, hub: Here, who: int, uri: str) -> bool:
        def unit(tx: Tx) -> bool:
            row = tx.one("SELECT id FROM thing WHERE uri = :uri", uri=uri)
            try:
                return row is not None and viewing.get(tx, who, row["id"]) is not None
            except NotFound:
                return False

        return await hub.store.read(unit)


@pytest_asyncio.fixture
async def street(store: Store, migrated: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Street]:
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as open_:
        path = shutil.copy(migrated, tmp_path / "tredegar.db")
        own = await open_.enter_async_context(opened(str(path)))
        tredegar = await open_.enter_async_context(a_hub(own, "https://tredegar.example", servers))
        river = await open_.enter_async_context(a_hub(store, "https://glan.example", servers))
        it = Street(river, tredegar)
        await it.begin()
        yield it


@pytest.mark.parametrize(
    ("audience", "ben", "cath", "stranger"),
    [("public", True, True, True), ("unlisted", True, True, True), ("followers", True, False, False),
     ("direct", False, True, False)],
)  # fmt: skip
async def test_what_is_said_in_one_place_is_seen_in_the_other_by_those_for_whom_it_is(
    street: Street, audience: str, ben: bool, cath: bool, stranger: bool
) -> None:
    await find_account(street.river.wire, "@cath@tredegar.example")
    words = "@cath@tredegar.example the heron" if audience == "direct" else "The heron is back"
    it = await street.says(words, audience=audience, warning="Birds")
    tredegar = street.tredegar
    assert [await street.seen(tredegar, who, it.uri) for who in (street.ben, street.cath, 0)] == [ben, cath, stranger]
    assert bool(await street.home(tredegar, street.ben)) == ben
    assert await street.home(tredegar, street.cath) == []
    if audience == "direct":
        assert await street.told(tredegar, street.cath) == [notices.MENTION]
    kept = await tredegar.one("SELECT html FROM thing WHERE uri = :uri", uri=it.uri)
    assert "heron" in kept
    assert await tredegar.one("SELECT audience FROM thing WHERE uri = :uri", uri=it.uri) == audience


async def test_an_answer_to_few_stays_among_few_on_both_sides(street: Street) -> None:
    it = await street.says("Keys are under the mat", audience="followers")
    reply = await street.tredegar.store.write(
        statuses.publish, street.ben, Draft("@ann@glan.example thank you", reply_to=await street.there(it),
                                            audience="direct")
    )  # fmt: skip
    await street.settle()
    id = await street.here(reply.id)
    answer = await street.river.store.read(viewing.get, street.ann, id)
    assert (answer.root, answer.audience) == (it.id, "direct")
    assert notices.MENTION in await street.told(street.river, street.ann)
    assert not await street.seen(street.river, 0, reply.uri)
    assert not await street.seen(street.tredegar, street.cath, reply.uri)


async def test_likes_shares_edits_and_ends_go_across(street: Street, clock: Clock) -> None:
    it = await street.says("A heron #birds")
    there = await street.there(it)
    await street.tredegar.store.write(relations.follow, street.cath, street.ben)
    await street.tredegar.store.write(reacting.like, street.ben, there)
    number = await street.tredegar.store.write(reacting.share, street.ben, there)
    await street.settle()
    assert {notices.FAVOURITE, notices.REBLOG} <= set(await street.told(street.river, street.ann))
    assert [row["id"] for row in await street.tredegar.store.read(homes.page, street.cath)] == [number]

    clock.forward(MINUTE)
    await street.river.store.write(statuses.change, street.ann, it.id, Draft("Two herons #birds"))
    await street.settle()
    assert "Two herons" in await street.tredegar.one("SELECT html FROM thing WHERE id = :id", id=there)
    for kind in ("like", "share"):
        await street.tredegar.store.write(reacting.take_back, street.ben, there, kind)
    await street.settle()
    assert await street.river.one("SELECT count(*) FROM reaction") == 0
    await street.river.store.write(statuses.remove, street.ann, it.id)
    await street.settle()
    assert not await street.seen(street.tredegar, street.ben, it.uri)


async def test_a_poll_is_answered_from_next_door_and_both_hear_how_it_went(street: Street, clock: Clock) -> None:
    it = await street.says("Which?", poll=NewPoll(["Oak", "Ash"], HOUR, many=True))
    there = await street.there(it)
    await street.tredegar.store.write(voting.vote, street.ben, there, [0, 1])
    await street.settle()
    ours = await street.river.store.read(voting.standing, street.ann, it)
    assert ours is not None
    assert (ours.counts, ours.voters) == ([1, 1], 1)
    clock.forward(5 * MINUTE)
    await street.settle()
    theirs = await street.tredegar.store.read(standing, street.ben, there)
    assert (theirs.counts, theirs.voters, theirs.mine) == ([1, 1], 1, [0, 1])
    clock.forward(HOUR)
    await street.settle()
    assert notices.POLL in await street.told(street.river, street.ann)
    assert notices.POLL in await street.told(street.tredegar, street.ben)


def standing(tx: Tx, me: int, id: int) -> voting.Standing:
    found = voting.standing(tx, me, viewing.get(tx, me, id))
    assert found is not None
    return found


async def test_somebody_goes_to_an_event_next_door(street: Street) -> None:
    event = await street.river.store.write(events.publish, street.river.steward, party(places=1))
    await street.settle()
    there = await find_thing(street.tredegar.wire, f"{street.river.base}/post/{event.companion}")
    for said, coming in (("yes", (1, 0, 0)), ("maybe", (0, 1, 0)), ("no", (0, 0, 1)), ("yes", (1, 0, 0))):
        await street.tredegar.store.write(voting.vote, street.ben, there, [voting.EVENT.index(said)])
        await street.settle()
        it = await street.river.store.read(events.get, event.id)
        assert (said, it.going, it.maybe, it.declined) == (said, *coming)
    assert await street.tredegar.one("SELECT state FROM visit") == "accepted"
    guest = await street.river.one("SELECT id FROM attendance WHERE event = :id", id=event.id)
    assert (await street.river.store.read(attendance.get, guest)).via == "join"


async def test_a_block_holds_on_both_sides_until_it_is_lifted(street: Street) -> None:
    it = await street.says("A heron")
    ben = await find_account(street.river.wire, "@ben@tredegar.example")
    await street.river.store.write(relations.block, street.ann, ben)
    await street.settle()
    assert not await street.seen(street.tredegar, street.ben, it.uri)
    assert await street.home(street.tredegar, street.ben) == []
    await street.river.store.write(relations.unblock, street.ann, ben)
    await street.settle()
    assert await street.seen(street.tredegar, street.ben, it.uri)


async def test_whose_account_ends_is_gone_next_door(street: Street) -> None:
    it = await street.says("A heron")

    def leave(tx: Tx) -> None:
        actors.retire(tx, street.ann)
        record(tx, Kind.ACTOR_REMOVED, subject=street.ann, actor=street.ann)

    await street.river.store.write(leave)
    await street.settle()
    assert not await street.seen(street.tredegar, street.ben, it.uri)
    gone = await street.tredegar.store.read(actors.known, "https://glan.example/actor/u-ann")
    assert gone is not None
    assert gone.removed is not None
    with pytest.raises(NotFound):
        await find_account(street.tredegar.wire, "@ann@glan.example", fresh=True)


async def test_somebody_moves_next_door_and_their_followers_come_along(street: Street) -> None:
    new = await street.tredegar.store.write(person, "ann")
    dai = await street.river.store.write(person, "dai")
    await street.river.store.write(relations.follow, dai, street.ann)
    assert await claim_account(street.tredegar.wire, new, "@ann@glan.example") == ["https://glan.example/actor/u-ann"]
    moved = await move_account(street.river.wire, street.ann, "@ann@tredegar.example")
    await street.settle()
    assert moved.moved is not None
    assert (await street.tredegar.store.read(relations.between, street.ben, new)).following
    there = await find_account(street.river.wire, "@ann@tredegar.example")
    assert (await street.river.store.read(relations.between, dai, there)).following
    assert await street.tredegar.store.read(actors.counts, new) == (2, 0)
