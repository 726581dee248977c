"""Who may do what here: an account has one of four roles, and each may do what those before it may."""

import msgspec

from hub.errors import N_, NotAllowed
from hub.store import Row, Tx

ROLES = ("resident", "organiser", "moderator", "steward")


class Account(msgspec.Struct, frozen=True):
    """Somebody who can sign in. `actor` is the Person that other servers see, and the account's id.

    `state` is active or suspended: a moderator has stopped them for a while.
    """

    actor: int
    login: str
    email: str
    role: str
    language: str
    created: int
    closed: int | None = None
    state: str = "active"


def require(tx: Tx, who: int, role: str) -> Account:
    """The account of `who`, if its role is at least `role`. Raises `NotAllowed` otherwise."""
    row = tx.one("SELECT * FROM account WHERE actor = :who AND closed IS NULL AND state = 'active'", who=who)
    if row is None or ROLES.index(row["role"]) < ROLES.index(role):
        raise NotAllowed(N_("Your role here does not allow that. Ask a steward of the hub."))
    return account_of(row)


def may(account: Account | None, role: str) -> bool:
    """Only who is active is somebody."""
    if account is None or account.closed is not None or account.state != "active":
        return False
    return ROLES.index(account.role) >= ROLES.index(role)


def account_of(row: Row) -> Account:
    return Account(
        actor=row["actor"], login=row["login"], email=row["email"], role=row["role"], language=row["language"],
        created=row["created"], closed=row["closed"], state=row["state"],
    )  # fmt: skip
