"""People with an account here: who may do what, how they sign in, and for how long."""

import base64
import hashlib
import os
import secrets
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub import actors, handles, settings
from hub.clock import DAY, HOUR, MINUTE, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
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
        """INSERT INTO account (actor, login, email, password, role, created)
           VALUES (:actor, :login, :email, :password, :role, :now)""",
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
    tx.run("UPDATE account SET role = :role WHERE actor = :actor", role=role, actor=actor)
    return get(tx, actor)


def close(tx: Tx, who: int, actor: int) -> None:
    """Nobody signs in with this account any more. What they published stays. Raises `Conflict` likewise."""
    require(tx, who, "steward")
    _keep_a_steward(tx, get(tx, actor))
    tx.run("UPDATE account SET closed = :now WHERE actor = :actor AND closed IS NULL", now=now(), actor=actor)
    _sign_out(tx, actor)
    tx.run("DELETE FROM link WHERE account = :actor", actor=actor)


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
    _sign_out(tx, actor)


def _sign_out(tx: Tx, actor: int) -> None:
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
    tx.run("UPDATE account SET failures = 0, wait_until = 0 WHERE actor = :actor", actor=actor)
    tx.run(
        "INSERT INTO session (hash, account, created, seen, agent) VALUES (:hash, :actor, :now, :now, :agent)",
        hash=hashed(secret), actor=actor, now=now(), agent=agent[:200],
    )  # fmt: skip
    return secret


def session(tx: Tx, secret: str) -> tuple[Account, bool] | None:
    """Whose session this is, and whether it is time to write down that it was used. `None` when it has ended."""
    row = tx.one(
        """SELECT acc.*, s.created AS began, s.seen FROM session s JOIN account acc ON acc.actor = s.account
           WHERE s.hash = :hash AND acc.closed IS NULL""",
        hash=hashed(secret),
    )  # fmt: skip
    if row is None or now() - row["seen"] > IDLE[row["role"]] or now() - row["began"] > OLDEST[row["role"]]:
        return None
    return account_of(row), now() - row["seen"] > SEEN_EVERY


def session_used(tx: Tx, secret: str) -> None:
    tx.run("UPDATE session SET seen = :now WHERE hash = :hash", now=now(), hash=hashed(secret))


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


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


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
