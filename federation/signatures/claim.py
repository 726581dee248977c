"""What a signed request claims, and the rules that hold for it whichever way it was signed."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation import addresses
from federation.keys import PrivateKey
from hub.clock import HOUR, MINUTE
from hub.errors import N_, HubError

CONTENT_TYPE = "application/activity+json"
AHEAD = HOUR  # ms that the sender's clock may run ahead of ours
OLDEST = 5 * MINUTE + HOUR  # ms since signing: five minutes on the way, an hour of wrong clocks
OLDEST_IF_SAID = 12 * HOUR  # ms since signing, when the sender signed an `expires` that allows it

LONGEST_HEADER = 8192  # characters of a signature header
MOST_COVERED = 32  # headers or components in one signature
MOST_DIGESTS = 4
BODILESS = frozenset({"GET", "HEAD"})

_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}

PADDING = PKCS1v15()
HASH = SHA256()

_SECONDS = re.compile(r"[0-9]{1,11}")

Scheme = Literal["cavage", "rfc9421"]


class BadSignature(HubError):
    """A request that nobody is shown to have sent. The words go back to the sender, and into the log."""

    slug = "bad-signature"


class WrongTime(BadSignature):
    """A signature from another time than ours. `ahead`: milliseconds that the sender's clock is ahead of ours."""

    def __init__(self, ahead: int) -> None:
        if ahead > 0:
            words = N_("Your clock is %(minutes)s minutes ahead of ours.")
        else:
            words = N_("Your clock is %(minutes)s minutes behind ours, or the request was on its way for so long.")
        super().__init__(words, minutes=abs(ahead) // MINUTE)
        self.ahead = ahead


class Claim(msgspec.Struct, frozen=True):
    """What a request says about who signed it; nothing is proved until `verify`.

    `texts` are the signing strings, any of which may match. `signed_at` is in milliseconds UTC.
    """

    scheme: Scheme
    key_id: str
    algorithm: str
    texts: tuple[bytes, ...]
    signature: bytes
    signed_at: int


class Request(msgspec.Struct):
    """A request as it came, with the address it should have come to and the time it is now (ms UTC)."""

    method: str
    target: str
    base: addresses.Address
    headers: dict[str, list[str]]
    body: bytes
    now: int

    def field(self, name: str) -> str:
        values = self.headers.get(name)
        if values is None:
            raise BadSignature(N_("The signature covers %(name)s, which was not sent."), name=name)
        return ", ".join(value.strip() for value in values)


def sha256(body: bytes) -> str:
    return b64encode(hashlib.sha256(body).digest()).decode()


def sign_lines(key: PrivateKey, lines: list[str]) -> str:
    text = "\n".join(lines).encode()
    raw = key.sign(text, PADDING, HASH) if isinstance(key, RSAPrivateKey) else key.sign(text)
    return b64encode(raw).decode()


def in_time(request: Request, signed_at: int, expires: int | None, expires_signed: bool) -> None:
    if expires is not None and expires < request.now:
        raise BadSignature(N_("The signature has expired."))
    age = request.now - signed_at
    if -AHEAD <= age <= (OLDEST_IF_SAID if expires_signed else OLDEST):
        return
    raise WrongTime(-age)


def right_digest(text: str, body: bytes, quote: str) -> None:
    """Every digest of a kind we know must be right, and there must be one (`quote` is ":" in RFC 9530)."""
    known: set[str] = set()
    parts = text.split(",")
    if len(parts) > MOST_DIGESTS:
        raise BadSignature(N_("The digest cannot be read."))
    for part in parts:
        name, _, value = part.strip().partition("=")
        name = name.lower()
        if name in known:
            raise BadSignature(N_("The digest cannot be read."))
        if name in _DIGESTS:
            known.add(name)
            found = _DIGESTS[name](body).digest()
            if value != f"{quote}{b64encode(found).decode()}{quote}":
                raise BadSignature(N_("The body is not the one that was signed."))
    if not known:
        raise BadSignature(N_("The digest is of no kind that we know: send SHA-256."))


def base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise BadSignature(N_("The signature cannot be read.")) from None


def joined(lines: list[str]) -> bytes:
    # Header values come as Latin-1, so this gives back the very bytes that were sent.
    try:
        return "\n".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        raise BadSignature(N_("The signature cannot be read.")) from None


def covers(covered: Sequence[str], *, wanted: Sequence[tuple[str, ...]]) -> None:
    """Each of `wanted` is a choice; one name of each must be covered."""
    for choice in wanted:
        if not any(name in covered for name in choice):
            raise BadSignature(N_("The signature must cover %(names)s."), names=" or ".join(choice))


def no_repeats(covered: Sequence[str]) -> None:
    if not covered or len(covered) > MOST_COVERED:
        raise BadSignature(N_("The signature covers nothing, or too much."))
    if len(set(covered)) < len(covered):
        raise BadSignature(N_("The signature covers one header twice."))


def seconds(text: str) -> int:
    if not _SECONDS.fullmatch(text):
        raise BadSignature(N_("The time of the signature cannot be read."))
    return int(text) * 1000
