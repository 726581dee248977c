"""Lists of people, kept and changed in an app; and the two that the hub keeps: what is on, and who needs help."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import lists, relations
from hub.errors import N_, Conflict
from hub.store import Tx
from web import errors, i18n
from web.mastodon import crowds
from web.mastodon.api import Caller, answer, listed, path_id, route
from web.mastodon.crowds import ids
from web.mastodon.params import LARGEST, Page, Params
from web.mastodon.view import View, view


class List(msgspec.Struct, frozen=True):
    id: str
    title: str
    replies_policy: str
    exclusive: bool


def list_(it: lists.List) -> List:
    return List(str(it.id), it.title, it.replies, it.exclusive)


def _standing(request: Request, caller: Caller, id: int) -> List | None:
    """One that the hub keeps, its title as its reader speaks."""
    it = lists.standing(id)
    if it is None:
        return None
    chosen = caller.account.language if caller.account else ""
    words = i18n.catalogue(chosen, request.app.state.press.folders) if chosen else None
    title = words.gettext(it.title) if words else errors.translated(request, it.title)
    return list_(msgspec.structs.replace(it, title=title))


def _own(request: Request) -> int:
    """Which list is to be changed."""
    id = path_id(request)
    if lists.standing(id):
        raise Conflict(N_("The hub keeps this list for everybody. Make one of your own to choose who is on it."))
    return id


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    own = [list_(one) for one in await request.app.state.store.read(lists.all_, caller.id)]
    return answer([*own, *(_standing(request, caller, id) for id in lists.STANDING)])


async def one(request: Request, caller: Caller, params: Params) -> Response:
    found = _standing(request, caller, path_id(request))
    return answer(found or list_(await request.app.state.store.read(lists.get, caller.id, path_id(request))))


async def create(request: Request, caller: Caller, params: Params) -> Response:
    title, policy = params.text("title"), params.text("replies_policy", "list")
    exclusive = bool(params.flag("exclusive"))

    def unit(tx: Tx) -> lists.List:
        return lists.create(tx, caller.id, title, policy, exclusive=exclusive)

    return answer(list_(await request.app.state.store.write(unit)))


async def change(request: Request, caller: Caller, params: Params) -> Response:
    """What is not said stays as it was."""

    def unit(tx: Tx) -> lists.List:
        it = lists.get(tx, caller.id, _own(request))
        return lists.change(
            tx, caller.id, it.id, params.text("title", it.title), params.text("replies_policy", it.replies),
            exclusive=bool(params.flag("exclusive", it.exclusive)),
        )  # fmt: skip

    return answer(list_(await request.app.state.store.write(unit)))


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(lists.remove, caller.id, _own(request))
    return answer({})


async def members(request: Request, caller: Caller, params: Params) -> Response:
    """`limit=0` asks for all of them."""
    page = params.page(*crowds.SIZES)
    if params.exact("limit").strip() == "0":
        page = Page(None, None, None, lists.ALL)
    found = await request.app.state.store.read(_members, view(request), caller.id, path_id(request), page)
    return listed(request, found[1], found[0], page)


def _members(tx: Tx, v: View, me: int, id: int, page: Page) -> tuple[list[int], list[bytes]]:
    if lists.standing(id):
        return [], []
    before = page.max_id or LARGEST
    return crowds.gathered(tx, v, lists.members(tx, me, id, before=before, limit=page.limit), page)


async def add(request: Request, caller: Caller, params: Params) -> Response:
    who = ids(params, "account_ids")[: crowds.MOST]

    def unit(tx: Tx) -> None:
        lists.get(tx, caller.id, _own(request))
        for one in who:
            relations.between(tx, caller.id, one)
        lists.add(tx, caller.id, path_id(request), who)

    await request.app.state.store.write(unit)
    return answer({})


async def take_off(request: Request, caller: Caller, params: Params) -> Response:
    who = ids(params, "account_ids")[: crowds.MOST]
    await request.app.state.store.write(lists.take_off, caller.id, _own(request), who)
    return answer({})


HERE = "/api/v1/lists/{id}"

routes = [
    route("GET", "/api/v1/lists", all_, "read:lists"),
    route("POST", "/api/v1/lists", create, "write:lists"),
    route("GET", HERE, one, "read:lists"),
    route("PUT", HERE, change, "write:lists"),
    route("DELETE", HERE, remove, "write:lists"),
    route("GET", f"{HERE}/accounts", members, "read:lists"),
    route("POST", f"{HERE}/accounts", add, "write:lists"),
    route("DELETE", f"{HERE}/accounts", take_off, "write:lists"),
]
