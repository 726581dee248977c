"""What residents make of statuses in their apps: like, share, keep, pin, no longer hear of; and who else did."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from hub import reacting, viewing
from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import Caller, Handler, listed, path_id, route
from web.mastodon.params import Page, Params
from web.mastodon.statuses import shown
from web.mastodon.view import View, view

Verb = Callable[[Tx, int, int], object]


def _does(verb: Verb) -> Handler:
    """A call that does this with a status, and answers with the status as it is then."""

    async def call(request: Request, caller: Caller, params: Params) -> Response:
        thing = await request.app.state.store.write(_on_thing, verb, caller.id, path_id(request))
        return await shown(request, caller, thing)

    return call


def _on_thing(tx: Tx, verb: Verb, who: int, id: int) -> int:
    """Of a share, on what is shared."""
    thing = entities.entry(tx, id).thing
    verb(tx, who, thing)
    return thing


def _unlike(tx: Tx, who: int, id: int) -> object:
    return reacting.take_back(tx, who, id, reacting.LIKE)


def _unshare(tx: Tx, who: int, id: int) -> object:
    return reacting.take_back(tx, who, id, reacting.SHARE)


async def share(request: Request, caller: Caller, params: Params) -> Response:
    """Answers with the share, which has an id of its own."""
    number = await request.app.state.store.write(_share, caller.id, path_id(request))
    return await shown(request, caller, number)


def _share(tx: Tx, who: int, id: int) -> int:
    return reacting.share(tx, who, entities.entry(tx, id).thing)


def _who(kind: str) -> Handler:
    async def call(request: Request, caller: Caller, params: Params) -> Response:
        page, store = params.page(40, 80), request.app.state.store
        ids, found = await store.read(_who_did, view(request), caller.id, path_id(request), kind, page)
        return listed(request, found, ids, page)

    return call


def _who_did(tx: Tx, v: View, me: int, id: int, kind: str, page: Page) -> tuple[list[int], list[bytes]]:
    it = viewing.get(tx, me, entities.entry(tx, id).thing)
    rows = reacting.who_did(tx, it.id, kind, before=page.max_id, limit=page.limit)
    rows = [row for row in rows if row[1] > (page.min_id or page.since_id or 0)]
    return [number for _, number in rows], entities.accounts(tx, v, [actor for actor, _ in rows])


HERE = "/api/v1/statuses/{id}"
routes = [
    route("POST", f"{HERE}/favourite", _does(reacting.like), "write:favourites"),
    route("POST", f"{HERE}/unfavourite", _does(_unlike), "write:favourites"),
    route("POST", f"{HERE}/reblog", share, "write:statuses"),
    route("POST", f"{HERE}/unreblog", _does(_unshare), "write:statuses"),
    route("POST", f"{HERE}/bookmark", _does(reacting.keep), "write:bookmarks"),
    route("POST", f"{HERE}/unbookmark", _does(reacting.drop), "write:bookmarks"),
    route("POST", f"{HERE}/pin", _does(reacting.pin), "write:accounts"),
    route("POST", f"{HERE}/unpin", _does(reacting.unpin), "write:accounts"),
    route("POST", f"{HERE}/mute", _does(reacting.leave_thread), "write:mutes"),
    route("POST", f"{HERE}/unmute", _does(reacting.rejoin_thread), "write:mutes"),
    route("GET", f"{HERE}/favourited_by", _who(reacting.LIKE), "read:accounts", open=True),
    route("GET", f"{HERE}/reblogged_by", _who(reacting.SHARE), "read:accounts", open=True),
]
