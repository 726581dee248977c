"""Ten thousand people answer one event at once, in every way there is, and five hundred can come."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count

import msgspec
import pytest
from scene import open_hub, party

from hub import attendance, events
from hub.clock import now
from hub.ids import new_id
from hub.people import Guest
from hub.store import Busy, Store, Tx
from hub.store.open import opened

PEOPLE, PLACES = 10_000, 500
ABROAD = ("poll", "reply", "join", "calendar")
AT_ONCE = 48  # more than there are connections

Answer = Callable[[Tx], attendance.Attendance]


class Given(msgspec.Struct, frozen=True):
    """An answer, and when it was asked for and had, in the order of such moments."""

    asked: int
    answered: int
    answer: attendance.Attendance


def crowd(tx: Tx) -> tuple[int, list[int]]:
    """An event, and many elsewhere who have never answered: as rows, since it is not their making that counts."""
    steward = open_hub(tx)
    event = events.publish(tx, steward, party(places=PLACES)).id
    ids = [new_id() for _ in range(PEOPLE)]
    for start in range(0, PEOPLE, 500):
        some = {f"id{n}": id for n, id in enumerate(ids[start : start + 500])}
        rows = ", ".join(
            f"(:{name}, 'https://far.example/users/' || {id}, 0, 'person', 'Person', 'n{id}', 'far.example', '{{}}',"
            f" 'https://far.example/', 'https://far.example/inbox', :now, :now)"
            for name, id in some.items()
        )
        tx.run(
            f"""INSERT INTO actor (id, uri, local, kind, type, handle, domain, name, url, inbox, created, updated)
                VALUES {rows}""",
            now=now(), **some,
        )  # fmt: skip
    return event, ids


def answers(event: int, who: list[int]) -> list[Answer]:
    """One for each, by turns: four ways of other servers, and a guest on our own page."""

    def by(via: str, actor: int) -> Answer:
        if via == "web":
            return lambda tx: attendance.answer(tx, event, Guest(f"Guest {actor}"), "yes")
        return lambda tx: attendance.answer(tx, event, actor, "yes", via=via)

    ways = (*ABROAD, "web")
    return [by(ways[n % len(ways)], actor) for n, actor in enumerate(who)]


def gone(it: attendance.Attendance) -> Answer:
    """They cannot come after all; a guest says so by the secret of their answer."""
    who = it.actor if it.actor is not None else Guest(it.name)
    return lambda tx: attendance.answer(tx, it.event, who, "no", secret=it.secret)


async def give(stores: list[Store], todo: list[Answer]) -> list[Given]:
    """Many at once, as servers do. Who is told that it is too busy asks again, as browsers and servers do."""
    left, clock, given = iter(todo), count(), list[Given]()

    async def one_after_another(store: Store) -> None:
        for unit in left:
            sent = next(clock)
            answer = await until_done(store, unit)
            given.append(Given(sent, next(clock), answer))

    await asyncio.gather(*(one_after_another(stores[n % len(stores)]) for n in range(AT_ONCE)))
    return given


async def until_done(store: Store, unit: Answer) -> attendance.Attendance:
    while True:
        try:
            return await store.write(unit)
        except Busy:
            await asyncio.sleep(0.05)


def state(tx: Tx, event: int) -> tuple[int, list[int]]:
    """How many come, and who waits in which order."""
    rows = tx.all("SELECT id, turn FROM attendance WHERE event = :event AND said = 'yes'", event=event)
    waiting = sorted((row["turn"], row["id"]) for row in rows if row["turn"] is not None)
    return len(rows) - len(waiting), [id for _, id in waiting]


@pytest.mark.slow
async def test_of_ten_thousand_five_hundred_come_and_the_rest_wait_in_their_order(database: str) -> None:
    async with AsyncExitStack() as open_:
        alone = not database.startswith("postgres")  # SQLite has one writer
        stores = [await open_.enter_async_context(opened(database)) for _ in range(1 if alone else 2)]
        event, who = await stores[0].write(crowd)
        given = await give(stores, answers(event, who))

        going, line = await stores[0].read(state, event)
        assert (going, len(line)) == (PLACES, PEOPLE - PLACES)
        late = sorted((one for one in given if one.answer.waiting), key=lambda one: one.answer.turn or 0)
        assert [one.answer.id for one in late] == line
        # Whoever had their answer before another one asked is before them, on the list as at the door.
        asked = max(one.asked for one in given if not one.answer.waiting)
        for one in late:
            assert one.answered > asked
            asked = max(asked, one.asked)

        leaving = [one.answer for one in given if not one.answer.waiting][:20]
        await asyncio.gather(
            *(until_done(stores[n % len(stores)], gone(one)) for n, one in enumerate(leaving))
        )  # fmt: skip
        assert await stores[0].read(state, event) == (PLACES, line[20:])
