"""What those who look after the hub have done: who, what, about whom and when. Written by each of their verbs."""

from typing import Any

import msgspec

from hub import roles
from hub.clock import now
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Tx

PAGE = 50
NOBODY = 0  # `who`, where the hub did it by itself
LONGEST = 500  # characters of one fact


class Entry(msgspec.Struct, frozen=True):
    """One deed. `who` is the login of whoever did it, "" for the hub itself; `detail` has names as they were then."""

    id: int
    who: str
    what: str
    about: int
    at: int
    detail: dict[str, str]


def note(tx: Tx, who: int, what: str, about: int = 0, **detail: object) -> None:
    """Write a deed down, in the transaction in which it is done."""
    facts = {name: str(value)[:LONGEST] for name, value in detail.items()}
    tx.run(
        "INSERT INTO audit (id, who, what, about, at, detail) VALUES (:id, :who, :what, :about, :now, :detail)",
        id=new_id(), who=who, what=what, about=about, now=now(), detail=pack(facts),
    )  # fmt: skip


def read(tx: Tx, who: int, before: int = 0, limit: int = PAGE) -> list[Entry]:
    """What was done, newest first; of it what is older than the entry `before`. Moderators may."""
    roles.require(tx, who, "moderator")
    rows = tx.all(
        """SELECT d.*, coalesce(acc.login, '') AS login FROM audit d LEFT JOIN account acc ON acc.actor = d.who
           WHERE :before = 0 OR d.id < :before ORDER BY d.id DESC LIMIT :limit""",
        before=before, limit=limit,
    )  # fmt: skip
    return [Entry(row["id"], row["login"], row["what"], row["about"], row["at"], _facts(row["detail"])) for row in rows]


def _facts(kept: str) -> dict[str, Any]:
    return unpack(kept, dict[str, str])
