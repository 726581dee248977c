"""Letters among a few, as apps list them: who is in it, the last word, and whether it has been read."""

from starlette.requests import Request
from starlette.responses import Response

from hub import conversations
from hub.conversations import Conversation
from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import Caller, Page, answer, listed, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.view import Entry, View, view


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page(20, 40)
    rows = await request.app.state.store.read(_page, view(request), caller.id, page)
    return listed(request, [body for _, body in rows], [id for id, _ in rows], page)


async def read(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(conversations.read, caller.id, path_id(request))
    return raw(await request.app.state.store.read(written, view(request), caller.id, path_id(request)))


async def unread(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(conversations.keep_unread, caller.id, path_id(request))
    return raw(await request.app.state.store.read(written, view(request), caller.id, path_id(request)))


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(conversations.remove, caller.id, path_id(request))
    return answer({})


def written(tx: Tx, v: View, me: int, id: int) -> bytes:
    """One conversation as JSON. Raises `NotFound`."""
    return _written(tx, v, me, [conversations.get(tx, me, id)])[0][1]


def _page(tx: Tx, v: View, me: int, page: Page) -> list[tuple[int, bytes]]:
    found = conversations.page(tx, me, before=page.max_id, after=page.min_id, since=page.since_id, limit=page.limit)
    return _written(tx, v, me, found)


def _written(tx: Tx, v: View, me: int, found: list[Conversation]) -> list[tuple[int, bytes]]:
    """Each with the number of its last word, by which the list goes."""
    last = dict(entities.statuses(tx, v, me, [Entry(it.last, it.last) for it in found]))
    return [(it.last, _conversation(it, entities.accounts(tx, v, it.parties), last.get(it.last))) for it in found]


def _conversation(it: Conversation, people: list[bytes], last: bytes | None) -> bytes:
    head = f'{{"id":"{it.id}","unread":{"true" if it.unread else "false"},"accounts":['
    return head.encode() + b",".join(people) + b'],"last_status":' + (last or b"null") + b"}"


routes = [
    route("GET", "/api/v1/conversations", all_, "read:statuses"),
    route("POST", "/api/v1/conversations/{id}/read", read, "write:conversations"),
    route("POST", "/api/v1/conversations/{id}/unread", unread, "write:conversations"),
    route("DELETE", "/api/v1/conversations/{id}", remove, "write:conversations"),
]
