"""SQLite: one process writes, every commit is on the disk, and what goes wrong with the file is said."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import aiosqlite
import pytest
from rows import add, readers

from hub.store import MOST_WAITING, Busy, Locked, Tx, backup
from hub.store.lock import lock, unlock
from hub.store.open import open_store, opened
from hub.store.sqlite import SqliteStore


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
async def test_a_path_may_be_given_plainly_or_as_an_address(sqlite_path: Path, form: str) -> None:
    async with opened(form.format(sqlite_path)) as store:
        assert isinstance(store, SqliteStore)
        assert store.path == sqlite_path


async def test_a_full_queue_refuses_and_says_when_to_come_back(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)) as store:
        begun, go_on = threading.Event(), threading.Event()

        def slow(tx: Tx) -> None:
            begun.set()
            assert go_on.wait(10)

        first = asyncio.create_task(store.write(slow))
        await asyncio.to_thread(begun.wait, 10)
        waiting = [asyncio.create_task(store.write(add, f"r{n}")) for n in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await store.write(add, "one too many")
        go_on.set()
        await asyncio.gather(first, *waiting)

    assert refused.value.retry_after > 0


async def test_nobody_waiting_for_a_unit_any_more_means_that_it_is_not_begun(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)) as store:
        left = asyncio.create_task(store.write(add, "left"))
        await asyncio.sleep(0)
        left.cancel()
        await store.write(add, "stayed")
        assert await store.read(readers) == ["stayed"]


HOLDS = """
import os, sys, time
from pathlib import Path
from hub.store.lock import lock
lock(Path(sys.argv[1]))
if "fork" in sys.argv and os.fork() > 0:
    os._exit(0)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_a_second_writing_process_is_refused_and_told_the_first_ones_number(sqlite_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, sqlite_path], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(Locked, match=str(first.pid)) as refused:
            asyncio.run(open_store(str(sqlite_path)))
        first.kill()

    assert refused.value.pid == first.pid
    unlock(lock(sqlite_path))  # nothing has to be tidied up after a crash


def test_a_child_does_not_keep_the_lock_of_a_parent_that_is_gone(sqlite_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, sqlite_path, "fork"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.wait(10)
        unlock(lock(sqlite_path))
        os.kill(child, signal.SIGKILL)


async def test_the_same_process_cannot_open_it_twice_either(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)):
        with pytest.raises(Locked, match=str(os.getpid())):
            await open_store(str(sqlite_path))


async def test_the_writer_syncs_every_commit_and_readers_can_neither_write_nor_checkpoint(sqlite_path: Path) -> None:
    def pragma(tx: Tx, name: str) -> object:
        row = tx.one(f"PRAGMA {name}")
        assert row is not None
        return row[row.keys()[0]]  # type: ignore[index]

    async with opened(str(sqlite_path)) as store:
        assert await store.write(pragma, "synchronous") == 2
        assert await store.write(pragma, "foreign_keys") == 1
        assert await store.write(pragma, "wal_autocheckpoint") == 1000
        for read in (store.read, store.read_hot):
            assert await read(pragma, "query_only") == 1
            assert await read(pragma, "wal_autocheckpoint") == 0
            assert await read(pragma, "mmap_size") == 0
        assert await store.read(pragma, "journal_mode") == "wal"


async def test_a_backup_is_whole_private_and_leaves_nothing_beside_it(sqlite_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "hub.db"
    target.parent.mkdir()
    (target.parent / ".hub.db.123.part").write_text("left by one that was killed")
    store = await SqliteStore.open(sqlite_path)
    await store.write(add, "kept")
    await store.backup(target)
    await store.write(add, "later")
    await store.backup(target)
    await store.close()

    assert [path.name for path in target.parent.iterdir()] == ["hub.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    async with opened(str(target)) as copy:
        assert await copy.read(readers) == ["kept", "later"]


def test_a_backup_that_fails_leaves_the_last_one_alone(tmp_path: Path) -> None:
    target, broken = tmp_path / "copy.db", tmp_path / "hub.db"
    target.write_bytes(b"the last one")
    broken.write_bytes(b"no database at all" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        backup.backup(broken, target)
    assert target.read_bytes() == b"the last one"


async def test_a_disk_without_room_is_said_and_gets_over(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)) as store:
        await store.write(lambda tx: tx.run("PRAGMA max_page_count = 1"))  # SQLite takes what it has now

        def much(tx: Tx) -> None:
            for n in range(200):
                add(tx, f"{n} {'x' * 4000}")

        results = await asyncio.gather(store.write(much), store.write(much), return_exceptions=True)
        assert [type(r) for r in results] == [Busy, Busy]
        assert await store.read(readers) == []
        await store.write(lambda tx: tx.run("PRAGMA max_page_count = 1000000"))
        await store.write(much)


ADDS = """
import asyncio, sys
from hub.store.open import open_store
from rows import add
async def main():
    store = await open_store(sys.argv[1])
    for n in range(1000):
        print(await store.write(add, f"r{n}"), flush=True)
asyncio.run(main())
"""


def test_after_a_failed_sync_the_process_leaves_and_nothing_acknowledged_is_lost(sqlite_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    calls = "fdatasync,fsync"
    inject = ["-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO:when=20+"]
    ended = subprocess.run(
        [strace, *inject, sys.executable, "-c", ADDS, sqlite_path],
        env={"PYTHONPATH": ".:tests"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 74, ended.stderr
    assert "SQLITE_IOERR_FSYNC" in ended.stderr
    assert ended.stdout.split()
    assert set(ended.stdout.split()) <= set(asyncio.run(_readers(sqlite_path)))


async def _readers(path: Path) -> list[str]:
    async with opened(str(path)) as store:
        return await store.read(readers)


def test_the_two_private_names_of_aiosqlite_are_where_they_were() -> None:
    assert asyncio.iscoroutinefunction(aiosqlite.Connection._execute)
    assert isinstance(aiosqlite.Connection._conn, property)
