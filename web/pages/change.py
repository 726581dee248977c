"""Calling things off: cancel or postpone an event, or move it online, close an ask or an offer, take something down."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, events, posts, projects, things
from hub.errors import Conflict, Invalid
from hub.store import Tx
from hub.text import Text
from hub.things import Thing
from web import auth, done, forms
from web.forms import Form
from web.templates import render, see_other

CLOSED = ("matched", "done", "withdrawn")
KINDS = {
    "events": ("event",), "asks": ("ask", "offer"), "projects": ("project",), "posts": (*posts.SAYS, "reply"),
}  # fmt: skip
REMOVE = {"events": events.remove, "asks": asks.remove, "projects": projects.remove, "posts": posts.remove}


class CallOff(msgspec.Struct, frozen=True):
    how: str = "cancel"
    online: str = ""
    reason: Text = msgspec.field(default_factory=dict)


class Close(msgspec.Struct, frozen=True):
    status: str = ""


class CancelPage(msgspec.Struct, frozen=True):
    """An event to be cancelled, postponed or moved online."""

    form: Form[Any]
    event: events.Event


class ClosePage(msgspec.Struct, frozen=True):
    """An ask or an offer to be closed."""

    form: Form[Any]
    ask: asks.Ask


class RemovePage(msgspec.Struct, frozen=True):
    """Something to be taken down. `path` is its page, `action` where the form goes."""

    thing: Thing
    path: str
    action: str


@auth.needs("organiser")
async def cancel(request: Request) -> Response:
    event = await request.app.state.store.read(_event, request.path_params["id"])
    return _cancel(request, forms.blank(how="cancel"), event)


@auth.needs("organiser")
async def call_off(request: Request) -> Response:
    who, store = auth.require(request, "organiser"), request.app.state.store
    event = await store.read(_event, request.path_params["id"])
    form = await forms.parse(request, CallOff)
    if form.value is None:
        return _cancel(request, form, event, 422)
    try:
        said = await store.write(_call_off, who.actor, event.id, form.value)
    except (Invalid, Conflict) as refusal:
        return _cancel(request, form.refuse(refusal), event, 422)
    return see_other(request, done.path(f"/events/{event.id}", said))


def _call_off(tx: Tx, who: int, id: int, it: CallOff) -> str:
    if it.how == "online":
        events.move_online(tx, who, id, it.online, it.reason)
        return "online"
    if it.how == "postpone":
        events.postpone(tx, who, id, it.reason)
        return "postponed"
    events.cancel(tx, who, id, it.reason)
    return "cancelled"


def _cancel(request: Request, form: Form[Any], event: events.Event, status: int = 200) -> Response:
    return render(request, "cancel.html", CancelPage(form, event), status, headers=_PRIVATE)


def _event(tx: Tx, id: int) -> events.Event:
    things.ours(tx, id, ("event",))
    return events.get(tx, id)


@auth.needs("organiser")
async def ending(request: Request) -> Response:
    ask = await request.app.state.store.read(_ask, request.path_params["id"])
    return _ending(request, forms.blank(), ask)


@auth.needs("organiser")
async def close(request: Request) -> Response:
    who, store = auth.require(request, "organiser"), request.app.state.store
    ask = await store.read(_ask, request.path_params["id"])
    form = await forms.parse(request, Close)
    if form.value is None:
        return _ending(request, form, ask, 422)
    try:
        await store.write(asks.close, who.actor, ask.id, form.value.status)
    except (Invalid, Conflict) as refusal:
        return _ending(request, form.refuse(refusal), ask, 422)
    said = "withdrawn" if form.value.status == "withdrawn" else "closed"
    return see_other(request, done.path(f"/asks/{ask.id}", said))


def _ending(request: Request, form: Form[Any], ask: asks.Ask, status: int = 200) -> Response:
    return render(request, "close.html", ClosePage(form, ask), status, headers=_PRIVATE)


def _ask(tx: Tx, id: int) -> asks.Ask:
    things.ours(tx, id, ("ask", "offer"))
    return asks.get(tx, id)


def remove(under: str) -> Callable[[Request], Any]:
    """First a page that asks once more, then it is gone."""

    @auth.needs("moderator")
    async def page(request: Request) -> Response:
        who, state = auth.require(request, "moderator"), request.app.state
        thing = await state.store.read(things.ours, request.path_params["id"], KINDS[under])
        here = f"/{under}/{thing.id}"
        if request.method != "POST":
            return render(request, "remove.html", RemovePage(thing, here, f"{here}/remove"), headers=_PRIVATE)
        await state.store.write(REMOVE[under], who.actor, thing.id)
        return see_other(request, done.path("/steward", "removed"))

    return page


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/events/{id:int}/cancel", cancel, methods=["GET"]),
    Route("/events/{id:int}/cancel", call_off, methods=["POST"]),
    Route("/asks/{id:int}/close", ending, methods=["GET"]),
    Route("/asks/{id:int}/close", close, methods=["POST"]),
    *(Route(f"/{under}/{{id:int}}/remove", remove(under), methods=["GET", "POST"]) for under in KINDS),
]
