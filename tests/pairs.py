"""Keys for tests, as actors have them."""

import msgspec

from hub import keys


class KeyPair(msgspec.Struct, frozen=True):
    """What an actor signs with (PKCS#8 PEM) and shows to the world (SPKI PEM, Multikey)."""

    rsa_private: bytes
    rsa_public: str
    ed25519_private: bytes
    ed25519_public: str


def generate() -> KeyPair:
    """A new actor's keys. Takes 30 to 80 ms."""
    made = keys.generate()
    return KeyPair(made.rsa, made.public_key, made.ed25519, made.multikey)
