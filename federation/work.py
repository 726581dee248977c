"""What is done in the background, by kind of job; and what comes back every hour by itself."""

import msgspec
import structlog

from federation import incoming, outgoing, peers, resolve
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.backfill import backfill
from federation.delivery import deliver
from federation.http import Unreachable
from federation.keys import host_of
from federation.outcome import DONE, Outcome, Runner
from federation.resolve import Gathered, Plan
from federation.strict_json import parse_json
from federation.wire import Wire
from hub import actors, asks, jobs
from hub import peers as hub_peers
from hub.actors import Actor
from hub.clock import DAY, HOUR, MINUTE, now
from hub.errors import HubError
from hub.jobs import Job
from hub.store import Busy, Tx

log = structlog.get_logger()

AGAIN = (MINUTE // 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE)  # for what points at a server that does not answer
REMEMBERED = 45 * DAY  # ids of activities: longer than anybody's retries
GONE = 90 * DAY  # a Delete that came before its Create
HOURLY = ("expire", "sweep")


class Letter(msgspec.Struct, frozen=True):
    """An activity that has been let in and not yet been acted on."""

    id: int
    sender: Actor
    activity: Json
    plan: Plan


async def receive(wire: Wire, job: Job) -> Outcome:
    """Act on one activity: first fetch all that it takes, then do it whole or not at all."""
    letter = await wire.store.read_hot(_letter, int(job.args["inbox"]))
    if letter is None:
        return DONE
    sender, kind = letter.sender, loose.type_of(letter.activity)
    try:
        found = await resolve.gather(wire, sender, letter.plan)
        if kind == "Follow":
            await peers.introduce(wire, host_of(sender.uri))
        word = await wire.store.write(_act, letter, found)
    except Unreachable as error:
        return await _later(wire, job, letter, str(error))
    except Busy:
        raise
    except HubError as error:
        word = f"refused: {error}"
        await wire.store.write(_close, letter.id, word)
    log.info("received", outcome=word[:300], type=kind, actor=sender.uri)
    return DONE


async def expire(wire: Wire, job: Job) -> Outcome:
    """Close asks and offers that nobody has closed in time."""
    await wire.store.write(asks.expire)
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "expire", {}, due=now() + HOUR))


async def sweep(wire: Wire, job: Job) -> Outcome:
    """Forget what nobody will ask about any more."""
    await wire.store.write(_sweep)
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "sweep", {}, due=now() + HOUR))


async def tally(wire: Wire, job: Job) -> Outcome:
    """Tell how many have answered a poll, some time after the last who did."""
    for kind, id in job.args.items():
        await wire.store.write(outgoing.tally, kind, int(id))
    return DONE


RUNNERS: dict[str, Runner] = {
    "receive": receive,
    "deliver": deliver,
    "backfill": backfill,
    "tally": tally,
    "expire": expire,
    "sweep": sweep,
}


def schedule(tx: Tx) -> None:
    """See to it that what comes back every hour is on the queue, once. Safe to run at every start."""
    for kind in HOURLY:
        if tx.one("SELECT 1 AS x FROM job WHERE kind = :kind AND dead = 0 LIMIT 1", kind=kind) is None:
            jobs.enqueue(tx, kind, {})


def _letter(tx: Tx, id: int) -> Letter | None:
    row = tx.one(
        """SELECT i.body, a.id AS sender FROM inbox i JOIN actor a ON a.uri = i.signer
           WHERE i.id = :id AND i.outcome = ''""",
        id=id,
    )
    if row is None:
        return None
    sender, activity = actors.get(tx, row["sender"]), parse_json(row["body"].encode())
    return Letter(id, sender, activity, resolve.plan(tx, sender, activity))


def _act(tx: Tx, letter: Letter, found: Gathered) -> str:
    if tx.one("SELECT 1 AS x FROM inbox WHERE id = :id AND outcome = ''", id=letter.id) is None:
        return "no news"  # somebody else held the same job
    sender = actors.get(tx, letter.sender.id)  # what was fetched may have changed them
    word = incoming.act(tx, sender, letter.activity, found)
    _close(tx, letter.id, word)
    return word


def _close(tx: Tx, id: int, word: str) -> None:
    """The id is kept, so that the same never counts twice; the words are not."""
    tx.run("UPDATE inbox SET outcome = :word, body = '' WHERE id = :id", id=id, word=word[:300])


async def _later(wire: Wire, job: Job, letter: Letter, why: str) -> Outcome:
    """A new job, out of the sender's line: the rest of what they say need not wait for a third server."""
    tries = int(job.args.get("tries", 0))
    if tries >= len(AGAIN):
        await wire.store.write(_close, letter.id, f"given up: {why}")
        return DONE
    args = {"inbox": letter.id, "tries": tries + 1}
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "receive", args, due=now() + AGAIN[tries]))


def _sweep(tx: Tx) -> None:
    tx.run("DELETE FROM inbox WHERE at < :old AND outcome <> ''", old=now() - REMEMBERED)
    tx.run("DELETE FROM gone WHERE at < :old", old=now() - GONE)
    hub_peers.sweep(tx)
    outgoing.sweep(tx)
