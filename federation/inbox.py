"""Where other servers knock: who is it really, is it whole, and then only write it down.

Cheap on purpose. What an activity means is found out later, by a job; 202 is said when it is on the disk. Each
decision is one line of the log. The rules are vocabulary.md §7 and attacks 1-25 of trust.md §8.1.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from federation import checkup, keys, opening, resolve, seal, signatures
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.seal import Envelope, Refused
from federation.shelved import Reply
from federation.signatures import BadSignature
from federation.strict_json import BadJson, parse_json
from federation.wire import Wire
from hub import actors, blocks, jobs, peers, settings
from hub.clock import now
from hub.errors import N_, HubError, NotFound
from hub.ids import new_id
from hub.store import Busy, Tx

log = structlog.get_logger()

TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})
ACCEPTED, IGNORED = "accepted", "ignored"
LOOKED_UP = frozenset({"Create", "Update"})  # of what somebody else passed on

Headers = Sequence[tuple[str, str]]
Facts = dict[str, str]
Read = Callable[[], Awaitable[bytes]]  # the body, once it is wanted


class Inbox:
    """The ASGI end: bytes in, a status out. The path's `name`, if any, must be somebody here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = scope["app"].state.wire.limits
        await _answer(send, await posted(scope, lambda: _body(receive, limits.body, limits.body_seconds)))


def is_letter(scope: Scope) -> bool:
    """Whether it is posted to an inbox of ours. Whose, is in the scope then, where a router puts it."""
    found = _INBOX.fullmatch(scope["path"]) if scope["method"] == "POST" else None
    if found is not None:
        scope["path_params"] = {"name": found[1]} if found[1] else {}
    return found is not None


_INBOX = re.compile(r"(?:/actor(?:/([^/]+))?)?/inbox")


async def posted(scope: Scope, read: Read) -> Reply:
    """Take what is posted to an inbox, and say what is to be answered.

    What was decided is one line of the log: that of the request, where whoever stands before us keeps one
    (`facts` in the scope's state), else our own.
    """
    told: Facts | None = scope.get("state", {}).get("facts")
    facts: Facts = {} if told is None else told
    try:
        facts["decision"] = await _take(scope, read, facts)
        reply = _ACCEPTED
    except HubError as error:
        refusal = _refusal(error)
        facts |= {"decision": "refused", "why": str(refusal)[:300]}
        reply = _reply(refusal)
    if told is None:
        log.info("inbox", status=reply[0], **facts)
    return reply


async def _take(scope: Scope, read: Read, facts: Facts) -> str:
    wire: Wire = scope["app"].state.wire
    name = scope["path_params"].get("name")
    if name is not None:
        await wire.store.read_hot(actors.at, f"{wire.base}/actor/{name}")
    return await take(wire, *await _whole(wire, scope, read), facts)


class Checkup:
    """Another hub asks what we see of it. The answer is 200 with what was found, whether that is good or bad."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire: Wire = scope["app"].state.wire
        limits = wire.limits
        try:
            whole = await _whole(wire, scope, lambda: _body(receive, limits.body, limits.body_seconds))
            report = await checkup.examine(wire, *whole)
        except HubError as error:
            await _answer(send, _reply(_refusal(error)))
        else:
            log.info("checkup", about=report.about, inbox=report.inbox.status)
            await _answer(send, _said(200, msgspec.json.encode(report)))


routes: list[BaseRoute] = [
    Route("/inbox", Inbox(), methods=["POST"]),
    Route("/actor/inbox", Inbox(), methods=["POST"]),
    Route(checkup.PATH, Checkup(), methods=["POST"]),
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
    claim = signatures.parse("POST", target, wire.base, headers, body, now(), whose=it.sender)
    if wire.is_ours(it.sender):
        raise BadSignature(N_("Nobody elsewhere can sign for us."))
    known = None
    if it.type == "Delete" or wire.keys.get(it.sender) is None:
        known = await wire.store.read_hot(actors.signer, it.sender)
    if it.type == "Delete" and (known is None or known.removed is not None):
        return "ignored: somebody whom we never met is gone"
    signed = await seal.check(wire, claim, activity, it, known)
    if not loose.same_origin(it.id, it.sender):
        raise Refused(N_("The activity's id is on another server than its actor."), status=403)
    host = keys.host_of(it.sender if signed else claim.key_id)
    wait = wire.inbox_rates.wait(host)
    if wait:
        raise Refused(N_("That is more than we can read at once. Please come back later."), status=429, after=wait)
    if not signed:
        return await wire.store.write(_pass_on, it, activity)
    is_news = wire.heard.get(host) is None
    word = await _kept(wire, it, activity, body.removeprefix(b"\xef\xbb\xbf").decode(), is_news=is_news)
    if not word.startswith(IGNORED) and is_news:
        wire.heard.put(host, True)
    return word


async def _kept(wire: Wire, it: Envelope, activity: Json, body: str, *, is_news: bool) -> str:
    """Keep a letter, and act on it in the same transaction where that can be. What was decided, in a word."""
    if wire.opens and it.type in opening.AT_ONCE:
        try:
            return await wire.store.write(_keep, it, body, is_news=is_news, activity=activity)
        except Busy:
            raise
        except Exception as error:
            # It is kept all the same. Whose refusal or mistake it is, is written down when its turn comes.
            log.debug("not opened", sender=it.sender, why=str(error)[:300])
    return await wire.store.write(_keep, it, body, is_news=is_news)


# --- the letter ------------------------------------------------------------------------------------


async def _whole(wire: Wire, scope: Scope, read: Read) -> tuple[str, Headers, bytes]:
    """A request as it came: path and query, headers, body. Raises `Refused`."""
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    _check_head(dict(headers), wire.limits.body)
    body = await read()
    query = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    return (path.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1"), headers, body


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


def _keep(tx: Tx, it: Envelope, body: str, *, is_news: bool, activity: Json | None = None) -> str:
    """`activity` is given where it may be acted on at once."""
    host, row, word = keys.host_of(it.sender), new_id(), None
    if blocks.suspended(tx, host):
        return "ignored: their server is kept out"
    if activity is not None and not _seen(tx, it):
        word = opening.opened(tx, it, activity)
    taken = tx.run(
        """INSERT INTO inbox (id, uri, signer, type, body, outcome, at)
           VALUES (:id, :uri, :signer, :type, :body, :outcome, :now)
           ON CONFLICT (uri) DO NOTHING""",
        id=row, uri=it.id, signer=it.sender, type=it.type, body="" if word else body, outcome=(word or "")[:300],
        now=now(),
    )  # fmt: skip
    if taken and not word:
        # One job reads all that a sender has sent, in the order it came: a Delete must not overtake its Create.
        jobs.enqueue_once(tx, "receive", {"from": it.sender}, line=f"from {it.sender}")
    if is_news:
        peers.heard(tx, host)
    return (f"{ACCEPTED}: {word}" if word else ACCEPTED) if taken else "ignored: seen before"


def _seen(tx: Tx, it: Envelope) -> bool:
    return tx.one("SELECT 1 AS x FROM inbox WHERE uri = :uri", uri=it.id) is not None


def _pass_on(tx: Tx, it: Envelope, activity: Json) -> str:
    """Put it down to be looked up where it comes from, if it concerns anybody here; what we were told of it is not.

    It does not count as what it claims to be: that may still come from its actor.
    """
    sender, what = actors.known(tx, it.sender), activity.get("object")
    uri = loose.id_of(what)
    concerns = it.type in LOOKED_UP and sender is not None and resolve.wanted(tx, sender, activity)
    if not concerns or not loose.same_origin(uri, it.sender):
        return "ignored: somebody else passed it on"
    hint = {"type": it.type, "actor": it.sender, "object": uri, "cc": [actors.get(tx, settings.get(tx).actor).uri]}
    again = Envelope(f"passed on: {hashlib.sha256(f'{it.id} {uri}'.encode()).hexdigest()}", it.type, it.sender)
    return _keep(tx, again, msgspec.json.encode(hint).decode(), is_news=False)


# --- the answer ------------------------------------------------------------------------------------


def _refusal(error: HubError) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, Busy):
        return Refused(error.message, status=503, after=error.retry_after * 1000)
    status = 401 if isinstance(error, BadSignature) else 404 if isinstance(error, NotFound) else 400
    return Refused(str(error), status=status)


def _reply(refusal: Refused) -> Reply:
    return _said(refusal.status, msgspec.json.encode({"error": str(refusal)}), refusal.after)


def _said(status: int, body: bytes = b"", after: int = 0) -> Reply:
    head = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    head += [(b"content-type", b"application/json")] if body else []
    head += [(b"retry-after", str(max(1, -(-after // 1000))).encode())] if status in (429, 503) else []
    return status, tuple(head), body


_ACCEPTED = _said(202)


async def _answer(send: Send, reply: Reply) -> None:
    status, head, body = reply
    await send({"type": "http.response.start", "status": status, "headers": list(head)})
    await send({"type": "http.response.body", "body": body})
