"""What is said under a thing on other servers, and was never sent to us: read back by its `context` or `replies`.

One conversation stands in pieces: each server has what its own people see. What is found is fetched from where it was
said, within the budget of one piece of work, and kept only when it belongs under something that is here.
"""

import structlog

from federation import resolve
from federation.as2 import loose, seen
from federation.as2.contexts import Json
from federation.backfill import leaf_of
from federation.http import Unreachable
from federation.keep import KEPT, keep
from federation.outcome import DONE, Outcome
from federation.resolve import Budget, Gathered
from federation.wire import Wire
from hub import actors, jobs, things
from hub.errors import HubError
from hub.jobs import Job
from hub.store import Tx

log = structlog.get_logger()

A_PAGE = 40  # items of one page that are looked at
TRIES = 3


async def read(wire: Wire, job: Job) -> Outcome:
    """Read one page of a thread: `url` which, `left` how many may follow."""
    url, left, budget = str(job.args["url"]), int(job.args["left"]), Budget(wire.limits)
    try:
        leaf = await leaf_of(wire, url, url, budget)
        await _said(wire, loose.ids_of(leaf.items)[:A_PAGE], budget)
    except Unreachable as error:
        return Outcome(error=str(error), hopeless=job.attempts >= TRIES)
    except HubError as error:
        log.info("no thread to read", url=url, why=str(error)[:300])
        return DONE
    if not leaf.next or left <= 1:
        return DONE
    further = job.args | {"url": leaf.next, "left": left - 1}
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "thread", further, host=job.host))


async def _said(wire: Wire, uris: list[str], budget: Budget) -> None:
    """Fetch what is not here, and keep it; what answers something that comes later in the list waits for that."""
    found = Gathered()
    waiting: list[Json] = []
    for uri in uris:
        if await wire.store.read_hot(things.at, uri) is not None:
            continue
        try:
            doc = await resolve.thing(wire, uri, found, budget)
        except HubError as error:  # one that cannot be had does not keep the others away
            log.info("skipped", what=uri, why=str(error)[:300])
            continue
        if doc.get("inReplyTo") and seen.vote(doc) is None:
            waiting.append(doc)
    for _ in range(2):
        waiting = [doc for doc in waiting if not await _kept(wire, doc, found)]


async def _kept(wire: Wire, doc: Json, found: Gathered) -> bool:
    author = found.actors.get(seen.author(doc))
    if author is None:
        return True  # and never will be
    try:
        return await wire.store.write(_keep, author, doc) == KEPT
    except HubError as error:
        log.info("not kept", what=loose.id_of(doc), why=str(error)[:300])
        return False


def _keep(tx: Tx, author: int, doc: Json) -> str:
    return keep(tx, actors.get(tx, author), doc)
