"""What becomes of a piece of work that is done: written down once, whoever did it."""

from federation import Outcome, settle
from hub import jobs
from hub.store import Store, Tx


async def test_what_two_have_done_because_one_was_held_up_counts_once(store: Store) -> None:
    def tell(tx: Tx) -> None:
        jobs.enqueue(tx, "told", {})

    await store.write(jobs.enqueue, "tell", {})
    [job] = await store.write(jobs.claim, 1)
    for _ in range(2):
        await store.write(settle, [(job, Outcome(settle=tell))])
    assert [one.kind for one in await store.write(jobs.claim, 10)] == ["told"]
