"""Handing an activity over, and judging the answer: taken, later, or never.

A volunteer's server may be off for a month; nothing is dropped silently, and whatever waits or has failed says why
in words that a steward understands (trust.md §1.1 rows 2-4).
"""

from federation import knock, pace
from federation.http import Response, Unreachable
from federation.outcome import DONE, Outcome
from federation.parcels import REMEMBERED, Parcel, packed
from federation.resolve import Budget, Gone, document
from federation.wire import Wire
from hub import actors, jobs, manners, peers
from hub.clock import DAY, now
from hub.errors import HubError
from hub.jobs import Job
from hub.store import Tx

CHECKS, OVER = 3, 2 * DAY  # so often and so long an inbox must be gone before it is
PATIENT = 3  # tries by the usual schedule for a host that does not know our signature, or has no good one; then daily
ASKED = 3  # followers behind an inbox that is gone, who are looked up
IN_DOUBT = frozenset({"timeout", "garbled"})  # what was sent may have been read before this


async def deliver(wire: Wire, job: Job) -> Outcome:
    """Send one activity to one inbox."""
    inbox, host = str(job.args["inbox"]), job.host or ""
    parcel = wire.parcels.pop(job.id, None) or (await wire.store.read_hot(packed, [job])).get(job.id)
    if parcel is None:
        return DONE
    try:
        response, scheme = await knock.post(
            wire, inbox, parcel.body, actor=parcel.actor, scheme=parcel.known_scheme, said=int(job.args["activity"]),
            about=(job.line or "").partition("|")[2],
        )  # fmt: skip
    except Unreachable as error:
        return _unreached(job, host, error)
    if 200 <= response.status < 300:
        return _taken(host, parcel, scheme, response)
    if response.status in (404, 410):
        return await _missing(wire, job, inbox, response)
    return _refused(job, host, response)


def _unreached(job: Job, host: str, error: Unreachable) -> Outcome:
    """Nobody took it. A certificate is seldom put right within the hour, and until it is, nothing is sent."""
    words = str(error)
    slow = DAY if error.kind == "tls" and job.attempts > PATIENT else None
    return Outcome(
        error=words, after=slow, doubt=error.kind in IN_DOUBT, settle=lambda tx: peers.failed(tx, host, words)
    )


def _taken(host: str, parcel: Parcel, scheme: str, response: Response) -> Outcome:
    """It has arrived. What that taught us of the server is kept, where it is news."""
    known = parcel.known_scheme
    stale = known and now() - parcel.scheme_at > REMEMBERED // 2
    learnt = scheme if scheme != (known or "cavage") or stale else None
    next_at = pace.next_at(response.headers)
    paced = bool(next_at) or parcel.paced
    if learnt is None and not paced and not parcel.covers:
        return Outcome(reached=host)

    def settle(tx: Tx) -> None:
        if learnt is not None:
            peers.describe(tx, host, scheme=learnt)
        if paced:
            peers.pace(tx, host, next_at)
        jobs.done_many(tx, parcel.covers)

    return Outcome(reached=host, settle=settle)


async def _missing(wire: Wire, job: Job, inbox: str, response: Response) -> Outcome:
    """An inbox that is not there: a mistake in somebody's set-up, or somebody who is gone."""
    words = f"{job.host} has no such inbox ({response.status})."
    gone = await _who_is_gone(wire, inbox)
    hopeless = job.attempts >= CHECKS and now() - job.created >= OVER

    def remove(tx: Tx) -> None:
        for id in gone:
            actors.remove(tx, id)

    return Outcome(error=words, after=DAY, hopeless=hopeless, settle=remove)


async def _who_is_gone(wire: Wire, inbox: str) -> list[int]:
    """Those behind an inbox whose own server says, when asked, that they are no more."""
    gone = []
    budget = Budget(wire.limits, ASKED * 3)
    for id, uri in await wire.store.read(_behind, inbox):
        try:
            await document(wire, uri, budget)
        except Gone:
            gone.append(id)
        except HubError:
            continue
    return gone


def _behind(tx: Tx, inbox: str) -> list[tuple[int, str]]:
    rows = tx.all(
        """SELECT id, uri FROM actor WHERE local = 0 AND removed IS NULL AND (inbox = :inbox OR shared_inbox = :inbox)
           ORDER BY id LIMIT :limit""",
        inbox=inbox, limit=ASKED,
    )  # fmt: skip
    return [(row["id"], row["uri"]) for row in rows]


def _refused(job: Job, host: str, response: Response) -> Outcome:
    status = response.status
    asked = pace.asked_to_wait(response.headers)
    if status in (429, 503) and asked is not None:
        return Outcome(
            error=f"{host} asks us to come back later ({status}).", after=asked,
            settle=lambda tx: peers.pause(tx, host, now() + asked),
        )  # fmt: skip
    if status >= 500 and status != 501:
        words = f"{host} is in trouble ({status})."
        return Outcome(error=words, doubt=True, settle=lambda tx: peers.failed(tx, host, words))
    if status in (408, 429):
        return Outcome(error=f"{host} is too busy ({status}).")
    if status == 401:
        slow = DAY if job.attempts > PATIENT else None
        words, ahead = f"{host} does not know our signature (401).{knock.why(response)}", knock.ahead(response) or 0
        return Outcome(error=words, after=slow, settle=lambda tx: manners.clock(tx, host, ahead))
    if status == 403 or 300 <= status < 400:
        words = "takes nothing from us" if status == 403 else "has moved its inbox"
        return Outcome(error=f"{host} {words} ({status}).", after=DAY)
    return Outcome(error=f"{host} refuses what we send ({status}).", hopeless=True)
