"""People with an account here: who may do what, how they sign in, and for how long."""

from typing import TypeVar

import msgspec

from hub import actors, audit, handles, settings
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.links import link as link
from hub.links import new_link as new_link
from hub.links import use_link as use_link
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

FIRST, PROBATION = 3, 7 * DAY  # posts of a newcomer that are looked over, and how long at least


class Guest(msgspec.Struct, frozen=True):
    """Somebody without an account. Only organisers see either."""

    name: str
    contact: str = ""


def create(
    tx: Tx, login: str, email: str, password_hash: str, role: str = "resident", *, official: bool = True,
    language: str = "", newcomer: bool = False,
) -> Account:  # fmt: skip
    """Open an account that may sign in at once. Raises `Invalid` naming the field, `Conflict` when it is taken.

    `official`: made by somebody responsible, who may call it by a name that speaks for the hub. `newcomer`: what they
    post is held at first.
    """
    login, email = check_login(tx, login, official=official), check_address(email)
    if role not in ROLES:
        raise Invalid(N_("A role is resident, organiser, moderator or steward."), field="role")
    if tx.one("SELECT 1 AS x FROM account WHERE email = :email", email=email):
        raise Conflict(N_("There is an account with that e-mail address already."), field="email")
    hub = settings.get(tx)
    actor = actors.create(
        tx, hub.base, f"u-{login}", kind="person", type="Person", handle=login, title={hub.languages[0]: login},
        url=f"{hub.base}/@{login}", discoverable=False,
    )  # fmt: skip
    tx.run(
        """INSERT INTO account (actor, login, email, password, role, language, newcomer, created, raised)
           VALUES (:actor, :login, :email, :password, :role, :language, :newcomer, :now, :now)""",
        actor=actor, login=login, email=email, password=password_hash, role=role, language=language,
        newcomer=int(newcomer), now=now(),
    )  # fmt: skip
    return get(tx, actor)


def check_login(tx: Tx, login: str, *, official: bool = True) -> str:
    """A name to sign in with, as it is kept. Raises `Invalid`, or `Conflict` when somebody has it, had it, or it is
    kept for the hub."""
    login = login.strip().lower()
    if not (1 <= len(login) <= 30 and login.isascii() and login.replace("_", "a").isalnum()):
        raise Invalid(N_("A name to sign in with has 1 to 30 letters, digits or underscores."), field="login")
    kept = handles.reserved(login) or (not official and handles.speaks_for_the_hub(login))
    if kept or login == settings.get(tx).handle or handles.taken(tx, login):
        raise Conflict(N_("That name is taken. Choose another."), field="login")
    return login


def check_address(email: str) -> str:
    """An e-mail address, as it is kept. Raises `Invalid`."""
    email = email.strip().lower()
    if not _is_email(email):
        raise Invalid(N_("Type an e-mail address, such as delyth@example.org."), field="email")
    return email


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
    row = tx.one(
        "SELECT * FROM account WHERE role = 'steward' AND closed IS NULL AND state = 'active' ORDER BY created LIMIT 1"
    )
    if row is None:
        raise NotFound(N_("This hub has no steward yet. Make one with: neighbourhub user create."))
    return account_of(row)


def those(tx: Tx, role: str) -> list[int]:
    """Who has this role, or a higher one, and has not been stopped."""
    roles = ROLES[ROLES.index(role) :]
    rows = tx.all("SELECT actor, role FROM account WHERE closed IS NULL AND state = 'active' ORDER BY actor")
    return [row["actor"] for row in rows if row["role"] in roles]


def known_as(tx: Tx, name: str) -> tuple[Account, str, int] | None:
    """The account that somebody signs in to by login or e-mail, its password's hash, and until when it must wait."""
    row = tx.one(
        "SELECT * FROM account WHERE (login = :n OR email = :n) AND closed IS NULL AND state = 'active'",
        n=name.strip().lower(),
    )
    return (account_of(row), row["password"], row["wait_until"]) if row else None


def change_role(tx: Tx, who: int, actor: int, role: str) -> Account:
    """A steward gives somebody another role. Raises `Conflict` when no steward would be left."""
    require(tx, who, "steward")
    account = get(tx, actor)
    if role not in ROLES:
        raise Invalid(N_("A role is resident, organiser, moderator or steward."), field="role")
    if role != "steward":
        keep_a_steward(tx, account)
    up = ROLES.index(role) > ROLES.index(account.role)
    tx.run("UPDATE account SET role = :role WHERE actor = :actor", role=role, actor=actor)
    if up:
        tx.run("UPDATE account SET raised = :now WHERE actor = :actor", now=now(), actor=actor)
    audit.note(tx, who, "role", actor, name=account.login, role=role)
    tx.wake()
    return get(tx, actor)


def close(tx: Tx, who: int, actor: int) -> None:
    """Nobody signs in with this account any more. What they published stays. Raises `Conflict` likewise."""
    require(tx, who, "steward")
    account = get(tx, actor)
    keep_a_steward(tx, account)
    tx.run("UPDATE account SET closed = :now WHERE actor = :actor AND closed IS NULL", now=now(), actor=actor)
    _leave(tx, actor)
    audit.note(tx, who, "closed", actor, name=account.login)


def suspend(tx: Tx, who: int, actor: int) -> None:
    """Stop somebody until they are let back: they are signed out, and may do nothing. Stewards may."""
    require(tx, who, "steward")
    account = get(tx, actor)
    keep_a_steward(tx, account)
    if tx.run("UPDATE account SET state = 'suspended' WHERE actor = :actor AND state = 'active'", actor=actor):
        _leave(tx, actor)
        audit.note(tx, who, "suspended", actor, name=account.login)


def let_back(tx: Tx, who: int, actor: int) -> None:
    """Whoever was suspended may sign in again. Stewards may."""
    require(tx, who, "steward")
    account = get(tx, actor)
    if tx.run("UPDATE account SET state = 'active' WHERE actor = :actor AND state = 'suspended'", actor=actor):
        tx.wake()
        audit.note(tx, who, "let-back", actor, name=account.login)


def set_password(tx: Tx, actor: int, password_hash: str) -> None:
    """A new password; every session ends, and every app is let out."""
    tx.run(
        "UPDATE account SET password = :hash, failures = 0, wait_until = 0 WHERE actor = :actor",
        hash=password_hash,
        actor=actor,
    )
    sign_out(tx, actor)


def rehash(tx: Tx, actor: int, was: str, password_hash: str) -> None:
    """The same password under another hash: unless it was changed meanwhile, nobody notices."""
    tx.run(
        "UPDATE account SET password = :hash WHERE actor = :actor AND password = :was",
        hash=password_hash, actor=actor, was=was,
    )  # fmt: skip


def sign_out(tx: Tx, actor: int) -> None:
    """Everywhere, and out of every app."""
    close_sessions(tx, actor)
    tx.run("DELETE FROM code WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM token WHERE account = :actor", actor=actor)
    tx.wake()  # every process knows at once, and who listens with it must go


def speak(tx: Tx, actor: int, language: str) -> None:
    """The language that this person reads the hub in."""
    tx.run("UPDATE account SET language = :language WHERE actor = :actor", language=language, actor=actor)


def newcomer(tx: Tx, actor: int) -> bool:
    """Whether what this person posts is held until a moderator has looked: until three posts of theirs were let
    through, or one was and a week has passed since they joined. Nobody whom the hub's own people let in is one."""
    row = tx.one("SELECT newcomer, let_through, created, role FROM account WHERE actor = :actor", actor=actor)
    if row is None or not row["newcomer"] or row["role"] != "resident":
        return False
    trusted = row["let_through"] >= FIRST or (row["let_through"] and now() - row["created"] > PROBATION)
    return not trusted


def post_let_through(tx: Tx, actor: int) -> None:
    """A moderator has let a post of theirs through: one step towards being trusted."""
    tx.run("UPDATE account SET let_through = let_through + 1 WHERE actor = :actor", actor=actor)


def _leave(tx: Tx, actor: int) -> None:
    sign_out(tx, actor)
    tx.run("DELETE FROM link WHERE account = :actor", actor=actor)


def keep_a_steward(tx: Tx, without: Account) -> None:
    """Raises `Conflict` when no steward would be left without this one."""
    if not may(without, "steward"):
        return
    row = tx.one(
        """SELECT count(*) AS others FROM account
           WHERE role = 'steward' AND closed IS NULL AND state = 'active' AND actor <> :actor""",
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
