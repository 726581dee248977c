"""What is done in the background, by kind of job; and what comes back every hour by itself."""

import asyncio

import msgspec
import structlog

from federation import directory, incoming, links, outgoing, peers, resolve, threads
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.backfill import backfill
from federation.delivery import deliver
from federation.http import Unreachable
from federation.keys import host_of
from federation.outcome import DONE, Outcome, Runner
from federation.resolve import Gathered, Plan
from federation.wire import Wire
from hub import (
    actors,
    apps,
    asks,
    jobs,
    joining,
    keys,
    leaving,
    letters,
    manners,
    neighbouring,
    reports,
    rescue,
    scheduled,
    signups,
    unsaid,
)
from hub import peers as hub_peers
from hub.actors import Actor
from hub.clock import DAY, HOUR, MINUTE, now
from hub.errors import HubError
from hub.jobs import Job
from hub.store import Busy, Row, Tx

log = structlog.get_logger()

AGAIN = (MINUTE // 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE)  # for what points at a server that does not answer
REMEMBERED = 45 * DAY  # ids of activities: longer than anybody's retries
GONE = 90 * DAY  # a Delete that came before its Create
TOGETHER = 16  # letters of one sender that are acted on in one transaction
AT_A_STRETCH = 45.0  # seconds of reading one sender's letters; well below a lease
ASIDE = "put aside"  # the outcome of what has not been acted on, and has a job of its own
HOURLY = ("expire", "sweep")

_decode = msgspec.json.Decoder(Json).decode  # what is kept was read strictly when it came


class Letter(msgspec.Struct, frozen=True):
    """An activity that has been let in and not yet been acted on."""

    id: int
    sender: Actor
    activity: Json
    plan: Plan


async def receive(wire: Wire, job: Job) -> Outcome:
    """Act on what somebody has sent (`from`), one letter after the other; or on a letter that had to wait (`inbox`)."""
    if "inbox" in job.args:
        letter = await wire.store.read(_letter, int(job.args["inbox"]))
        return DONE if letter is None else await _read(wire, letter, int(job.args.get("tries", 0)))
    clock, sender = asyncio.get_running_loop().time, str(job.args["from"])
    ends, alone = clock() + AT_A_STRETCH, 0
    while clock() < ends:
        if alone == 0:
            alone, over = await _together(wire, sender)
            if over:
                return DONE
            continue
        alone -= 1
        letter = await wire.store.read_hot(_next, sender)
        if letter is None:
            return DONE
        outcome = await _try(wire, letter)
        if outcome.settle is not None:
            await wire.store.write(outcome.settle)
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "receive", job.args, line=job.line))


async def _together(wire: Wire, sender: str) -> tuple[int, bool]:
    """Act on what needs nothing fetched, many letters in one transaction.

    Returns how many are to be read alone now, and whether none is left: whatever comes from now on has its own job.
    """
    try:
        said, over = await wire.store.write(_at_once, sender)
    except Busy:
        raise
    except Exception as error:
        # None of them counts now. Whose refusal or mistake it is, is found by reading them one by one.
        log.debug("one by one", sender=sender, why=str(error)[:300])
        return TOGETHER, False
    for kind, word in said:
        log.info("received", outcome=word[:300], type=kind, actor=sender)
    return 0 if said else 1, over


async def _try(wire: Wire, letter: Letter) -> Outcome:
    """A mistake of ours with one letter must not keep those behind it from being read: it is listed."""
    try:
        return await _read(wire, letter, 0)
    except Busy:
        raise
    except Exception as error:
        log.exception("a mistake of ours", letter=letter.id)
        mistake = type(error).__name__
        return Outcome(settle=lambda tx: _give_up(tx, letter, f"A mistake of ours: {mistake}."))


async def _read(wire: Wire, letter: Letter, tries: int) -> Outcome:
    """First fetch all that it takes, then act on it whole or not at all."""
    sender, kind = letter.sender, loose.type_of(letter.activity)
    try:
        found = await resolve.gather(wire, sender, letter.plan)
        if kind == "Follow":
            await peers.introduce(wire, host_of(sender.uri))
        word = await wire.store.write(_act, letter, found)
    except Unreachable as error:
        why = str(error)
        return Outcome(settle=lambda tx: _later(tx, letter, tries, why))
    except Busy:
        raise
    except HubError as error:
        word = f"refused: {error}"
        await wire.store.write(_close, letter.id, word)
    log.info("received", outcome=word[:300], type=kind, actor=sender.uri)
    return DONE


async def expire(wire: Wire, job: Job) -> Outcome:
    """Close asks and offers that nobody has closed in time; take down what has been closed for long."""
    await wire.store.write(asks.expire)
    await wire.store.write(outgoing.pledges.forget)
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


async def tell(wire: Wire, job: Job) -> Outcome:
    """Tell those whom a change of plan concerns, some at a time, each once."""
    it = job.args
    event, news, change, after = int(it["event"]), list(it["news"]), int(it["change"]), int(it["after"])
    return Outcome(settle=lambda tx: outgoing.going.tell_everybody(tx, event, news, change, after))


async def say(wire: Wire, job: Job) -> Outcome:
    """Say what somebody has put off until now."""
    later = int(job.args["scheduled"])
    return Outcome(settle=lambda tx: scheduled.say(tx, later))


async def close(wire: Wire, job: Job) -> Outcome:
    """Tell how many had answered a poll when it closed."""
    event, starts = int(job.args["event"]), int(job.args["starts"])
    return Outcome(settle=lambda tx: outgoing.close(tx, event, starts))


async def over(wire: Wire, job: Job) -> Outcome:
    """A poll of somebody's has closed: its last count is told, and those here who voted hear of it."""
    thing, ends = int(job.args["thing"]), int(job.args["ends"])
    return Outcome(settle=lambda tx: outgoing.residents.over(tx, thing, ends))


RUNNERS: dict[str, Runner] = {
    "receive": receive,
    "deliver": deliver,
    "backfill": backfill,
    "tally": tally,
    "tell": tell,
    "close": close,
    "say": say,
    "over": over,
    "expire": expire,
    "thread": threads.read,
    "sweep": sweep,
    "exchange": directory.exchange,
    "hubs-of": directory.hubs_of,
    "verify": directory.verify,
    "links": links.verify,
}


def schedule(tx: Tx) -> None:
    """See to it that what comes back every hour is on the queue, once. Safe to run at every start."""
    for kind in HOURLY:
        if tx.one("SELECT 1 AS x FROM job WHERE kind = :kind AND dead = 0 LIMIT 1", kind=kind) is None:
            jobs.enqueue(tx, kind, {})
    directory.schedule(tx)


_LETTER = "SELECT i.id, i.body, a.id AS sender FROM inbox i JOIN actor a ON a.uri = i.signer"


def _letter(tx: Tx, id: int) -> Letter | None:
    """One that has not been acted on, also when it was put aside."""
    row = tx.one(f"{_LETTER} WHERE i.id = :id AND i.outcome IN ('', '{ASIDE}')", id=id)
    return None if row is None else _opened(tx, row)


def _next(tx: Tx, sender: str) -> Letter | None:
    """The oldest of this sender's that nobody has looked at."""
    row = tx.one(f"{_LETTER} WHERE i.signer = :sender AND i.outcome = '' ORDER BY i.id LIMIT 1", sender=sender)
    return None if row is None else _opened(tx, row)


def _at_once(tx: Tx, sender: str) -> tuple[list[tuple[str, str]], bool]:
    """Act on this sender's letters, the oldest first, until one needs the network.

    Returns type and outcome of each, and whether there are no more.

    What is fetched for a letter depends on what those before it brought, so each is looked at when its turn comes.
    """
    said: list[tuple[str, str]] = []
    rows = tx.all(
        f"{_LETTER} WHERE i.signer = :sender AND i.outcome = '' ORDER BY i.id LIMIT :most", sender=sender, most=TOGETHER
    )
    known = None
    for row in rows:
        letter = _opened(tx, row, known)
        kind = loose.type_of(letter.activity)
        known = letter.sender if kind == "Create" else None  # any other may change who they are
        if letter.plan != Plan() or kind == "Follow":  # who follows is asked what they run
            break
        word = incoming.act(tx, letter.sender, letter.activity, Gathered())
        _close(tx, letter.id, word)
        said.append((kind, word))
    return said, len(said) == len(rows) < TOGETHER


def _opened(tx: Tx, row: Row, sender: Actor | None = None) -> Letter:
    sender, activity = sender or actors.get(tx, row["sender"]), _decode(row["body"])
    return Letter(row["id"], sender, activity, resolve.plan(tx, sender, activity))


def _act(tx: Tx, letter: Letter, found: Gathered) -> str:
    if tx.one(f"SELECT 1 AS x FROM inbox WHERE id = :id AND outcome IN ('', '{ASIDE}')", id=letter.id) is None:
        return "no news"  # somebody else held the same job
    sender = actors.get(tx, letter.sender.id)  # what was fetched may have changed them
    word = incoming.act(tx, sender, letter.activity, found)
    _close(tx, letter.id, word)
    return word


def _close(tx: Tx, id: int, word: str) -> None:
    """The id is kept, so that the same never counts twice; the words are not."""
    tx.run("UPDATE inbox SET outcome = :word, body = '' WHERE id = :id", id=id, word=word[:300])


def _later(tx: Tx, letter: Letter, tries: int, why: str) -> None:
    """Put it aside, for a job of its own: the rest of what they say need not wait for a third server."""
    if tries >= len(AGAIN):
        _close(tx, letter.id, f"given up: {why}")
        return
    _put_aside(tx, letter)
    jobs.enqueue(tx, "receive", {"inbox": letter.id, "tries": tries + 1}, due=now() + AGAIN[tries])


def _give_up(tx: Tx, letter: Letter, why: str) -> None:
    _put_aside(tx, letter)
    jobs.give_up(tx, jobs.enqueue(tx, "receive", {"inbox": letter.id}), why)


def _put_aside(tx: Tx, letter: Letter) -> None:
    tx.run(f"UPDATE inbox SET outcome = '{ASIDE}' WHERE id = :id", id=letter.id)


def _sweep(tx: Tx) -> None:
    tx.run("DELETE FROM inbox WHERE at < :old AND outcome <> ''", old=now() - REMEMBERED)
    tx.run("DELETE FROM gone WHERE at < :old", old=now() - GONE)
    hub_peers.sweep(tx)
    manners.sweep(tx)
    keys.sweep(tx)
    reports.sweep(tx)
    neighbouring.sweep(tx)
    apps.sweep(tx)
    letters.sweep(tx)
    rescue.sweep(tx)
    signups.sweep(tx)
    joining.mind(tx)
    outgoing.sweep(tx)
    unsaid.sweep(tx)
    leaving.over(tx)
