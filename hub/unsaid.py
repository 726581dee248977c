"""What somebody has begun to write and keeps for later: as it was typed, seen by nobody else."""

import msgspec

from hub import people
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx

Typed = dict[str, list[str]]
MOST, LARGEST = 50, 100_000  # of one person, and characters of each
KEPT = 90 * DAY


class Unsaid(msgspec.Struct, frozen=True):
    """One of them: the fields of the form as they were typed, and when (ms UTC)."""

    id: int
    typed: Typed
    at: int


def keep(tx: Tx, who: int, typed: Typed, id: int | None = None) -> int:
    """Keep it, in place of what was kept as `id`. Raises `Conflict` when there are fifty already."""
    people.require(tx, who, "resident")
    kept = pack(typed)
    if len(kept) > LARGEST:
        raise Invalid(N_("This is too long to be kept as a draft."), field="text")
    if id is not None and tx.run(
        "UPDATE draft SET typed = :typed, at = :now WHERE id = :id AND account = :who",
        typed=kept, now=now(), id=id, who=who,
    ):  # fmt: skip
        return id
    many = tx.one("SELECT count(*) AS n FROM draft WHERE account = :who", who=who)
    if many is not None and many["n"] >= MOST:
        raise Conflict(N_("You keep fifty drafts already. Finish one, or throw one away."))
    made = new_id()
    tx.run(
        "INSERT INTO draft (id, account, typed, at) VALUES (:id, :who, :typed, :now)",
        id=made, who=who, typed=kept, now=now(),
    )  # fmt: skip
    return made


def get(tx: Tx, who: int, id: int) -> Unsaid:
    row = tx.one("SELECT * FROM draft WHERE id = :id AND account = :who", id=id, who=who)
    if row is None:
        raise NotFound(N_("There is no such draft any more."))
    return _unsaid(row)


def of(tx: Tx, who: int) -> list[Unsaid]:
    """All that somebody keeps, the last first."""
    rows = tx.all("SELECT * FROM draft WHERE account = :who ORDER BY at DESC, id DESC LIMIT :most", who=who, most=MOST)
    return [_unsaid(row) for row in rows]


def drop(tx: Tx, who: int, id: int) -> bool:
    return bool(tx.run("DELETE FROM draft WHERE id = :id AND account = :who", id=id, who=who))


def sweep(tx: Tx) -> int:
    """What nobody has come back to for three months is thrown away. Returns how many that was."""
    return tx.run("DELETE FROM draft WHERE at < :old", old=now() - KEPT)


def _unsaid(row: Row) -> Unsaid:
    return Unsaid(row["id"], unpack(row["typed"], Typed), row["at"])
