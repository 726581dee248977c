"""What residents do with what others say: like it, share it, keep it for later, pin their own, leave a conversation."""

from hub import held, people, things, viewing
from hub.changes import Kind, record
from hub.errors import N_, Conflict, Invalid, NotAllowed
from hub.ids import new_id
from hub.kept import FOLLOWERS, OPEN
from hub.store import Row, Tx
from hub.things import Thing

LIKE, SHARE = "like", "share"
PINS = 5


def like(tx: Tx, who: int, id: int) -> Thing:
    """Its author is told. Done twice, it counts once."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    if things.react(tx, id, who, LIKE, None):
        record(tx, Kind.REACTED, subject=id, actor=who, how=LIKE)
    return it


def share(tx: Tx, who: int, id: int) -> int:
    """Those who follow `who` see it. Returns the number of the share. Raises `NotAllowed` for what is not for all, and,
    of a newcomer, for what nobody who looks after this hub is responsible for."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    own_words = it.audience == FOLLOWERS and it.by.id == who
    if it.audience not in OPEN and not own_words:
        raise NotAllowed(N_("This was not said to everybody, so it cannot be shared."))
    if not it.local and people.newcomer(tx, who):
        raise NotAllowed(
            N_("Until your first posts have been read here, you can share what was said here, nothing from elsewhere.")
        )
    _shows(tx, id)
    if things.react(tx, id, who, SHARE, None):
        record(tx, Kind.REACTED, subject=id, actor=who, how=SHARE)
    number = shared_as(tx, who, id)
    assert number is not None
    return number


def take_back(tx: Tx, who: int, id: int, kind: str) -> Thing:
    """No longer liked, or shared."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    undo(tx, who, id, kind)
    return it


def undo(tx: Tx, who: int, id: int, kind: str) -> bool:
    """The same of anybody, wherever they are. False when there was nothing to take back."""
    row = tx.one(
        "SELECT id, uri FROM reaction WHERE thing = :id AND actor = :who AND kind = :kind", id=id, who=who, kind=kind
    )
    if row is None or not things.take_back(tx, id, who, kind):
        return False
    record(tx, Kind.UNREACTED, subject=id, actor=who, how=kind, number=row["id"], uri=row["uri"] or "")
    return True


def known_as(tx: Tx, who: int, id: int, kind: str, uri: str) -> None:
    """Keep the address under which others were told: taking it back names it."""
    tx.run(
        "UPDATE reaction SET uri = :uri WHERE thing = :id AND actor = :who AND kind = :kind",
        uri=uri, id=id, who=who, kind=kind,
    )  # fmt: skip


def shared_as(tx: Tx, who: int, id: int) -> int | None:
    row = tx.one("SELECT id FROM reaction WHERE thing = :id AND actor = :who AND kind = 'share'", id=id, who=who)
    return int(row["id"]) if row else None


def by_number(tx: Tx, number: int) -> Row | None:
    """The share that has this number: `thing`, `actor`, `at`."""
    return tx.one("SELECT id, thing, actor, at FROM reaction WHERE id = :id AND kind = 'share'", id=number)


def who_did(tx: Tx, thing: int, kind: str, *, before: int | None = None, limit: int = 40) -> list[tuple[int, int]]:
    """Who liked or shared it, newest first: actors, and the number to page by."""
    rows = tx.all(
        """SELECT actor, id FROM reaction WHERE thing = :thing AND kind = :kind AND id < :before
           ORDER BY id DESC LIMIT :limit""",
        thing=thing, kind=kind, before=before or 2**63 - 1, limit=limit,
    )  # fmt: skip
    return [(row["actor"], row["id"]) for row in rows]


def keep(tx: Tx, who: int, id: int) -> Thing:
    """Keep it for later. Nobody else knows."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    tx.run(
        "INSERT INTO bookmark (account, thing, id) VALUES (:who, :id, :number) ON CONFLICT (account, thing) DO NOTHING",
        who=who, id=id, number=new_id(),
    )  # fmt: skip
    tx.wake()  # what other processes have of their pages shows it
    return it


def drop(tx: Tx, who: int, id: int) -> Thing:
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    tx.run("DELETE FROM bookmark WHERE account = :who AND thing = :id", who=who, id=id)
    tx.wake()
    return it


def pin(tx: Tx, who: int, id: int) -> Thing:
    """Show it first on one's own page. Raises `Invalid` for others' words and for one too many."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    if it.by.id != who or it.audience not in (*OPEN, FOLLOWERS):
        raise Invalid(N_("Only what you said yourself can be pinned, and not what was for a few."), field="id")
    _shows(tx, id)
    many = tx.one("SELECT count(*) AS n FROM pin WHERE account = :who AND thing <> :id", who=who, id=id)
    if many is not None and many["n"] >= PINS:
        raise Conflict(N_("You have pinned five posts already. Unpin one first."), field="id")
    tx.run(
        "INSERT INTO pin (account, thing, at) VALUES (:who, :id, :now) ON CONFLICT (account, thing) DO NOTHING",
        who=who, id=id, now=new_id(),
    )  # fmt: skip
    record(tx, Kind.ACTOR_CHANGED, subject=who, actor=who, pins=True, pinned=id)
    return it


def unpin(tx: Tx, who: int, id: int) -> Thing:
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    if tx.run("DELETE FROM pin WHERE account = :who AND thing = :id", who=who, id=id):
        record(tx, Kind.ACTOR_CHANGED, subject=who, actor=who, pins=True, unpinned=id)
    return it


def leave_thread(tx: Tx, who: int, id: int) -> Thing:
    """Be told no more of what is said in the conversation that this belongs to."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    tx.run(
        "INSERT INTO muted_thread (account, root) VALUES (:who, :root) ON CONFLICT (account, root) DO NOTHING",
        who=who, root=it.root or it.id,
    )  # fmt: skip
    tx.wake()
    return it


def rejoin_thread(tx: Tx, who: int, id: int) -> Thing:
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    tx.run("DELETE FROM muted_thread WHERE account = :who AND root = :root", who=who, root=it.root or it.id)
    tx.wake()
    return it


def _shows(tx: Tx, id: int) -> None:
    """Raises `Conflict` for what only its author sees."""
    if held.waits(tx, id):
        raise Conflict(N_("This waits until somebody who looks after the hub has read it. Then you can do that."))
