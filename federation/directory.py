"""How hubs find each other without an owner: read each other's lists, ask everybody named there, at our own pace.

`exchange` chooses whose lists to read, every twelve hours; `hubs-of` reads one; `verify` asks one hub after the other
whether it is one. None of these asks on behalf of anybody else, so none can be used to send us to a third server.
"""

import asyncio
import random
from collections.abc import Callable

import structlog

from federation import resolve
from federation.as2 import hubs, loose
from federation.as2.contexts import Json
from federation.outcome import DONE, Outcome
from federation.peers import Found, NoHub, find_hub
from federation.resolve import Budget
from federation.wire import Wire
from hub import blocks, directory, introductions, jobs
from hub.clock import DAY, HOUR, MINUTE, now
from hub.directory import LISTED, Entry
from hub.domains import registrable
from hub.errors import N_, HubError
from hub.introductions import Told
from hub.jobs import Job
from hub.store import Busy, Tx

log = structlog.get_logger()

EVERY, SPREAD = 12 * HOUR, 0.2
AT_FIRST = 10 * MINUTE  # after a start, for the first time
PACE = 5_000  # ms for each request that a verification makes: one in five seconds, on average
FETCHES = 10  # that one verification may make
PAGES = 10  # of one list
Settle = Callable[[Tx], object]


async def exchange(wire: Wire, job: Job) -> Outcome:
    """Choose whose lists to read this time, and follow whom the steward's rule means."""
    if not await wire.is_open():
        return Outcome(settle=lambda tx: _next_exchange(tx))
    await asyncio.to_thread(registrable, wire.host)  # reads the list of suffixes, which no transaction should wait for

    def settle(tx: Tx) -> None:
        introductions.followed_unlisted(tx)
        for one in introductions.to_ask(tx):
            directory.ask_whom_it_knows(tx, one.host)
        directory.follow_adjacent(tx)
        directory.sweep(tx)
        directory.soon(tx)
        _next_exchange(tx)

    return Outcome(settle=settle)


async def hubs_of(wire: Wire, job: Job) -> Outcome:
    """Read whom another hub knows."""
    host = str(job.args["host"])
    it = await wire.store.read(directory.find, host)
    if it is None or it.state not in ("verified", "visible") or not it.book:
        return DONE
    try:
        told = await _list(wire, it)
    except Busy:
        raise
    except HubError as error:
        why = str(error)
        log.info("list not read", host=host, why=why[:300])
        return Outcome(settle=lambda tx: directory.failed(tx, host, why))

    def settle(tx: Tx) -> None:
        taken = introductions.introduce(tx, host, told, whole=True)
        introductions.read(tx, host)
        if taken.new:
            directory.soon(tx)
        log.info("list read", host=host, named=len(told), new=taken.new, no_room=taken.refused)

    return Outcome(settle=settle)


async def verify(wire: Wire, job: Job) -> Outcome:
    """Ask the hub that has waited longest whether it is one. Afterwards nobody is asked for a while."""
    quiet, due = await wire.store.read(_what_next)
    if due is None or max(quiet, due[1]) > now():
        return Outcome(settle=_next_verify)
    budget = Budget(wire.limits, FETCHES)
    settle = await _asked(wire, due[0], budget)

    def settled(tx: Tx) -> None:
        settle(tx)
        directory.follow_adjacent(tx)
        directory.be_quiet(tx, now() + PACE * max(1, budget.spent))
        _next_verify(tx)

    return Outcome(settle=settled)


def schedule(tx: Tx) -> None:
    """See to it that reading and asking go on, once. Safe to run at every start."""
    for kind, due in (("exchange", now() + AT_FIRST), ("verify", now())):
        if not _waits(tx, kind):
            jobs.enqueue(tx, kind, {}, due=due, line=kind)


async def _asked(wire: Wire, host: str, budget: Budget) -> Settle:
    """What a hub says of itself when it is asked; only that counts. Who is kept out is not asked."""
    if await wire.store.read(blocks.suspended, host):
        return lambda tx: directory.failed(tx, host, "Our stewards keep that server out.")
    try:
        found = await find_hub(wire, host, budget)
    except Busy:
        raise
    except HubError as error:
        why, is_gone = str(error), isinstance(error, NoHub) and error.gone
        return lambda tx: (directory.gone if is_gone else directory.failed)(tx, host, why)
    lacks = _lacks(found)
    if lacks:
        return lambda tx: directory.failed(tx, host, lacks)
    return lambda tx: directory.verified(tx, host, found.hub.id, found.book, found.instance)


def _lacks(found: Found) -> str:
    """What a hub must say before it may be shown to anybody who did not ask for it."""
    it = found.hub
    if not found.software:
        return "It does not say what it runs."
    return "" if it.area or it.lat is not None else "It does not say where it is."


async def _list(wire: Wire, it: Entry) -> list[Told]:
    """All that a hub's list names: it and its pages stand on its own server, and are no more than ten."""
    budget = Budget(wire.limits, 2 * (PAGES + 1))
    doc = await _page(wire, it.book, it, budget)
    items, seen = _items(doc), 0
    link = doc.get("first")
    while link and seen < PAGES and len(items) < LISTED:
        page = link if isinstance(link, dict) else await _page(wire, str(link), it, budget)
        items += _items(page)
        link, seen = page.get("next"), seen + 1
    return hubs.told(items[:LISTED], wire.base)


async def _page(wire: Wire, url: str, it: Entry, budget: Budget) -> Json:
    """A part of its list: named by it, and standing there under its own id. Nobody else is asked."""
    if not loose.same_origin(url, it.book):
        raise resolve.Unfit(N_("The list stands on another server."))
    return await resolve.document(wire, url, budget, there=True)


def _items(doc: Json) -> list[object]:
    return loose.several(doc.get("orderedItems", doc.get("items")))[:LISTED]


def _what_next(tx: Tx) -> tuple[int, tuple[str, int] | None]:
    return directory.quiet_until(tx), directory.next_due(tx)


def _next_verify(tx: Tx) -> None:
    quiet, due = _what_next(tx)
    if not _waits(tx, "verify"):
        latest = now() + DAY
        jobs.enqueue(tx, "verify", {}, due=min(max(quiet, due[1]), latest) if due else latest, line="verify")


def _next_exchange(tx: Tx) -> None:
    if not _waits(tx, "exchange"):
        due = now() + int(EVERY * random.uniform(1 - SPREAD, 1 + SPREAD))
        jobs.enqueue(tx, "exchange", {}, due=due, line="exchange")


def _waits(tx: Tx, kind: str) -> bool:
    """Whether this work stands in the queue, besides what is being done at this moment."""
    found = tx.one(
        "SELECT 1 AS x FROM job WHERE line = :kind AND dead = 0 AND leased_until < :now LIMIT 1", kind=kind, now=now()
    )
    return found is not None
