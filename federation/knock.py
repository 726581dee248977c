"""Knocking at other servers: each request signed in the way that its server understands, which is then remembered.

Most servers know draft-cavage only, some will soon take nothing but RFC 9421, and few say so before they are asked.
Those that do (FEP-844e) are believed. The policy is vocabulary.md §7.
"""

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

import msgspec

from federation import signatures
from federation.http import Response, Unreachable
from federation.keys import PrivateKey, host_of
from federation.wire import Own, Wire
from hub import manners
from hub.clock import MINUTE, now
from hub.errors import N_

CAVAGE, RFC9421 = "cavage", "rfc9421"
WITHOUT_QUERY = "cavage without query"  # some older servers leave it out when they check
LONGEST_REASON = 200  # characters of what a server says when it refuses


class _Refusal(msgspec.Struct):
    error: str = ""


async def post(
    wire: Wire, inbox: str, body: bytes, *, actor: int, scheme: str = "", said: int = 0, about: str = ""
) -> tuple[Response, str]:
    """POST in the name of `actor`, in the `scheme` that the host is known to take; if it does not, in the other one.

    While the actor's key is being changed, what was `said` before (an activity's id), and the word `about` the actor
    itself, go out under the old key; where one key is not known, the other one is tried. Returns what worked.
    """
    own = await wire.own(actor)
    key = own.key_for(said, about)
    response, used = await _both_ways(wire, inbox, body, own, key, scheme)
    if response.status == 401:
        own = await wire.own(actor, fresh=True)  # somebody else may have changed it
        other = own.other_than(key)
        if other is not None:
            response, used = await _both_ways(wire, inbox, body, own, other, scheme)
    return response, used


async def _both_ways(
    wire: Wire, inbox: str, body: bytes, own: Own, key: PrivateKey, scheme: str
) -> tuple[Response, str]:
    for way in (RFC9421, CAVAGE) if scheme == RFC9421 else (CAVAGE, RFC9421):
        sign = signatures.sign_rfc9421 if way == RFC9421 else signatures.sign_cavage
        await wire.breath.take()
        headers = sign("POST", inbox, key_id=own.key_id, key=key, at=now(), body=body)
        response = await wire.client.post(inbox, body, headers=headers)
        if response.status not in (400, 401):
            break
    return response, way


async def get(wire: Wire, url: str, spend: Callable[[], float]) -> Response:
    """GET as the server's own actor; where that is refused, in the two other ways that servers understand.

    `spend` counts each request and says how many seconds it may take.
    """
    own, host = await wire.own(await wire.instance()), host_of(url)
    known = await _asking(wire, host)
    ways = [CAVAGE, WITHOUT_QUERY, RFC9421] if "?" in url else [CAVAGE, RFC9421]
    ways.sort(key=lambda way: way != known)
    for way in ways:
        left = spend()
        response = await in_time(wire.client.get(url, sign=_signer(own, way)), left, url)
        if response.status != 401:
            break
    if response.status == 200 and way != (known or CAVAGE):
        wire.asking.put(host, way)
        await wire.store.write(manners.ask_by, host, way)
    return response


async def in_time(asked: Awaitable[Response], left: float, url: str) -> Response:
    """The answer, if it comes within `left` seconds. Raises `Unreachable`."""
    try:
        async with asyncio.timeout(left):
            return await asked
    except TimeoutError:
        raise Unreachable(N_("%(host)s took too long."), kind="timeout", host=host_of(url)) from None


def ahead(response: Response) -> int | None:
    """By how many milliseconds our clock is ahead of the one that answered; `None` when it does not say."""
    try:
        return now() - int(parsedate_to_datetime(response.headers["date"][:60]).timestamp() * 1000)
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return None


def why(response: Response) -> str:
    """What a server says when it refuses, and what its clock says, to be added to a sentence."""
    said = reason(response)
    told = f" It says: {said}" if said else ""
    off = ahead(response) or 0
    if abs(off) < manners.NOTICED:
        return told
    return f"{told} Our clock is {abs(off) // MINUTE} minutes {'ahead of' if off > 0 else 'behind'} theirs."


def reason(response: Response) -> str:
    """What a server says when it refuses; "" when it says nothing that can be read."""
    try:
        said = msgspec.json.decode(response.body, type=_Refusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return " ".join(said.split())[:LONGEST_REASON]


async def _asking(wire: Wire, host: str) -> str:
    known = wire.asking.get(host)
    if known is None:
        known = await wire.store.read_hot(manners.asking, host)
        wire.asking.put(host, known)
    return known


def _signer(own: Own, way: str) -> Callable[[str, str], dict[str, str]]:
    def sign(method: str, url: str) -> dict[str, str]:
        if way == RFC9421:
            return signatures.sign_rfc9421(method, url, key_id=own.key_id, key=own.key, at=now())
        query = way != WITHOUT_QUERY
        return signatures.sign_cavage(method, url, key_id=own.key_id, key=own.key, at=now(), with_query=query)

    return sign
