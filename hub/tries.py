"""Trying to sign in by a name and a password: each try is counted before it is known how it ends, in the database, so
that it counts the same however many processes serve the hub, and costs the same whether anybody has the name or not.
"""

import msgspec

from hub import people
from hub.clock import MINUTE, now
from hub.links import hashed
from hub.people import Account
from hub.store import Tx

TIMES, WINDOW = 10, 30 * MINUTE  # at one name; an account has two: that is 40 passwords an hour
PATIENCE = 5  # wrong passwords before each further one costs a wait
LONGEST_WAIT = 15 * MINUTE


class Try(msgspec.Struct, frozen=True):
    """A try that has begun. `over`: it is one too many, until `ends`. `kept` is the hash to compare with, if there is
    an account and it does not have to wait."""

    account: Account | None
    kept: str | None
    over: bool
    ends: int


def begin(tx: Tx, name: str) -> Try:
    """Somebody tries. Until a password is right, the try counts as a wrong one."""
    began, tries = _count(tx, hashed(name.strip().lower()))
    ends, found = began + WINDOW, people.known_as(tx, name)
    if tries > TIMES:
        return Try(None, None, True, ends)
    if found is None:
        return Try(None, None, False, ends)
    account, kept, wait_until = found
    if wait_until > now():
        return Try(account, None, False, ends)
    _wait(tx, account.actor)
    return Try(account, kept, False, ends)


def right(tx: Tx, name: str, actor: int) -> None:
    """The password was right: nothing has been wrong."""
    tx.run("DELETE FROM sign_in_try WHERE name = :name", name=hashed(name.strip().lower()))
    tx.run("UPDATE account SET failures = 0, wait_until = 0 WHERE actor = :actor", actor=actor)


def _count(tx: Tx, name: str) -> tuple[int, int]:
    """Since when there were tries, and how many with this one."""
    old, ahead = now() - WINDOW, now() + WINDOW  # what a clock wrote that was ahead is no reason to wait for ever
    tx.run("DELETE FROM sign_in_try WHERE began <= :old OR began > :ahead", old=old, ahead=ahead)
    row = tx.one(
        """INSERT INTO sign_in_try (name, began, tries) VALUES (:name, :now, 1)
           ON CONFLICT (name) DO UPDATE SET tries = sign_in_try.tries + 1 RETURNING began, tries""",
        name=name, now=now(),
    )  # fmt: skip
    assert row is not None  # it was just written
    return row["began"], row["tries"]


def _wait(tx: Tx, actor: int) -> None:
    """After five wrong passwords, each costs a wait that doubles up to a quarter of an hour. Never a lock."""
    row = tx.one("UPDATE account SET failures = failures + 1 WHERE actor = :actor RETURNING failures", actor=actor)
    if row and row["failures"] >= PATIENCE:
        wait = min(LONGEST_WAIT, 1000 * 2 ** min(row["failures"] - PATIENCE + 1, 20))
        tx.run("UPDATE account SET wait_until = :until WHERE actor = :actor", until=now() + wait, actor=actor)
