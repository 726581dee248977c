"""The seal on a letter: whether its actor really sent it, by the keys that they publish.

Usually who signs the request is the activity's actor. Somebody else may pass it on: then a proof inside it by the actor
counts (FEP-8b32), or, from those to whom we listen, it is taken as a hint to look where it comes from. The rules are
vocabulary.md §7 and attacks 12-25 of trust.md §8.1.
"""

import asyncio

import msgspec
import structlog

from federation import keys, proofs, resolve, signatures
from federation.as2 import loose
from federation.as2.contexts import Json
from federation.http import Unreachable
from federation.keep import listened_to
from federation.keys import PublicKey
from federation.proofs import Proof
from federation.resolve import Budget, Gone
from federation.signatures import BadSignature, Claim
from federation.wire import Wire
from hub import actors, blocks
from hub.actors import Signer
from hub.clock import DAY, now
from hub.errors import N_, HubError, NotFound
from hub.store import Tx

log = structlog.get_logger()

KEY_FETCHES = 6  # for one key: each of three ways of asking, and once more at the document's own id
NOT_ITS_ACTOR = N_("It is signed by another server than its actor's.")
NO_MATCH = N_("The signature does not match what was sent.")
NO_KEY = N_("The key of the signature could not be had.")


class Refused(HubError):
    """An answer other than "taken". `status` is HTTP's, `after` milliseconds to wait when it is 429."""

    slug = "refused"

    def __init__(self, message: str, *, status: int, after: int = 0, **facts: object) -> None:
        super().__init__(message, None, **facts)
        self.status, self.after = status, after


class Envelope(msgspec.Struct, frozen=True):
    """What has to be known of an activity before anybody knows what it means."""

    id: str
    type: str
    sender: str


async def check(wire: Wire, claim: Claim, activity: Json, it: Envelope, known: Signer | None) -> bool:
    """True when its actor said it; false when it is only a hint, from somebody to whom we listen.

    Raises `BadSignature` for what nobody is shown to have said, and `Refused`.
    """
    proof = proofs.of(activity)
    if proof is not None and not loose.same_origin(proof.method, it.sender):
        proof = None
    if loose.same_origin(claim.key_id, it.sender):
        try:
            await verify(wire, claim, it, known)
        except BadSignature:
            if proof is None:
                raise
        else:
            return True
    return await _passed_on(wire, claim, activity, it, proof)


async def _passed_on(wire: Wire, claim: Claim, activity: Json, it: Envelope, proof: Proof | None) -> bool:
    """Somebody else signed for the way: they have to be who they say, too, and nobody whom we keep out."""
    if await wire.store.read_hot(blocks.suspended, keys.host_of(claim.key_id)):
        raise Refused(N_("That server is kept out."), status=403)
    if proof is None and not await wire.store.read_hot(_listens, _actor_of(claim.key_id)):
        raise BadSignature(NOT_ITS_ACTOR)
    signer = await _owner(wire, claim.key_id)
    await verify(wire, claim, Envelope("", "", signer), await wire.store.read_hot(actors.signer, signer))
    try:
        if proof is not None:
            await _proven(wire, activity, it.sender, proof)
            return True
    except BadSignature:
        if not await wire.store.read_hot(_listens, signer):
            raise
    if await wire.store.read_hot(actors.signer, it.sender) is None:
        await _had(wire, it.sender)
    return False


async def _proven(wire: Wire, activity: Json, sender: str, proof: Proof) -> None:
    known = await wire.store.read_hot(actors.signer, sender)
    held = wire.keys.get(sender) or _kept(known, proof.method)
    if held and _proved_by(activity, proof, held):
        return
    if held and not _may_look_again(wire, sender):
        raise BadSignature(NO_MATCH)
    if not _proved_by(activity, proof, await _had(wire, sender)):
        raise BadSignature(NO_MATCH)


def _proved_by(activity: Json, proof: Proof, held: list[PublicKey]) -> bool:
    for key in held:
        if key.id == proof.method:
            try:
                proofs.verify(activity, proof, key.key, now())
            except BadSignature as error:
                log.info("proof not believed", why=str(error), key=key.id)
                continue
            return True
    return False


async def verify(wire: Wire, claim: Claim, it: Envelope, known: Signer | None) -> None:
    """Hold the claim against the sender's keys; fetch those when there are none, or they may have changed."""
    held = wire.keys.get(it.sender) or _kept(known, claim.key_id)
    if held and _made_by(claim, held):
        if known is not None and known.removed is None:
            wire.keys.put(it.sender, held, known.fetched)
        return
    if held and not _may_look_again(wire, it.sender):
        raise BadSignature(NO_MATCH)
    try:
        fetched = await _fetch_keys(wire, it.sender)
    except HubError as error:
        old = _kept(known, claim.key_id, old=True)
        gone_for_good = isinstance(error, Gone) and it.type == "Delete"
        if (gone_for_good or isinstance(error, Unreachable)) and not held and _made_by(claim, old):
            return
        raise _not_had(it.sender, error) from error
    if not _made_by(claim, fetched):
        raise BadSignature(NO_MATCH)


def _may_look_again(wire: Wire, sender: str) -> bool:
    """Whether keys that do not fit may have been changed: they are fetched anew once in five minutes."""
    if wire.looked_again.get(sender):
        return False
    wire.looked_again.put(sender, True)
    return True


def _made_by(claim: Claim, held: list[PublicKey]) -> bool:
    named = [key for key in held if key.id == claim.key_id] or [
        key for key in held if _actor_of(claim.key_id) == key.owner or claim.key_id.startswith(f"{key.owner}/")
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


# --- whose keys ------------------------------------------------------------------------------------


def _actor_of(key_id: str) -> str:
    return key_id.partition("#")[0]


def _listens(tx: Tx, uri: str) -> bool:
    actor = actors.known(tx, uri)
    return actor is not None and actor.removed is None and listened_to(tx, actor)


async def _owner(wire: Wire, key_id: str) -> str:
    """Whose key it is. Where a key has an address of its own (GoToSocial), that names its owner."""
    uri = _actor_of(key_id)
    if wire.keys.get(uri) is not None or await wire.store.read_hot(actors.signer, uri) is not None:
        return uri
    known = wire.owners.get(key_id)
    if known is None:
        try:
            known = await _asked_owner(wire, uri)
        except HubError as error:
            raise _not_had(uri, error) from error
        wire.owners.put(key_id, known)
    if not loose.same_origin(known, key_id):
        raise BadSignature(NO_KEY)
    return known


async def _asked_owner(wire: Wire, uri: str) -> str:
    _may_ask(wire, uri)
    try:
        return _said_owner(await resolve.document(wire, uri, Budget(wire.limits, KEY_FETCHES)))
    except HubError as error:
        wire.keyless.put(uri, str(error)[:300])
        raise


def _said_owner(doc: Json) -> str:
    """An actor owns its keys; a key alone, or beside the little of an actor that strangers get, says who does."""
    if loose.type_of(doc) in loose.ACTOR_TYPES and doc.get("inbox"):
        return loose.id_of(doc)
    beside = next((key for key in loose.several(doc.get("publicKey")) if isinstance(key, dict)), doc)
    return loose.id_of(beside.get("owner")) or loose.id_of(doc.get("controller"))


async def _had(wire: Wire, sender: str) -> list[PublicKey]:
    try:
        return await _fetch_keys(wire, sender)
    except HubError as error:
        raise _not_had(sender, error) from error


def _not_had(sender: str, error: HubError) -> HubError:
    if isinstance(error, Refused):
        return error
    # Why stands in our log only: a stranger could use the answer to look around in our network.
    log.info("key not fetched", sender=sender, why=str(error)[:300])
    return BadSignature(NO_KEY)


async def _fetch_keys(wire: Wire, sender: str) -> list[PublicKey]:
    """The sender's keys from their own server; seldom, and not again for a while when that fails."""
    task = wire.under_way.get(sender)
    if task is None:
        _may_ask(wire, sender)
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


def _may_ask(wire: Wire, uri: str) -> None:
    """Raises `NotFound` when that failed lately, `Refused` when its host was asked often enough for now."""
    why = wire.keyless.get(uri)
    if why is not None:
        raise NotFound(why)
    wait = wire.key_rates.wait(keys.host_of(uri))
    if wait:
        raise Refused(N_("Too many of you are new here. Please come back later."), status=429, after=wait)
