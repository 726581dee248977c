"""Signatures by draft-cavage-http-signatures-12, which every fediverse server understands."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation import addresses
from federation.keys import PrivateKey
from federation.signatures.claim import (
    BODILESS,
    CONTENT_TYPE,
    BadSignature,
    Claim,
    Request,
    base64,
    covers,
    in_time,
    joined,
    no_repeats,
    right_digest,
    seconds,
    sha256,
    sign_lines,
)
from hub.errors import N_

_ALGORITHMS = frozenset({"", "hs2019", "rsa-sha256", "ed25519"})
_PARAM = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([0-9]+))\s*(?:,|\Z)')
_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sign(
    method: str, url: str, *, key_id: str, key: PrivateKey, at: int, body: bytes | None = None,
    content_type: str = CONTENT_TYPE, with_query: bool = True,
) -> dict[str, str]:  # fmt: skip
    """The headers that sign a request the way every server understands.

    `at` is in milliseconds UTC. `with_query=False` leaves the query out of what is signed, which some
    older servers need.
    """
    address = addresses.read(url)
    target = address.target if with_query else address.target.partition("?")[0]
    headers = {"host": address.authority, "date": _said(at // 1000)}
    if body is not None:
        headers |= {"digest": f"SHA-256={sha256(body)}", "content-type": content_type}
    lines = [f"(request-target): {method.lower()} {target}", *(f"{name}: {value}" for name, value in headers.items())]
    headers["signature"] = ",".join(
        (
            f'keyId="{key_id}"',
            f'algorithm="{"rsa-sha256" if isinstance(key, RSAPrivateKey) else "hs2019"}"',
            f'headers="{" ".join(line.partition(": ")[0] for line in lines)}"',
            f'signature="{sign_lines(key, lines)}"',
        )
    )
    return headers


def read(request: Request, text: str) -> Claim:
    """What a `Signature` header claims. Raises `BadSignature` when no key could make it right."""
    params = _params(text)
    algorithm = params.get("algorithm", "").lower()
    if algorithm not in _ALGORITHMS:
        raise BadSignature(N_("We do not take signatures made by %(algorithm)s."), algorithm=algorithm[:40])
    key_id, names = params.get("keyId", ""), params.get("headers", "(created)").lower().split()
    if not 0 < len(key_id) <= addresses.LONGEST:
        raise BadSignature(N_("The signature does not say whose key made it."))
    no_repeats(names)
    wanted: list[tuple[str, ...]] = [("(request-target)",), ("host",), ("date", "(created)")]
    covers(names, wanted=wanted if request.method in BODILESS else [*wanted, ("digest",)])
    signed_at = _signed_at(request, names, params)
    if "digest" in names:
        right_digest(request.field("digest"), request.body, "")
    targets = [request.target]
    if "?" in request.target:
        targets.append(request.target.partition("?")[0])
    texts = tuple(text_of(request, names, params, target) for target in targets)
    return Claim("cavage", key_id, algorithm, texts, base64(params.get("signature", "")), signed_at)


def text_of(request: Request, names: Sequence[str], params: dict[str, str], target: str) -> bytes:
    """The signing string of draft-cavage §2.3."""
    lines = []
    for name in names:
        if name == "(request-target)":
            lines.append(f"{name}: {request.method.lower()} {target}")
        elif name in ("(created)", "(expires)"):
            lines.append(f"{name}: {params.get(name[1:-1], '')}")
        else:
            lines.append(f"{name}: {request.field(name)}")
    return joined(lines)


def _params(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        part = _PARAM.match(text, at)
        if part is None or part[1] in found:
            raise BadSignature(N_("The signature cannot be read."))
        found[part[1]] = part[3] or part[2] or ""
        at = part.end()
    return found


def _signed_at(request: Request, names: Sequence[str], params: dict[str, str]) -> int:
    expires = seconds(params["expires"]) if "expires" in params else None
    times = []
    if "(created)" in names:
        times.append(seconds(params.get("created", "")))
    if "date" in names:
        times.append(_date(request.field("date")))
    if "(expires)" in names and expires is None:
        raise BadSignature(N_("The signature cannot be read."))
    for signed_at in times:
        in_time(request, signed_at, expires, "(expires)" in names)
    return times[0]


@lru_cache(maxsize=64)
def _said(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


@lru_cache(maxsize=64)
def _date(text: str) -> int:
    part = _DATE.fullmatch(text)
    if part is None or part[2] not in _MONTHS:
        raise BadSignature(N_("The time of the signature cannot be read."))
    day, year, hour, minute, second = (int(part[n]) for n in (1, 3, 4, 5, 6))
    try:
        when = datetime(year, _MONTHS.index(part[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise BadSignature(N_("The time of the signature cannot be read.")) from None
    return int(when.timestamp()) * 1000
