"""The loop behind the pages: tell others what happened, take work that is due, do it, write down how it went.

Work is leased some way ahead, and what has finished is written down many pieces at a time: to look through the queue
of two thousand servers for each letter would cost more than the letter. A piece that ends makes room for the next one
at once; the loop itself turns only when there is something to lease or to write down. Many workers may run on one
PostgreSQL database; when one dies, its leases run out and another does the work.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Any

import structlog

from federation import RUNNERS, Outcome, Parcel, Runner, Wire, announce, packed, schedule, settle
from hub import jobs
from hub.clock import now
from hub.jobs import Job
from hub.neighbouring import spread
from hub.store import Busy, Tx

log = structlog.get_logger()

CONCURRENCY, HERE = 48, 8  # deliveries under way, which mostly wait for others; and other work, which mostly does not
LONGEST_WAIT = 5.0  # seconds without looking, for hosts whose rest has ended and leases that have run out
SHORTEST_WAIT = 0.02
PATIENCE = 8.0  # seconds that work under way has to finish when we are told to stop
TROUBLE = 1.0  # seconds before the next try when the database does not take it
AHEAD, AHEAD_SHARED = 10, 2  # leased at once, for each that may be under way; fewer where others could do it meanwhile
FRESH = 30_000  # ms of a lease that must be left to begin
GROUP = 64  # pieces of work that have finished, to be written down together
LINGER = 0.2  # seconds that they wait for each other
A_LOT = 100  # changes that are announced in one go; after so many there may be more
SENT = "deliver"  # the kind of work that needs something packed
ONE_AT_A_TIME = frozenset({"receive"})  # of these a mistake of ours must not hold up the line behind it

Finished = list[tuple[Job, Outcome]]


async def run(
    wire: Wire, *, stop: asyncio.Event, concurrency: int = CONCURRENCY, runners: Mapping[str, Runner] = RUNNERS
) -> None:
    """Work until `stop` is set; then finish what is under way, and give back what is not done in time.

    `runners` is what can be done here, by kind of job (all of it: `web.runners`); the rest is left to others.
    """
    worker = _Worker(wire, concurrency, runners)
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            try:
                idle = await worker.turn()
            except Busy as error:
                log.warning("worker waits", why=str(error))
                idle = TROUBLE
            except Exception:
                log.exception("a turn of the worker failed")
                idle = TROUBLE
            await worker.rest(idle, stopped)
    finally:
        stopped.cancel()
        await worker.finish()


async def drain(wire: Wire, *, concurrency: int = CONCURRENCY, runners: Mapping[str, Runner] = RUNNERS) -> int:
    """Do all that is due now, and all that follows from it. Returns how many jobs that was."""
    worker = _Worker(wire, concurrency, runners)
    while True:
        await worker.turn(patient=False)
        if worker.running:
            await asyncio.wait(worker.running, return_when=asyncio.FIRST_COMPLETED)
        elif not worker.finished and not await wire.store.write(announce) and not await wire.store.write(spread):
            return worker.done


class _Lane:
    """Work of one sort: what is leased and not begun, and how much of it may be under way."""

    def __init__(self, most: int, ahead: int) -> None:
        self.most, self.ahead = most, most * ahead
        self.ready: deque[Job] = deque()
        self.busy = 0
        self.ended = False  # one has, since we last looked for more
        self.seen = -1  # how far the store had changed then
        self.again = 0.0  # when to look again in any case, by the loop's clock

    def room(self, changes: int, clock: float) -> int:
        """How much to lease: nothing while something is left, nobody could begin it, or nothing can be new."""
        if self.ready or self.busy >= self.most:
            return 0
        return self.ahead if self.ended or self.seen != changes or clock >= self.again else 0

    def looked(self, changes: int, again: float) -> None:
        self.ended, self.seen, self.again = False, changes, again


class _Worker:
    def __init__(self, wire: Wire, concurrency: int, runners: Mapping[str, Runner]) -> None:
        self.runners = runners
        ahead = AHEAD if wire.store.dialect.name == "sqlite" else AHEAD_SHARED
        self.wire, self.done = wire, 0
        self.away, self.here = _Lane(concurrency, ahead), _Lane(min(concurrency, HERE), ahead)
        self.running: dict[asyncio.Task[Outcome], Job] = {}
        self.finished: Finished = []
        self.news = asyncio.Event()  # something has finished that may be worth a turn
        self._ended = 0.0  # when the first of `finished` was
        self._scheduled = False
        self._seen = -1  # how far the store had changed when we last looked what is due
        self._told = -1  # and when we last looked what there is to announce
        self._looked = 0.0

    async def turn(self, *, patient: bool = True) -> float:
        """Write down what has finished, lease what is due. Returns how many seconds there is nothing more to do."""
        self.news.clear()
        if not self._scheduled:
            await self.wire.store.write(schedule)
            self._scheduled = True
        seen = self.wire.store.changed.count
        more = await self._announce()
        self._seen = seen  # what changed meanwhile may have come too late to be told
        wait = LINGER if self.finished else LONGEST_WAIT
        if not patient:
            self.away.ended = self.here.ended = True
        room = self._room()
        if any(room) or self._full() or not patient:
            wait = await self._write_down(*room)
            self._begin()
        return 0.0 if more else wait

    def _room(self) -> tuple[int, int]:
        changes, clock = self.wire.store.changed.count, asyncio.get_running_loop().time()
        return self.away.room(changes, clock), self.here.room(changes, clock)

    def _full(self) -> bool:
        lingered = asyncio.get_running_loop().time() - self._ended >= LINGER
        return len(self.finished) >= GROUP or bool(self.finished and lingered)

    def _begin(self) -> None:
        """Begin what is leased, while there is room. What has waited too long is left to whoever finds it."""
        for lane in (self.away, self.here):
            while lane.ready and lane.busy < lane.most:
                job = lane.ready.popleft()
                if job.leased_until - now() < FRESH:
                    self.wire.parcels.pop(job.id, None)
                    continue
                task = asyncio.create_task(self.runners[job.kind](self.wire, job))
                self.running[task] = job
                lane.busy += 1
                task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[Outcome]") -> None:
        """Put aside what has finished, and begin the next."""
        job = self.running.pop(task)
        lane = self._lane(job)
        lane.busy, lane.ended = lane.busy - 1, True
        if task.cancelled():
            return
        if not self.finished:
            self._ended = asyncio.get_running_loop().time()
        self.finished.append((job, _outcome(task, job)))
        self.done += 1
        self._begin()
        if len(self.finished) in (1, GROUP) or not lane.ready:
            self.news.set()

    def _lane(self, job: Job) -> _Lane:
        return self.here if job.host is None else self.away

    async def _write_down(self, away: int, here: int) -> float:
        """End what has finished, and lease more where nothing is ready. Returns how long there will be nothing new."""
        changes, clock = self.wire.store.changed.count, asyncio.get_running_loop().time()
        finished, self.finished = self.finished, []
        try:
            claimed, ready, wait = await self._settled(finished, away, here)
        except BaseException:
            self.finished = finished + self.finished
            raise
        for lane, asked in ((self.away, away), (self.here, here)):
            if asked:
                lane.looked(changes, clock + wait)
        self.wire.parcels |= ready
        for job in claimed:
            self._lane(job).ready.append(job)
        return wait

    async def _announce(self) -> bool:
        """Tell others what is new, if anything may be. True when there may be more."""
        count, clock = self.wire.store.changed.count, asyncio.get_running_loop().time()
        if (count == self._told and clock - self._looked < LONGEST_WAIT) or not await self.wire.is_open():
            return False
        told = max(await self.wire.store.write(spread), await self.wire.store.write(announce))
        self._told, self._looked = count, clock
        return told >= A_LOT

    async def rest(self, seconds: float, stopped: "asyncio.Task[object]") -> None:
        """Sleep until something changed, something finished, we are to stop, or so many seconds have passed."""
        if seconds <= 0:
            return
        waits: list[Coroutine[Any, Any, object]] = [
            self.wire.store.wait_for_change(seconds, self._seen), self.news.wait(),
        ]  # fmt: skip
        tasks = [asyncio.create_task(one) for one in waits]
        await asyncio.wait({*tasks, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self) -> None:
        waiting = [*self.away.ready, *self.here.ready]
        self.away.ready.clear()
        self.here.ready.clear()
        if self.running:
            await asyncio.wait(self.running, timeout=PATIENCE)
        undone = [*self.running.values(), *waiting]
        tasks = [*self.running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settled(self.finished, 0, 0)
        await self.wire.store.write(_release, [job.id for job in undone])

    async def _settled(self, outcomes: Finished, away: int, here: int) -> "Turn":
        try:
            return await self.wire.store.write(_turn, outcomes, away, here, list(self.runners))
        except Busy:
            raise
        except Exception:
            if not outcomes:
                raise
            # One of them cannot be written down: the others must not suffer for it.
            log.exception("settling one by one")
            for one in outcomes:
                await self._alone(one)
            return await self.wire.store.write(_turn, [], away, here, list(self.runners))

    async def _alone(self, one: tuple[Job, Outcome]) -> None:
        try:
            await self.wire.store.write(settle, [one])
        except Exception as error:
            log.exception("cannot be settled", job=one[0].id, kind=one[0].kind)
            await self.wire.store.write(jobs.give_up, one[0].id, f"A mistake of ours: {type(error).__name__}.")


Turn = tuple[list[Job], dict[int, Parcel], float]  # what is leased, what is to be sent of it, seconds of peace


def _turn(tx: Tx, finished: Finished, away: int, here: int, kinds: list[str]) -> Turn:
    settle(tx, finished)
    going = jobs.claim_away(tx, away, kinds) if away else []
    others = jobs.claim_here(tx, here, kinds) if here else []
    if going or others or not (away or here):
        return [*going, *others], packed(tx, [job for job in going if job.kind == SENT]), LONGEST_WAIT
    due = jobs.due_next(tx)
    wait = LONGEST_WAIT if due is None else (due - now()) / 1000
    return [], {}, min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _release(tx: Tx, undone: list[int]) -> None:
    for id in undone:
        jobs.release(tx, id)


def _outcome(task: "asyncio.Task[Outcome]", job: Job) -> Outcome:
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, Busy):
        return Outcome(error=str(error), after=int(TROUBLE * 1000))
    log.error("a mistake of ours", kind=job.kind, job=job.id, exc_info=error)
    return Outcome(error=f"A mistake of ours: {type(error).__name__}.", hopeless=job.kind in ONE_AT_A_TIME)
