"""Being signed in: for how long, where, and since when it is sure that it is them."""

import re
import secrets
from typing import NamedTuple

import msgspec

from hub.changes import Kind, record
from hub.clock import DAY, HOUR, MINUTE, now
from hub.ids import new_id
from hub.links import hashed as hashed
from hub.roles import Account, account_of
from hub.store import Row, Tx

IDLE = {"resident": 30 * DAY, "organiser": 30 * DAY, "moderator": 12 * HOUR, "steward": 12 * HOUR}
OLDEST = {"resident": 180 * DAY, "organiser": 180 * DAY, "moderator": 7 * DAY, "steward": 7 * DAY}
SEEN_EVERY = 10 * MINUTE  # how often a session's last use is written down
SURE = 15 * MINUTE  # how long it counts that somebody has shown who they are
HALF = 10 * MINUTE  # how long a password waits for its second step
GRACE = 14 * DAY  # how long a steward or a moderator may do without a second step
REMEMBERED = 400 * DAY  # how long a place that nobody signs in from any more is known
NEWS = 30 * DAY  # how long a new one is spoken of


class Session(msgspec.Struct, frozen=True):
    """Where somebody is signed in: what their browser calls itself, since when, when last seen; `here` for this one.

    `place` is the address that they signed in from.
    """

    id: int
    agent: str
    place: str
    created: int
    seen: int
    here: bool


class Place(msgspec.Struct, frozen=True):
    """A browser and an address that somebody signed in with for the first time, lately."""

    agent: str
    place: str
    first: int


class Signed(NamedTuple):
    """Who has a session. `due`: it is time to write down that it was used. `sure`: when they last showed who they are.

    `second_by` is when a second step has to be there at the latest; 0 for whoever has one, or needs none.
    """

    account: Account
    due: bool
    sure: int
    second_by: int


def open_session(tx: Tx, actor: int, agent: str = "", place: str = "", *, half: bool = False) -> str:
    """Sign somebody in. Returns the secret for their cookie; only its hash is kept.

    `half`: the second step is still to come. Until then the session opens nothing.
    """
    secret = secrets.token_urlsafe(32)
    if not half:
        tx.run(
            "UPDATE account SET failures = 0, wait_until = 0, tries = 0, seen = :now WHERE actor = :actor",
            now=now(), actor=actor,
        )  # fmt: skip
        _notice(tx, actor, agent[:200], place[:60])
    tx.run(
        """INSERT INTO session (hash, id, account, created, seen, sure, half, agent, place)
           VALUES (:hash, :id, :actor, :now, :now, :now, :half, :agent, :place)""",
        hash=hashed(secret), id=new_id(), actor=actor, now=now(), half=int(half), agent=agent[:200], place=place[:60],
    )  # fmt: skip
    return secret


def session(tx: Tx, secret: str) -> Signed | None:
    """Whose session this is. `None` when it has ended, or when its second step is still to come."""
    row = tx.one(
        """SELECT acc.*, s.created AS began, s.seen, s.sure, CASE
             WHEN acc.role NOT IN ('moderator', 'steward') THEN 1
             WHEN EXISTS (SELECT 1 FROM passkey p WHERE p.account = acc.actor) THEN 1
             WHEN EXISTS (SELECT 1 FROM authenticator a WHERE a.account = acc.actor AND a.since IS NOT NULL) THEN 1
             ELSE 0 END AS enough
           FROM session s JOIN account acc ON acc.actor = s.account
           WHERE s.hash = :hash AND s.half = 0 AND acc.closed IS NULL AND acc.state = 'active'""",
        hash=hashed(secret),
    )  # fmt: skip
    if row is None or _over(row):
        return None
    by = 0 if row["enough"] else max(row["raised"], row["created"]) + GRACE
    return Signed(account_of(row), now() - row["seen"] > SEEN_EVERY, row["sure"], by)


def _over(row: Row) -> bool:
    return bool(now() - row["seen"] > IDLE[row["role"]] or now() - row["began"] > OLDEST[row["role"]])


def half_session(tx: Tx, secret: str) -> Account | None:
    """Whose password was right, while their second step is still to come."""
    row = tx.one(
        """SELECT acc.* FROM session s JOIN account acc ON acc.actor = s.account
           WHERE s.hash = :hash AND s.half = 1 AND s.created > :since AND acc.closed IS NULL
             AND acc.state = 'active'""",
        hash=hashed(secret), since=now() - HALF,
    )  # fmt: skip
    return account_of(row) if row else None


def renew_session(tx: Tx, secret: str) -> str:
    """It is sure again that it is them: returns another secret for the same session. "" when there is none."""
    fresh = secrets.token_urlsafe(32)
    changed = tx.run(
        "UPDATE session SET hash = :fresh, sure = :now, seen = :now WHERE hash = :hash AND half = 0",
        fresh=hashed(fresh), now=now(), hash=hashed(secret),
    )  # fmt: skip
    return fresh if changed else ""


def session_used(tx: Tx, secret: str) -> None:
    row = tx.one("UPDATE session SET seen = :now WHERE hash = :hash RETURNING account", now=now(), hash=hashed(secret))
    if row is not None:
        tx.run("UPDATE account SET seen = :now WHERE actor = :actor", now=now(), actor=row["account"])


def close_session(tx: Tx, secret: str) -> None:
    tx.run("DELETE FROM session WHERE hash = :hash", hash=hashed(secret))


def close_one(tx: Tx, actor: int, id: int) -> None:
    """End one of somebody's own sessions, by its number on their list."""
    tx.run("DELETE FROM session WHERE account = :actor AND id = :id", actor=actor, id=id)


def close_others(tx: Tx, actor: int, secret: str) -> None:
    """Sign somebody out everywhere but here."""
    tx.run("DELETE FROM session WHERE account = :actor AND hash <> :hash", actor=actor, hash=hashed(secret))


def close_sessions(tx: Tx, actor: int) -> None:
    """Sign somebody out everywhere: their account is closed or suspended, or has another password."""
    tx.run("DELETE FROM session WHERE account = :actor", actor=actor)


def sessions(tx: Tx, actor: int, secret: str) -> list[Session]:
    """Everywhere that somebody is signed in, the last used first. `secret` is the one they ask with."""
    rows = tx.all("SELECT * FROM session WHERE account = :actor AND half = 0 ORDER BY seen DESC LIMIT 100", actor=actor)
    here = hashed(secret)
    return [Session(r["id"], r["agent"], r["place"], r["created"], r["seen"], r["hash"] == here) for r in rows]


def new_places(tx: Tx, actor: int) -> list[Place]:
    """Where somebody signed in from for the first time lately, until they say that it was them."""
    rows = tx.all(
        "SELECT * FROM known_place WHERE account = :actor AND news = 1 AND first > :since ORDER BY first DESC",
        actor=actor, since=now() - NEWS,
    )  # fmt: skip
    return [Place(row["agent"], row["place"], row["first"]) for row in rows]


def own_places(tx: Tx, actor: int) -> None:
    """They have seen the list, and it was them."""
    tx.run("UPDATE known_place SET news = 0 WHERE account = :actor", actor=actor)


def _notice(tx: Tx, actor: int, agent: str, place: str) -> None:
    """Remember the browser and the place, if one is told. When it is a new one, and not the first, the log says so."""
    if not place:
        return
    key = hashed(f"{re.sub(r'[0-9.]+', '', agent)} {_around(place)}")
    tx.run("DELETE FROM known_place WHERE account = :actor AND seen < :old", actor=actor, old=now() - REMEMBERED)
    if tx.run(
        "UPDATE known_place SET seen = :now WHERE account = :actor AND key = :key", now=now(), actor=actor, key=key
    ):
        return
    news = tx.one("SELECT 1 AS x FROM known_place WHERE account = :actor LIMIT 1", actor=actor) is not None
    tx.run(
        """INSERT INTO known_place (account, key, agent, place, first, seen, news)
           VALUES (:actor, :key, :agent, :place, :now, :now, :news) ON CONFLICT (account, key) DO NOTHING""",
        actor=actor, key=key, agent=agent, place=place, now=now(), news=int(news),
    )  # fmt: skip
    if news:
        record(tx, Kind.SIGNED_IN_ANEW, subject=actor, actor=actor)


def _around(place: str) -> str:
    """The wider network of an address, which does not change with every walk round the block."""
    sign = ":" if ":" in place else "."
    return sign.join(place.split(sign)[:2])
