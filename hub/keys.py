"""The keys by which other servers know that it was really us."""

import msgspec
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519 = b"\xed\x01"  # multicodec, as a varint


class Keys(msgspec.Struct, frozen=True):
    """A local actor's secrets, PKCS 8 PEM, and what is published of them: SPKI PEM and a Multikey."""

    rsa: bytes
    ed25519: bytes
    public_key: str
    multikey: str


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
