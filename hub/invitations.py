"""Links by which people join without being looked over: who made them, how often and until when they are good."""

import secrets

import msgspec

from hub import audit, joining, people
from hub.clock import DAY, now
from hub.errors import N_, Invalid, NotAllowed, NotFound
from hub.ids import new_id
from hub.store import Row, Tx
from hub.text import clean_words

MOST_USES, MOST_DAYS = 500, 365
OF_A_RESIDENT = (5, 30, 5)  # uses, days, and links that are good at the same time


class Invitation(msgspec.Struct, frozen=True):
    """A link. `maker` is a login; `uses` how often it may be used; `ends`, `revoked` in ms. `trusted`: a moderator or
    steward made it, so that whoever comes by it is no newcomer."""

    id: int
    maker: str
    note: str
    uses: int
    used: int
    made: int
    ends: int
    revoked: int | None
    trusted: bool

    @property
    def good(self) -> bool:
        return self.revoked is None and self.used < self.uses and self.ends > now()


def make(tx: Tx, who: int, *, uses: int = 1, days: int = 14, note: str = "") -> str:
    """Make a link that `uses` people may join by. Returns its secret; only a hash is kept.

    Moderators may, and residents where a steward lets them. Raises `Invalid` naming the field.
    """
    account = people.require(tx, who, "resident")
    most, longest, standing = (MOST_USES, MOST_DAYS, 0) if people.may(account, "moderator") else OF_A_RESIDENT
    if standing:
        _let_residents(tx, who, standing)
    if not 1 <= uses <= most:
        raise Invalid(N_("Type a number from 1 to %(most)s."), field="uses", most=most)
    if not 1 <= days <= longest:
        raise Invalid(N_("Type a number from 1 to %(most)s."), field="days", most=longest)
    note, secret, id = clean_words(note, longest=100, field="note"), secrets.token_urlsafe(24), new_id()
    tx.run(
        """INSERT INTO invitation (id, hash, maker, note, uses, made, ends)
           VALUES (:id, :hash, :who, :note, :uses, :now, :ends)""",
        id=id, hash=people.hashed(secret), who=who, note=note, uses=uses, now=now(), ends=now() + days * DAY,
    )  # fmt: skip
    audit.note(tx, who, "invitation", id, uses=uses, days=days, note=note)
    return secret


def may_invite(tx: Tx, who: people.Account) -> bool:
    return people.may(who, "moderator") or joining.terms(tx).residents_invite


def all_(tx: Tx, who: int, limit: int = 100) -> list[Invitation]:
    """Links that were made, newest first: all of them for moderators, for others their own."""
    everybodys = people.may(people.require(tx, who, "resident"), "moderator")
    rows = tx.all(
        f"{_SELECT} WHERE :all = 1 OR i.maker = :who ORDER BY i.id DESC LIMIT :limit",
        all=int(everybodys), who=who, limit=limit,
    )  # fmt: skip
    return [_invitation(row) for row in rows]


def revoke(tx: Tx, who: int, id: int) -> None:
    """Nobody joins by this link any more. Whoever made it may, and moderators."""
    row = tx.one("SELECT maker, note FROM invitation WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such invitation."))
    if row["maker"] != who:
        people.require(tx, who, "moderator")
    if tx.run("UPDATE invitation SET revoked = :now WHERE id = :id AND revoked IS NULL", now=now(), id=id):
        audit.note(tx, who, "revoked", id, note=row["note"])


def found(tx: Tx, secret: str) -> Invitation | None:
    """The invitation that this secret opens, if it is good: whoever made it must still be somebody here."""
    row = tx.one(
        f"{_SELECT} WHERE i.hash = :hash AND acc.closed IS NULL AND acc.state = 'active'", hash=people.hashed(secret)
    )
    it = _invitation(row) if row else None
    return it if it and it.good else None


def use(tx: Tx, id: int) -> Invitation | None:
    """Somebody joins by it. `None` when it has been used up, revoked or has ended meanwhile."""
    row = tx.one(f"{_SELECT} WHERE i.id = :id AND acc.closed IS NULL AND acc.state = 'active'", id=id)
    it = _invitation(row) if row else None
    if it is None or not it.good:
        return None
    tx.run("UPDATE invitation SET used = used + 1 WHERE id = :id", id=id)
    return it


def _let_residents(tx: Tx, who: int, standing: int) -> None:
    if not joining.terms(tx).residents_invite:
        raise NotAllowed(N_("On this hub, moderators and stewards invite. Ask one of them."))
    row = tx.one(
        "SELECT count(*) AS n FROM invitation WHERE maker = :who AND revoked IS NULL AND used < uses AND ends > :now",
        who=who, now=now(),
    )  # fmt: skip
    if row is not None and row["n"] >= standing:
        raise Invalid(N_("You have %(n)s links that are good. Take one back first."), field="uses", n=standing)


_SELECT = "SELECT i.*, acc.login, acc.role FROM invitation i JOIN account acc ON acc.actor = i.maker"


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"], maker=row["login"], note=row["note"], uses=row["uses"], used=row["used"], made=row["made"],
        ends=row["ends"], revoked=row["revoked"], trusted=row["role"] in ("moderator", "steward"),
    )  # fmt: skip
