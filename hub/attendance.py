"""Who is coming to what, from whichever server or none, and never more than there are places.

One list for all of them. Who finds it full waits their turn (hub/waiting.py).
"""

import secrets

import msgspec

from hub import identities, people, things, waiting
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.ids import new_id
from hub.people import Guest
from hub.store import Row, Tx
from hub.waiting import Door

MOST_TOGETHER = 20  # people in one answer
MOST_LISTED = 1000
SAID = ("yes", "maybe", "no")


class Attendance(msgspec.Struct, frozen=True):
    """One answer. `name` is whose, `handle` theirs if they have an account. `secret` is told once, to a guest, so that
    they can change it.

    `turn` is there for who waits for a place: the lower, the sooner. `via` is how it came: `web`, `poll`, `reply`,
    `join`, or `calendar` for an answer to the event itself; `asked` is the address of the Join.
    """

    id: int
    event: int
    actor: int | None
    name: str
    handle: str
    contact: str
    said: str
    party: int
    via: str
    at: int
    turn: int | None = None
    asked: str = ""
    local: bool = False
    secret: str = ""

    @property
    def waiting(self) -> bool:
        return self.turn is not None

    @property
    def going(self) -> bool:
        return self.said == "yes" and self.turn is None


class NoRoomForMore(Conflict):
    """Who is going wanted to bring more people than there is room for: they keep the places that they have."""


def answer(
    tx: Tx, id: int, who: int | Guest, said: str, *, party: int | None = None, via: str = "web", secret: str = "",
    asked: str = "",
) -> Attendance:  # fmt: skip
    """Say `yes`, `maybe` or `no` for `party` people: the one way in for forms, polls and Joins alike.

    An actor counts once and may change their mind; a guest may by the `secret` of their first answer. Without a
    `party` it stays what it was. A yes that finds no room waits its turn, as a whole. Raises `Conflict` when the
    event is off or over, `Invalid` for a nameless guest and a party larger than all there is.
    """
    if said not in SAID:
        raise Invalid(N_("Say whether you are going, may come, or cannot make it."), field="said")
    door = waiting.queue(tx, id)
    _check_open(door)
    before = _earlier(tx, id, who, secret)
    party = party if party is not None else before["party"] if before else 1
    _check_party(door, party)
    turn = _turn(door, before, party) if said == "yes" else None
    kept, told = _write(tx, id, who, said, party=party, via=via, before=before, turn=turn, asked=asked)
    record(tx, Kind.EVENT_ANSWERED, subject=id, actor=who if isinstance(who, int) else door.author, said=said)
    _others_move_up(tx, door)
    return msgspec.structs.replace(get(tx, kept), secret=told)


def new_secret(tx: Tx, id: int) -> str:
    """Another secret for a guest's answer, when they never saw the first. That one ends. "" when it is not there."""
    secret = secrets.token_urlsafe(32)
    there = tx.run(
        "UPDATE attendance SET secret = :hash WHERE id = :id AND guest IS NOT NULL",
        hash=people.hashed(secret),
        id=id,
    )
    return secret if there else ""


def withdraw(tx: Tx, id: int, actor: int) -> bool:
    """Take an answer back altogether (Leave, Undo). False when there was none."""
    door = waiting.queue(tx, id)
    gone = tx.run("DELETE FROM attendance WHERE event = :event AND actor = :actor", event=id, actor=actor)
    if gone:
        record(tx, Kind.EVENT_ANSWERED, subject=id, actor=actor, said="withdrawn")
        _others_move_up(tx, door)
    return bool(gone)


def take_off(tx: Tx, who: int, id: int) -> Attendance:
    """An organiser takes somebody off the list, who is told. They may answer again. Returns what they had said."""
    it, door = _of_organiser(tx, who, id)
    tx.run("DELETE FROM attendance WHERE id = :id", id=id)
    record(
        tx, Kind.EVENT_TAKEN_OFF, subject=it.event, actor=it.actor or door.author, by=who, via=it.via, asked=it.asked,
        said=it.said,
    )  # fmt: skip
    record(tx, Kind.EVENT_ANSWERED, subject=it.event, actor=who, said="taken off")
    _others_move_up(tx, door)
    return it


def let_in(tx: Tx, who: int, id: int) -> Attendance:
    """An organiser gives somebody who waits a place that is free, before those ahead of them who need more.

    Raises `Conflict` when there are not as many free: more than all there is nobody can give.
    """
    it, door = _of_organiser(tx, who, id)
    if it.turn is None or not door.open:
        raise Conflict(N_("They do not wait for a place."))
    if door.places is not None and door.going + it.party > door.places:
        raise Conflict(N_("There is no room for them yet. Give the event more places, or take somebody off the list."))
    waiting.admit(tx, door, _must(tx.one("SELECT id, actor FROM attendance WHERE id = :id", id=id)))
    _others_move_up(tx, door)
    return get(tx, id)


def get(tx: Tx, id: int) -> Attendance:
    return _attendance(_must(tx.one(f"{_WHO} WHERE g.id = :id", id=id)))


def attending(tx: Tx, who: int, event: int, limit: int = MOST_LISTED) -> list[Attendance]:
    """Everybody who answered: those who wait in their order, then the others, the newest first. For organisers."""
    people.require(tx, who, "organiser")
    rows = tx.all(
        f"{_WHO} WHERE g.event = :event ORDER BY coalesce(g.turn, :last), g.at DESC, g.id LIMIT :limit",
        event=event, last=2**62, limit=limit,
    )  # fmt: skip
    return [_attendance(row) for row in rows]


def ahead(tx: Tx, it: Attendance) -> int:
    """How many people wait before them."""
    row = tx.one(
        "SELECT coalesce(sum(party), 0) AS n FROM attendance WHERE event = :event AND said = 'yes' AND turn < :turn",
        event=it.event, turn=it.turn or 0,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def to_be_told(tx: Tx, event: int, after: int, limit: int) -> list[Attendance]:
    """Those with an account somewhere who come, may come, or wait: whom a change of plan concerns, by their ids."""
    rows = tx.all(
        f"""{_WHO} WHERE g.event = :event AND g.id > :after AND g.said <> 'no' AND a.removed IS NULL
              AND g.actor IS NOT NULL ORDER BY g.id LIMIT :limit""",
        event=event, after=after, limit=limit,
    )  # fmt: skip
    return [_attendance(row) for row in rows]


def answer_of(tx: Tx, event: int, actor: int) -> Attendance | None:
    row = tx.one(f"{_WHO} WHERE g.event = :event AND g.actor = :actor", event=event, actor=actor)
    return _attendance(row) if row else None


def asked_by(tx: Tx, actor: int, uri: str) -> int | None:
    """The event that they joined by the activity of that address."""
    row = tx.one("SELECT event FROM attendance WHERE actor = :actor AND asked = :uri", actor=actor, uri=uri)
    return int(row["event"]) if row else None


def answer_by_secret(tx: Tx, event: int, secret: str) -> Attendance:
    """A guest's own answer. Raises `NotFound`."""
    return _attendance(
        _must(tx.one(f"{_WHO} WHERE g.event = :event AND g.secret = :hash", event=event, hash=people.hashed(secret)))
    )


def _check_open(door: Door) -> None:
    if not door.local:
        raise Conflict(N_("Answer where this event was published."))
    if door.status == "cancelled":
        raise Conflict(N_("This event has been cancelled."))
    if door.ends <= now():
        raise Conflict(N_("This event is over."))


def _check_party(door: Door, party: int) -> None:
    if not 1 <= party <= MOST_TOGETHER:
        raise Invalid(N_("Answer for 1 to 20 people at once."), field="party")
    if door.places is not None and party > door.places:
        raise Invalid(N_("There are only %(places)s places altogether."), field="party", places=door.places)


def _turn(door: Door, before: Row | None, party: int) -> int | None:
    """The number that a yes waits with, `None` for a place at once.

    Who has a place keeps it, and who waits keeps their turn, unless they want more than they asked for.
    """
    said_yes = before is not None and before["said"] == "yes"
    if before is None or not said_yes:
        return None if door.fits(party) else door.turn
    more = party - before["party"]
    if before["turn"] is not None:
        return before["turn"] if more <= 0 else door.turn
    if more > 0 and not door.fits(more):
        raise NoRoomForMore(N_("There is no room for more of you. You keep the places that you have."), field="party")
    return None


def _others_move_up(tx: Tx, before: Door) -> None:
    """Whoever is next has the place that came free; what other servers show says whether there is room."""
    if before.places is None:
        return
    if waiting.let_in(tx, before.event).full != before.full:
        things.touch(tx, before.event)


def _of_organiser(tx: Tx, who: int, id: int) -> tuple[Attendance, Door]:
    people.require(tx, who, "organiser")
    event = get(tx, id).event
    things.ours(tx, event, ("event",))
    door = waiting.queue(tx, event)
    return get(tx, id), door


def _earlier(tx: Tx, event: int, who: int | Guest, secret: str) -> Row | None:
    if isinstance(who, int):
        return tx.one("SELECT * FROM attendance WHERE event = :event AND actor = :who", event=event, who=who)
    if not who.name.strip() or len(who.name) > 200 or len(who.contact) > 300:
        raise Invalid(N_("Tell us your name, so that the organiser knows who is coming."), field="name")
    if not secret:
        return None
    found = tx.one(
        "SELECT * FROM attendance WHERE event = :event AND secret = :hash", event=event, hash=people.hashed(secret)
    )
    if found is None:
        raise NotAllowed(N_("We do not know that answer. Use the link that you were given."))
    return found


def _write(
    tx: Tx, event: int, who: int | Guest, said: str, *, party: int, via: str, before: Row | None, turn: int | None,
    asked: str,
) -> tuple[int, str]:  # fmt: skip
    guest = who if isinstance(who, Guest) else None
    if before is not None:
        tx.run(
            """UPDATE attendance SET said = :said, party = :party, via = :via, guest = :guest, contact = :contact,
                 at = :now, turn = :turn, asked = :asked WHERE id = :id""",
            id=before["id"], said=said, party=party, via=via, guest=guest.name.strip() if guest else None,
            contact=guest.contact.strip() if guest else None, now=now(), turn=turn, asked=asked or None,
        )  # fmt: skip
        return before["id"], ""
    id, secret = new_id(), secrets.token_urlsafe(32) if guest else ""
    tx.run(
        """INSERT INTO attendance (id, event, actor, guest, contact, secret, said, party, via, at, turn, asked)
           VALUES (:id, :event, :actor, :guest, :contact, :secret, :said, :party, :via, :now, :turn, :asked)""",
        id=id, event=event, actor=None if guest else who, guest=guest.name.strip() if guest else None,
        contact=guest.contact.strip() if guest else None, secret=people.hashed(secret) if secret else None,
        said=said, party=party, via=via, now=now(), turn=turn, asked=asked or None,
    )  # fmt: skip
    return id, secret


_WHO = """
SELECT g.*, a.handle, a.domain, a.local, a.name FROM attendance g LEFT JOIN actor a ON a.id = g.actor
"""


def _attendance(row: Row) -> Attendance:
    name, handle = identities.called(row)
    return Attendance(
        id=row["id"], event=row["event"], actor=row["actor"], name=name, handle=handle, contact=row["contact"] or "",
        said=row["said"], party=row["party"], via=row["via"], at=row["at"], turn=row["turn"],
        asked=row["asked"] or "", local=bool(row["local"]),
    )  # fmt: skip


def _must(row: Row | None) -> Row:
    if row is None:
        raise NotFound(N_("We do not know that answer. Use the link that you were given."))
    return row
