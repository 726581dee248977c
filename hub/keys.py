"""The keys by which other servers know that it was really us: made, changed, and kept as long as they are needed."""

import msgspec
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from hub.changes import Kind, record
from hub.clock import HOUR, now
from hub.errors import N_, NotFound
from hub.store import Tx

LAST_WORDS = HOUR  # after a change: what says so has been queued by then

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519 = b"\xed\x01"  # multicodec, as a varint


class Keys(msgspec.Struct, frozen=True):
    """A local actor's secrets, PKCS 8 PEM, and what is published of them: SPKI PEM and a Multikey."""

    rsa: bytes
    ed25519: bytes
    public_key: str
    multikey: str


class Own(msgspec.Struct, frozen=True):
    """What a local actor signs requests with (RSA, PEM). `former` was its key until `changed`, when that was lately."""

    uri: str
    rsa: bytes
    former: bytes | None
    changed: int


def generate() -> Keys:
    """A new pair of keys: RSA-2048, which everybody reads, and Ed25519. Takes some 50 ms."""
    old, new = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
    private = (pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    public = old.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    return Keys(
        rsa=old.private_bytes(*private),
        ed25519=new.private_bytes(*private),
        public_key=public.decode(),
        multikey=multikey(new.public_key().public_bytes_raw()),
    )


def own(tx: Tx, actor: int) -> Own:
    """Raises `NotFound` for whoever is not ours."""
    row = tx.one(
        """SELECT a.uri, k.rsa, f.rsa AS former, f.changed FROM actor_key k JOIN actor a ON a.id = k.actor
           LEFT JOIN former_key f ON f.actor = k.actor WHERE k.actor = :actor""",
        actor=actor,
    )
    if row is None:
        raise NotFound(N_("There is no such actor here."))
    former = bytes(row["former"]) if row["former"] is not None else None
    return Own(row["uri"], bytes(row["rsa"]), former, row["changed"] or 0)


def ours(tx: Tx) -> list[int]:
    """Everybody who has keys here."""
    return [row["actor"] for row in tx.all("SELECT actor FROM actor_key ORDER BY actor")]


def rotate(tx: Tx, actor: int, new: Keys, *, again: bool = False) -> bool:
    """Give one of ours new keys, and tell everybody. False, and nothing changes, while the last change is on its way.

    The old key signs what was said before, and the word that there is a new one: who knows only the old one can check
    it. `again` does not wait: what is still to be sent under the key before the last goes out under a newer one.
    """
    if not again and tx.one("SELECT 1 AS x FROM former_key WHERE actor = :actor", actor=actor) is not None:
        return False
    tx.run(
        """INSERT INTO former_key (actor, rsa, changed) SELECT actor, rsa, :now FROM actor_key WHERE actor = :actor
           ON CONFLICT (actor) DO UPDATE SET rsa = excluded.rsa, changed = excluded.changed""",
        actor=actor, now=now(),
    )  # fmt: skip
    tx.run(
        "UPDATE actor_key SET rsa = :rsa, ed25519 = :ed25519 WHERE actor = :actor",
        actor=actor, rsa=new.rsa, ed25519=new.ed25519,
    )  # fmt: skip
    tx.run(
        "UPDATE actor SET public_key = :public, multikey = :multikey, updated = :now WHERE id = :actor",
        actor=actor, public=new.public_key, multikey=new.multikey, now=now(),
    )  # fmt: skip
    record(tx, Kind.ACTOR_CHANGED, subject=actor, actor=actor)
    return True


def sweep(tx: Tx) -> int:
    """Forget old keys once all that was queued under them has arrived, or been given up. Returns how many."""
    return tx.run(
        """DELETE FROM former_key WHERE changed < :old AND NOT EXISTS (SELECT 1 FROM job j
             WHERE j.dead = 0 AND j.kind = 'deliver' AND j.created <= former_key.changed + :words)""",
        old=now() - LAST_WORDS, words=LAST_WORDS,
    )  # fmt: skip


def multikey(ed25519_public: bytes) -> str:
    """An Ed25519 public key as FEP-521a writes it: `z`, then base58 of the codec and the 32 bytes."""
    return f"z{base58(ED25519 + ed25519_public)}"


def base58(raw: bytes) -> str:
    """Bytes as letters that nobody takes for each other."""
    number, text = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return ALPHABET[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text
