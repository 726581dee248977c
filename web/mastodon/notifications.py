"""What somebody is told, one line each, as apps have always asked for it."""

from functools import lru_cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import actors, bundles, markers, notices, viewing
from hub.errors import NotFound
from hub.notices import KINDS, Notice
from hub.store import Tx
from web.mastodon import entities
from web.mastodon.api import Caller, Page, answer, path_id, pieced, raw, route
from web.mastodon.entities import Parts
from web.mastodon.params import Params
from web.mastodon.recent import given
from web.mastodon.shapes import stamp
from web.mastodon.view import View, view

DEFAULT, MOST = 40, 80
PLACE = "notifications"  # how the marker is called that says how far they have read
COUNTED, MOST_COUNTED = 100, 1000
ABOUT = frozenset({"mention", "status", "reblog", "favourite", "poll", "update"})  # kinds that show a status


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    page = params.page(DEFAULT, MOST)

    async def made() -> Response:
        told, ids = await request.app.state.store.read_hot(_page, view(request), caller.id, asked(params), page)
        return pieced(request, told, ids, page)

    return await given(request, caller.id, made)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    body = await request.app.state.store.read(written, view(request), caller.id, path_id(request))
    return raw(body)


async def dismiss(request: Request, caller: Caller, params: Params) -> Response:
    id = path_id(request) if "id" in request.path_params else params.number("id", 0) or 0
    await request.app.state.store.write(notices.dismiss, caller.id, id)
    return answer({})


async def clear(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(notices.clear, caller.id)
    return answer({})


async def unread(request: Request, caller: Caller, params: Params) -> Response:
    limit = min(params.number("limit", COUNTED) or COUNTED, MOST_COUNTED)
    count = await request.app.state.store.read(_unread, caller.id, asked(params), limit)
    return answer({"count": count})


class Asked(msgspec.Struct, frozen=True):
    """Which notices: of these kinds, by that actor, also those that wait for somebody's yes."""

    kinds: list[str]
    actor: int | None
    waiting: bool


def asked(params: Params) -> Asked:
    wanted, without = params.many("types"), frozenset(params.many("exclude_types"))
    kinds = [kind for kind in KINDS if kind not in without and (not wanted or kind in wanted)]
    by = params.text("account_id")
    actor = int(by) if by.isascii() and by.isdecimal() and len(by) < 19 else None
    return Asked(kinds, actor, bool(params.flag("include_filtered", False)))


def written(tx: Tx, v: View, me: int, id: int) -> bytes:
    """One notice as JSON. Raises `NotFound`."""
    it = notices.get(tx, me, id)
    found = bodies(tx, v, me, [(it, actors.version(tx, it.actor))])
    if not found:
        raise NotFound(viewing.NOTHING)
    return b"".join(found[0])


def bodies(tx: Tx, v: View, me: int, told: list[tuple[Notice, int]]) -> list[Parts]:
    """Each as JSON in pieces; left out is what is about something that they may not see any more."""
    shown = entities.shown(tx, v, me, [it.thing for it, _ in told if it.thing is not None and it.kind in ABOUT])
    found: list[Parts] = []
    for it, version in told:
        about = shown.get(it.thing or 0) if it.kind in ABOUT else ()
        if about is not None:
            head = (_head(it), entities.account_as_of(tx, v, it.actor, version))
            found.append((*head, b',"status":', *about, b"}") if about else (*head, b"}"))
    return found


@lru_cache(maxsize=4096)
def _head(it: Notice) -> bytes:
    """What never changes of it."""
    head = f'{{"id":"{it.id}","type":"{it.kind}","created_at":"{stamp(it.at)}",'
    return f'{head}"group_key":"{bundles.key_of(it)}","account":'.encode()


def _page(tx: Tx, v: View, me: int, it: Asked, page: Page) -> tuple[list[Parts], list[int]]:
    """The page, and the numbers of all that was looked at for it."""
    told = notices.told(
        tx, me, kinds=it.kinds, actor=it.actor, waiting=it.waiting, before=page.max_id, after=page.min_id,
        since=page.since_id, limit=page.limit,
    )  # fmt: skip
    return bodies(tx, v, me, told), [one.id for one, _ in told]


def _unread(tx: Tx, me: int, it: Asked, limit: int) -> int:
    return notices.unread(tx, me, last_read(tx, me), kinds=it.kinds, limit=limit)


def last_read(tx: Tx, me: int) -> int:
    """The notice up to which they have read."""
    return next((one.upto for one in markers.get(tx, me, [PLACE])), 0)


routes = [
    route("GET", "/api/v1/notifications", all_, "read:notifications"),
    route("GET", "/api/v1/notifications/unread_count", unread, "read:notifications"),
    route("GET", "/api/v1/notifications/{id}", one, "read:notifications"),
    route("POST", "/api/v1/notifications/clear", clear, "write:notifications"),
    route("POST", "/api/v1/notifications/dismiss", dismiss, "write:notifications"),
    route("POST", "/api/v1/notifications/{id}/dismiss", dismiss, "write:notifications"),
]
