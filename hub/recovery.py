"""Getting back in by e-mail: forgotten passwords, links to sign in with, and an address that changes.

Each verb that a stranger may set off does the same for an address that nobody here has as for one that somebody has.
"""

import msgspec

from hub import joining, letters, links, people
from hub.clock import DAY, MINUTE
from hub.errors import N_, Conflict, NotAllowed
from hub.people import Account
from hub.store import Tx

RESET_LASTS, ENTRY_LASTS, CONFIRM_LASTS, UNDO_LASTS = 30 * MINUTE, 10 * MINUTE, 30 * MINUTE, 7 * DAY
RESET, ENTRY, CONFIRM, UNDO = "reset", "sign-in", "new-address", "undo-address"  # purposes of links

ELSEWHERE = N_("This link works in the browser that asked for it, and in no other.")
TOO_OLD = N_("This link has been used or is too old. Ask for a new one.")


class Elsewhere(NotAllowed):
    """The link is good, and was asked for in another browser than this."""


class Change(msgspec.Struct, frozen=True):
    """An address that is to become an account's."""

    account: Account
    email: str


def forgotten(tx: Tx, email: str) -> None:
    """Somebody has forgotten the password that goes with this address: an account that has it gets a letter."""
    account = _at(tx, email)
    if account is not None:
        letters.send(tx, RESET, "reset", email, account=account.actor)
    else:
        letters.count(tx, RESET, email)


def new_reset(tx: Tx, actor: int) -> str:
    """The secret for that letter: good once, for half an hour, and only while the password is what it is now."""
    return links.new_link(tx, RESET, account=actor, lasts=RESET_LASTS, detail=_password_now(tx, actor))


def resetting(tx: Tx, secret: str) -> Account:
    """Whose link this is. Looking does not use it up. Raises `NotAllowed` when it is not good."""
    return _whose(tx, RESET, secret)[0]


def reset(tx: Tx, secret: str, password_hash: str) -> Account:
    """A new password. Every session ends, and a letter says that it happened; nobody is signed in by it."""
    account = resetting(tx, secret)
    links.use_link(tx, RESET, secret)
    people.set_password(tx, account.actor, password_hash)
    letters.send(tx, "notice", "password-changed", account.email, account=account.actor)
    return account


def ask_to_enter(tx: Tx, email: str, browser: str) -> None:
    """Somebody wants to sign in by a letter. `browser` is a secret that only their browser has. Residents may, where
    the steward lets them: whoever looks after the hub has more to lose."""
    account = _at(tx, email)
    if account is not None and account.role == "resident" and joining.terms(tx).sign_in_links:
        letters.send(tx, ENTRY, "sign-in", email, account=account.actor, browser=people.hashed(browser))
    else:
        letters.count(tx, ENTRY, email)


def new_entry(tx: Tx, actor: int, browser_hash: str) -> str:
    return links.new_link(tx, ENTRY, account=actor, lasts=ENTRY_LASTS, detail=browser_hash)


def entering(tx: Tx, secret: str, browser: str) -> Account:
    """Whose link this is, if it was asked for by this browser. Looking does not use it up. Raises `NotAllowed`."""
    found = links.link_of(tx, ENTRY, secret)
    if found is None:
        raise NotAllowed(TOO_OLD)
    account = people.get(tx, found.account)
    if not people.may(account, "resident") or account.role != "resident" or not joining.terms(tx).sign_in_links:
        raise NotAllowed(TOO_OLD)
    if found.detail != people.hashed(browser):
        raise Elsewhere(ELSEWHERE)
    return account


def enter(tx: Tx, secret: str, browser: str) -> Account:
    """Use it up."""
    account = entering(tx, secret, browser)
    links.use_link(tx, ENTRY, secret)
    return account


def ask_here(tx: Tx, secret: str, browser: str) -> None:
    """Whoever has the letter reads it in another browser: its link is used up, and a new one for `browser` is sent.

    It is not counted: for each there was a letter before.
    """
    found = links.use_link(tx, ENTRY, secret)
    account = people.get(tx, found.account)
    letters.send(tx, "notice", "sign-in", account.email, account=account.actor, browser=people.hashed(browser))


def ask_for_address(tx: Tx, who: int, email: str) -> None:
    """Somebody wants letters at another address: it has to be proved by a letter that goes there. Where somebody else
    has that address, they are told, and whoever asked is not."""
    people.require(tx, who, "resident")
    email = people.check_address(email)
    other = tx.one("SELECT actor FROM account WHERE email = :email", email=email)
    if other is None:
        letters.send(tx, CONFIRM, "new-address", email, account=who, email=email)
    elif other["actor"] != who:
        letters.send(tx, CONFIRM, "known", email, account=other["actor"])


def new_address(tx: Tx, actor: int, email: str) -> str:
    return links.new_link(tx, CONFIRM, account=actor, lasts=CONFIRM_LASTS, detail=email)


def addressing(tx: Tx, secret: str) -> Change:
    return Change(*_whose(tx, CONFIRM, secret))


def confirm_address(tx: Tx, secret: str) -> Account:
    """The address is theirs from now on. The one before gets a letter by which it can be taken back for a week."""
    change = addressing(tx, secret)
    links.use_link(tx, CONFIRM, secret)
    set_address(tx, change.account.actor, change.email)
    before = change.account.email
    letters.send(tx, "notice", "address-changed", before, account=change.account.actor, email=before)
    return people.get(tx, change.account.actor)


def set_address(tx: Tx, actor: int, email: str) -> None:
    """What was sent to the address before opens nothing any more. Raises `Conflict` when somebody else has it."""
    email = people.check_address(email)
    if tx.one("SELECT 1 AS x FROM account WHERE email = :email AND actor <> :actor", email=email, actor=actor):
        raise Conflict(N_("There is an account with that e-mail address already."), field="email")
    tx.run("UPDATE account SET email = :email WHERE actor = :actor", email=email, actor=actor)
    for purpose in (RESET, ENTRY, CONFIRM):
        links.drop_links(tx, purpose, actor)


def new_undo(tx: Tx, actor: int, email: str) -> str:
    """The secret to take a change back with. Those of earlier changes stay good: who changes it twice wins nothing."""
    return links.new_link(tx, UNDO, account=actor, lasts=UNDO_LASTS, detail=email, alone=False)


def undoing(tx: Tx, secret: str) -> Change:
    return Change(*_whose(tx, UNDO, secret))


def undo_address(tx: Tx, secret: str) -> Account:
    """The address is again what it was, everybody is signed out, and a letter goes there to choose a new password.

    Links that later changes brought are void, earlier ones are not: the older address was more surely theirs.
    """
    change = undoing(tx, secret)
    actor = change.account.actor
    links.drop_links(tx, UNDO, actor, since=links.use_link(tx, UNDO, secret).ends)
    set_address(tx, actor, change.email)
    people.sign_out(tx, actor)
    letters.send(tx, "notice", "reset", change.email, account=actor)
    return people.get(tx, actor)


def _at(tx: Tx, email: str) -> Account | None:
    row = tx.one(
        "SELECT actor FROM account WHERE email = :email AND closed IS NULL AND state = 'active'",
        email=email.strip().lower(),
    )
    return people.get(tx, row["actor"]) if row else None


def _whose(tx: Tx, purpose: str, secret: str) -> tuple[Account, str]:
    found = links.link_of(tx, purpose, secret)
    account = people.get(tx, found.account) if found and found.account else None
    if found is None or account is None or not people.may(account, "resident"):
        raise NotAllowed(TOO_OLD)
    if purpose == RESET and found.detail != _password_now(tx, account.actor):
        raise NotAllowed(TOO_OLD)
    return account, found.detail


def _password_now(tx: Tx, actor: int) -> str:
    row = tx.one("SELECT password FROM account WHERE actor = :actor", actor=actor)
    return people.hashed(row["password"]) if row else ""
