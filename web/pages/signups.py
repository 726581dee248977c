"""The moderators' page of who wants to join: let in, refuse, refuse a flood at once."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import joining, signups
from hub.joining import Terms
from hub.signups import Signup
from hub.store import Tx
from web import auth, done, forms, mail
from web.templates import render, see_other


class Words(msgspec.Struct, frozen=True):
    words: Annotated[str, Meta(max_length=signups.LONGEST_WORDS)] = ""


class These(msgspec.Struct, frozen=True):
    """Those who were on the page when the button was pressed: whoever came since is not refused unseen."""

    ids: Annotated[str, Meta(max_length=30_000)] = ""


class SignupsPage(msgspec.Struct, frozen=True):
    """Who waits, the longest first, and how people join. `ids` is all of them, for refusing them at once."""

    waiting: list[Signup]
    terms: Terms
    ids: str
    mails: bool


@auth.needs("moderator")
async def show(request: Request) -> Response:
    who, state = auth.require(request, "moderator"), request.app.state
    waiting, terms = await state.store.read(_waiting, who.actor)
    page = SignupsPage(waiting, terms, " ".join(str(it.id) for it in waiting), mail.on(state.config))
    return render(request, "signups.html", page, headers={"Cache-Control": "no-store"})


def _waiting(tx: Tx, who: int) -> tuple[list[Signup], Terms]:
    return signups.pending(tx, who), joining.terms(tx)


@auth.needs("moderator")
async def approve(request: Request) -> Response:
    who = auth.require(request, "moderator")
    await request.app.state.store.write(signups.approve, who.actor, request.path_params["id"])
    return see_other(request, done.path("/steward/signups", "approved"))


@auth.needs("moderator")
async def refuse(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Words)
    words = form.value.words if form.value else form.typed("words")[: signups.LONGEST_WORDS]
    await request.app.state.store.write(signups.refuse, who.actor, request.path_params["id"], words)
    return see_other(request, done.path("/steward/signups", "refused"))


@auth.needs("moderator")
async def refuse_all(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, These)
    ids = [int(id) for id in (form.value.ids if form.value else "").split() if id.isascii() and id.isdecimal()]
    await request.app.state.store.write(signups.refuse_all, who.actor, ids)
    return see_other(request, done.path("/steward/signups", "all-refused"))


routes = [
    Route("/steward/signups", show, methods=["GET"]),
    Route("/steward/signups/refuse", refuse_all, methods=["POST"]),
    Route("/steward/signups/{id:int}/approve", approve, methods=["POST"]),
    Route("/steward/signups/{id:int}/refuse", refuse, methods=["POST"]),
]
