"""Jobs: done at least once, in line, fairly, and patiently for thirty days."""

import asyncio
import re

import pytest
from conftest import Clock

from hub import jobs
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import Conflict
from hub.jobs import Order
from hub.store import Store, Tx
from hub.store.open import opened


async def claimed(store: Store, limit: int = 100) -> list[int]:
    return [job.id for job in await store.write(jobs.claim, limit)]


async def test_a_job_is_what_was_asked_for(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "deliver", {"to": "y Bont"}, host="a.example", line="a 7")

    (job,) = await store.write(jobs.claim, 10)
    assert job == jobs.Job(
        id, "deliver", {"to": "y Bont"}, due=clock.ms, created=clock.ms, attempts=1, host="a.example", line="a 7",
        leased_until=clock.ms + jobs.LEASE, last_error=None, dead=False,
    )  # fmt: skip


async def test_a_job_of_a_unit_that_fails_is_never_done(store: Store) -> None:
    def fails(tx: Tx) -> None:
        jobs.enqueue(tx, "deliver", {})
        raise Conflict("no")

    with pytest.raises(Conflict):
        await store.write(fails)
    assert await claimed(store) == []


async def test_jobs_come_soonest_due_first_and_not_before_they_are_due(store: Store, clock: Clock) -> None:
    later = await store.write(jobs.enqueue, "x", {}, due=clock.ms + 2)
    first = await store.write(jobs.enqueue, "x", {})
    soon = await store.write(jobs.enqueue, "x", {}, due=clock.ms + 1)

    assert await claimed(store) == [first]
    clock.forward(5)
    assert await claimed(store) == [soon, later]


async def test_a_claim_takes_no_more_than_it_was_asked_to(store: Store) -> None:
    await store.write(jobs.enqueue_many, "x", [Order({"n": n}, host=f"{n}.example") for n in range(9)])
    assert [len(await claimed(store, 4)) for _ in range(4)] == [4, 4, 1, 0]


async def test_a_worker_may_ask_for_some_kinds_only(store: Store) -> None:
    await store.write(jobs.enqueue, "deliver", {}, host="a.example")
    mail = await store.write(jobs.enqueue, "mail", {}, host="a.example")
    digest = await store.write(jobs.enqueue, "digest", {})

    assert [job.id for job in await store.write(jobs.claim, 10, ("mail", "digest"))] == [mail, digest]


async def test_a_job_that_is_done_is_gone(store: Store) -> None:
    ids = await store.write(jobs.enqueue_many, "x", [Order({})] * 450)
    await store.write(jobs.done, ids[0])
    await store.write(jobs.done_many, ids[1:449])
    assert await claimed(store, 500) == [ids[449]]


async def test_the_jobs_of_a_worker_that_died_come_back(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "x", {})
    assert await claimed(store) == [id]
    clock.forward(jobs.LEASE)
    assert await claimed(store) == []
    clock.forward(1)
    (job,) = await store.write(jobs.claim, 10)
    assert job.attempts == 2


async def test_what_a_process_that_died_had_begun_can_be_taken_back_at_once(store: Store) -> None:
    await store.write(jobs.enqueue_many, "x", [Order({}), Order({})])
    claimed = await store.write(jobs.claim, 1)
    seen = store.changed.count

    assert await store.write(jobs.take_back) == 1

    assert await store.wait_for_change(30, seen) > 0
    assert [job.attempts for job in await store.write(jobs.claim, 2) if job.id == claimed[0].id] == [2]


async def test_a_released_job_is_there_at_once_and_was_not_tried(store: Store) -> None:
    id = await store.write(jobs.enqueue, "x", {})
    await claimed(store)
    await store.write(jobs.release, id)
    (job,) = await store.write(jobs.claim, 10)
    assert job.attempts == 1


async def test_many_workers_share_the_jobs_and_none_is_done_twice(postgres_url: str) -> None:
    async def work(store: Store) -> list[int]:
        mine: list[int] = []
        while got := [job.id for job in await store.write(jobs.claim, 5)]:
            await store.write(jobs.done_many, got)
            mine += got
        return mine

    async with opened(postgres_url) as one, opened(postgres_url) as two:
        orders = [Order({}, host=f"{n % 20}.example") for n in range(80)] + [Order({})] * 20
        ids = await one.write(jobs.enqueue_many, "x", orders)
        shares = await asyncio.gather(*(work(store) for store in (one, two, one, two)))
        rest = await work(one)
    assert sorted([*sum(shares, rest)]) == sorted(ids)


# ---- fairness and order


async def test_a_slow_host_has_two_at_once_and_the_others_do_not_wait_for_it(store: Store) -> None:
    slow = await store.write(jobs.enqueue_many, "x", [Order({}, host="slow.example")] * 50)
    quick = await store.write(jobs.enqueue_many, "x", [Order({}, host=f"{n}.example") for n in range(5)])

    assert await claimed(store, 10) == slow[:2] + quick
    assert await claimed(store, 10) == []
    await store.write(jobs.done, slow[0])
    assert await claimed(store, 10) == [slow[2]]


async def test_what_goes_nowhere_is_not_held_to_two(store: Store) -> None:
    ids = await store.write(jobs.enqueue_many, "digest", [Order({})] * 5)
    assert await claimed(store) == ids


async def test_a_line_is_done_oldest_first_and_one_at_a_time(store: Store, clock: Clock) -> None:
    create, update, delete = await store.write(
        jobs.enqueue_many, "deliver", [Order({}, host="a.example", line="a 7")] * 3
    )
    other = await store.write(jobs.enqueue, "deliver", {}, host="a.example", line="a 8")

    assert await claimed(store) == [create, other]
    await store.write(jobs.done, other)
    await store.write(jobs.retry, create, "503")
    assert await claimed(store) == []  # what failed is still before them
    clock.forward(MINUTE)
    assert await claimed(store) == [create]
    await store.write(jobs.done, create)
    assert await claimed(store) == [update]
    await store.write(jobs.give_up, update, "410")
    assert await claimed(store) == [delete]


# ---- patience


async def test_a_failed_job_comes_back_later_each_time(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "deliver", {})
    for step in (*jobs.SCHEDULE, DAY, DAY):
        assert await claimed(store) == [id]
        assert await store.write(jobs.retry, id, "HTTP 503")
        clock.forward(int(step * 0.8) - 1)
        assert await claimed(store) == []
        clock.forward(int(step * 0.4) + 2)


async def test_a_host_may_say_when_to_come_back_up_to_a_day(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "deliver", {})
    for asked, waited in ((2 * MINUTE, 2 * MINUTE), (10**12, DAY), (-5, 0)):
        assert await claimed(store) == [id]
        await store.write(jobs.retry, id, "HTTP 429", asked)
        clock.forward(waited - 1)
        assert waited == 0 or await claimed(store) == []
        clock.forward(1)


@pytest.mark.parametrize("days", [7, 29, 30])
async def test_a_host_that_was_away_has_it_in_the_end(store: Store, clock: Clock, days: int) -> None:
    id = await store.write(jobs.enqueue, "deliver", {})
    back, tries = clock.ms + days * DAY, 0
    while True:
        if await claimed(store):
            tries += 1
            if clock.ms >= back:
                break
            assert await store.write(jobs.retry, id, "no answer")
        clock.forward(HOUR // 2)
    assert tries <= 45


async def test_after_thirty_days_a_job_is_dead_and_listed(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "deliver", {}, host="gone.example")
    tries = 0
    while await claimed(store):
        tries += 1
        if not await store.write(jobs.retry, id, "no answer"):
            break
        while (await store.read(jobs.waiting)).due == 0:
            clock.forward(HOUR // 4)

    assert tries >= 30
    (dead,) = await store.read(jobs.dead, 10)
    assert (dead.id, dead.last_error, dead.dead) == (id, "no answer", True)
    assert clock.ms - dead.created >= jobs.PATIENCE


async def test_a_dead_job_may_be_sent_again_and_has_thirty_days_more(store: Store, clock: Clock) -> None:
    id = await store.write(jobs.enqueue, "deliver", {})
    await store.write(jobs.give_up, id, "no such inbox")
    assert await claimed(store) == []
    clock.forward(40 * DAY)

    assert await store.write(jobs.send_again, id)
    assert not await store.write(jobs.send_again, id)
    assert await claimed(store) == [id]
    assert await store.write(jobs.retry, id, "HTTP 503")
    assert await store.read(jobs.dead) == []


async def test_a_job_that_is_gone_is_not_brought_back_by_a_late_failure(store: Store) -> None:
    assert not await store.write(jobs.retry, 1, "HTTP 503")


async def test_an_endless_error_is_cut(store: Store) -> None:
    id = await store.write(jobs.enqueue, "deliver", {})
    await store.write(jobs.give_up, id, "x" * 10_000)
    assert [len(job.last_error or "") for job in await store.read(jobs.dead)] == [500]


async def test_the_queue_says_how_long_it_is_and_how_late(store: Store, clock: Clock) -> None:
    assert await store.read(jobs.waiting) == jobs.Waiting(alive=0, due=0, dead=0, oldest=None)
    start = clock.ms
    _first, second = await store.write(jobs.enqueue_many, "x", [Order({})] * 2)
    await store.write(jobs.enqueue, "x", {}, due=start + HOUR)
    await store.write(jobs.give_up, second, "no")
    clock.forward(MINUTE)
    assert await store.read(jobs.waiting) == jobs.Waiting(alive=2, due=1, dead=1, oldest=start)


# ---- no query looks at every job


@pytest.mark.parametrize("kinds", [(), ("mail", "digest")])
async def test_a_claim_finds_its_jobs_through_indexes(store: Store, kinds: tuple[str, ...]) -> None:
    wanted = {f"kind{n}": kind for n, kind in enumerate(kinds)}
    statement = jobs._CLAIM_AWAY.format(kinds=jobs._among(wanted), skip_locked="")
    params: dict[str, object] = {**dict.fromkeys(("now", "until", "limit", "troubled", "at_once"), 1), **wanted}

    def plan(tx: Tx) -> str:
        if tx.dialect.name == "sqlite":
            return "\n".join(row["detail"] for row in tx.all(f"EXPLAIN QUERY PLAN {statement}", **params))
        tx.run("SET LOCAL enable_seqscan = off")  # with a handful of rows it would not bother with an index
        return "\n".join(row["QUERY PLAN"] for row in tx.all(f"EXPLAIN {statement}", **params))

    said = await store.write(plan)
    assert re.search(r"SCAN (j|e|job)\b|Seq Scan on job", said) is None
    assert all(index in said for index in ("job_by_host", "job_in_line", "job_at_work"))


async def test_what_a_clock_that_ran_ahead_has_put_off_is_due_when_the_hub_starts_again(
    store: Store, clock: Clock
) -> None:
    clock.forward(3 * HOUR)
    await store.write(jobs.enqueue, "deliver", {}, host="one.example", due=clock() + MINUTE)
    clock.forward(-3 * HOUR)
    assert await store.write(jobs.claim, 10) == []
    assert await store.write(jobs.take_back) == 1
    assert len(await store.write(jobs.claim, 10)) == 1
