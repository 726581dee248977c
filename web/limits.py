"""How often one address may try. Counted in memory, in windows that begin with the first try."""

import ipaddress
import math
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.clock import MINUTE, now

MOST = 10_000  # addresses remembered; the oldest go first


class Limit(msgspec.Struct, frozen=True):
    """`times` in each window of `window` ms."""

    name: str
    times: int
    window: int


SIGN_IN = Limit("sign-in", 10, 5 * MINUTE)
PASSWORD = Limit("password", 10, 5 * MINUTE)
SIGN_UP = Limit("sign-up", 10, 60 * MINUTE)
LETTER = Limit("letter", 10, 5 * MINUTE)
PASSKEY = Limit("passkey", 60, 5 * MINUTE)
UPLOAD = Limit("upload", 30, 30 * MINUTE)


class Spent(msgspec.Struct, frozen=True):
    """How it stands after a try: how many are left of `times` until `ends`, and whether this one was too many."""

    times: int
    left: int
    ends: int
    over: bool

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.times), "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": _moment(self.ends),
        }  # fmt: skip


@lru_cache(maxsize=256)
def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


class Counts:
    """Who has tried how often. One for each application: `app.state.counts` for pages, `app.state.calls` for apps."""

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._tries: dict[tuple[str, str], tuple[int, int]] = {}  # when the window began, how often since

    def take(self, limit: Limit, who: str) -> int:
        """Count a try of `who`. Returns how many ms to wait, 0 for none."""
        spent = self.spend(limit, who)
        return spent.ends - now() if spent.over else 0

    def spend(self, limit: Limit, who: str) -> Spent:
        """The same, and how many more there may be."""
        key, at = (limit.name, who), now()
        began, tries = self._tries.get(key, (at, 0))
        if at - began >= limit.window or at < began:
            began, tries = at, 0
        over = tries >= limit.times
        self._tries.pop(key, None)  # it goes to the end of the row, so that no crowd of others pushes it out
        self._tries[key] = began, tries + (not over)
        while len(self._tries) > (self._most or MOST):
            del self._tries[next(iter(self._tries))]
        return Spent(limit.times, max(limit.times - tries - 1, 0), began + limit.window, over=over)

    def forget(self, limit: Limit, who: str) -> None:
        self._tries.pop((limit.name, who), None)


def check(request: Request, limit: Limit, who: str = "") -> None:
    """Count a try of `who` (the address it comes from, if nobody is named). Raises 429 when it is one too many."""
    counts: Counts = request.app.state.counts
    spent = counts.spend(limit, who or address(request))
    if spent.over:
        raise too_many(spent)


def too_many(spent: Spent) -> HTTPException:
    wait = math.ceil((spent.ends - now()) / 1000)
    return HTTPException(429, headers={"Retry-After": str(wait)} | spent.headers())


def address(request: Request) -> str:
    """Where a request comes from; of IPv6 the network of 64 bits, since one household has all of it."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
    return host
