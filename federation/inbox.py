"""Where other servers knock: who is it really, is it whole, and then only write it down.

Cheap on purpose. What an activity means is found out later, by a job; 202 is said when it is on the disk. Each
decision is one line of the log. The rules are vocabulary.md §7 and attacks 1-25 of trust.md §8.1.
"""

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec
import structlog
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from federation import keys, resolve, signatures
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.http import Unreachable
from federation.keys import PublicKey
from federation.resolve import Budget, Gone
from federation.signatures import BadSignature, Claim
from federation.strict_json import BadJson, parse_json
from federation.wire import Wire
from hub import actors, blocks, jobs, peers
from hub.actors import Signer
from hub.clock import DAY, now
from hub.errors import N_, HubError, NotFound
from hub.ids import new_id
from hub.store import Busy, Tx

log = structlog.get_logger()

TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})
ACCEPTED = "accepted"
KEY_FETCHES = 6  # for one key: each of three ways of asking, and once more at the document's own id

Headers = Sequence[tuple[str, str]]
Facts = dict[str, str]


class Refused(HubError):
    """An answer other than "taken". `status` is HTTP's, `after` seconds to wait when it is 429."""

    slug = "refused"

    def __init__(self, message: str, *, status: int, after: int = 0, **facts: object) -> None:
        super().__init__(message, None, **facts)
        self.status, self.after = status, after


class Envelope(msgspec.Struct, frozen=True):
    """What has to be known of an activity before anybody knows what it means."""

    id: str
    type: str
    sender: str


class Inbox:
    """The ASGI end: bytes in, a status out. The path's `name`, if any, must be somebody here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire: Wire = scope["app"].state.wire
        facts: Facts = {}
        try:
            word = await self._take(wire, scope, receive, facts)
        except HubError as error:
            refusal = _refusal(error)
            log.info("inbox", decision="refused", status=refusal.status, why=str(refusal)[:300], **facts)
            await _send(send, refusal.status, str(refusal), refusal.after)
        else:
            log.info("inbox", decision=word, status=202, **facts)
            await _send(send, 202)

    async def _take(self, wire: Wire, scope: Scope, receive: Receive, facts: Facts) -> str:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        name = scope["path_params"].get("name")
        if name is not None:
            await wire.store.read_hot(actors.at, f"{wire.base}/actor/{name}")
        _check_head(dict(headers), wire.limits.body)
        body = await _body(receive, wire.limits.body, wire.limits.body_seconds)
        query = scope["query_string"]
        path = scope.get("raw_path") or scope["path"].encode()
        target = (path.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")
        return await take(wire, target, headers, body, facts)


routes: list[BaseRoute] = [
    Route("/inbox", Inbox(), methods=["POST"]),
    Route("/actor/inbox", Inbox(), methods=["POST"]),
    Route("/actor/{name}/inbox", Inbox(), methods=["POST"]),
]


async def take(wire: Wire, target: str, headers: Headers, body: bytes, facts: Facts | None = None) -> str:
    """Take one delivery. Returns what was decided, in a word; raises `HubError` for a refusal.

    `facts` is given, for the log, whose delivery it is and of what.
    """
    activity = _parsed(body)
    it = _envelope(activity, body)
    if facts is not None:
        facts |= {"host": keys.host_of(it.sender), "type": it.type}
    claim = signatures.parse("POST", target, wire.base, headers, body, now())
    if not loose.same_origin(claim.key_id, it.sender):
        raise BadSignature(N_("It is signed by another server than its actor's."))
    if wire.is_ours(it.sender):
        raise BadSignature(N_("Nobody elsewhere can sign for us."))
    known = None
    if it.type == "Delete" or wire.keys.get(it.sender) is None:
        known = await wire.store.read_hot(actors.signer, it.sender)
    if it.type == "Delete" and (known is None or known.removed is not None):
        return "ignored: somebody whom we never met is gone"
    await _verify(wire, claim, it, known)
    if not loose.same_origin(it.id, it.sender):
        raise Refused(N_("The activity's id is on another server than its actor."), status=403)
    host = keys.host_of(it.sender)
    wait = wire.inbox_rates.wait(host)
    if wait:
        raise Refused(N_("That is more than we can read at once. Please come back later."), status=429, after=wait)
    is_news = wire.heard.get(host) is None
    word = await wire.store.write(_keep, it, body.removeprefix(b"\xef\xbb\xbf").decode(), is_news=is_news)
    if word == ACCEPTED and is_news:
        wire.heard.put(host, True)
    return word


# --- the letter ------------------------------------------------------------------------------------


def _check_head(headers: dict[str, str], most: int) -> None:
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Refused(N_("Send the activity as it is, not packed."), status=415)
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES:
        raise Refused(N_("Send application/activity+json."), status=415)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_big(most)


async def _body(receive: Receive, most: int, seconds: float) -> bytes:
    found = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(N_("The connection broke off."), status=400)
                found += message.get("body", b"")
                if len(found) > most:
                    raise _too_big(most)
                if not message.get("more_body", False):
                    return bytes(found)
    except TimeoutError:
        raise Refused(N_("The body did not come in time."), status=408) from None


def _too_big(most: int) -> Refused:
    return Refused(N_("An activity has at most %(most)s bytes."), status=413, most=most)


def _parsed(body: bytes) -> Json:
    try:
        return parse_json(body)
    except BadJson as error:
        raise Refused(N_("The body cannot be read: %(why)s."), status=400, why=str(error)[:200]) from None


def _envelope(activity: Json, body: bytes) -> Envelope:
    actor = activity.get("actor")
    sender = actor.get("id") if isinstance(actor, dict) else actor
    if not isinstance(sender, str) or not loose.origin(sender) or len(sender) > loose.LONGEST_ADDRESS:
        raise Refused(N_("An activity has one actor."), status=400)
    type_ = loose.type_of(activity)
    if not type_:
        raise Refused(N_("An activity has a type."), status=400)
    id = activity.get("id")
    if id is None:  # allowed for what nobody will ever refer to
        id = f"{sender}#{hashlib.sha256(body).hexdigest()}"
    if not isinstance(id, str) or not 0 < len(id) <= loose.LONGEST_ADDRESS:
        raise Refused(N_("The activity's id is none."), status=400)
    return Envelope(id, type_, sender)


def _keep(tx: Tx, it: Envelope, body: str, *, is_news: bool) -> str:
    host, row = keys.host_of(it.sender), new_id()
    if blocks.suspended(tx, host):
        return "ignored: their server is kept out"
    taken = tx.run(
        """INSERT INTO inbox (id, uri, signer, type, body, at) VALUES (:id, :uri, :signer, :type, :body, :now)
           ON CONFLICT (uri) DO NOTHING""",
        id=row, uri=it.id, signer=it.sender, type=it.type, body=body, now=now(),
    )  # fmt: skip
    if taken:
        # One job reads all that a sender has sent, in the order it came: a Delete must not overtake its Create.
        jobs.enqueue_once(tx, "receive", {"from": it.sender}, line=f"from {it.sender}")
    if is_news:
        peers.heard(tx, host)
    return ACCEPTED if taken else "ignored: seen before"


# --- the seal --------------------------------------------------------------------------------------


async def _verify(wire: Wire, claim: Claim, it: Envelope, known: Signer | None) -> None:
    """Hold the claim against the sender's keys; fetch those when there are none, or they may have changed."""
    held = wire.keys.get(it.sender) or _kept(known, claim.key_id)
    if held and _made_by(claim, held):
        return
    if held:
        if wire.looked_again.get(it.sender):
            raise BadSignature(N_("The signature does not match what was sent."))
        wire.looked_again.put(it.sender, True)
    try:
        fetched = await _fetch_keys(wire, it.sender)
    except HubError as error:
        old = _kept(known, claim.key_id, old=True)
        gone_for_good = isinstance(error, Gone) and it.type == "Delete"
        if (gone_for_good or isinstance(error, Unreachable)) and not held and _made_by(claim, old):
            return
        if isinstance(error, Refused):
            raise
        # Why stands in our log only: a stranger could use the answer to look around in our network.
        log.info("key not fetched", sender=it.sender, why=str(error)[:300])
        raise BadSignature(N_("The key of the signature could not be had.")) from error
    if not _made_by(claim, fetched):
        raise BadSignature(N_("The signature does not match what was sent."))


def _made_by(claim: Claim, held: list[PublicKey]) -> bool:
    named = [key for key in held if key.id == claim.key_id] or [
        key for key in held if claim.key_id.partition("#")[0] == key.owner or claim.key_id.startswith(f"{key.owner}/")
    ]
    for key in named:
        try:
            signatures.verify(claim, key.key)
        except BadSignature:
            continue
        return True
    return False


def _kept(known: Signer | None, key_id: str, *, old: bool = False) -> list[PublicKey]:
    """The keys that stand in our own row, while they are fresh or nothing better can be had."""
    if known is None or (not old and (known.removed is not None or now() - known.fetched >= DAY)):
        return []
    found = []
    if known.public_key:
        found.append(PublicKey(f"{known.uri}#main-key", known.uri, keys.load_public(known.public_key)))
    if known.multikey:
        found.append(PublicKey(f"{known.uri}#ed25519-key", known.uri, keys.from_multikey(known.multikey)))
    return [PublicKey(key_id if key_id.startswith(known.uri) else key.id, key.owner, key.key) for key in found]


async def _fetch_keys(wire: Wire, sender: str) -> list[PublicKey]:
    """The sender's keys from their own server; seldom, and not again for a while when that fails."""
    why = wire.keyless.get(sender)
    if why is not None:
        raise NotFound(why)
    task = wire.under_way.get(sender)
    if task is None:
        wait = wire.key_rates.wait(keys.host_of(sender))
        if wait:
            raise Refused(N_("Too many of you are new here. Please come back later."), status=429, after=wait)
        task = wire.under_way[sender] = asyncio.create_task(
            resolve.actor(wire, sender, fresh=True, budget=Budget(wire.limits, KEY_FETCHES))
        )
        task.add_done_callback(lambda _: wire.under_way.pop(sender, None))
    try:
        await asyncio.shield(task)
    except HubError as error:
        wire.keyless.put(sender, str(error)[:300])
        raise
    return wire.keys.get(sender) or []


# --- the answer ------------------------------------------------------------------------------------


def _refusal(error: HubError) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, Busy):
        return Refused(error.message, status=503, after=error.retry_after * 1000)
    status = 401 if isinstance(error, BadSignature) else 404 if isinstance(error, NotFound) else 400
    return Refused(str(error), status=status)


async def _send(send: Send, status: int, words: str = "", after: int = 0) -> None:
    body = msgspec.json.encode({"error": words}) if words else b""
    head = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    head += [(b"content-type", b"application/json")] if body else []
    head += [(b"retry-after", str(max(1, -(-after // 1000))).encode())] if status in (429, 503) else []
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
