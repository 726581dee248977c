"""Lists of accounts, paged by the number of whatever binds them."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import listed
from web.mastodon.params import LARGEST, Page, Params
from web.mastodon.view import View, view

SIZES = 40, 80  # accounts of one page, and at most
MOST = 200  # that may be named in one call

Pairs = list[tuple[int, int]]  # actors, each with the number that it is paged by


async def crowd(request: Request, page: Page, asked: Callable[[Tx, Page], Pairs]) -> Response:
    """What `asked` finds, as a page of accounts."""

    def unit(tx: Tx) -> tuple[list[int], list[bytes]]:
        return gathered(tx, v, asked(tx, page), page)

    v = view(request)
    numbers, bodies = await request.app.state.store.read(unit)
    return listed(request, bodies, numbers, page)


def gathered(tx: Tx, v: View, found: Pairs, page: Page) -> tuple[list[int], list[bytes]]:
    above = max(page.min_id or 0, page.since_id or 0)
    found = [pair for pair in found if pair[1] > above]
    return [number for _, number in found], entities.accounts(tx, v, [who for who, _ in found])


def joined(bodies: list[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


def ids(params: Params, name: str) -> list[int]:
    """The ids that were given under a name, each once; what can be none is left out."""
    words = (one.strip() for one in params.many(name))
    found = [int(one) for one in words if one.isascii() and one.isdecimal() and len(one) <= 19]
    return [id for id in dict.fromkeys(found) if id <= LARGEST]


def span(params: Params, default: int, most: int) -> tuple[int, int]:
    """How many to leave out, and how many to show, where an app counts from the first."""
    skip = params.number("offset", 0) or 0
    return min(max(skip, 0), 10_000), params.page(default, most).limit
