"""A passkey in software: what a browser and a security key do between them, byte by byte as WebAuthn has it."""

import base64
import hashlib
import json
import os
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40  # flags of authenticator data
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One device with one passkey. `counts` says by how much its counter moves each time; many never count."""

    def __init__(self, origin: str, kind: str = "es256", *, verified: bool = True, counts: int = 1) -> None:
        self.origin, self.rp = origin, urlsplit(origin).hostname or ""
        self.key = _key(kind)
        self.id, self.uses, self.counts, self.handle = os.urandom(20), 0, counts, b""
        self.flags = PRESENT | (VERIFIED if verified else 0)

    def create(self, options: str, **lies: Any) -> str:
        """Answer `navigator.credentials.create`. `lies` replace what would be true."""
        asked = json.loads(options)
        self.handle = unb64(asked["user"]["id"])
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(_cose(self.key))
        data = self._data(self.flags | NEW, lies) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], lies)
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def get(self, options: str, **lies: Any) -> str:
        """Answer `navigator.credentials.get`."""
        asked = json.loads(options)
        data = self._data(lies.get("flags", self.flags), lies)
        client = self._client("webauthn.get", asked["challenge"], lies)
        signature = lies.get("signature") or self._sign(data + hashlib.sha256(client).digest())
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        said["userHandle"] = lies.get("handle", self.handle)
        return self._answer({name: b64(raw) for name, raw in said.items()})

    def _data(self, flags: int, lies: dict[str, Any]) -> bytes:
        self.uses += self.counts
        rp = hashlib.sha256(str(lies.get("rp", self.rp)).encode()).digest()
        return rp + bytes([flags]) + int(lies.get("uses", self.uses)).to_bytes(4)

    def _client(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        said = {"type": lies.get("type", kind), "challenge": lies.get("challenge", challenge)}
        said |= {"origin": lies.get("origin", self.origin), "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps(
            {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response,
             "clientExtensionResults": {}}
        )  # fmt: skip

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(data)


def _key(kind: str) -> Private:
    if kind == "es256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if kind == "eddsa" else rsa.generate_private_key(65537, 2048)


def _cose(key: Private) -> dict[int, Any]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        it = key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: it.x.to_bytes(32), -3: it.y.to_bytes(32)}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}
    return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
