"""How far somebody has read, so that one app goes on where another stopped."""

import msgspec

from hub.clock import now
from hub.errors import N_, Conflict, Invalid
from hub.store import Row, Tx

PLACES = ("home", "notifications")


class Marker(msgspec.Struct, frozen=True):
    """`upto` is the id that was read last. `version` grows by one with each change; `updated` in ms."""

    place: str
    upto: int
    version: int
    updated: int


def get(tx: Tx, me: int, places: list[str]) -> list[Marker]:
    """Those that have been set."""
    rows = tx.all("SELECT * FROM marker WHERE account = :me ORDER BY place", me=me)
    return [_marker(row) for row in rows if row["place"] in places]


def put(tx: Tx, me: int, place: str, upto: int, version: int | None = None) -> Marker:
    """This far. `version`: only if nobody has moved it since; raises `Conflict` otherwise."""
    if place not in PLACES:
        raise Invalid(N_("Choose one of the answers."), field="timeline")
    row = tx.one("SELECT version FROM marker WHERE account = :me AND place = :place", me=me, place=place)
    if version is not None and row is not None and row["version"] != version:
        raise Conflict(N_("Another app has moved this meanwhile. Fetch it again first."))
    kept = tx.one(
        """INSERT INTO marker (account, place, upto, version, updated) VALUES (:me, :place, :upto, 1, :now)
           ON CONFLICT (account, place) DO UPDATE SET upto = excluded.upto, version = marker.version + 1,
             updated = excluded.updated RETURNING *""",
        me=me, place=place, upto=upto, now=now(),
    )  # fmt: skip
    assert kept is not None
    return _marker(kept)


def _marker(row: Row) -> Marker:
    return Marker(row["place"], row["upto"], row["version"], row["updated"])
