"""What somebody shows besides a password, or instead of one: passkeys, codes of an app, recovery codes."""

import base64
import hashlib
import secrets

import msgspec
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hub import people
from hub.changes import Kind, record
from hub.clock import MINUTE, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.ids import new_id
from hub.sessions import hashed
from hub.store import Row, Tx

PASSKEYS = 20  # that one account may have
LASTS = 5 * MINUTE  # how long a challenge may be answered
STEP, DIGITS, SECRET = 30, 6, 20  # seconds, figures, bytes: what every app that shows codes can do (RFC 6238)
TRIES, WINDOW = 5, 15 * MINUTE
CODES, LETTERS = 10, "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for each other
PARTS, PART = 3, 4  # of a recovery code: 12 letters of 31, some 59 bits


class Passkey(msgspec.Struct, frozen=True):
    """One passkey. `uses` is what it counts itself; many never count."""

    id: int
    account: int
    credential: str
    public_key: bytes
    uses: int
    name: str
    created: int
    used: int | None


class Factors(msgspec.Struct, frozen=True):
    """What an account has: its passkeys, since when an app (0: none), how many recovery codes are left."""

    passkeys: list[Passkey]
    app: int
    codes: int

    @property
    def second(self) -> bool:
        """Whether a password alone opens nothing."""
        return bool(self.passkeys or self.app)


def of(tx: Tx, actor: int) -> Factors:
    app = tx.one("SELECT since FROM authenticator WHERE account = :actor AND since IS NOT NULL", actor=actor)
    left = tx.one("SELECT count(*) AS n FROM recovery_code WHERE account = :actor AND used IS NULL", actor=actor)
    assert left is not None
    return Factors(passkeys(tx, actor), app["since"] if app else 0, left["n"])


# Challenges


def challenge(tx: Tx, purpose: str, account: int | None = None, browser: str = "") -> bytes:
    """Something to sign, once, soon, and where it was asked: `browser` is a secret of its own. Only hashes are kept."""
    made = secrets.token_bytes(32)
    tx.run("DELETE FROM challenge WHERE ends < :now", now=now())
    tx.run(
        """INSERT INTO challenge (hash, purpose, account, browser, ends)
           VALUES (:hash, :purpose, :account, :browser, :ends)""",
        hash=hashlib.sha256(made).hexdigest(), purpose=purpose, account=account, browser=hashed(browser),
        ends=now() + LASTS,
    )  # fmt: skip
    return made


def use_challenge(tx: Tx, purpose: str, made: bytes, account: int | None = None, browser: str = "") -> None:
    """Use it up, whatever comes of it. Raises `Invalid` when it was not made for this, not here, or is too old."""
    used = tx.run(
        """DELETE FROM challenge WHERE hash = :hash AND purpose = :purpose AND coalesce(account, 0) = :account
             AND browser = :browser AND ends > :now""",
        hash=hashlib.sha256(made).hexdigest(), purpose=purpose, account=account or 0, browser=hashed(browser),
        now=now(),
    )  # fmt: skip
    if not used:
        raise Invalid(N_("That took too long, or was asked in another browser. Try your passkey again, here."))


# Passkeys


def passkeys(tx: Tx, actor: int) -> list[Passkey]:
    return [_passkey(row) for row in tx.all("SELECT * FROM passkey WHERE account = :actor ORDER BY id", actor=actor)]


def passkey(tx: Tx, credential: str) -> Passkey | None:
    row = tx.one("SELECT * FROM passkey WHERE credential = :credential", credential=credential)
    return _passkey(row) if row else None


def add_passkey(tx: Tx, actor: int, credential: str, public_key: bytes, uses: int, name: str) -> int:
    """Raises `Conflict` for one that is known already, and for one too many."""
    if tx.one("SELECT 1 AS x FROM passkey WHERE credential = :credential", credential=credential):
        raise Conflict(N_("That passkey is here already."))
    if len(passkeys(tx, actor)) >= PASSKEYS:
        raise Conflict(N_("You have twenty passkeys. Take one away that you no longer use."))
    id = new_id()
    tx.run(
        """INSERT INTO passkey (id, account, credential, public_key, uses, name, created)
           VALUES (:id, :actor, :credential, :key, :uses, :name, :now)""",
        id=id, actor=actor, credential=credential, key=public_key, uses=uses, name=_called(name), now=now(),
    )  # fmt: skip
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="passkey added")
    return id


def use_passkey(tx: Tx, id: int, uses: int) -> bool:
    """It was shown. False when it counts less than it did: a copy of it may be about, or it never learned to count."""
    row = tx.one("SELECT uses FROM passkey WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such passkey."))
    tx.run("UPDATE passkey SET uses = :uses, used = :now WHERE id = :id", uses=uses, now=now(), id=id)
    return bool(uses > row["uses"] or uses == row["uses"] == 0)


def rename_passkey(tx: Tx, actor: int, id: int, name: str) -> None:
    if not tx.run(
        "UPDATE passkey SET name = :name WHERE id = :id AND account = :actor", name=_called(name), id=id, actor=actor
    ):
        raise NotFound(N_("There is no such passkey."))


def remove_passkey(tx: Tx, actor: int, id: int) -> None:
    """Raises `Conflict` when nothing else would let them in."""
    mine = passkeys(tx, actor)
    if id not in [one.id for one in mine]:
        raise NotFound(N_("There is no such passkey."))
    if len(mine) == 1 and not _has_password(tx, actor):
        raise Conflict(N_("This is your only way in. Choose a password first, or add another passkey."))
    tx.run("DELETE FROM passkey WHERE id = :id", id=id)
    _tidy(tx, actor)
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="passkey removed")


def _has_password(tx: Tx, actor: int) -> bool:
    return tx.one("SELECT 1 AS x FROM account WHERE actor = :actor AND password <> ''", actor=actor) is not None


def _called(name: str) -> str:
    name = " ".join(name.split())[:60]
    if not name:
        raise Invalid(N_("Give it a name, such as the device it is on."), field="name")
    return name


# An app that shows codes


def new_key(tx: Tx, actor: int) -> str:
    """The key for an app, in base32, until a first code from it is right. Asked again, the same one."""
    row = tx.one("SELECT key, since FROM authenticator WHERE account = :actor", actor=actor)
    if row is not None and row["since"] is not None:
        raise Conflict(N_("An app is set up already. Turn it off first."))
    if row is not None:
        return str(row["key"])
    key = base64.b32encode(secrets.token_bytes(SECRET)).decode()
    tx.run("INSERT INTO authenticator (account, key) VALUES (:actor, :key)", actor=actor, key=key)
    return key


def confirm_app(tx: Tx, actor: int, typed: str) -> list[str]:
    """The first code was right: from now on it is asked for. Returns recovery codes, if there were none before."""
    row = tx.one("SELECT * FROM authenticator WHERE account = :actor AND since IS NULL", actor=actor)
    step = _step(row["key"], typed, row["step"]) if row else None
    if row is None or step is None:
        raise Invalid(
            N_("That code is not right. Codes change every half minute; check that your phone’s clock is."),
            field="code",
        )
    tx.run("UPDATE authenticator SET since = :now, step = :step WHERE account = :a", now=now(), step=step, a=actor)
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="app added")
    return [] if of(tx, actor).codes else new_codes(tx, actor)


def remove_app(tx: Tx, actor: int) -> None:
    tx.run("DELETE FROM authenticator WHERE account = :actor", actor=actor)
    _tidy(tx, actor)
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="app removed")


def check_code(tx: Tx, actor: int, typed: str) -> bool:
    """Whether this is the app's code, not used before, or a recovery code, which it uses up. Counts what is wrong.

    Raises `NotAllowed` after five wrong ones, until a quarter of an hour has passed. What is wrong has to be committed.
    """
    row = tx.one("SELECT tries, tries_since FROM account WHERE actor = :actor", actor=actor)
    if row is None:
        return False
    since, tries = row["tries_since"], row["tries"]
    if not since <= now() < since + WINDOW:
        since, tries = now(), 0
    if tries >= TRIES:
        raise NotAllowed(N_("Those were five wrong codes. Wait a quarter of an hour, or use a passkey."))
    right = _app_code(tx, actor, typed) or _recovery_code(tx, actor, typed)
    tx.run(
        "UPDATE account SET tries = :tries, tries_since = :since WHERE actor = :actor",
        tries=0 if right else tries + 1, since=since, actor=actor,
    )  # fmt: skip
    return right


def _app_code(tx: Tx, actor: int, typed: str) -> bool:
    row = tx.one("SELECT * FROM authenticator WHERE account = :actor AND since IS NOT NULL", actor=actor)
    step = _step(row["key"], typed, row["step"]) if row else None
    if step is None:
        return False
    return bool(  # of two at once, one finds it used
        tx.run("UPDATE authenticator SET step = :step WHERE account = :a AND step < :step", step=step, a=actor)
    )


def _step(key: str, typed: str, last: int) -> int | None:
    """The half minute after `last` whose code this is: this one, the one before, the next."""
    plain = "".join(typed.split())
    if not (len(plain) == DIGITS and plain.isascii() and plain.isdecimal()):
        return None
    at = now() // 1000 // STEP
    right = [step for step in (at - 1, at, at + 1) if secrets.compare_digest(code(key, step * STEP), plain)]
    return next((step for step in right if step > last), None)


def code(key: str, seconds: int) -> str:
    """What an app with this key shows at that time."""
    return TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP).generate(seconds).decode()  # noqa: S303 - all apps do


def key_address(key: str, login: str, hub: str) -> str:
    """What the QR code says to an app. `hub` is the domain: apps show it above the code."""
    issuer = hub.replace(":", "%3A")
    return f"otpauth://totp/{issuer}:{login}?secret={key}&issuer={issuer}"


# Recovery codes


def new_codes(tx: Tx, actor: int) -> list[str]:
    """Ten codes, each good once, in place of all there were. Only hashes are kept: they are seen this one time."""
    made = ["-".join(_letters(PART) for _ in range(PARTS)) for _ in range(CODES)]
    tx.run("DELETE FROM recovery_code WHERE account = :actor", actor=actor)
    for one in made:
        tx.run("INSERT INTO recovery_code (hash, account) VALUES (:h, :actor)", h=_hash(actor, one), actor=actor)
    record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="codes made")
    return made


def _recovery_code(tx: Tx, actor: int, typed: str) -> bool:
    used = tx.run(
        "UPDATE recovery_code SET used = :now WHERE hash = :h AND account = :actor AND used IS NULL",
        now=now(), h=_hash(actor, typed), actor=actor,
    )  # fmt: skip
    if used:
        record(tx, Kind.SECOND_STEP_CHANGED, subject=actor, actor=actor, what="code used")
    return bool(used)


def _letters(many: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(many))


def _hash(actor: int, typed: str) -> str:
    return hashed(f"{actor} {''.join(sign for sign in typed.lower() if sign.isalnum())[:40]}")


# All of it is lost


def forget(tx: Tx, actor: int) -> None:
    """All of it, and every session."""
    tx.run("DELETE FROM passkey WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM authenticator WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM recovery_code WHERE account = :actor", actor=actor)
    tx.run("DELETE FROM challenge WHERE account = :actor", actor=actor)
    people.close_sessions(tx, actor)


def _tidy(tx: Tx, actor: int) -> None:
    """Recovery codes stand in for something: without it they go."""
    if not of(tx, actor).second:
        tx.run("DELETE FROM recovery_code WHERE account = :actor", actor=actor)


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row["id"], account=row["account"], credential=row["credential"], public_key=bytes(row["public_key"]),
        uses=row["uses"], name=row["name"], created=row["created"], used=row["used"],
    )  # fmt: skip
