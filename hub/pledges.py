"""What neighbours of ours offer to other hubs: "I can help", said here, with an ask that was published there."""

import msgspec

from hub import asks, peers, people
from hub.asks import Ask
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.helping import MOST_HOURS
from hub.ids import new_id
from hub.packing import unpack
from hub.store import Row, Tx, as_
from hub.text import Text, clean_words

KEPT = 30 * DAY  # after the ask is closed, or gone, and nothing has happened any more
LONGEST, LONGEST_WHEN = 1000, 200  # characters
STILL = ("offered", "accepted")  # what can still be taken back
UNDERSTANDS = "hub"  # the profile of servers that know what an Offer of help is


class Pledge(msgspec.Struct, frozen=True):
    """What somebody here offered. `state` is offered, accepted, done, declined or withdrawn; `hours` are those they
    offer, `given` those that the other hub says they gave, `reason` what it said when it declined."""

    id: int
    ask: int
    actor: int
    uri: str | None
    words: str
    available: str
    hours: float | None
    state: str
    agreement: str | None
    reason: str
    given: float | None
    at: int
    changed: int


class Mine(msgspec.Struct, frozen=True):
    """One of somebody's pledges, for their own page: what it is about, and where."""

    ask: int
    title: Text
    domain: str
    state: str
    at: int
    given: float | None


class Draft(msgspec.Struct, frozen=True):
    """The form. Only the coordinators of the other hub see any of it."""

    words: str = ""
    available: str = ""
    hours: float | None = None


def offer(tx: Tx, who: int, ask: int, draft: Draft) -> Pledge:
    """A neighbour of ours offers help to another hub, in their own name. They may again what they took back.

    Raises `Conflict` when it is closed, or its server would not understand; `Invalid` naming the field.
    """
    people.require(tx, who, "resident")
    it = asks.get(tx, ask)
    if it.local:
        raise Conflict(N_("This was asked here. Answer it on its page."))
    if not it.open:
        raise Conflict(N_("This is closed. Thank you all the same."))
    if (draft.words or draft.available).strip() and people.newcomer(tx, who):
        raise NotAllowed(
            N_("Until your first posts have been read here, offer without words: whoever asked will write to you.")
        )
    if not reaches(tx, it):
        raise Conflict(N_("We cannot pass that on to this server. Answer there."))
    if draft.hours is not None and not 0 < draft.hours <= MOST_HOURS:
        raise Invalid(N_("Give a number of hours above 0, at most 1,000."), field="hours")
    before = of(tx, who, ask)
    if before is not None and before.state != "withdrawn":
        raise Conflict(N_("You have offered already."))
    row = tx.one(
        """INSERT INTO pledge (id, ask, actor, words, available, hours, state, at, changed)
           VALUES (:id, :ask, :who, :words, :available, :hours, 'offered', :now, :now)
           ON CONFLICT (ask, actor) DO UPDATE SET uri = NULL, words = excluded.words, available = excluded.available,
             hours = excluded.hours, state = 'offered', agreement = NULL, reason = '', given = NULL, at = excluded.at,
             changed = excluded.changed
           RETURNING id""",
        id=new_id(), ask=ask, who=who, words=clean_words(draft.words, longest=LONGEST, field="words"),
        available=clean_words(draft.available, longest=LONGEST_WHEN, field="available"), hours=draft.hours, now=now(),
    )  # fmt: skip
    assert row is not None
    record(tx, Kind.PLEDGE_MADE, subject=row["id"], actor=who)
    return get(tx, row["id"])


def take_back(tx: Tx, who: int, ask: int) -> Pledge:
    """They cannot help any more. Raises `Conflict` when they have helped, or it was declined or taken back before."""
    people.require(tx, who, "resident")
    it = of(tx, who, ask)
    if it is None:
        raise NotFound(N_("You have not offered to help with this."))
    if not _turn(tx, it.id, "withdrawn"):
        raise Conflict(N_("There is nothing to take back any more."))
    record(tx, Kind.PLEDGE_WITHDRAWN, subject=it.id, actor=who)
    return get(tx, it.id)


def reaches(tx: Tx, ask: Ask) -> bool:
    """Whether the server that asks understands an offer of help that comes from here."""
    peer = peers.get(tx, ask.by.domain)
    return not ask.local and peer is not None and peer.profile == UNDERSTANDS


def of(tx: Tx, who: int, ask: int) -> Pledge | None:
    row = tx.one("SELECT * FROM pledge WHERE actor = :who AND ask = :ask", who=who, ask=ask)
    return as_(Pledge, row) if row else None


def get(tx: Tx, id: int) -> Pledge:
    row = tx.one("SELECT * FROM pledge WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such offer of help."))
    return as_(Pledge, row)


def all_mine(tx: Tx, who: int) -> list[Mine]:
    """What somebody has offered to other hubs, the newest first."""
    rows = tx.all(
        """SELECT p.ask, t.title, a.domain, p.state, p.at, p.given FROM pledge p JOIN thing t ON t.id = p.ask
             JOIN actor a ON a.id = t.author
           WHERE p.actor = :who AND t.removed IS NULL ORDER BY p.at DESC LIMIT 50""",
        who=who,
    )
    return [
        Mine(row["ask"], unpack(row["title"], Text), row["domain"], row["state"], row["at"], row["given"])
        for row in rows
    ]


# --- what the other hub makes of it ----------------------------------------------------------------


def known_as(tx: Tx, id: int, uri: str) -> None:
    """Keep the address of the Offer that was sent: their answer refers to it."""
    tx.run("UPDATE pledge SET uri = :uri WHERE id = :id", uri=uri, id=id)


def accepted(tx: Tx, uri: str, by: int, agreement: str | None) -> bool | None:
    """Whoever asked takes it up, also after a no. `None` when `uri` is no pledge of ours to them, False for no news."""
    return _answered(tx, _pledged(tx, uri, by), "accepted", ("offered", "declined"), agreement=agreement)


def declined(tx: Tx, uri: str, by: int, reason: str) -> bool | None:
    """They do not, or not any more. `None` and False likewise."""
    return _answered(tx, _pledged(tx, uri, by), "declined", STILL, reason=reason)


def finished(tx: Tx, agreement: str, by: int, hours: float | None) -> bool | None:
    """They say that it is done, and how many hours it was. `None` and False likewise."""
    row = tx.one(
        """SELECT p.id FROM pledge p JOIN thing t ON t.id = p.ask
           WHERE p.agreement = :agreement AND t.author = :by""",
        agreement=agreement, by=by,
    )  # fmt: skip
    return _answered(tx, row, "done", ("accepted",), given=hours)


def sweep(tx: Tx) -> int:
    """Forget what was offered to asks that are long over. Returns how much that was."""
    return tx.run(
        """DELETE FROM pledge WHERE changed < :old AND ask IN (
             SELECT k.id FROM ask k CROSS JOIN thing t
             WHERE t.id = k.id AND (t.removed IS NOT NULL OR k.closed < :old OR k.expires < :old))""",
        old=now() - KEPT,
    )


def _pledged(tx: Tx, uri: str, by: int) -> Row | None:
    """The pledge that was sent under this address, to this very hub."""
    return tx.one(
        "SELECT p.id FROM pledge p JOIN thing t ON t.id = p.ask WHERE p.uri = :uri AND t.author = :by", uri=uri, by=by
    )


def _answered(
    tx: Tx, row: Row | None, state: str, before: tuple[str, ...], *, agreement: str | None = None, reason: str = "",
    given: float | None = None,
) -> bool | None:  # fmt: skip
    if row is None:
        return None
    turned = _turn(tx, row["id"], state, before)
    if turned:
        tx.run(
            """UPDATE pledge SET agreement = coalesce(:agreement, agreement), reason = :reason,
                 given = coalesce(:given, given) WHERE id = :id""",
            id=row["id"], agreement=agreement, reason=reason[:500], given=given,
        )  # fmt: skip
    return turned


def _turn(tx: Tx, id: int, state: str, before: tuple[str, ...] = STILL) -> bool:
    states = {f"s{n}": one for n, one in enumerate(before)}
    among = ", ".join(f":{name}" for name in states)
    return bool(
        tx.run(
            f"UPDATE pledge SET state = :state, changed = :now WHERE id = :id AND state IN ({among})",
            id=id, state=state, now=now(), **states,
        )
    )  # fmt: skip
