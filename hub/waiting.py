"""The waiting list of an event with places: first come, first served, and nobody is passed over.

The order is that of the commits: an answer draws a number from the event's own row, which it holds until it is
committed, so that of two answers at once one comes first on both databases.

A party waits whole. A smaller one behind it waits too, even for a place that is free: otherwise families of five would
wait for ever. Organisers, who see both, may let the smaller one in.
"""

import msgspec

from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, NotFound
from hub.store import Row, Tx


class Door(msgspec.Struct, frozen=True):
    """An event as it is while somebody answers it. `turn` is the number that they drew, `author` whose event it is.

    `going` and `waiting` count people; where any number can come nobody is counted.
    """

    event: int
    author: int
    local: bool
    status: str
    ends: int
    places: int | None
    turn: int
    going: int
    waiting: bool

    @property
    def full(self) -> bool:
        """Whether one more would have to wait."""
        return self.places is not None and (self.going >= self.places or self.waiting)

    @property
    def open(self) -> bool:
        return self.local and self.status != "cancelled" and self.ends > now()

    def fits(self, party: int) -> bool:
        return self.places is None or (not self.waiting and self.going + party <= self.places)


def queue(tx: Tx, event: int) -> Door:
    """Draw a number. Whoever answers the same event after this has to wait until this transaction is through.

    Raises `NotFound` for an event that is not there.
    """
    tx.run("UPDATE event SET turns = turns + 1 WHERE id = :event", event=event)
    return door(tx, event)


def door(tx: Tx, event: int) -> Door:
    row = tx.one(
        """SELECT t.id AS event, t.author, t.local, e.status, e.ends, e.places, e.turns AS turn,
             CASE WHEN e.places IS NULL THEN 0 ELSE (SELECT coalesce(sum(party), 0) FROM attendance g
               WHERE g.event = e.id AND g.said = 'yes' AND g.turn IS NULL) END AS going,
             EXISTS (SELECT 1 FROM attendance g
               WHERE g.event = e.id AND g.said = 'yes' AND g.turn IS NOT NULL) AS waiting
           FROM event e JOIN thing t ON t.id = e.id WHERE e.id = :event AND t.removed IS NULL""",
        event=event,
    )
    if row is None:
        raise NotFound(N_("There is no such event. It may have been taken down."))
    return Door(
        event=row["event"], author=row["author"], local=bool(row["local"]), status=row["status"], ends=row["ends"],
        places=row["places"], turn=row["turn"], going=int(row["going"]), waiting=bool(row["waiting"]),
    )  # fmt: skip


def let_in(tx: Tx, event: int) -> Door:
    """Give what places there are to those who have waited longest; each is told. Returns how it is then.

    A party of more than all the places together can never come in, and keeps nobody waiting.
    """
    it = door(tx, event)
    free = _free(it)
    if not (it.open and it.waiting and free > 0):
        return it
    for row in _in_line(tx, it, free):
        if row["party"] > free:
            break
        admit(tx, it, row)
        free -= row["party"]
    return door(tx, event)


def withdraw_all(tx: Tx, actor: int) -> None:
    """Whoever was there is gone, and comes to nothing any more: their places are given on."""
    events = [row["event"] for row in tx.all(
        """SELECT g.event FROM attendance g JOIN thing t ON t.id = g.event
           WHERE g.actor = :actor AND t.removed IS NULL ORDER BY g.event""",
        actor=actor,
    )]  # fmt: skip
    for event in events:
        queue(tx, event)
    tx.run("DELETE FROM attendance WHERE actor = :actor", actor=actor)
    for event in events:
        let_in(tx, event)


def admit(tx: Tx, it: Door, who: Row) -> None:
    """Whoever waited comes. `who` is their row: `id`, `actor`."""
    tx.run("UPDATE attendance SET turn = NULL WHERE id = :id", id=who["id"])
    record(tx, Kind.EVENT_LET_IN, subject=it.event, actor=who["actor"] or it.author, attendance=who["id"])


def _free(it: Door) -> int:
    return 2**31 - 1 if it.places is None else it.places - it.going


def _in_line(tx: Tx, it: Door, most: int) -> list[Row]:
    return tx.all(
        """SELECT id, actor, party FROM attendance
           WHERE event = :event AND said = 'yes' AND turn IS NOT NULL AND party <= :places
           ORDER BY turn LIMIT :most""",
        event=it.event, places=it.places or 2**31 - 1, most=most,
    )  # fmt: skip
