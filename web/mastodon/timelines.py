"""Lists of statuses: what somebody sees first, what is said here and at the neighbours', under a tag, by somebody."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from hub import actors, homes, marks, timelines
from hub.store import Tx
from hub.timelines import Line, Stretch
from hub.viewing import Sight
from web.mastodon import entities
from web.mastodon.api import Caller, path_id, pieced, raw, route
from web.mastodon.entities import Parts
from web.mastodon.params import Page, Params
from web.mastodon.recent import given
from web.mastodon.view import View, view

Asked = Callable[[Tx, Stretch], list[Line]]
Ready = Callable[[Tx, Stretch], list[Sight]]
Written = tuple[list[int], list[Parts]]


async def lines(request: Request, caller: Caller, page: Page, asked: Asked) -> Response:
    """What `asked` finds, as a page of statuses, as far as they may see it."""

    def unit(tx: Tx, v: View) -> Written:
        found = asked(tx, _stretch(page))  # it is paged by the numbers of all, also of what has been taken out
        return [line[0] for line in found], entities.written(tx, v, caller.id, marks.sights(tx, caller.id, found))

    return await _page(request, caller, page, unit)


async def sights(request: Request, caller: Caller, page: Page, asked: Ready) -> Response:
    """The same of what is found ready to be shown."""

    def unit(tx: Tx, v: View) -> Written:
        found = asked(tx, _stretch(page))
        return [sight[0] for sight in found], entities.written(tx, v, caller.id, found)

    return await _page(request, caller, page, unit)


async def _page(request: Request, caller: Caller, page: Page, unit: Callable[[Tx, View], Written]) -> Response:
    """The same page again while nothing has been written since.

    Read where it is called: most of it is written out already.
    """

    async def made() -> Response:
        ids, found = await request.app.state.store.read_hot(unit, view(request))
        return pieced(request, found, ids, page)

    return await given(request, caller.id, made)


def _stretch(page: Page) -> Stretch:
    return Stretch(page.max_id, page.min_id, page.since_id, page.limit)


async def home(request: Request, caller: Caller, params: Params) -> Response:
    def asked(tx: Tx, part: Stretch) -> list[Sight]:
        return homes.sights(tx, caller.id, before=part.before, after=part.after, since=part.since, limit=part.limit)

    return await sights(request, caller, params.page(), asked)


async def public(request: Request, caller: Caller, params: Params) -> Response:
    local, pictures = _side(params), bool(params.flag("only_media"))
    return await sights(
        request, caller, params.page(),
        lambda tx, part: timelines.public(tx, caller.id, part, local=local, pictures=pictures),
    )  # fmt: skip


async def tag(request: Request, caller: Caller, params: Params) -> Response:
    name, local, pictures = request.path_params["tag"], _side(params), bool(params.flag("only_media"))
    any_, all_, none = params.many("any"), params.many("all"), params.many("none")
    return await lines(
        request, caller, params.page(),
        lambda tx, part: timelines.tagged(
            tx, caller.id, part, name, any_=any_, all_=all_, none=none, local=local, pictures=pictures
        ),
    )  # fmt: skip


def _side(params: Params) -> bool | None:
    """Here, elsewhere, or both."""
    if params.flag("local"):
        return True
    return False if params.flag("remote") else None


async def listed_(request: Request, caller: Caller, params: Params) -> Response:
    id = path_id(request)
    return await lines(request, caller, params.page(), lambda tx, part: timelines.listed(tx, caller.id, id, part))


async def link(request: Request, caller: Caller, params: Params) -> Response:
    """What was said about a page: we do not keep which pages are spoken of."""
    return raw(b"[]")


async def direct(request: Request, caller: Caller, params: Params) -> Response:
    return await lines(request, caller, params.page(), lambda tx, part: timelines.direct(tx, caller.id, part))


async def favourites(request: Request, caller: Caller, params: Params) -> Response:
    return await lines(request, caller, params.page(), lambda tx, part: timelines.liked(tx, caller.id, part))


async def bookmarks(request: Request, caller: Caller, params: Params) -> Response:
    return await lines(request, caller, params.page(), lambda tx, part: timelines.kept(tx, caller.id, part))


async def of_account(request: Request, caller: Caller, params: Params) -> Response:
    id, tag = path_id(request), params.text("tagged")
    replies, shares = not params.flag("exclude_replies"), not params.flag("exclude_reblogs")
    pinned, pictures = params.flag("pinned"), bool(params.flag("only_media"))

    def asked(tx: Tx, part: Stretch) -> list[Line]:
        actors.get(tx, id)
        if pinned:
            return timelines.pinned(tx, id) if part.before is None else []
        return timelines.of(tx, caller.id, id, part, replies=replies, shares=shares, pictures=pictures, tag=tag)

    return await lines(request, caller, params.page(), asked)


routes = [
    route("GET", "/api/v1/timelines/home", home, "read:statuses"),
    route("GET", "/api/v1/timelines/public", public, "read:statuses", open=True),
    route("GET", "/api/v1/timelines/tag/{tag}", tag, "read:statuses", open=True),
    route("GET", "/api/v1/timelines/list/{id}", listed_, "read:lists"),
    route("GET", "/api/v1/timelines/link", link, "read:statuses", open=True),
    route("GET", "/api/v1/timelines/direct", direct, "read:statuses"),
    route("GET", "/api/v1/favourites", favourites, "read:favourites"),
    route("GET", "/api/v1/bookmarks", bookmarks, "read:bookmarks"),
    route("GET", "/api/v1/accounts/{id}/statuses", of_account, "read:statuses", open=True),
]
