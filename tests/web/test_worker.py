"""The loop behind the pages: it wakes, works, survives our own mistakes, and stops cleanly."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from conftest import Clock
from elsewhere import Elsewhere, activity, post
from here import Here, a_hub
from scene import lift, party

from federation import RUNNERS, Client, Outcome, Wire
from federation.incoming import HANDLERS
from hub import asks, events, jobs
from hub.clock import DAY, HOUR
from hub.jobs import Job
from hub.store import Store, Tx
from web import worker

INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"


@pytest_asyncio.fixture
async def here(store: Store, clock: Clock) -> AsyncIterator[Here]:
    async with a_hub(store) as it:
        yield it


@pytest.fixture
def mastodon(here: Here) -> Elsewhere:
    return here.server("mastodon.example")


async def until(here: Here, received: int, server: Elsewhere) -> None:
    async with asyncio.timeout(20):
        while len(server.received) < received:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.01)


async def test_what_is_published_goes_out_by_itself_and_the_loop_stops_when_told(
    here: Here, mastodon: Elsewhere
) -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(here.wire, stop=stop))
    await post(here.app, INBOX, activity("Follow", mastodon.actor("ann"), HUB))
    await until(here, 1, mastodon)
    await here.store.write(events.publish, here.steward, party())
    await until(here, 2, mastodon)
    assert [one["type"] for one in mastodon.received] == ["Accept", "Create"]
    stop.set()
    async with asyncio.timeout(20):
        await loop
    assert await here.one("SELECT count(*) FROM job WHERE leased_until > 0") == 0
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'deliver'") == 0


async def test_a_hub_that_is_not_set_up_yet_is_waited_for(store: Store, clock: Clock) -> None:
    wire = Wire(store, Client("https://glan.example", "test"), "https://glan.example")
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(wire, stop=stop))
    await asyncio.sleep(0.1)
    assert not loop.done()
    stop.set()
    await loop
    await wire.client.close()


async def test_two_workers_on_one_database_deliver_each_thing_once(here: Here, mastodon: Elsewhere) -> None:
    await post(here.app, INBOX, activity("Follow", mastodon.actor("ann"), HUB))
    await here.work()
    mastodon.forget()
    stop = asyncio.Event()
    loops = [asyncio.create_task(worker.run(here.wire, stop=stop)) for _ in range(3)]
    for number in range(10):
        await here.store.write(events.publish, here.steward, party(title={"en": f"Party {number}"}))
    await until(here, 10, mastodon)
    stop.set()
    await asyncio.gather(*loops)
    assert len({one["id"] for one in mastodon.received}) == len(mastodon.received) == 10


async def test_a_mistake_of_ours_is_listed_and_does_not_stop_the_rest(
    here: Here, mastodon: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(wire: Wire, job: Job) -> Outcome:
        raise ZeroDivisionError

    def spill(tx: Tx) -> None:
        raise ZeroDivisionError

    async def settle_badly(wire: Wire, job: Job) -> Outcome:
        return Outcome(settle=spill)

    monkeypatch.setitem(RUNNERS, "receive", stumble)
    monkeypatch.setitem(RUNNERS, "sweep", settle_badly)
    ann = mastodon.actor("ann")
    await post(here.app, INBOX, activity("Follow", ann, HUB))
    await here.work()
    dead = await here.store.read(jobs.dead)
    assert {(job.kind, job.last_error) for job in dead} == {
        ("receive", "A mistake of ours: ZeroDivisionError."), ("sweep", "A mistake of ours: ZeroDivisionError."),
    }  # fmt: skip
    monkeypatch.undo()
    for job in dead:
        await here.store.write(jobs.send_again, job.id)
    await here.work()
    assert await here.outcomes() == ["accepted"]


async def test_a_letter_that_we_stumble_over_does_not_keep_the_next_from_being_read(
    here: Here, mastodon: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> str:
        raise ZeroDivisionError

    ann = mastodon.actor("ann")
    event = await here.store.write(events.publish, here.steward, party())
    monkeypatch.setitem(HANDLERS, "Like", stumble)
    await post(here.app, INBOX, activity("Like", ann, event.uri))
    await post(here.app, INBOX, activity("Follow", ann, HUB))
    await here.work()
    assert await here.outcomes() == ["put aside", "accepted"]
    [dead] = await here.store.read(jobs.dead)
    assert dead.last_error == "A mistake of ours: ZeroDivisionError."
    monkeypatch.undo()
    await here.store.write(jobs.send_again, dead.id)
    await here.work()
    assert await here.outcomes() == ["like", "accepted"]


async def test_many_letters_of_one_sender_are_one_piece_of_work(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    for number in range(30):
        await post(here.app, INBOX, activity("Follow", ann, HUB, id=f"{ann}#{number}"))
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'receive'") == 1
    await here.work()
    assert set(await here.outcomes()) == {"accepted"}
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'receive'") == 0


async def test_a_worker_that_was_killed_in_the_middle_has_acted_once_or_not_at_all(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    await post(here.app, INBOX, activity("Follow", mastodon.actor("ann"), HUB))
    leased = await here.store.write(jobs.claim, 10)
    receive = next(job for job in leased if job.kind == "receive")
    await RUNNERS["receive"](here.wire, receive)  # and the power goes before this is written down
    clock.forward(3 * 60_000)
    await here.work()
    assert [one["type"] for one in mastodon.received] == ["Accept"]
    assert await here.outcomes() == ["accepted"]


async def test_every_hour_old_asks_close_and_old_letters_are_forgotten(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ask = await here.store.write(asks.publish, here.steward, "ask", lift())
    await post(here.app, INBOX, activity("Follow", mastodon.actor("ann"), HUB))
    await here.work()
    assert await here.one("SELECT count(*) FROM inbox") == 1
    clock.forward(15 * DAY)
    await here.work()
    assert (await here.store.read(asks.get, ask.id)).status == "expired"
    clock.forward(31 * DAY)
    await here.work()
    assert await here.one("SELECT count(*) FROM inbox") == 0
    chores = await here.all("SELECT kind, due FROM job WHERE kind IN ('expire', 'sweep') ORDER BY kind")
    assert [(row["kind"], row["due"] - clock.ms) for row in chores] == [("expire", HOUR), ("sweep", HOUR)]


async def test_work_that_takes_too_long_to_finish_is_given_back(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    began = asyncio.Event()

    async def endless(wire: Wire, job: Job) -> Outcome:
        began.set()
        await asyncio.sleep(3600)
        return Outcome()

    monkeypatch.setitem(RUNNERS, "tally", endless)
    monkeypatch.setattr(worker, "PATIENCE", 0.05)
    await here.store.write(jobs.enqueue, "tally", {"event": 1})
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(here.wire, stop=stop))
    await began.wait()
    stop.set()
    await loop
    assert await here.all("SELECT attempts, leased_until FROM job WHERE kind = 'tally'") == [
        {"attempts": 0, "leased_until": 0}
    ]


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.some, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, wire: Wire, job: Job) -> Outcome:
        self.began.append(job.id)
        self.some.set()
        await self.go.wait()
        return Outcome()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    it = Held()
    monkeypatch.setitem(RUNNERS, "tally", it)
    return it


async def left(here: Here, wanted: int) -> None:
    async with asyncio.timeout(20):
        while await here.one("SELECT count(*) FROM job WHERE kind = 'tally'") > wanted:  # noqa: ASYNC110 - nor a table
            await asyncio.sleep(0.01)


async def test_no_more_is_under_way_than_allowed_however_much_is_leased(here: Here, held: Held) -> None:
    await here.store.write(jobs.enqueue_many, "tally", [jobs.Order({})] * 5)
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(here.wire, stop=stop, concurrency=2))
    await held.some.wait()
    await asyncio.sleep(0.05)
    assert len(held.began) == 2
    held.go.set()
    await left(here, 0)
    assert len(set(held.began)) == len(held.began) == 5
    stop.set()
    await loop


async def test_what_was_leased_ahead_and_not_begun_is_given_back(
    here: Here, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.05)
    await here.store.write(jobs.enqueue_many, "tally", [jobs.Order({})] * 4)
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(here.wire, stop=stop, concurrency=2))
    await held.some.wait()
    stop.set()
    await loop
    found = await here.all("SELECT attempts, leased_until FROM job WHERE kind = 'tally'")
    assert found == [{"attempts": 0, "leased_until": 0}] * 4


async def test_what_was_leased_too_long_ago_is_not_begun(here: Here, held: Held, clock: Clock) -> None:
    await here.store.write(jobs.enqueue_many, "tally", [jobs.Order({})] * 2)
    stop = asyncio.Event()
    loop = asyncio.create_task(worker.run(here.wire, stop=stop, concurrency=1))
    await held.some.wait()
    clock.forward(jobs.LEASE)
    held.go.set()
    await left(here, 1)
    assert len(held.began) == 1
    stop.set()
    await loop


async def test_what_is_written_while_it_announces_is_not_slept_over(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, announce = asyncio.get_running_loop(), worker.announce

    def meanwhile(tx: Tx) -> int:
        told = announce(tx)
        loop.call_soon_threadsafe(here.store.changed.set)  # somebody else's change, too late for this one
        return told

    monkeypatch.setattr(worker, "announce", meanwhile)
    it = worker._Worker(here.wire, 1, RUNNERS)
    await it.turn()
    assert await here.store.wait_for_change(0, it._seen) > it._seen
