"""Secrets that are good for one thing, once, for a while: opening the hub, a new password, a new address. Only their
hashes are kept."""

import hashlib
import secrets

import msgspec

from hub.clock import DAY, now
from hub.errors import N_, NotAllowed
from hub.store import Tx


class Link(msgspec.Struct, frozen=True):
    """A one-time link: whose (0 for nobody yet), what else it is bound to, until when (ms)."""

    account: int
    detail: str
    ends: int


def new_link(
    tx: Tx, purpose: str, *, account: int | None = None, lasts: int = DAY, detail: str = "", alone: bool = True
) -> str:
    """A secret that is good for one thing, once, for `lasts` ms; an earlier one for the same thing ends, if `alone`."""
    tx.run(
        "DELETE FROM link WHERE (:alone = 1 AND purpose = :purpose AND coalesce(account, 0) = :account) OR ends < :now",
        alone=int(alone), purpose=purpose, account=account or 0, now=now(),
    )  # fmt: skip
    secret = secrets.token_urlsafe(32)
    tx.run(
        """INSERT INTO link (hash, purpose, account, ends, detail)
           VALUES (:hash, :purpose, :account, :ends, :detail)""",
        hash=hashed(secret), purpose=purpose, account=account, ends=now() + lasts, detail=detail,
    )  # fmt: skip
    return secret


def link_of(tx: Tx, purpose: str, secret: str) -> Link | None:
    """The link with this secret, `None` when it is not good. Looking does not use it up."""
    row = tx.one(
        "SELECT account, detail, ends FROM link WHERE hash = :hash AND purpose = :purpose AND ends > :now",
        hash=hashed(secret), purpose=purpose, now=now(),
    )  # fmt: skip
    return None if row is None else Link(row["account"] or 0, row["detail"], row["ends"])


def link(tx: Tx, purpose: str, secret: str) -> int | None:
    """Whom this link is for (0 for nobody yet), `None` when it is not good. Looking does not use it up."""
    found = link_of(tx, purpose, secret)
    return None if found is None else found.account


def use_link(tx: Tx, purpose: str, secret: str) -> Link:
    """Use it up. Raises `NotAllowed` when it is not good any more."""
    found = link_of(tx, purpose, secret)
    if found is None:
        raise NotAllowed(N_("This link has been used or is too old. Ask for a new one."))
    tx.run("DELETE FROM link WHERE hash = :hash", hash=hashed(secret))
    return found


def drop_links(tx: Tx, purpose: str, account: int, since: int = 0) -> None:
    """Links for one thing open nothing any more; only those that end at `since` (ms) or later."""
    tx.run(
        "DELETE FROM link WHERE purpose = :purpose AND account = :account AND ends >= :since",
        purpose=purpose, account=account, since=since,
    )  # fmt: skip


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
