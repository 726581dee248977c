"""Hashtags: followed, shown on one's page, and spoken of; with the posts and pages that are spoken of."""

from hashlib import sha256
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import tags, trends
from hub.clock import DAY
from hub.store import Tx
from hub.tags import Days
from web.mastodon import crowds, entities
from web.mastodon.api import Caller, answer, links, path_id, raw, route
from web.mastodon.params import Params
from web.mastodon.shapes import stamp
from web.mastodon.view import Entry, View, view


class Day(msgspec.Struct, frozen=True):
    """`day` in seconds UTC."""

    day: str
    accounts: str
    uses: str


class Tag(msgspec.Struct, frozen=True):
    id: str
    name: str
    url: str
    history: list[Day]
    following: bool | msgspec.UnsetType = msgspec.UNSET
    featuring: bool | msgspec.UnsetType = msgspec.UNSET


class Featured(msgspec.Struct, frozen=True):
    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


class Link(msgspec.Struct, frozen=True):
    """A page that is spoken of. We never fetch what others link to: what is told is what the links say."""

    url: str
    title: str
    history: list[Day]
    description: str = ""
    type: str = "link"
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    html: str = ""
    width: int = 0
    height: int = 0
    image: None = None
    image_description: str = ""
    embed_url: str = ""
    blurhash: None = None
    published_at: None = None
    language: None = None
    authors: list[str] = msgspec.field(default_factory=list)


def days(found: Days) -> list[Day]:
    return [Day(str(day // 1000), str(people), str(uses)) for day, uses, people in found]


def written(tx: Tx, v: View, me: int, names: list[str]) -> list[Tag]:
    """Hashtags as apps read them; `me` is 0 for a stranger."""
    found = [tags.get(tx, me, name) for name in names]
    told = tags.history(tx, [one.tag for one in found])
    return [_tag(v, me, one, told[one.tag]) for one in found]


def featured(v: View, page: str, it: tags.Featured) -> Featured:
    """`page` is where whoever shows it has theirs."""
    last = None if it.last is None else stamp(it.last // DAY * DAY)[:10]
    return Featured(str(it.id), it.name, f"{page}/tagged/{quote(it.tag)}", str(it.said), last)


def _tag(v: View, me: int, it: tags.Tag, told: Days) -> Tag:
    url = f"{v.base}/tags/{quote(it.tag)}"
    if not me:
        return Tag(_number(it.tag), it.name, url, days(told))
    return Tag(_number(it.tag), it.name, url, days(told), it.following, it.featured)


def _number(tag: str) -> str:
    """An id, always the same: a hashtag has none of its own."""
    return str(int.from_bytes(sha256(tag.encode()).digest()[:6]))


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return await _answered(request, caller, request.path_params["name"])


async def _answered(request: Request, caller: Caller, name: str) -> Response:
    found = await request.app.state.store.read(written, view(request), caller.id, [name])
    return answer(found[0])


async def follow(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(tags.follow, caller.id, request.path_params["name"])
    return await _answered(request, caller, request.path_params["name"])


async def unfollow(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(tags.unfollow, caller.id, request.path_params["name"])
    return await _answered(request, caller, request.path_params["name"])


async def feature(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(tags.feature, caller.id, request.path_params["name"])
    return await _answered(request, caller, request.path_params["name"])


async def unfeature(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(tags.unfeature_named, caller.id, request.path_params["name"])
    return await _answered(request, caller, request.path_params["name"])


async def followed(request: Request, caller: Caller, params: Params) -> Response:
    page, v = params.page(100, 200), view(request)

    def unit(tx: Tx) -> tuple[list[int], list[Tag]]:
        rows = tags.followed(tx, caller.id, before=page.max_id, limit=page.limit)
        rows = [row for row in rows if row[1] > max(page.min_id or 0, page.since_id or 0)]
        return [number for _, number in rows], written(tx, v, caller.id, [name for name, _ in rows])

    numbers, found = await request.app.state.store.read(unit)
    return raw(msgspec.json.encode(found), links(request, numbers, page))


# --- on one's page -----------------------------------------------------------------------------------


async def shown(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(tags.featured, caller.id)
    return answer([featured(view(request), _page(request, caller), one) for one in found])


async def show(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.write(tags.feature, caller.id, params.text("name"))
    return answer(featured(view(request), _page(request, caller), found))


async def hide(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(tags.unfeature, caller.id, path_id(request))
    return answer({})


async def proposed(request: Request, caller: Caller, params: Params) -> Response:
    """What one used most, and does not show."""

    def unit(tx: Tx) -> list[Tag]:
        return written(tx, v, caller.id, tags.used_by(tx, caller.id))

    v = view(request)
    return answer(await request.app.state.store.read(unit))


def _page(request: Request, caller: Caller) -> str:
    return f"{request.app.state.base}/@{caller.account.login if caller.account else ''}"


# --- what is spoken of -------------------------------------------------------------------------------


async def spoken_tags(request: Request, caller: Caller, params: Params) -> Response:
    skip, limit = crowds.span(params, 10, 20)

    def unit(tx: Tx) -> list[Tag]:
        return written(tx, v, caller.id, trends.tags(tx, skip=skip, limit=limit))

    v = view(request)
    return answer(await request.app.state.store.read(unit))


async def spoken_statuses(request: Request, caller: Caller, params: Params) -> Response:
    skip, limit = crowds.span(params, 20, 40)

    def unit(tx: Tx) -> list[bytes]:
        ids = trends.statuses(tx, skip=skip, limit=limit)
        return [body for _, body in entities.statuses(tx, v, caller.id, [Entry(id, id) for id in ids])]

    v = view(request)
    return raw(crowds.joined(await request.app.state.store.read(unit)))


async def spoken_links(request: Request, caller: Caller, params: Params) -> Response:
    skip, limit = crowds.span(params, 10, 20)
    found = await request.app.state.store.read(lambda tx: trends.links(tx, skip=skip, limit=limit))
    return answer([Link(one.url, one.title, days(one.days)) for one in found])


HERE = "/api/v1/tags/{name}"

routes = [
    route("GET", HERE, one, "read", open=True),
    route("POST", f"{HERE}/follow", follow, "write:follows"),
    route("POST", f"{HERE}/unfollow", unfollow, "write:follows"),
    route("POST", f"{HERE}/feature", feature, "write:accounts"),
    route("POST", f"{HERE}/unfeature", unfeature, "write:accounts"),
    route("GET", "/api/v1/followed_tags", followed, "read:follows"),
    route("GET", "/api/v1/featured_tags", shown, "read:accounts"),
    route("POST", "/api/v1/featured_tags", show, "write:accounts"),
    route("GET", "/api/v1/featured_tags/suggestions", proposed, "read:accounts"),
    route("DELETE", "/api/v1/featured_tags/{id}", hide, "write:accounts"),
    route("GET", "/api/v1/trends", spoken_tags, "read", open=True, app=True),
    route("GET", "/api/v1/trends/tags", spoken_tags, "read", open=True, app=True),
    route("GET", "/api/v1/trends/statuses", spoken_statuses, "read", open=True, app=True),
    route("GET", "/api/v1/trends/links", spoken_links, "read", open=True, app=True),
]
