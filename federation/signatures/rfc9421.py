"""Signatures by RFC 9421, for the servers that no longer take, or will soon stop taking, the older way."""

import re
from collections.abc import Sequence

from federation import addresses
from federation.keys import PrivateKey, host_of
from federation.signatures.claim import (
    BODILESS,
    CONTENT_TYPE,
    LONGEST_HEADER,
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

MOST_LABELS = 4  # signatures looked at in one request

_ALGORITHMS = frozenset({"", "rsa-v1_5-sha256", "ed25519"})
_WORD = r"[a-z*][a-z0-9_.*-]*"
_INPUT = re.compile(
    rf'\s*({_WORD})=(\(((?:[^()"\\]|"[^"\\]*")*)\)((?:; *{_WORD}(?:=(?:"[^"\\]*"|[^;,\s"\\()]+))?)*))\s*(?:,|\Z)'
)
_INPUT_PARAM = re.compile(rf'; *({_WORD})(?:=(?:"([^"\\]*)"|([^;,\s"\\()]+)))?')
_VALUE = re.compile(rf"\s*({_WORD})=:([A-Za-z0-9+/=]*):\s*(?:,|\Z)")
_COMPONENT = re.compile(r'"(@?[a-z0-9!#$%&\'*+.^_`|~-]+)"')


def sign(
    method: str, url: str, *, key_id: str, key: PrivateKey, at: int, body: bytes | None = None,
    content_type: str = CONTENT_TYPE,
) -> dict[str, str]:  # fmt: skip
    """The headers that sign a request by RFC 9421, for servers that no longer take the older way."""
    headers: dict[str, str] = {}
    covered = {"@method": method.upper(), "@target-uri": addresses.read(url).url}
    if body is not None:
        headers = {"content-digest": f"sha-256=:{sha256(body)}:", "content-type": content_type}
        covered["content-digest"] = headers["content-digest"]
    names = " ".join(f'"{name}"' for name in covered)
    params = f'({names});created={at // 1000};keyid="{key_id}"'
    lines = [*(f'"{name}": {value}' for name, value in covered.items()), f'"@signature-params": {params}']
    return headers | {"signature-input": f"sig1={params}", "signature": f"sig1=:{sign_lines(key, lines)}:"}


def read(request: Request, text: str, host: str = "") -> Claim:
    """The first signature from `host` that is made as we want it, else the first one at all; others are for others."""
    inputs = _members(_INPUT, request.field("signature-input"))
    values = _members(_VALUE, text)
    reason, found = BadSignature(N_("The signature cannot be read.")), list[Claim]()
    for label in [label for label in inputs if label in values][:MOST_LABELS]:
        try:
            found.append(_labelled(request, inputs[label], values[label][2]))
        except BadSignature as error:
            reason = error
    if not found:
        raise reason
    return next((claim for claim in found if host and host_of(claim.key_id) == host), found[0])


def _members(pattern: re.Pattern[str], text: str) -> dict[str, re.Match[str]]:
    found: dict[str, re.Match[str]] = {}
    at = 0
    while at < len(text) <= LONGEST_HEADER:
        part = pattern.match(text, at)
        if part is None or part[1] in found:
            raise BadSignature(N_("The signature cannot be read."))
        found[part[1]] = part
        at = part.end()
    return found


def _labelled(request: Request, member: re.Match[str], value: str) -> Claim:
    parts = [_COMPONENT.fullmatch(item) for item in member[3].split()]
    covered = [part[1] for part in parts if part is not None]
    if len(covered) < len(parts):
        raise BadSignature(N_("The signature covers a part of the request that we cannot read."))
    no_repeats(covered)
    params = _input_params(member[4])
    algorithm, key_id = params.get("alg", ""), params.get("keyid", "")
    if algorithm not in _ALGORITHMS:
        raise BadSignature(N_("We do not take signatures made by %(algorithm)s."), algorithm=algorithm[:40])
    if not 0 < len(key_id) <= addresses.LONGEST:
        raise BadSignature(N_("The signature does not say whose key made it."))
    wanted = [("@method",), ("@target-uri", "@path", "@request-target"), ("@target-uri", "@authority", "host")]
    covers(covered, wanted=wanted if request.method in BODILESS else [*wanted, ("content-digest",)])
    signed_at = seconds(params.get("created", ""))
    expires = seconds(params["expires"]) if "expires" in params else None
    in_time(request, signed_at, expires, expires is not None)
    if "content-digest" in covered:
        right_digest(request.field("content-digest"), request.body, ":")
    return Claim("rfc9421", key_id, algorithm, (text_of(request, covered, member[2]),), base64(value), signed_at)


def _input_params(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, plain in _INPUT_PARAM.findall(text):
        if name in found:
            raise BadSignature(N_("The signature cannot be read."))
        found[name] = quoted or plain
    return found


def text_of(request: Request, covered: Sequence[str], params: str) -> bytes:
    """The signature base of RFC 9421 §2.5; `params` as they were sent."""
    lines = [f'"{name}": {_component(request, name)}' for name in covered]
    return joined([*lines, f'"@signature-params": {params}'])


def _component(request: Request, name: str) -> str:
    if not name.startswith("@"):
        return request.field(name)
    base, (path, mark, query) = request.base, request.target.partition("?")
    derived = {
        "@method": request.method,
        "@target-uri": f"{base.scheme}://{base.authority}{request.target}",
        "@authority": base.authority,
        "@scheme": base.scheme,
        "@request-target": request.target,
        "@path": path,
        "@query": (mark or "?") + query,
    }
    if name not in derived:
        raise BadSignature(N_("The signature covers a part of the request that we cannot read."))
    return derived[name]
