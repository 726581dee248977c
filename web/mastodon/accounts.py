"""Accounts: looked up by id, by handle, by name; who follows them, and what their page shows."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import actors, finding, lists, regards, tags
from hub.errors import N_, Invalid, NotFound
from hub.store import Tx
from web.mastodon import crowds, entities
from web.mastodon.api import NO_ADMIN, Caller, Handler, Refused, answer, path_id, raw, route
from web.mastodon.crowds import ids, joined
from web.mastodon.lists import List, list_
from web.mastodon.params import Page, Params
from web.mastodon.search import people_found
from web.mastodon.tags import featured
from web.mastodon.view import View, view

NOBODY = N_("There is nobody by that name here.")
FAMILIAR = 20  # accounts that one call may ask about


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return raw(await request.app.state.store.read(_shown, view(request), path_id(request)))


def _shown(tx: Tx, v: View, id: int) -> bytes:
    """The server itself is nobody to look at."""
    if actors.get(tx, id).kind == "instance":
        raise NotFound(NOBODY)
    return entities.account(tx, v, id)


async def several(request: Request, caller: Caller, params: Params) -> Response:
    wanted = ids(params, "id")[: crowds.SIZES[0]]
    return raw(joined(await request.app.state.store.read(entities.accounts, view(request), wanted)))


async def lookup(request: Request, caller: Caller, params: Params) -> Response:
    """By handle, ours with or without our name; only who is known is found."""
    return raw(await request.app.state.store.read(_looked_up, view(request), params.exact("acct")))


def _looked_up(tx: Tx, v: View, words: str) -> bytes:
    found = finding.address(tx, words) if "://" in words else finding.handle(tx, words, v.hub)
    if found is None:
        raise NotFound(NOBODY)
    return _shown(tx, v, found)


async def search(request: Request, caller: Caller, params: Params) -> Response:
    words = params.text("q").strip()
    if not words:
        raise Invalid(N_("Type what you look for."), field="q")
    return raw(joined(await people_found(request, caller, params, words, crowds.SIZES)))


def _around(asked: Callable[..., crowds.Pairs]) -> Handler:
    """Who follows, or is followed: of a page, nobody where it is kept from others."""

    async def call(request: Request, caller: Caller, params: Params) -> Response:
        who = path_id(request)

        def unit(tx: Tx, page: Page) -> crowds.Pairs:
            return asked(tx, caller.id, who, before=page.max_id, limit=page.limit)

        return await crowds.crowd(request, params.page(*crowds.SIZES), unit)

    return call


async def endorsed(request: Request, caller: Caller, params: Params) -> Response:
    """Whom somebody's page shows; one's own where nobody is named."""
    who = path_id(request) if "id" in request.path_params else caller.id

    def unit(tx: Tx, page: Page) -> crowds.Pairs:
        actors.get(tx, who)
        return regards.endorsed(tx, who, before=page.max_id, limit=page.limit)

    return await crowds.crowd(request, params.page(*crowds.SIZES), unit)


async def shown_tags(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(_shown_tags, path_id(request))
    return answer([featured(view(request), name, one) for name, one in found])


def _shown_tags(tx: Tx, who: int) -> list[tuple[str, tags.Featured]]:
    it = actors.get(tx, who)
    return [(it.url, one) for one in tags.featured(tx, who)]


async def on_lists(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_on_lists, caller.id, path_id(request)))


def _on_lists(tx: Tx, me: int, other: int) -> list[List]:
    actors.get(tx, other)
    return [list_(one) for one in lists.with_(tx, me, other)]


async def familiar(request: Request, caller: Caller, params: Params) -> Response:
    """For each of them, who of those that I follow follows them."""
    found = await request.app.state.store.read(_familiar, view(request), caller.id, ids(params, "id")[:FAMILIAR])
    return answer([{"id": str(id), "accounts": [msgspec.Raw(one) for one in them]} for id, them in found])


def _familiar(tx: Tx, v: View, me: int, others: list[int]) -> list[tuple[int, list[bytes]]]:
    return [(id, entities.accounts(tx, v, regards.familiar(tx, me, id))) for id in others]


async def proofs(request: Request, caller: Caller, params: Params) -> Response:
    """Nobody makes these any more, and some apps ask for them."""
    await request.app.state.store.read(actors.get, path_id(request))
    return answer([])


async def join(request: Request, caller: Caller, params: Params) -> Response:
    """An app cannot make accounts: whoever joins does so on the hub's own page."""
    raise Refused(403, NO_ADMIN)


HERE = "/api/v1/accounts/{id}"

routes = [
    route("GET", "/api/v1/accounts", several, "read:accounts", open=True),
    route("POST", "/api/v1/accounts", join, "write:accounts", app=True),
    route("GET", "/api/v1/accounts/lookup", lookup, "read:accounts", open=True),
    route("GET", "/api/v1/accounts/search", search, "read:accounts"),
    route("GET", "/api/v1/accounts/familiar_followers", familiar, "read:follows"),
    route("GET", HERE, one, "read:accounts", open=True),
    route("GET", f"{HERE}/followers", _around(regards.followers), "read:accounts", open=True),
    route("GET", f"{HERE}/following", _around(regards.following), "read:accounts", open=True),
    route("GET", f"{HERE}/endorsements", endorsed, "read:accounts", open=True),
    route("GET", f"{HERE}/featured_tags", shown_tags, "read:accounts", open=True),
    route("GET", f"{HERE}/lists", on_lists, "read:lists"),
    route("GET", f"{HERE}/identity_proofs", proofs, "read:accounts", open=True),
    route("GET", "/api/v1/endorsements", endorsed, "read:accounts"),
]
