"""What the database costs: a durable write alone and with fifty waiting, a claim of deliveries, a search."""

import asyncio
from pathlib import Path

import pytest
from benchmarks.calibration import Floor, Meter, a_create, here
from scene import BASE, open_hub

from hub import jobs, posts, search
from hub.ids import new_id
from hub.store import Store, Tx
from hub.store.open import opened

pytestmark = pytest.mark.benchmark
ROUNDS = 3
WAITING, WRITES, ALONE = 50, 5_000, 400
HOSTS, EACH, BATCH = 2_000, 3, 64
THINGS, SEARCHES, COMMON = 20_000, 200, "allotment"
GROUPED = Floor(rest=21.0)  # 50 in one transaction, FULL
NEWEST_FIRST = Floor(rest=74.0)
DELIVERY_ROW = Floor(rest=4.0)

TABLES = """CREATE TABLE object (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
CREATE TABLE timeline (id INTEGER PRIMARY KEY, object INTEGER NOT NULL) STRICT"""


def tables(tx: Tx) -> None:
    for statement in TABLES.split(";"):
        tx.run(statement)


def keep(tx: Tx, body: str) -> None:
    """An object of 3.3 KB and its place in a timeline: what the floor was measured with."""
    id = new_id()
    tx.run("INSERT INTO object (id, uri, body) VALUES (:id, :uri, :body)", id=id, uri=f"{BASE}/{id}", body=body)
    tx.run("INSERT INTO timeline (id, object) VALUES (:id, :object)", id=new_id(), object=id)


async def test_a_durable_write(sqlite_path: Path) -> None:
    body = a_create(1).decode()

    async def writer(store: Store, times: int) -> None:
        for _ in range(times):
            await store.write(keep, body)

    async with opened(str(sqlite_path)) as store:
        await store.write(tables)
        await writer(store, 200)
        together, alone = Meter(here), Meter(here)
        for _ in range(ROUNDS):
            with together.running(WRITES):
                await asyncio.gather(*(writer(store, WRITES // WAITING) for _ in range(WAITING)))
            with alone.running(ALONE):
                await writer(store, ALONE)
    together.figure(f"durable write, {WAITING} waiting", GROUPED, 1.5)
    alone.figure("durable write, alone", GROUPED, 12)


def queue(tx: Tx) -> None:
    for n in range(EACH):
        orders = [
            jobs.Order({"activity": n, "inbox": f"https://h{h}.example/inbox"}, f"h{h}.example", f"h{h}.example|{n}")
            for h in range(HOSTS)
        ]
        jobs.enqueue_many(tx, "deliver", orders)


def take(tx: Tx) -> int:
    taken = jobs.claim(tx, BATCH)
    jobs.done_many(tx, [job.id for job in taken])
    return len(taken)


async def test_a_claim(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)) as store:
        await store.write(queue)
        meter, taken = Meter(here), 0
        with meter.running(HOSTS * EACH):
            while some := await store.write(take):
                taken += some
    assert taken == HOSTS * EACH
    meter.figure(f"claim and end of a job, {HOSTS:,} hosts", DELIVERY_ROW)


def write_up(tx: Tx, who: int) -> None:
    for n in range(THINGS):
        words = f"News from the {COMMON} by the old mill: {n % 7} plots." + (f" Number {n}." if n % 100 == 0 else "")
        posts.publish(tx, who, posts.Draft(text={"en": words}))


async def test_a_search(sqlite_path: Path) -> None:
    async with opened(str(sqlite_path)) as store:
        steward = await store.write(open_hub)
        await store.write(write_up, steward)
        for name, words in (("a word that is everywhere", COMMON), ("two words, few hits", "number 4200")):
            meter = Meter(here)
            for _ in range(ROUNDS):
                with meter.running(SEARCHES):
                    for _ in range(SEARCHES):
                        assert await store.read(search.things, words, 20)
            meter.figure(f"search, {name}", NEWEST_FIRST, 5)
