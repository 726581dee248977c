"""People with an account here: who may do what, how they sign in, and for how long."""

import secrets
from typing import TypeVar

import msgspec

from hub import actors, handles, settings
from hub.clock import DAY, MINUTE, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.packing import unpack
from hub.passwords import LONGEST as LONGEST
from hub.passwords import SHORTEST as SHORTEST
from hub.passwords import check_new_password as check_new_password
from hub.passwords import hash_password as hash_password
from hub.passwords import password_fits as password_fits
from hub.roles import ROLES as ROLES
from hub.roles import Account as Account
from hub.roles import account_of
from hub.roles import may as may
from hub.roles import require as require
from hub.sessions import IDLE as IDLE
from hub.sessions import OLDEST as OLDEST
from hub.sessions import Session as Session
from hub.sessions import close_others as close_others
from hub.sessions import close_session as close_session
from hub.sessions import close_sessions as close_sessions
from hub.sessions import hashed as hashed
from hub.sessions import open_session as open_session
from hub.sessions import session as session
from hub.sessions import session_used as session_used
from hub.sessions import sessions as sessions
from hub.store import Tx

T = TypeVar("T")

PATIENCE = 5  # wrong passwords before each further one costs a wait


class Guest(msgspec.Struct, frozen=True):
    """Somebody without an account. Only organisers see either."""

    name: str
    contact: str = ""


def create(tx: Tx, login: str, email: str, password_hash: str, role: str = "resident") -> Account:
    """Open an account that may sign in at once. Raises `Invalid` naming the field, `Conflict` when it is taken."""
    login, email = login.strip().lower(), email.strip().lower()
    if not (1 <= len(login) <= 30 and login.isascii() and login.replace("_", "a").isalnum()):
        raise Invalid(N_("A name to sign in with has 1 to 30 letters, digits or underscores."), field="login")
    if not _is_email(email):
        raise Invalid(N_("Type an e-mail address, such as delyth@example.org."), field="email")
    if role not in ROLES:
        raise Invalid(N_("A role is resident, organiser, moderator or steward."), field="role")
    hub = settings.get(tx)
    if login == hub.handle or handles.reserved(login) or handles.taken(tx, login):
        raise Conflict(N_("That name is taken. Choose another."), field="login")
    if tx.one("SELECT 1 AS x FROM account WHERE email = :email", email=email):
        raise Conflict(N_("There is an account with that e-mail address already."), field="email")
    actor = actors.create(
        tx, hub.base, f"u-{login}", kind="person", type="Person", handle=login, title={hub.languages[0]: login},
        url=f"{hub.base}/@{login}", discoverable=False,
    )  # fmt: skip
    tx.run(
        """INSERT INTO account (actor, login, email, password, role, created, raised)
           VALUES (:actor, :login, :email, :password, :role, :now, :now)""",
        actor=actor, login=login, email=email, password=password_hash, role=role, now=now(),
    )  # fmt: skip
    return get(tx, actor)


def get(tx: Tx, actor: int) -> Account:
    row = tx.one("SELECT * FROM account WHERE actor = :actor", actor=actor)
    if row is None:
        raise NotFound(N_("There is no such account."))
    return account_of(row)


def role_of(tx: Tx, actor: int) -> str:
    """The role of one of ours; "" for who has no account, or has closed it."""
    row = tx.one("SELECT role FROM account WHERE actor = :actor AND closed IS NULL", actor=actor)
    return row["role"] if row else ""


def wishes(tx: Tx, actor: int, kind: type[T]) -> T:
    """How somebody likes things to be, as far as `kind` asks."""
    row = tx.one("SELECT wishes FROM account WHERE actor = :actor", actor=actor)
    return unpack(row["wishes"] if row else "{}", kind)


def all_(tx: Tx) -> list[Account]:
    return [account_of(row) for row in tx.all("SELECT * FROM account ORDER BY created")]


def steward(tx: Tx) -> Account:
    """The first steward: in whose name the command line acts. Raises `NotFound`."""
    row = tx.one("SELECT * FROM account WHERE role = 'steward' AND closed IS NULL ORDER BY created LIMIT 1")
    if row is None:
        raise NotFound(N_("This hub has no steward yet. Make one with: neighbourhub user create."))
    return account_of(row)


def known_as(tx: Tx, name: str) -> tuple[Account, str, int] | None:
    """The account that somebody signs in to by login or e-mail, its password's hash, and until when it must wait."""
    row = tx.one("SELECT * FROM account WHERE (login = :n OR email = :n) AND closed IS NULL", n=name.strip().lower())
    return (account_of(row), row["password"], row["wait_until"]) if row else None


def change_role(tx: Tx, who: int, actor: int, role: str) -> Account:
    """A steward gives somebody another role. Raises `Conflict` when no steward would be left."""
    require(tx, who, "steward")
    account = get(tx, actor)
    if role not in ROLES:
        raise Invalid(N_("A role is resident, organiser, moderator or steward."), field="role")
    if role != "steward":
        _keep_a_steward(tx, account)
    up = ROLES.index(role) > ROLES.index(account.role)
    tx.run("UPDATE account SET role = :role WHERE actor = :actor", role=role, actor=actor)
    if up:
        tx.run("UPDATE account SET raised = :now WHERE actor = :actor", now=now(), actor=actor)
    return get(tx, actor)


def close(tx: Tx, who: int, actor: int) -> None:
    """Nobody signs in with this account any more. What they published stays. Raises `Conflict` likewise."""
    require(tx, who, "steward")
    _keep_a_steward(tx, get(tx, actor))
    tx.run("UPDATE account SET closed = :now WHERE actor = :actor AND closed IS NULL", now=now(), actor=actor)
    _sign_out(tx, actor)
    tx.run("DELETE FROM link WHERE account = :actor", actor=actor)


def set_password(tx: Tx, actor: int, password_hash: str) -> None:
    """A new password; every session ends, and every app is let out."""
    tx.run(
        "UPDATE account SET password = :hash, failures = 0, wait_until = 0 WHERE actor = :actor",
        hash=password_hash,
        actor=actor,
    )
    _sign_out(tx, actor)


def rehash(tx: Tx, actor: int, was: str, password_hash: str) -> None:
    """The same password under another hash: unless it was changed meanwhile, nobody notices."""
    tx.run(
        "UPDATE account SET password = :hash WHERE actor = :actor AND password = :was",
        hash=password_hash, actor=actor, was=was,
    )  # fmt: skip


def _sign_out(tx: Tx, actor: int) -> None:
    """Everywhere, and out of every app."""
    close_sessions(tx, actor)
    tx.run("DELETE FROM code WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM token WHERE account = :actor", actor=actor)


def sign_in_failed(tx: Tx, actor: int) -> None:
    """Count a wrong password: after five, each costs a wait that doubles up to 15 minutes. Never a lock."""
    row = tx.one("UPDATE account SET failures = failures + 1 WHERE actor = :actor RETURNING failures", actor=actor)
    if row and row["failures"] >= PATIENCE:
        wait = min(15 * MINUTE, 1000 * 2 ** min(row["failures"] - PATIENCE + 1, 20))
        tx.run("UPDATE account SET wait_until = :until WHERE actor = :actor", until=now() + wait, actor=actor)


def speak(tx: Tx, actor: int, language: str) -> None:
    """The language that this person reads the hub in."""
    tx.run("UPDATE account SET language = :language WHERE actor = :actor", language=language, actor=actor)


def new_link(tx: Tx, purpose: str, *, account: int | None = None, lasts: int = DAY) -> str:
    """A secret that is good for one thing, once, for `lasts` ms; an earlier one for the same thing ends."""
    tx.run(
        "DELETE FROM link WHERE (purpose = :purpose AND coalesce(account, 0) = :account) OR ends < :now",
        purpose=purpose, account=account or 0, now=now(),
    )  # fmt: skip
    secret = secrets.token_urlsafe(32)
    tx.run(
        "INSERT INTO link (hash, purpose, account, ends) VALUES (:hash, :purpose, :account, :ends)",
        hash=hashed(secret), purpose=purpose, account=account, ends=now() + lasts,
    )  # fmt: skip
    return secret


def link(tx: Tx, purpose: str, secret: str) -> int | None:
    """Whom this link is for (0 for nobody yet), `None` when it is not good. Looking does not use it up."""
    row = tx.one(
        "SELECT account FROM link WHERE hash = :hash AND purpose = :purpose AND ends > :now",
        hash=hashed(secret), purpose=purpose, now=now(),
    )  # fmt: skip
    return None if row is None else row["account"] or 0


def use_link(tx: Tx, purpose: str, secret: str) -> int:
    """Use it up. Raises `NotAllowed` when it is not good any more."""
    found = link(tx, purpose, secret)
    if found is None:
        raise NotAllowed(N_("This link has been used or is too old. Ask for a new one."))
    tx.run("DELETE FROM link WHERE hash = :hash", hash=hashed(secret))
    return found


def _keep_a_steward(tx: Tx, without: Account) -> None:
    if without.role != "steward" or without.closed is not None:
        return
    row = tx.one(
        "SELECT count(*) AS others FROM account WHERE role = 'steward' AND closed IS NULL AND actor <> :actor",
        actor=without.actor,
    )
    if row is None or not row["others"]:
        raise Conflict(N_("A hub needs a steward. Make somebody else one first."))


def _is_email(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(
        name
        and at
        and "." in domain
        and len(text) <= 254
        and not any(c.isspace() or ord(c) < 33 or c in '<>(),;:"' for c in text)
    )
