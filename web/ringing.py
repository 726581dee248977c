"""Rings apps up: a few words about one notice, sealed so that only the app can read them, left at its push service.

RFC 8030 says how it is left there, 8291 how it is sealed (or the draft before it, which older apps read), 8292 how
the service knows whose it is.
"""

import base64
import os
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from federation import Outcome, Runner, Unreachable, Wire
from hub import actors, notices, people, push, settings, things
from hub.actors import Actor
from hub.clock import DAY, HOUR, now
from hub.config import Config
from hub.errors import N_, NotFound
from hub.jobs import Job
from hub.notices import Notice
from hub.push import Subscription
from hub.store import Tx
from hub.text import pick, plain
from web import i18n, themes

KEPT = 2 * DAY  # how long a push service keeps it for an app that cannot be reached; older ones are no news
LONGEST, NAME = 140, 80  # characters of the words, and of who it is
PADDED = 1024  # bytes: what is said takes the same room, whatever it is
GONE = (404, 410)
SAYS = {
    notices.MENTION: N_("%(name)s mentioned you"),
    notices.STATUS: N_("%(name)s posted"),
    notices.REBLOG: N_("%(name)s shared your post"),
    notices.FOLLOW: N_("%(name)s follows you"),
    notices.FOLLOW_REQUEST: N_("%(name)s would like to follow you"),
    notices.FAVOURITE: N_("%(name)s likes your post"),
    notices.POLL: N_("A poll by %(name)s has ended"),
    notices.UPDATE: N_("%(name)s changed a post"),
    notices.SIGN_UP: N_("%(name)s has joined the hub"),
    notices.REPORT: N_("%(name)s has reported something"),
}


class Words(msgspec.Struct, frozen=True):
    """What an app is told. The names are those that apps look for; `access_token` tells it whose notice it is."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


class Call(msgspec.Struct, frozen=True):
    """All that it takes to ring: where, what is said, and the keys."""

    at: Subscription
    words: Words
    key: ec.EllipticCurvePrivateKey


Catalogues = Callable[[str], i18n.Catalogue]  # the words in a language


def runner(config: Config, base: str) -> Runner:
    """What does the jobs of kind `push`."""
    folders = themes.chain(config.hub.theme)

    async def ring(wire: Wire, job: Job) -> Outcome:
        if now() - job.created > KEPT:
            return Outcome()
        try:
            call = await wire.store.read(_call, job.args, base, lambda one: i18n.catalogue(one, folders))
        except NotFound:  # the notice or the app is gone, or wants to be rung elsewhere now
            return Outcome()
        body, headers = sealed(call, base)
        try:
            said = await wire.client.post(call.at.endpoint, body, headers=headers)
        except Unreachable as why:
            return Outcome(error=str(why), hopeless=why.kind == "blocked")
        return _outcome(said.status, call.at)

    return ring


def _outcome(status: int, at: Subscription) -> Outcome:
    if 200 <= status < 300:
        return Outcome()
    if status in GONE:  # the app is not there any more
        return Outcome(settle=lambda tx: push.unsubscribe(tx, at.token, at.id))
    hopeless = 400 <= status < 500 and status not in (408, 429)
    return Outcome(error=f"The push service answers {status}.", hopeless=hopeless)


# --- what is said ----------------------------------------------------------------------------------


def _call(tx: Tx, args: dict[str, int], base: str, catalogue: Catalogues) -> Call:
    at = push.of(tx, int(args["token"]))
    if at.id != int(args["subscription"]):
        raise NotFound(N_("Record not found"))
    it = notices.get(tx, at.account, int(args["notice"]))
    return Call(at, _words(tx, it, at, base, catalogue), push.key(tx))


def _words(tx: Tx, it: Notice, at: Subscription, base: str, catalogue: Catalogues) -> Words:
    hub, account, by = settings.get(tx), people.get(tx, it.account), actors.get(tx, it.actor)
    language = account.language if account.language in i18n.LANGUAGES else hub.languages[0]
    name = (pick(by.name, language) or by.handle)[:NAME]
    title = catalogue(language).gettext(SAYS[it.kind]) % {"name": name}
    return Words(at.secret, language, it.id, it.kind, _face(by, base), title, _body(tx, it, by, language)[:LONGEST])


def _body(tx: Tx, it: Notice, by: Actor, language: str) -> str:
    """What it is about: the warning if there is one, else the words."""
    if it.thing is None:
        return plain(pick(by.summary, language))
    about = things.get(tx, it.thing)
    return pick(about.extra.warning, language) or plain(pick(about.title, language) or pick(about.html, language))


def _face(by: Actor, base: str) -> str:
    return by.icon if by.icon and not by.local else f"{base}/drawn/icon/n-{by.id}.png"


# --- how it is sealed ------------------------------------------------------------------------------


def sealed(call: Call, base: str) -> tuple[bytes, dict[str, str]]:
    """The body, and what goes on the envelope."""
    import http_ece  # type: ignore[import-untyped]  # it is heavy, and most hubs ring nobody

    said, at = msgspec.json.encode(call.words), call.at
    said += b" " * max(0, PADDED - len(said))
    own, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    kind = "aes128gcm" if at.standard else "aesgcm"
    body = http_ece.encrypt(
        said, salt=salt, private_key=own, dh=push.decoded(at.p256dh), auth_secret=push.decoded(at.auth), version=kind
    )
    token, public = voucher(call.key, at.endpoint, base), _text(_point(call.key))
    headers = {
        "content-type": "application/octet-stream", "content-encoding": kind, "ttl": str(KEPT // 1000),
        "urgency": "normal",
    }  # fmt: skip
    if at.standard:
        headers["authorization"] = f"vapid t={token},k={public}"
    else:
        headers["authorization"] = f"WebPush {token}"
        headers["encryption"] = f"salt={_text(salt)}"
        headers["crypto-key"] = f"dh={_text(_point(own))};p256ecdsa={public}"
    return body, headers


def voucher(key: ec.EllipticCurvePrivateKey, endpoint: str, base: str) -> str:
    """The hub says that it is itself, to this service, for the next hours (RFC 8292): a JWT signed with ES256."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": (now() + 12 * HOUR) // 1000, "sub": base}
    pieces = (msgspec.json.encode({"typ": "JWT", "alg": "ES256"}), msgspec.json.encode(claims))
    signed = ".".join(map(_text, pieces))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_text(r.to_bytes(32) + s.to_bytes(32))}"


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(pem.Encoding.X962, pem.PublicFormat.UncompressedPoint)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
