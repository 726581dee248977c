"""The log: in order, whole, and no reader misses or repeats anything."""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable

import msgspec
import pytest
from conftest import Clock

from hub import changes
from hub.changes import Change, Kind, move, read_on, record, start_now
from hub.errors import Conflict
from hub.store import Store, Tx
from hub.store.open import opened

pytestmark = pytest.mark.slow


def read_all(tx: Tx, reader: str) -> list[int]:
    """What a reader does: take what is new, deal with it, move on."""
    found = read_on(tx, reader)
    if found:
        move(tx, reader, found[-1])
    return [change.subject for change in found]


async def test_a_change_says_what_happened_to_what_by_whom_and_when(store: Store, clock: Clock) -> None:
    id = await store.write(record, Kind.EVENT_CANCELLED, 7, 1, reason={"en": "Rain"})

    (change,) = await store.read(read_on, "feed")
    assert change == Change(id, change.xid, "event.cancelled", 7, 1, clock.ms, {"reason": {"en": "Rain"}})
    assert change.kind == Kind.EVENT_CANCELLED


async def test_a_unit_that_fails_leaves_nothing_in_the_log(store: Store) -> None:
    def fails(tx: Tx) -> None:
        record(tx, Kind.EVENT_PUBLISHED, 1, 1)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await store.write(fails)
    assert await store.read(read_on, "feed") == []


async def test_a_reader_has_each_change_once_and_in_order(store: Store) -> None:
    for subject in range(5):
        await store.write(record, Kind.EVENT_PUBLISHED, subject, 1)

    assert [change.subject for change in await store.read(read_on, "feed", 3)] == [0, 1, 2]
    assert await store.write(read_all, "feed") == [0, 1, 2, 3, 4]
    assert await store.write(read_all, "feed") == []
    await store.write(record, Kind.EVENT_PUBLISHED, 5, 1)
    assert await store.write(read_all, "feed") == [5]


async def test_readers_do_not_disturb_each_other(store: Store) -> None:
    await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
    assert await store.write(read_all, "feed") == [1]
    assert await store.write(read_all, "search") == [1]


async def test_a_reader_that_fails_reads_the_same_again(store: Store) -> None:
    def fails(tx: Tx) -> None:
        assert read_all(tx, "feed") == [1]
        raise Conflict("no")

    await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
    with pytest.raises(Conflict):
        await store.write(fails)
    assert await store.write(read_all, "feed") == [1]


async def test_a_new_reader_may_be_spared_what_was_before_it(store: Store) -> None:
    await store.write(start_now, "early")
    await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
    await store.write(start_now, "late")
    await store.write(record, Kind.EVENT_PUBLISHED, 2, 1)

    assert await store.write(read_all, "early") == [1, 2]
    assert await store.write(read_all, "late") == [2]


async def test_a_reader_that_starts_again_keeps_its_place(store: Store) -> None:
    await store.write(start_now, "feed")
    await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
    await store.write(start_now, "feed")
    assert await store.write(read_all, "feed") == [1]


async def test_a_clock_that_was_put_back_hides_nothing(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
    assert await store.write(read_all, "feed") == [1]
    monkeypatch.setattr("hub.ids._last", 0)  # a new process
    clock.forward(-86_400_000)
    await store.write(record, Kind.EVENT_PUBLISHED, 2, 1)
    assert await store.write(read_all, "feed") == [2]


# ---- PostgreSQL: commits come out of order


async def overtaken(store: Store, read: Callable[[Tx], list[int]]) -> list[int]:
    """One transaction records first and commits last; somebody reads in between. What is read, all told."""
    recorded, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        record(tx, Kind.EVENT_PUBLISHED, 1, 1)
        recorded.set()
        assert go_on.wait(10)

    first = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(recorded.wait, 10)
    await store.write(record, Kind.EVENT_PUBLISHED, 2, 1)
    found = await store.write(read)
    go_on.set()
    await first
    return found + await store.write(read)


async def test_a_change_that_commits_late_is_not_skipped(postgres_url: str) -> None:
    async with opened(postgres_url) as store:
        assert await overtaken(store, lambda tx: read_all(tx, "feed")) == [1, 2]


async def test_without_waiting_for_older_transactions_it_would_be(postgres_url: str) -> None:
    def hasty(tx: Tx) -> list[int]:
        tx.dialect = msgspec.structs.replace(tx.dialect, settled="1 = 1")
        return read_all(tx, "feed")

    async with opened(postgres_url) as store:
        assert await overtaken(store, hasty) == [2]


PROCESSES, EACH = 8, 40


def append(url: str, number: int) -> None:
    """A process of its own: records, dawdles, commits."""

    def one(tx: Tx, subject: int) -> None:
        record(tx, Kind.EVENT_PUBLISHED, subject, number)
        time.sleep((subject * 7 % 5) / 500)

    async def all_of_them() -> None:
        async with opened(url) as store:
            await asyncio.gather(*(store.write(one, number * 1000 + n) for n in range(EACH)))

    asyncio.run(all_of_them())


async def test_eight_processes_append_while_a_reader_follows_and_it_has_each_change_once(postgres_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=append, args=(postgres_url, number)) for number in range(PROCESSES)]
    for process in processes:
        process.start()

    found: list[int] = []
    async with opened(postgres_url) as store:
        while len(found) < PROCESSES * EACH and (got := await store.wait_for_change(60)):
            found += await store.write(read_all, "feed")
            assert got
        for process in processes:
            await asyncio.to_thread(process.join, 30)
        found += await store.write(read_all, "feed")

    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert len(found) == len(set(found)) == PROCESSES * EACH


async def test_after_a_restore_into_another_cluster_readers_go_on_where_they_were(postgres_url: str) -> None:
    def age(tx: Tx) -> None:
        tx.run("UPDATE change SET xid = xid + 5000000000")
        tx.run("UPDATE cursor SET xid = xid + 5000000000")

    async with opened(postgres_url) as store:
        await store.write(record, Kind.EVENT_PUBLISHED, 1, 1)
        assert await store.write(read_all, "feed") == [1]
        await store.write(record, Kind.EVENT_PUBLISHED, 2, 1)
        await store.write(age)
        assert await store.write(read_all, "feed") == []

        assert await store.write(changes.mend)
        assert not await store.write(changes.mend)
        await store.write(record, Kind.EVENT_PUBLISHED, 3, 1)
        assert await store.write(read_all, "feed") == [2, 3]
        assert await store.write(read_all, "new") == [1, 2, 3]


async def test_there_is_nothing_to_mend_on_a_new_hub(store: Store) -> None:
    assert not await store.write(changes.mend)
