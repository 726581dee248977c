"""People with an account here: who may do what, how they sign in, and for how long."""

import base64
import os
import secrets
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub import actors, audit, handles, settings
from hub.clock import DAY, HOUR, MINUTE, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.links import hashed as hashed
from hub.links import link as link
from hub.links import new_link as new_link
from hub.links import use_link as use_link
from hub.packing import unpack
from hub.roles import ROLES as ROLES
from hub.roles import Account as Account
from hub.roles import account_of
from hub.roles import may as may
from hub.roles import require as require
from hub.store import Tx

T = TypeVar("T")

SHORTEST, LONGEST = 12, 256  # characters of a password
MEMORY, PASSES, LANES = 19_456, 2, 1  # Argon2id: KiB, rounds, lanes (OWASP's minimum; 36 ms here)
PATIENCE = 5  # wrong passwords before each further one costs a wait
IDLE = {"resident": 30 * DAY, "organiser": 30 * DAY, "moderator": 12 * HOUR, "steward": 12 * HOUR}
OLDEST = {"resident": 180 * DAY, "organiser": 180 * DAY, "moderator": 7 * DAY, "steward": 7 * DAY}
FIRST, PROBATION = 3, 7 * DAY  # posts of a newcomer that are looked over, and how long at least
SEEN_EVERY = 10 * MINUTE  # how often a session's last use is written down


class Session(msgspec.Struct, frozen=True):
    """Where somebody is signed in: what their browser calls itself, since when, when last seen; `here` for this one."""

    agent: str
    created: int
    seen: int
    here: bool


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
        """INSERT INTO account (actor, login, email, password, role, language, newcomer, created)
           VALUES (:actor, :login, :email, :password, :role, :language, :newcomer, :now)""",
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
        _keep_a_steward(tx, account)
    tx.run("UPDATE account SET role = :role WHERE actor = :actor", role=role, actor=actor)
    audit.note(tx, who, "role", actor, name=account.login, role=role)
    return get(tx, actor)


def close(tx: Tx, who: int, actor: int) -> None:
    """Nobody signs in with this account any more. What they published stays. Raises `Conflict` likewise."""
    require(tx, who, "steward")
    account = get(tx, actor)
    _keep_a_steward(tx, account)
    tx.run("UPDATE account SET closed = :now WHERE actor = :actor AND closed IS NULL", now=now(), actor=actor)
    _leave(tx, actor)
    audit.note(tx, who, "closed", actor, name=account.login)


def suspend(tx: Tx, who: int, actor: int) -> None:
    """Stop somebody until they are let back: they are signed out, and may do nothing. Stewards may."""
    require(tx, who, "steward")
    account = get(tx, actor)
    _keep_a_steward(tx, account)
    if tx.run("UPDATE account SET state = 'suspended' WHERE actor = :actor AND state = 'active'", actor=actor):
        _leave(tx, actor)
        audit.note(tx, who, "suspended", actor, name=account.login)


def let_back(tx: Tx, who: int, actor: int) -> None:
    """Whoever was suspended may sign in again. Stewards may."""
    require(tx, who, "steward")
    account = get(tx, actor)
    if tx.run("UPDATE account SET state = 'active' WHERE actor = :actor AND state = 'suspended'", actor=actor):
        audit.note(tx, who, "let-back", actor, name=account.login)


def check_new_password(password: str, *personal: str) -> None:
    """Raises `Invalid` for a password that is too short, too long, or made of what everybody knows about them."""
    if len(password) < SHORTEST:
        raise Invalid(
            N_("Use at least 12 characters. Three words that only you would put together are good."), field="password"
        )
    if len(password) > LONGEST:
        raise Invalid(N_("Use at most 256 characters."), field="password")
    plain = password.lower()
    if len(set(plain)) < 5 or any(len(word) > 3 and plain.replace(word.lower(), "", 1) == "" for word in personal):
        raise Invalid(N_("That password is too easy to guess. Choose another."), field="password")


def hash_password(password: str) -> str:
    """Argon2id as a PHC string. Takes some 36 ms of work and 19 MiB: never call it inside a transaction."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY)
    return kdf.derive_phc_encoded(password.encode())


_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$" + "$".join(
    base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32)
)


def password_fits(password: str, kept: str | None) -> bool:
    """Compare; as slow for an account that does not exist (`kept` is `None`) as for one that does."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), kept or _NOBODY)
    except InvalidKey:
        return False
    return kept is not None


def set_password(tx: Tx, actor: int, password_hash: str) -> None:
    """A new password; every session ends, and every app is let out."""
    tx.run(
        "UPDATE account SET password = :hash, failures = 0, wait_until = 0 WHERE actor = :actor",
        hash=password_hash,
        actor=actor,
    )
    sign_out(tx, actor)


def sign_out(tx: Tx, actor: int) -> None:
    """Everywhere, and out of every app."""
    tx.run("DELETE FROM session WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM code WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM token WHERE account = :actor", actor=actor)


def sign_in_failed(tx: Tx, actor: int) -> None:
    """Count a wrong password: after five, each costs a wait that doubles up to 15 minutes. Never a lock."""
    row = tx.one("UPDATE account SET failures = failures + 1 WHERE actor = :actor RETURNING failures", actor=actor)
    if row and row["failures"] >= PATIENCE:
        wait = min(15 * MINUTE, 1000 * 2 ** min(row["failures"] - PATIENCE + 1, 20))
        tx.run("UPDATE account SET wait_until = :until WHERE actor = :actor", until=now() + wait, actor=actor)


def open_session(tx: Tx, actor: int, agent: str = "") -> str:
    """Sign somebody in. Returns the secret for their cookie; only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    tx.run("UPDATE account SET failures = 0, wait_until = 0, seen = :now WHERE actor = :actor", now=now(), actor=actor)
    tx.run(
        "INSERT INTO session (hash, account, created, seen, agent) VALUES (:hash, :actor, :now, :now, :agent)",
        hash=hashed(secret), actor=actor, now=now(), agent=agent[:200],
    )  # fmt: skip
    return secret


def session(tx: Tx, secret: str) -> tuple[Account, bool] | None:
    """Whose session this is, and whether it is time to write down that it was used. `None` when it has ended."""
    row = tx.one(
        """SELECT acc.*, s.created AS began, s.seen FROM session s JOIN account acc ON acc.actor = s.account
           WHERE s.hash = :hash AND acc.closed IS NULL AND acc.state = 'active'""",
        hash=hashed(secret),
    )  # fmt: skip
    if row is None or now() - row["seen"] > IDLE[row["role"]] or now() - row["began"] > OLDEST[row["role"]]:
        return None
    return account_of(row), now() - row["seen"] > SEEN_EVERY


def session_used(tx: Tx, secret: str) -> None:
    row = tx.one("UPDATE session SET seen = :now WHERE hash = :hash RETURNING account", now=now(), hash=hashed(secret))
    if row is not None:
        tx.run("UPDATE account SET seen = :now WHERE actor = :actor", now=now(), actor=row["account"])


def close_session(tx: Tx, secret: str) -> None:
    tx.run("DELETE FROM session WHERE hash = :hash", hash=hashed(secret))


def sessions(tx: Tx, actor: int, secret: str) -> list[Session]:
    """Everywhere that somebody is signed in, the last used first. `secret` is the one they ask with."""
    rows = tx.all("SELECT * FROM session WHERE account = :actor ORDER BY seen DESC LIMIT 100", actor=actor)
    return [Session(row["agent"], row["created"], row["seen"], row["hash"] == hashed(secret)) for row in rows]


def close_others(tx: Tx, actor: int, secret: str) -> None:
    """Sign somebody out everywhere but here."""
    tx.run("DELETE FROM session WHERE account = :actor AND hash <> :hash", actor=actor, hash=hashed(secret))


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


def _keep_a_steward(tx: Tx, without: Account) -> None:
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
