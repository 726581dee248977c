"""The steward's page of how people join."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import joining
from hub.errors import Invalid
from hub.text import Text
from web import auth, done, forms, mail
from web.forms import Form
from web.templates import render, see_other


class Wanted(msgspec.Struct, frozen=True):
    mode: str = ""
    question: Text = msgspec.field(default_factory=dict)
    a_day: int = 20
    backlog: int = 50
    residents_invite: bool = False
    sign_in_links: bool = False


class JoiningPage(msgspec.Struct, frozen=True):
    """How people join. `switched`: when (ms) the hub itself took "open" back, 0 for never. `mails`: it sends mail."""

    form: Form[Any]
    switched: int
    mails: bool


@auth.needs("steward")
async def show(request: Request) -> Response:
    terms = await request.app.state.store.read(joining.terms)
    return await _page(request, forms.filled(terms, request.app.state.hub.zone))


@auth.needs("steward")
async def change(request: Request) -> Response:
    who, store = auth.require(request, "steward"), request.app.state.store
    form = await forms.parse(request, Wanted)
    if form.value is None:
        return await _page(request, form, 422)
    try:
        await store.write(joining.change, who.actor, joining.Terms(**msgspec.structs.asdict(form.value)))
    except Invalid as refusal:
        return await _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/joining", "joining"))


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    state = request.app.state
    terms = await state.store.read(joining.terms)
    page = JoiningPage(form, terms.switched, mail.on(state.config))
    return render(request, "steward_joining.html", page, status, headers={"Cache-Control": "no-store"})


routes = [
    Route("/steward/joining", show, methods=["GET"]),
    Route("/steward/joining", change, methods=["POST"]),
]
