"""Other servers: left alone while they do not answer, tried carefully, and remembered for a while."""

from conftest import Clock

from hub import jobs, peers
from hub.clock import DAY, HOUR, MINUTE
from hub.jobs import Order
from hub.store import Store, Tx

HOST = "a.example"


async def fill(store: Store, many: int = 5) -> list[int]:
    return await store.write(jobs.enqueue_many, "deliver", [Order({}, host=HOST)] * many)


async def claimed(store: Store) -> list[int]:
    return [job.id for job in await store.write(jobs.claim, 100)]


def fail(tx: Tx, times: int) -> None:
    for _ in range(times):
        peers.failed(tx, HOST, "no answer")


async def test_four_failures_in_a_row_change_nothing(store: Store) -> None:
    ids = await fill(store)
    await store.write(fail, 4)
    assert await claimed(store) == ids[:2]


async def test_the_fifth_failure_gives_the_host_a_rest_and_then_one_job_is_tried(store: Store, clock: Clock) -> None:
    ids = await fill(store)
    await store.write(fail, 5)
    assert await claimed(store) == []
    clock.forward(30 * MINUTE - 1)
    assert await claimed(store) == []
    clock.forward(1)
    assert await claimed(store) == ids[:1]
    assert await claimed(store) == []


async def test_a_host_that_takes_the_one_job_has_all_that_waited(store: Store, clock: Clock) -> None:
    ids = await fill(store)
    await claimed(store)
    for id in ids[:2]:
        await store.write(jobs.retry, id, "no answer", 20 * HOUR)
    await store.write(fail, 5)
    clock.forward(30 * MINUTE)
    (probe,) = await claimed(store)
    await store.write(jobs.done, probe)
    await store.write(peers.succeeded, HOST)

    seen: list[int] = []
    while got := await claimed(store):
        await store.write(jobs.done_many, got)
        seen += got
    assert sorted([probe, *seen]) == ids


async def test_each_failed_try_doubles_the_rest_up_to_a_day(store: Store, clock: Clock) -> None:
    await store.write(fail, 4)
    for rest in (30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY):
        assert await store.write(peers.failed, HOST, "no answer") == clock.ms + rest
        clock.forward(rest)


async def test_what_was_still_under_way_when_the_rest_began_does_not_lengthen_it(store: Store, clock: Clock) -> None:
    await store.write(fail, 7)
    peer = await store.read(peers.get, HOST)
    assert peer is not None
    assert (peer.failures, peer.open_until) == (5, clock.ms + 30 * MINUTE)


async def test_thirty_days_of_silence_cost_a_host_few_requests(store: Store, clock: Clock) -> None:
    """However many jobs wait for it."""
    await fill(store, 40)
    end, requests = clock.ms + 29 * DAY, 0
    while clock.ms < end:
        for id in await claimed(store):
            requests += 1
            await store.write(jobs.retry, id, "no answer")
            await store.write(peers.failed, HOST, "no answer")
        clock.forward(HOUR)
    assert requests <= 45
    assert await store.read(jobs.dead) == []


async def test_a_success_between_failures_starts_the_count_again(store: Store) -> None:
    ids = await fill(store)
    await store.write(fail, 4)
    await store.write(peers.succeeded, HOST)
    await store.write(fail, 4)
    assert await claimed(store) == ids[:2]


async def test_a_host_that_asks_for_a_pause_has_it_and_it_is_no_failure(store: Store, clock: Clock) -> None:
    ids = await fill(store)
    await store.write(peers.pause, HOST, clock.ms + 2 * MINUTE)
    assert await claimed(store) == []
    clock.forward(2 * MINUTE)
    assert await claimed(store) == ids[:2]


async def test_a_pause_is_a_day_at_most_and_a_shorter_one_does_not_shorten_it(store: Store, clock: Clock) -> None:
    await store.write(peers.pause, HOST, clock.ms + 400 * DAY)
    await store.write(peers.pause, HOST, clock.ms + MINUTE)
    peer = await store.read(peers.get, HOST)
    assert peer is not None
    assert peer.open_until == clock.ms + DAY


async def test_a_host_that_speaks_to_us_is_tried_at_once(store: Store, clock: Clock) -> None:
    ids = await fill(store)
    await store.write(fail, 5)
    await store.write(peers.heard, HOST)
    assert await claimed(store) == ids[:1]


async def test_a_host_that_asked_for_a_pause_has_it_even_if_it_speaks(store: Store, clock: Clock) -> None:
    await fill(store)
    await store.write(peers.pause, HOST, clock.ms + HOUR)
    await store.write(peers.heard, HOST)
    assert await claimed(store) == []


async def test_other_hosts_are_not_held_up(store: Store) -> None:
    await fill(store)
    await store.write(fail, 5)
    other = await store.write(jobs.enqueue, "deliver", {}, host="b.example")
    assert await claimed(store) == [other]


async def test_the_list_says_what_each_runs_and_how_much_waits_for_it(store: Store, clock: Clock) -> None:
    await fill(store, 3)
    await store.write(peers.describe, HOST, software="mobilizon 5.1", profile="events")
    clock.forward(MINUTE)
    await store.write(peers.describe, HOST, scheme="rfc9421")
    await store.write(peers.failed, HOST, "HTTP 502")
    await store.write(peers.succeeded, "b.example")

    first, second = await store.read(peers.all)
    assert first == peers.Peer(
        HOST, "mobilizon 5.1", "events", clock.ms - MINUTE, "rfc9421", clock.ms, failures=1, open_until=0, last_ok=0,
        last_failed=clock.ms, last_error="HTTP 502", waiting=3,
    )  # fmt: skip
    assert (second.host, second.waiting, second.last_ok) == ("b.example", 0, clock.ms)


async def test_hosts_that_nothing_is_heard_of_for_45_days_are_forgotten(store: Store, clock: Clock) -> None:
    await store.write(peers.succeeded, "old.example")
    clock.forward(20 * DAY)
    await store.write(peers.describe, "known.example", software="mastodon 4.5")
    clock.forward(25 * DAY + 1)
    assert await store.write(peers.sweep) == 1
    assert [peer.host for peer in await store.read(peers.all)] == ["known.example"]
