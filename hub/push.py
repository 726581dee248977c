"""Where apps want to be rung up when there is something to tell: at a push service, with words that only they can read.

What is said, and how it is sealed, is the web's; here is who is rung, and the hub's own pair of keys (RFC 8292).
"""

import base64
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub import actors, jobs, settings
from hub.clock import now
from hub.errors import N_, Invalid, NotFound
from hub.ids import new_id
from hub.notices import KINDS, Notice
from hub.packing import pack, unpack
from hub.store import Row, Tx

KIND = "push"  # of the job that rings
POLICIES = ("all", "followed", "follower", "none")
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256


class Subscription(msgspec.Struct, frozen=True):
    """Where one app is rung. `p256dh` and `auth` are bytes in base64url; `standard`: it reads RFC 8291, not the draft
    before it; `alerts` says for what; `policy` for what is done by whom; `secret` is how the app calls itself."""

    id: int
    token: int
    account: int
    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: dict[str, bool]
    policy: str
    secret: str


class Draft(msgspec.Struct, frozen=True):
    endpoint: str
    p256dh: str
    auth: str
    standard: bool = False


def subscribe(
    tx: Tx, account: int, token: int, draft: Draft, *, alerts: dict[str, bool], policy: str, secret: str
) -> Subscription:
    """Ring this app there from now on, in place of wherever it was rung. Raises `Invalid` naming the field."""
    _check(draft)
    _keep_key(tx)
    tx.run("DELETE FROM push WHERE token = :token", token=token)
    tx.run(
        """INSERT INTO push (token, id, account, endpoint, p256dh, auth, standard, alerts, policy, secret, at)
           VALUES (:token, :id, :account, :endpoint, :p256dh, :auth, :standard, :alerts, :policy, :secret, :now)""",
        token=token, id=new_id(), account=account, endpoint=draft.endpoint, p256dh=draft.p256dh, auth=draft.auth,
        standard=int(draft.standard), alerts=pack(_known(alerts)), policy=_policy(policy), secret=secret, now=now(),
    )  # fmt: skip
    return of(tx, token)


def of(tx: Tx, token: int) -> Subscription:
    """Where the app with this token is rung. Raises `NotFound`."""
    row = tx.one("SELECT * FROM push WHERE token = :token", token=token)
    if row is None:
        raise NotFound(N_("Record not found"))
    return _subscription(row)


def change(tx: Tx, token: int, *, alerts: dict[str, bool], policy: str) -> Subscription:
    """Ring it for something else."""
    of(tx, token)
    tx.run(
        "UPDATE push SET alerts = :alerts, policy = :policy WHERE token = :token",
        token=token, alerts=pack(_known(alerts)), policy=_policy(policy),
    )  # fmt: skip
    return of(tx, token)


def unsubscribe(tx: Tx, token: int, id: int | None = None) -> None:
    """Ring it no more; of `id` only if it was that subscription, and not one that it has made since."""
    tx.run("DELETE FROM push WHERE token = :token AND (:id = 0 OR id = :id)", token=token, id=id or 0)


def ring(tx: Tx, told: Iterable[Notice]) -> int:
    """Have those rung who want to be told so. Returns how many apps that is."""
    rung = 0
    for it in told:
        rows = [] if it.filtered else tx.all("SELECT * FROM push WHERE account = :account", account=it.account)
        for one in map(_subscription, rows):
            if one.alerts.get(it.kind) and _wanted(tx, one, it):
                args = {"notice": it.id, "account": it.account, "token": one.token, "subscription": one.id}
                jobs.enqueue(tx, KIND, args, host=urlsplit(one.endpoint).netloc.lower())
                rung += 1
    return rung


def public_key(tx: Tx) -> str:
    """What push services know the hub by: an uncompressed point, in base64url."""
    point = key(tx).public_key().public_bytes(pem.Encoding.X962, pem.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def key(tx: Tx) -> ec.EllipticCurvePrivateKey:
    """The hub's own. Before anybody is rung it follows from another secret of the hub; then it is kept."""
    row = tx.one("SELECT private FROM push_key")
    return _loaded(row["private"]) if row else _derived(actors.keys(tx, settings.get(tx).actor)[1])


def _keep_key(tx: Tx) -> None:
    """Apps are bound to the key that they have subscribed with: it must outlive the secret that it came from."""
    private = key(tx).private_bytes(pem.Encoding.DER, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    tx.run(
        "INSERT INTO push_key (id, private) VALUES (1, :private) ON CONFLICT (id) DO NOTHING",
        private=base64.b64encode(private).decode(),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _loaded(private: str) -> ec.EllipticCurvePrivateKey:
    found = pem.load_der_private_key(base64.b64decode(private), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


@lru_cache(maxsize=4)
def _derived(secret: bytes) -> ec.EllipticCurvePrivateKey:
    stuff = HKDF(hashes.SHA256(), length=48, salt=None, info=b"neighbourhub web push").derive(secret)
    return ec.derive_private_key(int.from_bytes(stuff) % (_ORDER - 1) + 1, ec.SECP256R1())


def _wanted(tx: Tx, one: Subscription, it: Notice) -> bool:
    if one.policy == "none":
        return False
    if one.policy == "all" or it.actor == it.account:
        return True
    pair = (one.account, it.actor) if one.policy == "followed" else (it.actor, one.account)
    sql = "SELECT 1 AS x FROM follow WHERE follower = :one AND followed = :other AND state = 'accepted'"
    return tx.one(sql, one=pair[0], other=pair[1]) is not None


def _check(draft: Draft) -> None:
    parts = urlsplit(draft.endpoint)
    if parts.scheme not in ("https", "http") or not parts.netloc or len(draft.endpoint) > 2000:
        raise Invalid(N_("Endpoint is not a valid URL"), field="endpoint")
    point, auth = decoded(draft.p256dh), decoded(draft.auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as exc:
        raise Invalid(N_("P256dh is not a public key of the curve P-256"), field="p256dh") from exc
    if len(auth) != 16:
        raise Invalid(N_("Auth is not a secret of sixteen bytes"), field="auth")


def decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without its end; nothing for what is none."""
    plain = text.strip().replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        return b""


def _known(alerts: dict[str, bool]) -> dict[str, bool]:
    return {kind: bool(alerts.get(kind)) for kind in KINDS}


def _policy(policy: str) -> str:
    if policy not in POLICIES:
        raise Invalid(N_("Policy is all, followed, follower or none"), field="policy")
    return policy


def _subscription(row: Row) -> Subscription:
    return Subscription(
        row["id"], row["token"], row["account"], row["endpoint"], row["p256dh"], row["auth"], bool(row["standard"]),
        unpack(row["alerts"], dict[str, bool]), row["policy"], row["secret"],
    )  # fmt: skip
