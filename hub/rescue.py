"""Being let back in by two stewards: for somebody who has lost their password, their second step and their letter box.

One steward asks and is shown a code; another one says yes and is shown a link. Only both together open anything, so
neither of the two can do it alone. Whoever it is about is told by letter at each step, and can say no.
"""

import secrets

import msgspec

from hub import audit, factors, letters, links, people, recovery
from hub.changes import Kind, record
from hub.clock import DAY, HOUR, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.people import Account
from hub.store import Row, Tx

WAITS = 3 * DAY  # for the second steward
LASTS = HOUR  # the link, from then on
SETTLED = 7 * DAY  # who has been a steward for less may have been made one for this
TRIES = 5  # at the code; then it is over
LONGEST = 500  # characters of a reason
PARTS, PART = 2, 4  # of the code: 8 letters of 31, some 40 bits, and five tries at them
RESCUE, REFUSE = "rescue", "rescue-refuse"  # purposes of links
VOID = ("password", recovery.RESET, recovery.ENTRY, recovery.CONFIRM)  # links that open nothing afterwards

TOO_OLD = N_("This link has been used, is too old, or was taken back. Ask the stewards who gave it to you.")
SELF = N_("This is about yourself: two other stewards have to do it.")


class Rescue(msgspec.Struct, frozen=True):
    """One that is under way. `asker`, `approver` are accounts, `…_by` their names; 0 and "" for nobody yet."""

    account: int
    asker: int
    asked_by: str
    approver: int
    approved_by: str
    why: str
    asked: int
    ends: int


def under_way(tx: Tx) -> dict[int, Rescue]:
    """All that are, by the account that they are about."""
    rows = tx.all(
        """SELECT r.*, a.login AS asked_by, coalesce(b.login, '') AS approved_by FROM rescue r
           JOIN account a ON a.actor = r.asker LEFT JOIN account b ON b.actor = r.approver WHERE r.ends > :now""",
        now=now(),
    )  # fmt: skip
    return {
        row["account"]: Rescue(
            row["account"], row["asker"], row["asked_by"], row["approver"] or 0, row["approved_by"], row["why"],
            row["asked"], row["ends"],
        ) for row in rows
    }  # fmt: skip


def possible(tx: Tx, actor: int) -> bool:
    """Whether there are two stewards besides whoever it is about."""
    return len([one for one in people.those(tx, "steward") if one != actor and _settled(tx, one)]) > 1


def ask(tx: Tx, who: int, actor: int, why: str) -> str:
    """A steward asks to let somebody back in. Returns the code for them, which is told this once."""
    account, why = _about(tx, who, actor), " ".join(why.split())
    if not why or len(why) > LONGEST:
        raise Invalid(N_("Say how you know that it is them, in 500 characters at most."), field="why")
    if not people.may(account, "resident"):
        raise Conflict(N_("This account is closed or suspended: nobody signs in with it."))
    sweep(tx)
    if _row(tx, actor) is not None:
        raise Conflict(N_("This has been asked already. Say yes to it, or take it back and ask again."))
    code = "-".join("".join(secrets.choice(factors.LETTERS) for _ in range(PART)) for _ in range(PARTS))
    tx.run(
        """INSERT INTO rescue (account, asker, code, why, asked, ends)
           VALUES (:actor, :who, :code, :why, :now, :ends)""",
        actor=actor, who=who, code=_hash(actor, code), why=why, now=now(), ends=now() + WAITS,
    )  # fmt: skip
    audit.note(tx, who, "rescue-asked", actor, name=account.login, why=why)
    letters.send(tx, "notice", "rescue-asked", account.email, account=actor)
    return code


def approve(tx: Tx, who: int, actor: int) -> str:
    """A second steward says yes. Returns the secret of the link, which is told this once and good for an hour."""
    account, row = _about(tx, who, actor), _found(tx, actor)
    if row["asker"] == who:
        raise NotAllowed(N_("You have asked for this yourself: another steward has to say yes."))
    if not _counts(tx, row["asker"]):
        raise Conflict(N_("Whoever asked for this is not a steward any more. Take it back, and ask again."))
    if not people.may(account, "resident"):
        raise Conflict(N_("This account is closed or suspended: nobody signs in with it."))
    said = tx.run(
        "UPDATE rescue SET approver = :who, ends = :ends WHERE account = :actor AND approver IS NULL",
        who=who, ends=now() + LASTS, actor=actor,
    )  # fmt: skip
    if not said:
        raise Conflict(N_("Another steward has said yes already."))
    audit.note(tx, who, "rescue-approved", actor, name=account.login)
    letters.send(tx, "notice", "rescue-approved", account.email, account=actor)
    return links.new_link(tx, RESCUE, account=actor, lasts=LASTS)


def refuse(tx: Tx, who: int, actor: int) -> None:
    """A steward says no, or takes back what they said. Nothing of the account has changed."""
    people.require(tx, who, "steward")
    _found(tx, actor)
    _end(tx, who, "rescue-refused", actor)


def new_refusal(tx: Tx, actor: int) -> str | None:
    """The secret by which whoever it is about says no; `None` when there is nothing to say no to any more."""
    row = _row(tx, actor)
    return links.new_link(tx, REFUSE, account=actor, lasts=row["ends"] - now(), alone=False) if row else None


def refusing(tx: Tx, secret: str) -> Account:
    """Who says no by this link. Looking does not use it up."""
    found = links.link(tx, REFUSE, secret)
    if not found or _row(tx, found) is None:
        raise NotAllowed(N_("This link is too old: what it was about is over. Nothing more can come of it."))
    return people.get(tx, found)


def refuse_own(tx: Tx, secret: str) -> None:
    """They say no: it is over, and both stewards' halves open nothing."""
    account = refusing(tx, secret)
    _end(tx, account.actor, "rescue-refused", account.actor)


def rescued(tx: Tx, secret: str) -> Account:
    """Whose link this is. Looking does not use it up. Raises `NotAllowed` when it is not good, or when one of those who
    gave it is not a steward any more."""
    found = links.link(tx, RESCUE, secret)
    row, account = (_row(tx, found), people.get(tx, found)) if found else (None, None)
    if row is None or account is None or not people.may(account, "resident"):
        raise NotAllowed(TOO_OLD)
    if not (row["approver"] and _counts(tx, row["asker"]) and _counts(tx, row["approver"])):
        raise NotAllowed(TOO_OLD)
    return account


def use(tx: Tx, secret: str, code: str, password_hash: str) -> bool:
    """A new password: no second step is left, every session ends and every app is let out. Nobody is signed in by it.

    False for a wrong code, which has to be committed: after five it is over.
    """
    account = rescued(tx, secret)
    actor = account.actor
    row = _found(tx, actor)
    if not secrets.compare_digest(row["code"], _hash(actor, code)):
        tx.run("UPDATE rescue SET tries = tries + 1 WHERE account = :actor", actor=actor)
        if row["tries"] + 1 >= TRIES:
            _end(tx, audit.NOBODY, "rescue-guessed", actor)
        return False
    people.set_password(tx, actor, password_hash)
    factors.forget(tx, actor)
    for purpose in VOID:
        links.drop_links(tx, purpose, actor)
    _end(tx, actor, "rescue-used", actor)
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="cleared")
    return True


def sweep(tx: Tx) -> None:
    """What nobody saw to in time is over, and it is written down that it is."""
    for row in tx.all("SELECT account FROM rescue WHERE ends <= :now", now=now()):
        _end(tx, audit.NOBODY, "rescue-expired", row["account"])


def _end(tx: Tx, who: int, what: str, actor: int) -> None:
    account = people.get(tx, actor)
    tx.run("DELETE FROM rescue WHERE account = :actor", actor=actor)
    for purpose in (RESCUE, REFUSE):
        links.drop_links(tx, purpose, actor)
    audit.note(tx, who, what, actor, name=account.login)
    letters.send(tx, "notice", what, account.email, account=actor)


def _about(tx: Tx, who: int, actor: int) -> Account:
    """Whom it is about, if `who` may have a say in it."""
    people.require(tx, who, "steward")
    account = people.get(tx, actor)
    if who == actor:
        raise NotAllowed(SELF)
    if not _settled(tx, who):
        raise NotAllowed(N_("You have been a steward for less than a week. Ask one who has been for longer."))
    return account


def _found(tx: Tx, actor: int) -> Row:
    row = _row(tx, actor)
    if row is None:
        raise NotFound(N_("Nobody has asked for this, or it is over. Ask again."))
    return row


def _row(tx: Tx, actor: int) -> Row | None:
    return tx.one("SELECT * FROM rescue WHERE account = :actor AND ends > :now", actor=actor, now=now())


def _counts(tx: Tx, who: int) -> bool:
    """Whether they are a steward still."""
    return people.may(people.get(tx, who), "steward")


def _settled(tx: Tx, who: int) -> bool:
    row = tx.one("SELECT raised FROM account WHERE actor = :who", who=who)
    return row is not None and now() - row["raised"] >= SETTLED


def _hash(actor: int, typed: str) -> str:
    return links.hashed(f"{actor} {''.join(sign for sign in typed.lower() if sign.isalnum())[:40]}")
