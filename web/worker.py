"""The loop behind the pages: tell others what happened, take work that is due, do it, write down how it went.

Work is leased some way ahead, and what has finished is written down a few pieces at a time: to look through the queue
of two thousand servers for each letter would cost more than the letter. Many workers may run on one PostgreSQL
database; when one dies, its leases run out and another does the work.
"""

import asyncio
import contextlib
from collections import deque

import structlog

from federation import RUNNERS, Outcome, Wire, announce, schedule, settle
from hub import jobs
from hub.clock import now
from hub.jobs import Job
from hub.store import Busy, Tx

log = structlog.get_logger()

CONCURRENCY = 8
LONGEST_WAIT = 5.0  # seconds without looking, for hosts whose rest has ended and leases that have run out
SHORTEST_WAIT = 0.02
PATIENCE = 8.0  # seconds that work under way has to finish when we are told to stop
TROUBLE = 1.0  # seconds before the next try when the database does not take it
AHEAD, AHEAD_SHARED = 16, 2  # leased at once, for each that may be under way; fewer where others could do it meanwhile
FRESH = 30_000  # ms of a lease that must be left to begin
GROUP = 16  # pieces of work that have finished, to be written down together
LINGER = 0.2  # seconds that they wait for each other
A_LOT = 100  # changes that are announced in one go; after so many there may be more
ONE_AT_A_TIME = frozenset({"receive"})  # of these a mistake of ours must not hold up the line behind it

Finished = list[tuple[Job, Outcome]]


async def run(wire: Wire, *, stop: asyncio.Event, concurrency: int = CONCURRENCY) -> None:
    """Work until `stop` is set; then finish what is under way, and give back what is not done in time."""
    worker = _Worker(wire, concurrency)
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


async def drain(wire: Wire, *, concurrency: int = CONCURRENCY) -> int:
    """Do all that is due now, and all that follows from it. Returns how many jobs that was."""
    worker, done = _Worker(wire, concurrency), 0
    while True:
        await worker.turn()
        if not worker.running:
            if not await wire.store.write(announce):
                return done
            continue
        finished, _ = await asyncio.wait(worker.running, return_when=asyncio.FIRST_COMPLETED)
        done += len(finished)


class _Worker:
    def __init__(self, wire: Wire, concurrency: int) -> None:
        self.wire, self.concurrency = wire, concurrency
        self.running: dict[asyncio.Task[Outcome], Job] = {}
        self.ready: deque[Job] = deque()
        self.finished: Finished = []
        self._ahead = concurrency * (AHEAD if wire.store.dialect.name == "sqlite" else AHEAD_SHARED)
        self._ended = 0.0  # when the first of `finished` was
        self._scheduled = False
        self._seen = -1  # how far the store had changed when we last looked what is due
        self._told = -1  # and when we last looked what there is to announce
        self._looked = 0.0

    async def turn(self) -> float:
        """End what has finished, begin what is due. Returns how many seconds there is nothing more to do."""
        if not self._scheduled:
            await self.wire.store.write(schedule)
            self._scheduled = True
        more = await self._announce()
        self._seen = self.wire.store.changed.count
        self._gather()
        self._begin()
        wait = LINGER if self.finished else LONGEST_WAIT
        if self._hungry() or self._full():
            wait = await self._write_down()
            self._begin()
        return 0.0 if more else wait

    def _hungry(self) -> bool:
        return not self.ready and len(self.running) < self.concurrency

    def _full(self) -> bool:
        lingered = asyncio.get_running_loop().time() - self._ended >= LINGER
        return len(self.finished) >= GROUP or bool(self.finished and (lingered or not self.ready))

    def _gather(self) -> None:
        """Put aside what has finished."""
        for task in [task for task in self.running if task.done()]:
            job = self.running.pop(task)
            self._ended = self._ended if self.finished else asyncio.get_running_loop().time()
            self.finished.append((job, _outcome(task, job)))

    def _begin(self) -> None:
        """Begin what is leased, while there is room. What has waited too long is left to whoever finds it."""
        while self.ready and len(self.running) < self.concurrency:
            job = self.ready.popleft()
            if job.leased_until - now() >= FRESH:
                self.running[asyncio.create_task(RUNNERS[job.kind](self.wire, job))] = job

    async def _write_down(self) -> float:
        """End what has finished, and lease more when nothing is ready. Returns how long there will be nothing new."""
        room = self._ahead if self._hungry() else 0
        finished, self.finished = self.finished, []
        try:
            claimed, wait = await self._settled(finished, room)
        except BaseException:
            self.finished = finished + self.finished
            raise
        self.ready.extend(claimed)
        return wait

    async def _announce(self) -> bool:
        """Tell others what is new, if anything may be. True when there may be more."""
        count, clock = self.wire.store.changed.count, asyncio.get_running_loop().time()
        if (count == self._told and clock - self._looked < LONGEST_WAIT) or not await self.wire.is_open():
            return False
        told = await self.wire.store.write(announce)
        self._told, self._looked = count, clock
        return told >= A_LOT

    async def rest(self, seconds: float, stopped: "asyncio.Task[object]") -> None:
        """Sleep until something changed, something finished, we are to stop, or so many seconds have passed."""
        if seconds <= 0:
            return
        changed = asyncio.create_task(self.wire.store.wait_for_change(seconds, self._seen))
        await asyncio.wait({changed, stopped, *self.running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await changed

    async def finish(self) -> None:
        if self.running:
            await asyncio.wait(self.running, timeout=PATIENCE)
        self._gather()
        undone = [*self.running.values(), *self.ready]
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        await self._settled(self.finished, 0)
        await self.wire.store.write(_release, [job.id for job in undone])

    async def _settled(self, outcomes: Finished, room: int) -> tuple[list[Job], float]:
        try:
            return await self.wire.store.write(_turn, outcomes, room)
        except Busy:
            raise
        except Exception:
            if not outcomes:
                raise
            # One of them cannot be written down: the others must not suffer for it.
            log.exception("settling one by one")
            for one in outcomes:
                await self._alone(one)
            return await self.wire.store.write(_turn, [], room)

    async def _alone(self, one: tuple[Job, Outcome]) -> None:
        try:
            await self.wire.store.write(settle, [one])
        except Exception as error:
            log.exception("cannot be settled", job=one[0].id, kind=one[0].kind)
            await self.wire.store.write(jobs.give_up, one[0].id, f"A mistake of ours: {type(error).__name__}.")


def _turn(tx: Tx, finished: Finished, room: int) -> tuple[list[Job], float]:
    settle(tx, finished)
    claimed = jobs.claim(tx, room, list(RUNNERS)) if room > 0 else []
    if claimed or room <= 0:
        return claimed, LONGEST_WAIT
    row = tx.one("SELECT min(due) AS due FROM job WHERE dead = 0 AND due > :now", now=now())
    due = row["due"] if row else None
    wait = LONGEST_WAIT if due is None else (due - now()) / 1000
    return [], min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


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
