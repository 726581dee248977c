"""Whom an app proposes: the hub and what goes on in it, neighbours, hubs near."""

from starlette.requests import Request
from starlette.responses import Response

from hub import suggestions
from hub.store import Tx
from web.mastodon import crowds, entities
from web.mastodon.api import Caller, answer, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.view import View, view

BECAUSE = b'{"source":"staff","sources":["featured"],"account":'


async def proposed(request: Request, caller: Caller, params: Params) -> Response:
    found = await _proposed(request, caller, params)
    return raw(crowds.joined([BECAUSE + one + b"}" for one in found]))


async def old_proposed(request: Request, caller: Caller, params: Params) -> Response:
    return raw(crowds.joined(await _proposed(request, caller, params)))


async def _proposed(request: Request, caller: Caller, params: Params) -> list[bytes]:
    limit = params.page(40, 80).limit
    found: list[bytes] = await request.app.state.store.read(_for, view(request), caller.id, limit)
    return found


def _for(tx: Tx, v: View, me: int, limit: int) -> list[bytes]:
    return entities.accounts(tx, v, suggestions.for_(tx, me, limit))


async def dismiss(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(suggestions.dismiss, caller.id, path_id(request))
    return answer({})


async def directory(request: Request, caller: Caller, params: Params) -> Response:
    """Whoever wants to be found."""
    skip, limit = crowds.span(params, 40, 80)
    local, newest = bool(params.flag("local")), params.text("order") == "new"

    def unit(tx: Tx) -> list[bytes]:
        ids = suggestions.listed(tx, local=local, newest=newest, skip=skip, limit=limit)
        return entities.accounts(tx, v, ids)

    v = view(request)
    return raw(crowds.joined(await request.app.state.store.read(unit)))


routes = [
    route("GET", "/api/v2/suggestions", proposed, "read:accounts"),
    route("GET", "/api/v1/suggestions", old_proposed, "read:accounts"),
    route("DELETE", "/api/v1/suggestions/{id}", dismiss, "write:accounts"),
    route("GET", "/api/v1/directory", directory, open=True),
]
