"""Accounts as those see them who look after the hub: ours and others', by what they are called and how they stand."""

import msgspec

from hub import people
from hub.errors import N_, Invalid
from hub.people import Account
from hub.store import Tx

STATES = ("", "active", "suspended", "disabled")
_AFTER = 2**63 - 1


class Wanted(msgspec.Struct, frozen=True):
    """Which accounts: `local` or not (`None`: both), how they stand, and parts of what they are called."""

    local: bool | None = None
    state: str = ""
    handle: str = ""
    name: str = ""
    email: str = ""
    domain: str = ""
    staff: bool = False
    before: int | None = None
    limit: int = 100


def accounts(tx: Tx, who: int, it: Wanted) -> list[int]:
    """Actors, the newest first. Moderators may see them."""
    people.require(tx, who, "moderator")
    if it.state not in STATES:
        raise Invalid(N_("Choose one of the answers."), field="status")
    rows = tx.all(
        """SELECT a.id FROM actor a LEFT JOIN account c ON c.actor = a.id
           WHERE a.id < :before AND (c.actor IS NOT NULL OR (a.local = 0 AND a.kind <> 'instance'))
             AND (:local = 2 OR a.local = :local) AND (:domain = '' OR (a.local = 0 AND a.domain = :domain))
             AND (:handle = '' OR substr(a.handle, 1, length(:handle)) = :handle)
             AND (:name = '' OR lower(a.name) LIKE :like ESCAPE '!') AND (:email = '' OR c.email = :email)
             AND (:staff = 0 OR c.role IN ('moderator', 'steward'))
             AND (:state = '' OR (:state = 'active' AND a.removed IS NULL AND c.closed IS NULL
                                  AND coalesce(c.state, 'active') = 'active')
                  OR (:state = 'disabled' AND c.closed IS NULL AND c.state = 'suspended')
                  OR (:state = 'suspended' AND (c.closed IS NOT NULL OR a.removed IS NOT NULL)))
           ORDER BY a.id DESC LIMIT :limit""",
        before=it.before or _AFTER, local=2 if it.local is None else int(it.local), domain=it.domain.lower(),
        handle=it.handle.lower(), name=it.name, like=_like(it.name.lower()), email=it.email.strip().lower(),
        staff=int(it.staff), state=it.state, limit=it.limit,
    )  # fmt: skip
    return [row["id"] for row in rows]


def account(tx: Tx, who: int, actor: int) -> Account | None:
    """What we keep of one of ours, `None` of others. Moderators may see it."""
    people.require(tx, who, "moderator")
    row = tx.one("SELECT actor FROM account WHERE actor = :actor", actor=actor)
    return people.get(tx, actor) if row else None


def _like(words: str) -> str:
    return "%" + words.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
