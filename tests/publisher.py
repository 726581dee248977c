"""A process to be killed: publishes and fans out as fast as it can, and says what it was told is kept."""

import asyncio
import sys

from rows import add

from hub import changes, jobs
from hub.ids import new_id
from hub.store import Store, Tx
from hub.store.open import opened

WITH, AFTER = 5, 3  # jobs of a publishing itself, and of its change


def publish(tx: Tx) -> int:
    id = new_id()
    add(tx, str(id), id)
    changes.record(tx, changes.Kind.EVENT_PUBLISHED, id, 1)
    jobs.enqueue_many(tx, "with", [jobs.Order({"of": id}, host=f"{n}.example") for n in range(WITH)])
    return id


def fan_out(tx: Tx) -> None:
    found = changes.read_on(tx, "fan-out", 20)
    for change in found:
        jobs.enqueue_many(tx, "after", [jobs.Order({"of": change.subject}) for _ in range(AFTER)])
    if found:
        changes.move(tx, "fan-out", found[-1])


async def publish_on(store: Store) -> None:
    while True:
        print(await store.write(publish), flush=True)


async def fan_out_on(store: Store) -> None:
    while True:
        await store.write(fan_out)
        await store.wait_for_change(1)


async def main(url: str) -> None:
    async with opened(url) as store, asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(publish_on(store))
        tasks.create_task(fan_out_on(store))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
