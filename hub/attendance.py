"""Who is coming to what, from whichever server or none, and never more than there are places."""

import secrets

import msgspec

from hub import events, people, things
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.events import Event
from hub.ids import new_id
from hub.people import Guest
from hub.store import Row, Tx

MOST_TOGETHER = 20  # people in one answer
SAID = ("yes", "maybe", "no")


class Attendance(msgspec.Struct, frozen=True):
    """One answer. `name` is whose, `secret` is told once, to a guest, so that they can change it."""

    id: int
    event: int
    actor: int | None
    name: str
    contact: str
    said: str
    party: int
    via: str
    at: int
    secret: str = ""


def answer(
    tx: Tx, id: int, who: int | Guest, said: str, *, party: int = 1, via: str = "web", secret: str = ""
) -> Attendance:
    """Say `yes`, `maybe` or `no` for `party` people: the one way in for forms, polls and Joins alike.

    An actor counts once and may change their mind; a guest may by the `secret` of their first answer.
    Raises `Conflict` when the event is full, off or over, `Invalid` for a nameless guest.
    """
    event = events.get(tx, id)
    if said not in SAID:
        raise Invalid(N_("Say whether you are going, may come, or cannot make it."), field="said")
    if not 1 <= party <= MOST_TOGETHER:
        raise Invalid(N_("Answer for 1 to 20 people at once."), field="party")
    _check_open(event)
    before = _earlier(tx, id, who, secret)
    if said == "yes" and event.places is not None:
        others = event.going - (before["party"] if before and before["said"] == "yes" else 0)
        if others + party > event.places:
            raise Conflict(N_("This event is full."))
    kept, told = _write(tx, id, who, said, party=party, via=via, before=before)
    _say_if_room_changed(tx, event)
    record(tx, Kind.EVENT_ANSWERED, subject=id, actor=who if isinstance(who, int) else event.by.id, said=said)
    return msgspec.structs.replace(get(tx, kept), secret=told)


def new_secret(tx: Tx, id: int) -> str:
    """Another secret for a guest's answer, when they never saw the first. That one ends."""
    secret = secrets.token_urlsafe(32)
    tx.run(
        "UPDATE attendance SET secret = :hash WHERE id = :id AND guest IS NOT NULL",
        hash=people.hashed(secret),
        id=id,
    )
    return secret


def withdraw(tx: Tx, id: int, actor: int) -> bool:
    """Take an answer back altogether (Leave, Undo). False when there was none."""
    event = events.get(tx, id)
    gone = tx.run("DELETE FROM attendance WHERE event = :event AND actor = :actor", event=id, actor=actor)
    if gone:
        _say_if_room_changed(tx, event)
        record(tx, Kind.EVENT_ANSWERED, subject=id, actor=actor, said="withdrawn")
    return bool(gone)


def get(tx: Tx, id: int) -> Attendance:
    return _attendance(_must(tx.one(f"{_WHO} WHERE g.id = :id", id=id)))


def attending(tx: Tx, who: int, event: int) -> list[Attendance]:
    """Everybody who answered, the newest first. Organisers may see it."""
    people.require(tx, who, "organiser")
    rows = tx.all(f"{_WHO} WHERE g.event = :event ORDER BY g.at DESC LIMIT 1000", event=event)
    return [_attendance(row) for row in rows]


def answer_of(tx: Tx, event: int, actor: int) -> Attendance | None:
    row = tx.one(f"{_WHO} WHERE g.event = :event AND g.actor = :actor", event=event, actor=actor)
    return _attendance(row) if row else None


def answer_by_secret(tx: Tx, event: int, secret: str) -> Attendance:
    """A guest's own answer. Raises `NotFound`."""
    return _attendance(
        _must(tx.one(f"{_WHO} WHERE g.event = :event AND g.secret = :hash", event=event, hash=people.hashed(secret)))
    )


def _check_open(event: Event) -> None:
    if not event.local:
        raise Conflict(N_("Answer where this event was published."))
    if event.cancelled:
        raise Conflict(N_("This event has been cancelled."))
    if event.ends <= now():
        raise Conflict(N_("This event is over."))


def _say_if_room_changed(tx: Tx, before: Event) -> None:
    """What other servers show says whether there is room."""
    if before.places is not None and events.get(tx, before.id).full != before.full:
        things.touch(tx, before.id)


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
    tx: Tx, event: int, who: int | Guest, said: str, *, party: int, via: str, before: Row | None
) -> tuple[int, str]:
    guest = who if isinstance(who, Guest) else None
    if before is not None:
        tx.run(
            """UPDATE attendance SET said = :said, party = :party, via = :via, guest = :guest, contact = :contact,
                 at = :now WHERE id = :id""",
            id=before["id"], said=said, party=party, via=via, guest=guest.name.strip() if guest else None,
            contact=guest.contact.strip() if guest else None, now=now(),
        )  # fmt: skip
        return before["id"], ""
    id, secret = new_id(), secrets.token_urlsafe(32) if guest else ""
    tx.run(
        """INSERT INTO attendance (id, event, actor, guest, contact, secret, said, party, via, at)
           VALUES (:id, :event, :actor, :guest, :contact, :secret, :said, :party, :via, :now)""",
        id=id, event=event, actor=None if guest else who, guest=guest.name.strip() if guest else None,
        contact=guest.contact.strip() if guest else None, secret=people.hashed(secret) if secret else None,
        said=said, party=party, via=via, now=now(),
    )  # fmt: skip
    return id, secret


_WHO = """
SELECT g.*, a.handle, a.domain, a.local FROM attendance g LEFT JOIN actor a ON a.id = g.actor
"""


def _attendance(row: Row) -> Attendance:
    name = row["guest"] or (f"@{row['handle']}@{row['domain']}" if row["handle"] else "")
    return Attendance(
        id=row["id"], event=row["event"], actor=row["actor"], name=name, contact=row["contact"] or "", said=row["said"],
        party=row["party"], via=row["via"], at=row["at"],
    )  # fmt: skip


def _must(row: Row | None) -> Row:
    if row is None:
        raise NotFound(N_("We do not know that answer. Use the link that you were given."))
    return row
