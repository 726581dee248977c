"""One hub helps another to find out whether the world can read and reach it: a signed round trip.

Whoever runs a hub cannot see it from outside. So it asks another one, signed as everything is: can you read my key,
what does my clock say, and how does my inbox answer you? The other hub really tries, and tells what it saw: as numbers
and single words, never as an error of its own network (trust.md §8.4).
"""

from typing import Any

import msgspec

from federation import keys, knock, seal, signatures
from federation.as2 import loose
from federation.as2.contexts import ACTIVITYSTREAMS
from federation.http import Unreachable
from federation.seal import Envelope, Refused
from federation.signatures import BadSignature, WrongTime
from federation.strict_json import BadJson, parse_json
from federation.wire import Wire
from hub import actors, settings
from hub.actors import Actor
from hub.clock import now
from hub.errors import N_, HubError
from hub.ids import new_id
from hub.store import Tx

PATH = "/actor/checkup"
PING, PONG = "Ping", "Pong"


class Seen(msgspec.Struct, frozen=True):
    """What came of one thing that was tried: an HTTP status, or the kind of trouble where there was no answer."""

    status: int = 0
    trouble: str = ""
    words: str = ""  # what the answer itself said


class Report(msgspec.Struct, frozen=True):
    """What another hub saw of us. `about`: what made it not believe us (clock, key, signature), "" when it did.

    `ahead` is how many milliseconds our clock is ahead of its. `letter` is what it sent to our inbox.
    """

    about: str = ""
    error: str = ""
    ahead: int = 0
    key: Seen = Seen()
    inbox: Seen = Seen()
    letter: str = ""


async def examine(wire: Wire, target: str, headers: signatures.Headers, body: bytes) -> Report:
    """Look at whoever asks. Raises `Refused` for what is no question of this kind, or one too many."""
    sender = _asker(wire, body)
    wait = wire.checkups.wait(keys.host_of(sender)) or wire.checkups.wait("")
    if wait:
        raise Refused(N_("That is enough for now. Please come back later."), status=429, after=wait)
    try:
        claim = signatures.parse("POST", target, wire.base, headers, body, now(), whose=sender)
        await _believe(wire, claim, sender)
    except WrongTime as error:
        return Report("clock", str(error), error.ahead)
    except BadSignature as error:
        if isinstance(error.__cause__, HubError):
            return Report("key", str(error), key=_trouble(error.__cause__))
        return Report("signature", str(error))
    asker = await wire.store.read(actors.at, sender)
    letter = f"{wire.base}/activity/{new_id()}"
    inbox = await _answered(wire, asker, letter)
    return Report(ahead=claim.signed_at - now(), inbox=inbox, letter=letter)


def _asker(wire: Wire, body: bytes) -> str:
    try:
        ping = parse_json(body)
    except BadJson as error:
        raise Refused(N_("The body cannot be read: %(why)s."), status=400, why=str(error)[:200]) from None
    sender = loose.id_of(ping.get("actor"))
    if loose.type_of(ping) != PING or not loose.origin(sender) or wire.is_ours(sender):
        raise Refused(N_("Send a Ping."), status=400)
    return sender


async def _believe(wire: Wire, claim: signatures.Claim, sender: str) -> None:
    """By its key as it is published now: what we remember is just what may be wrong."""
    if not loose.same_origin(claim.key_id, sender):
        raise BadSignature(seal.NOT_ITS_ACTOR)
    for remembered in (wire.keys, wire.keyless, wire.looked_again):
        remembered.drop(sender)
    await seal.verify(wire, claim, Envelope("", PING, sender), None)


async def _answered(wire: Wire, asker: Actor, letter: str) -> Seen:
    hub = await wire.store.read(_hub)
    uri = (await wire.own(hub)).uri
    pong = {"@context": ACTIVITYSTREAMS, "id": letter, "type": PONG, "actor": uri, "to": asker.uri, "object": asker.uri}
    try:
        response, _ = await knock.post(wire, asker.inbox, msgspec.json.encode(pong), actor=hub)
    except Unreachable as error:
        return _trouble(error)
    return Seen(response.status, words=knock.reason(response))


def _hub(tx: Tx) -> int:
    return settings.get(tx).actor


def _trouble(error: Any) -> Seen:
    status = error.facts.get("status", 0)
    trouble = getattr(error, "kind", error.slug)
    # Whether a name is unknown or stands in a network of ours is nothing that a stranger may find out here.
    return Seen(status) if status else Seen(trouble="dns" if trouble == "blocked" else trouble)
