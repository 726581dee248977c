"""Puts a proof of one of ours on what it says: made once for a body, however many servers get it or ask for it."""

from functools import lru_cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import proofs
from federation.as2.contexts import Json
from federation.keys import load_private
from hub import actors
from hub.store import Tx

KEY = "#ed25519-key"


def proved(tx: Tx, doc: Json, actor: int, uri: str, created: str) -> Json:
    """`doc`, which must have its context, with the proof of one of our actors, whose address is `uri`.

    `created` belongs to the document, not to the moment: the same words get the same proof.
    """
    _, pem = actors.keys(tx, actor)
    return _proved(msgspec.json.encode(doc), uri, pem, created)


@lru_cache(maxsize=256)
def _proved(body: bytes, uri: str, pem: bytes, created: str) -> Json:
    key = load_private(pem)
    assert isinstance(key, Ed25519PrivateKey)
    return proofs.prove(msgspec.json.decode(body), uri + KEY, key, created)
