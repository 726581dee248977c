"""Who really sent this? Signing what we send and checking what arrives, by draft-cavage and RFC 9421.

Pure: no network, no database, no clock. A request is checked in two steps. `parse` does everything that
needs no key, so that a stranger cannot make us fetch a key for a request that could never be right;
`verify` then holds the claim against the key. The policy is vocabulary.md §7 and trust.md §8.1.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from federation import addresses
from federation.keys import VerifyingKey, host_of
from federation.signatures import cavage, rfc9421
from federation.signatures.claim import HASH, LONGEST_HEADER, PADDING, BadSignature, Claim, Request, WrongTime
from hub.errors import N_

__all__ = ["BadSignature", "Claim", "Headers", "WrongTime", "parse", "sign_cavage", "sign_rfc9421", "verify"]

sign_cavage = cavage.sign
sign_rfc9421 = rfc9421.sign

Headers = Sequence[tuple[str, str]]

_KIND: dict[str, type[RSAPublicKey] | type[Ed25519PublicKey]] = {
    "rsa-sha256": RSAPublicKey,
    "rsa-v1_5-sha256": RSAPublicKey,
    "ed25519": Ed25519PublicKey,
}
# Two of these in one request, and a proxy and we may each look at another one.
_ONCE = ("host", "date", "digest", "content-digest", "content-type", "content-length", "signature", "signature-input")

_base = lru_cache(maxsize=16)(addresses.read)


def parse(method: str, target: str, base: str, headers: Headers, body: bytes, now_ms: int, *, whose: str = "") -> Claim:
    """Everything about a signature that can be judged without its key.

    `target` is path and query as received, `base` the public address of this server from its settings
    (what a proxy put into Host proves nothing), `headers` have lower-case names and keep duplicates.
    Of several signatures by RFC 9421 the first one from the server of `whose` counts, else the first that could be
    right. Raises `BadSignature`.
    """
    request = Request(method.upper(), target, _base(base), _gather(headers), body, now_ms)
    text = _one_signature(request.headers)
    if not target.startswith("/"):
        raise BadSignature(N_("The address of the request is not a path on this server."))
    _for_us(request)
    if "signature-input" in request.headers:
        return rfc9421.read(request, text, host_of(whose))
    return cavage.read(request, text)


def verify(claim: Claim, key: VerifyingKey) -> None:
    """Raise `BadSignature` unless the holder of `key` made this claim."""
    kind = _KIND.get(claim.algorithm)
    if kind is not None and not isinstance(key, kind):
        raise BadSignature(N_("Signed as %(algorithm)s, but the key is of another kind."), algorithm=claim.algorithm)
    if not any(_matches(claim.signature, text, key) for text in claim.texts):
        raise BadSignature(N_("The signature does not match what was sent."))


def _matches(signature: bytes, text: bytes, key: VerifyingKey) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, text, PADDING, HASH)
        else:
            key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _gather(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    for name in _ONCE:
        if len(found.get(name, ())) > 1:
            raise BadSignature(N_("The header %(name)s was sent twice."), name=name)
    return found


def _one_signature(headers: dict[str, list[str]]) -> str:
    given = headers.get("signature", [])
    given = given + [value[10:] for value in headers.get("authorization", ()) if value[:10].lower() == "signature "]
    if not given:
        raise BadSignature(N_("The request is not signed."))
    if len({value.strip() for value in given}) > 1:
        raise BadSignature(N_("The request carries two different signatures."))
    if len(given[0]) > LONGEST_HEADER:
        raise BadSignature(N_("The signature cannot be read."))
    return given[0]


def _for_us(request: Request) -> None:
    """A request signed for another host may have been caught there and sent on to us."""
    for host in request.headers.get("host", ()):
        standard = f":{addresses.DEFAULT_PORT[request.base.scheme]}"
        if host.strip().lower().removesuffix(standard) != request.base.authority:
            raise BadSignature(
                N_("The request is for %(host)s, and this server is %(ours)s. (A proxy must pass Host on.)"),
                host=host[:100], ours=request.base.authority,
            )  # fmt: skip
