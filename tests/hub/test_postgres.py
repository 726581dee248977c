"""PostgreSQL: units that collide are run again, and a server that goes away may come back."""

import asyncio
import signal
import threading
from pathlib import Path

import psycopg
import pytest
from cluster import Cluster, programs
from rows import add, readers

from hub import changes
from hub.store import Busy, Tx
from hub.store.open import opened
from hub.store.postgres import PostgresStore

pytestmark = pytest.mark.slow


async def test_a_postgresql_address_opens_postgresql(postgres_url: str) -> None:
    async with opened(postgres_url) as store:
        assert isinstance(store, PostgresStore)


async def test_another_process_on_postgresql_is_woken_too(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        listening = await there.wait_for_change(30)  # woken once, when it has begun to listen
        for _ in ("echo", "echo"):
            listening = await there.wait_for_change(30, listening)
        await here.write(changes.record, changes.Kind.HUB_OPENED, 1, 1)
        assert await there.wait_for_change(30, listening) > listening


async def test_two_that_collide_are_run_again_until_they_agree(postgres_url: str) -> None:
    both = threading.Barrier(2, timeout=10)
    tries = []

    def take(tx: Tx, name: str) -> None:
        tries.append(name)
        taken = len(readers(tx))
        if len(tries) <= 2:
            both.wait()
        if taken == 0:
            add(tx, name)

    async with opened(postgres_url) as store:
        await asyncio.gather(store.write(take, "ann"), store.write(take, "bob"))
        assert len(await store.read(readers)) == 1
    assert len(tries) == 3


async def test_a_crowd_at_one_row_is_let_through_one_by_one_and_nobody_is_sent_away(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.postgres.PAUSES", (0.001,) * 5)

    def count(tx: Tx) -> None:
        add(tx, str(len(readers(tx))))

    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await asyncio.gather(*(store.write(count) for _ in range(150) for store in (here, there)))
        assert sorted(map(int, await here.read(readers))) == list(range(300))


async def test_a_unit_that_always_collides_is_told_that_the_hub_is_busy(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.postgres.PAUSES", (0.001, 0.001))

    def collides(tx: Tx) -> None:
        raise psycopg.errors.SerializationFailure("again")

    async with opened(postgres_url) as store:
        with pytest.raises(Busy):
            await store.write(collides)


async def test_a_server_that_crashes_and_returns_loses_nothing_that_was_acknowledged() -> None:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    own = await asyncio.to_thread(Cluster, found)
    try:
        async with opened(own.fresh()) as store:
            await asyncio.gather(*(store.write(add, f"r{n}") for n in range(20)))
            await asyncio.to_thread(own.stop, signal.SIGQUIT)
            late = asyncio.create_task(store.write(add, "while it was away"))
            await asyncio.to_thread(own.start)
            await late
            assert len(await store.read(readers)) == 21
    finally:
        await asyncio.to_thread(own.remove)


async def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Busy):
        await PostgresStore.open(f"postgresql://hub@/none?host={tmp_path}", patience=0.2)
