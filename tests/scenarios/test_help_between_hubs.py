"""Help from one neighbourhood to another, both ways, with nothing said to anybody else on the way."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import copy
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from conftest import Clock
from here import Here, a_hub
from scene import lift, person

from federation import follow_hub
from hub import asks, helping, pledges
from hub.asks import Ask
from hub.clock import DAY
from hub.helping import Answer
from hub.pledges import Draft, Pledge
from hub.store import Store
from hub.store.open import opened

pytestmark = pytest.mark.slow

VAN, WHEN, WHERE = "zzvanzz", "zzmorningszz", "zzdoorzz, ring zznumberzz"
SECRETS = ("zzvanzz", "zzmorningszz", "zzdoorzz", "zznumberzz", "zzreasonzz")


class Two:
    """Riverside asks, Tredegar helps; and the other way round."""

    def __init__(self, asking: Here, helping: Here, helper: int) -> None:
        self.asking, self.helping, self.helper = asking, helping, helper

    async def settle(self) -> None:
        while sum([await hub.work() for hub in (self.asking, self.helping)]):
            pass

    async def ask(self, kind: str = "ask") -> tuple[Ask, int]:
        """What is asked, and the number it has at the helper's hub."""
        it = await self.asking.store.write(asks.publish, self.asking.steward, kind, lift())
        await self.settle()
        return it, await self.helping.one("SELECT id FROM thing WHERE uri = :uri", uri=it.uri)

    async def offer(self, mirrored: int) -> None:
        draft = Draft(words=VAN, available=WHEN, hours=3.0)
        await self.helping.store.write(pledges.offer, self.helper, mirrored, draft)
        await self.settle()

    async def answer(self, ask: Ask) -> Answer:
        (it,) = await self.asking.store.read(helping.answers, self.asking.steward, ask.id)
        return it

    async def pledge(self, mirrored: int) -> Pledge:
        it = await self.helping.store.read(pledges.of, self.helper, mirrored)
        assert it is not None
        return it

    async def letters(self) -> list[str]:
        """What was said to the helper alone, last first."""
        rows = await self.helping.all(
            """SELECT t.html FROM thing t JOIN mention m ON m.thing = t.id
               WHERE m.actor = :helper AND t.audience = 'direct' ORDER BY t.id DESC""",
            helper=self.helper,
        )
        return [row["html"] for row in rows]

    async def states(self, ask: Ask, mirrored: int) -> tuple[str, str]:
        """How it stands where it was asked, and where it was offered."""
        return (await self.answer(ask)).state, (await self.pledge(mirrored)).state


@pytest_asyncio.fixture(params=["there", "back"])
async def two(
    request: pytest.FixtureRequest, store: Store, migrated: Path, tmp_path: Path, clock: Clock
) -> AsyncIterator[Two]:
    servers: dict[str, Any] = {}
    async with AsyncExitStack() as open_:
        other = await open_.enter_async_context(opened(str(copy(migrated, tmp_path / "other.db"))))
        river = await open_.enter_async_context(a_hub(store, "https://glan.example", servers))
        tredegar = await open_.enter_async_context(a_hub(other, "https://tredegar.example", servers))
        asking, helps = (river, tredegar) if request.param == "there" else (tredegar, river)
        await follow_hub(helps.wire, asking.wire.host, helps.steward)
        two = Two(asking, helps, await helps.store.write(person, "delyth"))
        await two.settle()
        yield two
        for hub in (river, tredegar):
            assert await hub.all("SELECT * FROM job WHERE dead = 1") == []
            await nothing_slips(hub)


async def nothing_slips(hub: Here) -> None:
    """What the two said to each other stands in no document that others may read."""
    for row in await hub.all("SELECT uri, public, listed, body FROM activity"):
        said = msgspec.json.decode(row["body"]) | {"@context": None, "proof": None}
        if not any(word in str(said) for word in (*SECRETS, "'Agreement'", "'EconomicEvent'")):
            continue
        assert (row["public"], row["listed"]) == (0, 0), said
        assert "Public" not in str({"to": said.get("to"), "cc": said.get("cc")})
        assert len(said["to"]) == 1
        for url in (row["uri"], said.get("result", {}).get("id", ""), _event(said)):
            if url.startswith(hub.base):
                assert (await hub.wire.client.get(url, accept="application/activity+json")).status == 404, url
    shown = str(await hub.all("SELECT title, words, html FROM thing WHERE audience IN ('public', 'unlisted')"))
    assert not any(secret in shown for secret in SECRETS)


def _event(said: dict[str, Any]) -> str:
    carried = said.get("object")
    return str(carried.get("id", "")) if isinstance(carried, dict) and carried.get("type") == "EconomicEvent" else ""


async def test_an_offer_is_accepted_done_and_thanked_on_both_sides(two: Two) -> None:
    ask, mirrored = await two.ask()
    await two.offer(mirrored)
    it = await two.answer(ask)
    assert (it.via, it.words, it.available, it.hours) == ("pledge", VAN, WHEN, 3.0)
    assert it.handle == f"@delyth@{two.helping.wire.host}"
    assert await two.states(ask, mirrored) == ("offered", "offered")

    steward = two.asking.steward
    await two.asking.store.write(helping.accept, steward, it.id, {"en": WHERE})
    await two.settle()
    assert await two.states(ask, mirrored) == ("accepted", "accepted")
    (told,) = await two.letters()
    assert WHERE in told

    await two.asking.store.write(helping.done, steward, it.id, 3.5)
    await two.settle()
    assert await two.states(ask, mirrored) == ("done", "done")
    assert (await two.pledge(mirrored)).given == 3.5
    await two.asking.store.write(helping.thank, steward, it.id, {"en": "Diolch!"}, public=False)
    await two.settle()
    assert "Diolch!" in (await two.letters())[0]


async def test_an_offer_is_declined_also_after_it_was_accepted(two: Two) -> None:
    ask, mirrored = await two.ask()
    await two.offer(mirrored)
    it = await two.answer(ask)
    await two.asking.store.write(helping.accept, two.asking.steward, it.id, {"en": WHERE})
    await two.settle()
    await two.asking.store.write(helping.decline, two.asking.steward, it.id, {"en": "zzreasonzz"})
    await two.settle()
    assert await two.states(ask, mirrored) == ("declined", "declined")
    assert (await two.pledge(mirrored)).reason == "zzreasonzz"


@pytest.mark.parametrize("accepted", [False, True])
async def test_an_offer_is_taken_back_and_may_come_again(two: Two, accepted: bool) -> None:
    ask, mirrored = await two.ask()
    await two.offer(mirrored)
    if accepted:
        it = await two.answer(ask)
        await two.asking.store.write(helping.accept, two.asking.steward, it.id, {"en": WHERE})
        await two.settle()
    await two.helping.store.write(pledges.take_back, two.helper, mirrored)
    await two.settle()
    assert await two.states(ask, mirrored) == ("withdrawn", "withdrawn")
    await two.offer(mirrored)
    assert await two.states(ask, mirrored) == ("offered", "offered")


async def test_what_is_offered_there_is_taken_here(two: Two) -> None:
    offer, mirrored = await two.ask("offer")
    await two.offer(mirrored)
    it = await two.answer(offer)
    assert it.said == "take"
    await two.asking.store.write(helping.accept, two.asking.steward, it.id, {"en": WHERE})
    await two.settle()
    assert await two.states(offer, mirrored) == ("accepted", "accepted")


async def test_an_ask_that_closed_meanwhile_says_no_by_itself(two: Two) -> None:
    ask, mirrored = await two.ask()
    await two.asking.store.write(asks.close, two.asking.steward, ask.id, "matched")
    draft = Draft(words=VAN)
    await two.helping.store.write(pledges.offer, two.helper, mirrored, draft)
    await two.settle()
    assert (await two.pledge(mirrored)).state == "declined"
    assert await two.asking.all("SELECT * FROM answer") == []


async def test_thirty_days_after_the_end_neither_hub_knows_of_it(two: Two, clock: Clock) -> None:
    ask, mirrored = await two.ask()
    await two.offer(mirrored)
    it = await two.answer(ask)
    await two.asking.store.write(helping.accept, two.asking.steward, it.id, {"en": WHERE})
    await two.asking.store.write(helping.done, two.asking.steward, it.id, 1.0)
    await two.asking.store.write(asks.close, two.asking.steward, ask.id, "done")
    await two.settle()
    for _ in range(62):
        clock.forward(DAY)
        await two.settle()
    for hub in (two.asking, two.helping):
        assert await hub.all("SELECT id FROM answer UNION ALL SELECT id FROM pledge") == []
        assert await hub.all("SELECT id FROM thing WHERE kind = 'ask' AND removed IS NULL") == []
    letters = "SELECT * FROM thing WHERE audience = 'direct' AND (removed IS NULL OR html <> '{}')"
    assert await two.asking.all(letters) == []
