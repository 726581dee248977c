"""Proofs inside documents: who said a thing can be told even when it comes by way of somebody else (FEP-8b32).

Made and read by the suite `eddsa-jcs-2022` alone. Pure: no network, no database, no clock. JSON-LD signatures, which
look alike, are neither made nor read: what they sign is not what a reader sees.
"""

import hashlib
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.canonical import canonical
from federation.keys import BadKey, VerifyingKey, from_base58
from federation.signatures import BadSignature
from hub.clock import DAY, HOUR
from hub.errors import N_
from hub.keys import base58

TYPE, SUITE, PURPOSE = "DataIntegrityProof", "eddsa-jcs-2022", "assertionMethod"
AHEAD = HOUR  # ms that the maker's clock may run ahead of ours
OLDEST = 30 * DAY  # ms; ids of activities are remembered for longer, so that an old one cannot be brought up again
LONGEST_VALUE = 100  # letters; 64 bytes are 88 at most
MOST = 4  # proofs of one document that are looked at


class Proof(msgspec.Struct, frozen=True):
    """A proof of the kind that we read, as it was sent. `method` names the key."""

    sent: Json
    method: str


def prove(doc: Json, method: str, key: Ed25519PrivateKey, created: str) -> Json:
    """`doc`, which must have its context, with a proof by the key that `method` names.

    Its context becomes a list, and the proof's the same: some readers take no other.
    """
    doc = doc | {"@context": loose.several(doc["@context"])}
    proof = {
        "@context": doc["@context"], "type": TYPE, "cryptosuite": SUITE, "verificationMethod": method,
        "proofPurpose": PURPOSE, "created": created,
    }  # fmt: skip
    value = f"z{base58(key.sign(_signed(doc, proof)))}"
    return doc | {"proof": proof | {"proofValue": value}}


def of(doc: Json) -> Proof | None:
    """The proof that a document carries, if it is of the kind that we read; nothing is proved until `verify`."""
    for sent in loose.several(doc.get("proof"))[:MOST]:
        if not isinstance(sent, dict) or (sent.get("type"), sent.get("cryptosuite")) != (TYPE, SUITE):
            continue
        method, value = sent.get("verificationMethod"), sent.get("proofValue")
        if loose.origin(method) and isinstance(value, str) and len(value) <= LONGEST_VALUE:
            return Proof(sent, str(method))
    return None


def verify(doc: Json, proof: Proof, key: VerifyingKey, now: int) -> None:
    """Raise `BadSignature` unless the holder of `key` said just this, lately. `now` is in milliseconds UTC."""
    if proof.sent.get("proofPurpose") != PURPOSE:
        raise BadSignature(N_("The proof is meant for something else."))
    _in_time(proof.sent, now)
    if not isinstance(key, Ed25519PublicKey):
        raise BadSignature(N_("The proof is by a key of another kind."))
    value = _value(proof.sent["proofValue"])
    for document, config in _readings(doc, proof.sent):
        try:
            key.verify(value, _signed(document, config))
        except InvalidSignature:
            continue
        return
    raise BadSignature(N_("The proof is of something else than what was sent."))


def _readings(doc: Json, sent: Json) -> list[tuple[Json, Json]]:
    """What may have been signed: with the proof's own context, or, where it has none, without one or the document's."""
    whole = {name: value for name, value in doc.items() if name != "proof"}
    config = {name: value for name, value in sent.items() if name != "proofValue"}
    if "@context" not in config:
        return [(whole, config), (whole, config | {"@context": doc.get("@context")})]
    if loose.several(config["@context"]) != loose.several(doc.get("@context")):  # a longer one could change the meaning
        raise BadSignature(N_("The proof is of something else than what was sent."))
    return [(whole | {"@context": config["@context"]}, config)]


def _signed(doc: Json, config: Json) -> bytes:
    try:
        return hashlib.sha256(canonical(config)).digest() + hashlib.sha256(canonical(doc)).digest()
    except ValueError:
        raise BadSignature(N_("The proof cannot be read.")) from None


def _value(text: str) -> bytes:
    try:
        return from_base58(text.removeprefix("z")) if text.startswith("z") else b""
    except BadKey:
        raise BadSignature(N_("The proof cannot be read.")) from None


def _in_time(sent: Json, now: int) -> None:
    created, expires = _moment(sent, "created"), _moment(sent, "expires")
    if created is None or not -AHEAD <= now - created <= OLDEST:
        raise BadSignature(N_("The proof was made at another time."))
    if "expires" in sent and (expires is None or expires < now):
        raise BadSignature(N_("The proof has expired."))


def _moment(sent: dict[str, Any], name: str) -> int | None:
    return loose.moment(sent.get(name))
