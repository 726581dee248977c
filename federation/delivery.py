"""Handing an activity over, and judging the answer: taken, later, or never.

A volunteer's server may be off for a month; nothing is dropped silently, and whatever waits or has failed says why
in words that a steward understands (trust.md §1.1 rows 2-4).
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

import msgspec

from federation import signatures
from federation.http import Response, Unreachable
from federation.outcome import DONE, Outcome
from federation.resolve import Budget, Gone, document
from federation.wire import Wire
from hub import actors, jobs, peers
from hub.clock import DAY, now
from hub.errors import HubError
from hub.jobs import Job
from hub.packing import unpack
from hub.store import Tx

REMEMBERED = 30 * DAY  # how long a host's way of signing is taken for granted
CHECKS, OVER = 3, 2 * DAY  # so often and so long an inbox must be gone before it is
OUTAGE = DAY  # after this, only the latest state of a thing is sent
PATIENT = 3  # tries by the usual schedule for a host that does not know our signature; then daily
ASKED = 3  # followers behind an inbox that is gone, who are looked up


class Parcel(msgspec.Struct, frozen=True):
    """What to send, in whose name, and how its host wants it signed."""

    body: bytes
    actor: int
    scheme: str
    scheme_at: int


async def deliver(wire: Wire, job: Job) -> Outcome:
    """Send one activity to one inbox."""
    inbox, host = str(job.args["inbox"]), job.host or ""
    parcel = await wire.store.read_hot(_parcel, job)
    if parcel is None:
        return DONE
    try:
        response, scheme = await _send(wire, inbox, parcel)
    except Unreachable as error:
        words = str(error)
        return Outcome(error=words, settle=lambda tx: peers.failed(tx, host, words))
    if 200 <= response.status < 300:
        return Outcome(settle=lambda tx: _succeeded(tx, host, parcel, scheme))
    if response.status in (404, 410):
        return await _missing(wire, job, inbox, response)
    return _refused(job, host, response)


def _parcel(tx: Tx, job: Job) -> Parcel | None:
    row = tx.one(
        """SELECT a.body, a.actor, a.type, p.scheme, p.scheme_at FROM activity a LEFT JOIN peer p ON p.host = :host
           WHERE a.id = :id""",
        id=job.args["activity"], host=job.host,
    )  # fmt: skip
    if row is None or (now() - job.created > OUTAGE and _overtaken(tx, job, row["type"])):
        return None
    fresh = row["scheme"] and now() - row["scheme_at"] < REMEMBERED
    return Parcel(row["body"].encode(), row["actor"], row["scheme"] if fresh else "", row["scheme_at"] or 0)


def _overtaken(tx: Tx, job: Job, kind: str) -> bool:
    """Whether something later about the same thing waits for the same inbox, which makes this one old news."""
    later = tx.one(
        "SELECT args FROM job WHERE line = :line AND id > :id AND dead = 0 ORDER BY id DESC LIMIT 1",
        line=job.line, id=job.id,
    )  # fmt: skip
    if later is None:
        return False
    row = tx.one("SELECT type FROM activity WHERE id = :id", id=unpack(later["args"], dict[str, object])["activity"])
    # An Update cannot stand in for the Create that a server has not had; a Delete can for both.
    return row is not None and (row["type"] == "Delete" or (kind == "Update" and row["type"] == "Update"))


async def _send(wire: Wire, inbox: str, parcel: Parcel) -> tuple[Response, str]:
    """POST, signed as the host is known to like it; if it does not, once more in the other way."""
    key_id, key = await wire.key_of(parcel.actor)
    ways = ["rfc9421", "cavage"] if parcel.scheme == "rfc9421" else ["cavage", "rfc9421"]
    for scheme in ways:
        sign = signatures.sign_cavage if scheme == "cavage" else signatures.sign_rfc9421
        headers = sign("POST", inbox, key_id=key_id, key=key, at=now(), body=parcel.body)
        response = await wire.client.post(inbox, parcel.body, headers=headers)
        if response.status not in (400, 401):
            break
    return response, scheme


def _succeeded(tx: Tx, host: str, parcel: Parcel, scheme: str) -> None:
    peers.succeeded(tx, host)
    stale = parcel.scheme and now() - parcel.scheme_at > REMEMBERED // 2
    if scheme != (parcel.scheme or "cavage") or stale:
        peers.describe(tx, host, scheme=scheme)


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
    asked = _retry_after(response.headers.get("retry-after", ""))
    if status in (429, 503) and asked is not None:
        return Outcome(
            error=f"{host} asks us to come back later ({status}).", after=asked,
            settle=lambda tx: peers.pause(tx, host, now() + asked),
        )  # fmt: skip
    if status >= 500 and status != 501:
        words = f"{host} is in trouble ({status})."
        return Outcome(error=words, settle=lambda tx: peers.failed(tx, host, words))
    if status in (408, 429):
        return Outcome(error=f"{host} is too busy ({status}).")
    if status == 401:
        slow = DAY if job.attempts > PATIENT else None
        return Outcome(error=f"{host} does not know our signature (401).", after=slow)
    if status == 403 or 300 <= status < 400:
        words = "takes nothing from us" if status == 403 else "has moved its inbox"
        return Outcome(error=f"{host} {words} ({status}).", after=DAY)
    return Outcome(error=f"{host} refuses what we send ({status}).", hopeless=True)


def _retry_after(said: str) -> int | None:
    """`Retry-After` in milliseconds from now, a day at most; `None` for none and for nonsense."""
    said = said.strip()
    if re.fullmatch(r"[0-9]{1,12}", said):
        return min(int(said) * 1000, jobs.LONGEST_ASKED)
    try:
        when = parsedate_to_datetime(said[:60])
        ms = int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000) - now()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(ms, 0), jobs.LONGEST_ASKED)
