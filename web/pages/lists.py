"""Lists: people whom one reads apart from all others."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, lists, timelines
from hub.actors import Actor
from hub.errors import HubError
from hub.lists import List
from hub.settings import Hub
from hub.store import Tx
from web import auth, done, forms
from web.forms import Form
from web.pages.residents import LAST
from web.templates import render, see_other
from web.timeline import Card, cards, entries, older

Words = Annotated[str, Meta(max_length=300)]


class New(msgspec.Struct, frozen=True):
    title: Words = ""
    exclusive: bool = False


class Member(msgspec.Struct, frozen=True):
    """Who is put on a list, or taken off."""

    actor: Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
    deed: Annotated[str, Meta(max_length=10)] = "add"


class ListsPage(msgspec.Struct, frozen=True):
    form: Form[Any]
    lists: list[List]


class ListPage(msgspec.Struct, frozen=True):
    """The `chosen` list: what those on it say, who they are, and whom one follows and could put on it."""

    chosen: List
    form: Form[Any]
    cards: list[Card]
    older: str
    members: list[Actor]
    others: list[Actor]


@auth.needs("resident")
async def show(request: Request) -> Response:
    return await _all(request, forms.blank())


async def _all(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    found = await request.app.state.store.read(lists.all_, who.actor)
    return render(request, "lists.html", ListsPage(form, found), status, headers=_PRIVATE)


@auth.needs("resident")
async def create(request: Request) -> Response:
    who = auth.require(request, "resident")
    form = await forms.parse(request, New)
    if form.value is None:
        return await _all(request, form, 422)
    try:
        made: List = await request.app.state.store.write(_create, who.actor, form.value)
    except HubError as refusal:
        return await _all(request, form.refuse(refusal), 422)
    return see_other(request, done.path(f"/lists/{made.id}", "saved"))


def _create(tx: Tx, me: int, typed: New) -> List:
    return lists.create(tx, me, typed.title, exclusive=typed.exclusive)


@auth.needs("resident")
async def one(request: Request) -> Response:
    return await _one(request, None)


async def _one(request: Request, form: Form[Any] | None, status: int = 200) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else LAST
    page: ListPage = await state.store.read(_gather, state.hub, who.actor, request.path_params["id"], before)
    page = msgspec.structs.replace(page, form=form) if form else page
    return render(request, "list.html", page, status, headers=_PRIVATE)


def _gather(tx: Tx, hub: Hub, me: int, id: int, before: int) -> ListPage:
    it = lists.get(tx, me, id)
    found = cards(tx, hub, me, entries(timelines.listed(tx, me, id, older(before))))
    on = [actor for actor, _ in lists.members(tx, me, id)]
    others = [one for one, state, _ in actors.following(tx, me) if state == "accepted" and one.id not in on]
    first = forms.blank(title=it.title, exclusive="true" if it.exclusive else "")
    further = f"/lists/{id}?before={found.older}" if found.older else ""
    return ListPage(it, first, found.cards, further, [actors.get(tx, one) for one in on], others[:200])


@auth.needs("resident")
async def change(request: Request) -> Response:
    who, id = auth.require(request, "resident"), request.path_params["id"]
    form = await forms.parse(request, New)
    if form.value is None:
        return await _one(request, form, 422)
    try:
        await request.app.state.store.write(_change, who.actor, id, form.value)
    except HubError as refusal:
        return await _one(request, form.refuse(refusal), 422)
    return see_other(request, done.path(f"/lists/{id}", "saved"))


def _change(tx: Tx, me: int, id: int, typed: New) -> None:
    lists.change(tx, me, id, typed.title, lists.get(tx, me, id).replies, exclusive=typed.exclusive)


@auth.needs("resident")
async def member(request: Request) -> Response:
    """Put somebody on it, or take them off."""
    who, id = auth.require(request, "resident"), request.path_params["id"]
    form = await forms.parse(request, Member)
    if form.value is not None:
        verb = lists.take_off if form.value.deed == "remove" else lists.add
        await request.app.state.store.write(verb, who.actor, id, [int(form.value.actor)])
    return see_other(request, f"/lists/{id}#members")


@auth.needs("resident")
async def remove(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(lists.remove, who.actor, request.path_params["id"])
    return see_other(request, done.path("/lists", "list-gone"))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/lists", show, methods=["GET"]),
    Route("/lists", create, methods=["POST"]),
    Route("/lists/{id:int}", one, methods=["GET"]),
    Route("/lists/{id:int}", change, methods=["POST"]),
    Route("/lists/{id:int}/members", member, methods=["POST"]),
    Route("/lists/{id:int}/remove", remove, methods=["POST"]),
]
