"""The keys that actors sign with: our own loaded, and strangers' read from what they publish.

Everything here is pure; fetching and remembering other people's keys is `seal.py`'s.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key, load_pem_public_key

from federation import addresses
from hub import keys
from hub.keys import ALPHABET, ED25519

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
VerifyingKey = RSAPublicKey | Ed25519PublicKey

SMALLEST_RSA, BIGGEST_RSA = 1024, 8192  # bits; smaller can be broken, bigger makes us work for strangers
LONGEST_EXPONENT = 64  # bits; a long exponent makes each check a hundred times dearer
LONGEST_TEXT = 4096  # characters of a published key
LONGEST_MULTIKEY = 2048  # characters; reading base58 grows with their square
MOST_KEYS = 10  # of one actor and one kind

_RSA = b"\x85\x24"  # multicodec 0x1205, as a varint
_DIGIT = {letter: value for value, letter in enumerate(ALPHABET)}


class BadKey(ValueError):
    """A published key that we will not use. The words say why."""


class PublicKey(msgspec.Struct, frozen=True):
    """A key as its owner published it."""

    id: str
    owner: str
    key: VerifyingKey


@lru_cache(maxsize=512)
def load_private(pem: bytes) -> PrivateKey:
    """One of our own keys. Only for keys that this hub made itself: their arithmetic is not checked again."""
    # The check costs 36 ms a key and finds nothing in what `hub.keys.generate` wrote.
    key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadKey("not a key of a kind that we make")
    return key


def load_public(pem: str) -> VerifyingKey:
    """A stranger's key from PEM text. Raises `BadKey`, and nothing else, whatever the text is."""
    if not isinstance(pem, str) or len(pem) > LONGEST_TEXT:
        raise BadKey("not the text of a key")
    return _load_public(pem)


@lru_cache(maxsize=1024)
def _load_public(pem: str) -> VerifyingKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not the text of a key") from None
    return _fit(key)


def multikey(key: Ed25519PublicKey) -> str:
    """The text under which an Ed25519 key stands in `assertionMethod` (FEP-521a)."""
    return keys.multikey(key.public_bytes_raw())


def from_multikey(text: str) -> VerifyingKey:
    """A stranger's key from Multikey text. Raises `BadKey`, and nothing else, whatever the text is."""
    if not isinstance(text, str) or len(text) > LONGEST_MULTIKEY or not text.startswith("z"):
        raise BadKey("not a Multikey in base58")
    raw = from_base58(text[1:])
    kind, rest = raw[:2], raw[2:]
    try:
        if kind == ED25519:
            return Ed25519PublicKey.from_public_bytes(rest)
        if kind == _RSA:
            return _fit(load_der_public_key(rest))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not the bytes of a key") from None
    raise BadKey("a Multikey of a kind that we do not know")


def of_actor(document: dict[str, Any]) -> list[PublicKey]:
    """The keys that an actor's own document claims for it; ill-formed and foreign ones are left out.

    A key counts only when it names this actor as its owner and stands on the actor's host (FEP-fe34):
    otherwise one server could publish a key in another's name.
    """
    actor = document.get("id")
    if not isinstance(actor, str):
        return []
    found = [*_classic(document.get("publicKey"), actor), *_multikeys(document.get("assertionMethod"), actor)]
    return [key for key in found if key is not None]


def host_of(url: object) -> str:
    """The server that a key's or actor's id stands on, with its port; empty when it is no web address."""
    return _host_of(url) if isinstance(url, str) and len(url) <= addresses.LONGEST else ""


@lru_cache(maxsize=4096)
def _host_of(url: str) -> str:
    try:
        return addresses.site(url).authority
    except addresses.BadAddress:
        return ""


def _classic(published: object, actor: str) -> Iterator[PublicKey | None]:
    for entry in _several(published):
        yield _key(entry, actor, owner="owner", text="publicKeyPem", load=load_public)


def _multikeys(published: object, actor: str) -> Iterator[PublicKey | None]:
    for entry in _several(published):
        if entry.get("type") == "Multikey":
            yield _key(entry, actor, owner="controller", text="publicKeyMultibase", load=from_multikey)


def _several(published: object) -> list[dict[str, Any]]:
    entries = published if isinstance(published, list) else [published]
    return [entry for entry in entries[:MOST_KEYS] if isinstance(entry, dict)]


def _key(
    entry: dict[str, Any], actor: str, *, owner: str, text: str, load: Callable[[Any], VerifyingKey]
) -> PublicKey | None:
    id = entry.get("id")
    if entry.get(owner) != actor or not isinstance(id, str) or not host_of(id) or host_of(id) != host_of(actor):
        return None
    try:
        return PublicKey(id, actor, load(entry.get(text)))
    except BadKey:
        return None


def _fit(key: object) -> VerifyingKey:
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise BadKey("neither an RSA nor an Ed25519 key")
    if not SMALLEST_RSA <= key.key_size <= BIGGEST_RSA:
        raise BadKey(f"an RSA key of {key.key_size} bits")
    exponent = key.public_numbers().e
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > LONGEST_EXPONENT:
        raise BadKey("an RSA key with an unfit exponent")
    return key


def from_base58(text: str) -> bytes:
    """The bytes behind base58 text. Raises `BadKey`; the time it takes grows with the square of the length."""
    number = 0
    for letter in text:
        if letter not in _DIGIT:
            raise BadKey("not a Multikey in base58")
        number = number * 58 + _DIGIT[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)
