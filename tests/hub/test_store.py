"""The store: whole or not at all, one after another, the same on both databases."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from rows import add, readers

from hub import changes
from hub.errors import Conflict
from hub.store import POSTGRES, SQLITE, Busy, Store, Tx, pyformat
from hub.store.open import open_store, opened


async def test_what_a_unit_writes_can_be_read_when_it_returns(store: Store) -> None:
    assert await store.write(add, "feed") == "feed"
    assert await store.read(readers) == ["feed"]
    assert await store.read_hot(readers) == ["feed"]


async def test_a_unit_that_fails_undoes_only_itself(store: Store) -> None:
    def bad(tx: Tx) -> None:
        add(tx, "bad")
        raise Conflict("no")

    results = await asyncio.gather(
        *(store.write(add, f"r{n}") for n in range(5)), store.write(bad), store.write(add, "r5"), return_exceptions=True
    )

    assert isinstance(results[5], Conflict)
    assert await store.read(readers) == [f"r{n}" for n in range(6)]


async def test_a_unit_that_the_database_refuses_undoes_only_itself(store: Store) -> None:
    results = await asyncio.gather(
        store.write(add, "once"), store.write(add, "once"), store.write(add, "twice"), return_exceptions=True
    )

    assert sum(isinstance(r, sqlite3.IntegrityError | psycopg.IntegrityError) for r in results) == 1
    assert await store.read(readers) == ["once", "twice"]


async def test_a_unit_may_raise_what_no_future_can_carry(store: Store) -> None:
    def stops(tx: Tx) -> None:
        next(iter(tx.all("SELECT 1 AS n WHERE 1 = 0")))

    for run in (store.read, store.write, store.read_hot):
        with pytest.raises(RuntimeError):
            await run(stops)
    assert await store.write(add, "still here") == "still here"


@pytest.mark.parametrize("how", ["read", "read_hot"])
async def test_a_read_cannot_write(store: Store, how: str) -> None:
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
        await getattr(store, how)(add, "sly")
    assert await store.read(readers) == []


async def test_a_read_sees_one_moment_however_long_it_takes(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def twice(tx: Tx) -> tuple[list[str], list[str]]:
        first = readers(tx)
        began.set()
        assert go_on.wait(10)
        return first, readers(tx)

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(began.wait, 10)
    await store.write(add, "late")
    go_on.set()

    assert await reading == ([], [])


async def test_many_units_at_once_take_effect_as_if_one_after_another(store: Store) -> None:
    await store.write(add, "sum")

    def increase(tx: Tx) -> None:
        row = tx.one("SELECT id FROM cursor WHERE reader = 'sum'")
        assert row is not None
        tx.run("UPDATE cursor SET id = :id WHERE reader = 'sum'", id=row["id"] + 1)

    await asyncio.gather(*(store.write(increase) for _ in range(12)))

    assert await store.read(lambda tx: tx.all("SELECT id FROM cursor")[0]["id"]) == 12


async def test_closing_finishes_what_is_queued_and_takes_nothing_more(database: str) -> None:
    store = await open_store(database)
    queued = [asyncio.create_task(store.write(add, f"r{n:02}")) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await store.close()

    assert sorted(await asyncio.gather(*queued)) == [f"r{n:02}" for n in range(20)]
    with pytest.raises(Busy):
        await store.write(add, "late")
    async with opened(database) as again:
        assert len(await again.read(readers)) == 20


# ---- waking


async def test_a_recorded_change_wakes_whoever_waits(store: Store) -> None:
    waiting = asyncio.create_task(store.wait_for_change(30, seen=store.changed.count))
    await asyncio.sleep(0)
    await store.write(changes.record, changes.Kind.HUB_OPENED, 1, 1)
    assert await waiting > 0


async def test_a_change_between_looking_and_waiting_is_not_missed(store: Store) -> None:
    await store.write(changes.record, changes.Kind.HUB_OPENED, 1, 1)
    assert await store.wait_for_change(30) > 0


async def test_a_wait_ends_when_nothing_happens_or_a_unit_failed(sqlite_path: Path) -> None:
    def fails(tx: Tx) -> None:
        changes.record(tx, changes.Kind.HUB_OPENED, 1, 1)
        raise Conflict("no")

    async with opened(str(sqlite_path)) as store:
        with pytest.raises(Conflict):
            await store.write(fails)
        await store.write(add, "quiet")
        assert await store.wait_for_change(0.01) == 0


async def test_several_who_wait_are_all_woken(store: Store) -> None:
    seen = store.changed.count
    waiting = [asyncio.create_task(store.wait_for_change(30, seen)) for _ in range(3)]
    await asyncio.sleep(0)
    await store.write(changes.record, changes.Kind.HUB_OPENED, 1, 1)
    assert min(await asyncio.gather(*waiting)) > seen


# ---- words and addresses


def test_named_parameters_are_found_and_casts_left_alone() -> None:
    assert pyformat("SELECT a::text, ':x' || 'a:b' FROM t WHERE b % 2 = :b_1") == (
        b"SELECT a::text, '%(x)s' || 'a:b' FROM t WHERE b %% 2 = %(b_1)s"
    )


async def test_a_percent_sign_means_the_same_with_and_without_parameters(store: Store) -> None:
    assert await store.read(lambda tx: tx.all("SELECT 7 % 4 AS n")[0]["n"]) == 3
    assert await store.read(lambda tx: tx.all("SELECT 7 % CAST(:by AS INTEGER) AS n", by=4)[0]["n"]) == 3


def test_dialects_know_the_same_words() -> None:
    assert SQLITE.types.keys() == POSTGRES.types.keys()
    assert POSTGRES.ddl("a {int} DEFAULT '{}', b {real}") == "a BIGINT DEFAULT '{}', b DOUBLE PRECISION"
    with pytest.raises(KeyError):
        SQLITE.ddl("a {json}")


async def test_an_address_that_is_no_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        await open_store("mysql://root@localhost/hub")


async def test_whatever_is_written_is_counted(store: Store) -> None:
    before = store.writes
    await store.read(lambda tx: tx.all("SELECT * FROM peer"))
    assert store.writes == before
    await store.write(lambda tx: tx.run("INSERT INTO peer (host) VALUES ('a.example')"))
    assert store.writes > before
