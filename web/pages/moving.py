"""Moving house: from an account elsewhere to here, or from here to one elsewhere, with those who follow."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import claim_account, move_account
from hub import actors, moving
from hub.actors import Actor
from hub.errors import HubError, NotFound
from hub.store import Tx
from web import auth, done, forms, limits
from web.forms import Form
from web.pages.find import LOOK
from web.templates import render, see_other

Words = Annotated[str, Meta(max_length=2000)]


class Claim(msgspec.Struct, frozen=True):
    """`account` is @name@server, or the address of one that is named already and is to be so no longer."""

    account: Words = ""
    deed: Words = "claim"


class Go(msgspec.Struct, frozen=True):
    there: Words = ""


class MovePage(msgspec.Struct, frozen=True):
    """`also` are accounts elsewhere that are named as one's own: address and handle. `moved`: where one lives now."""

    form: Form[Any]
    acct: str
    also: list[tuple[str, str]]
    moved: Actor | None


@auth.needs("resident")
@auth.sure
async def show(request: Request) -> Response:
    return await _page(request, forms.blank())


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    page: MovePage = await request.app.state.store.read(_gather, who.actor)
    page = msgspec.structs.replace(page, form=form)
    return render(request, "move.html", page, status, headers={"Cache-Control": "no-store"})


def _gather(tx: Tx, me: int) -> MovePage:
    it = actors.get(tx, me)
    also = [(uri, _acct(tx, uri)) for uri in it.also]
    return MovePage(forms.blank(), it.acct, also, actors.get(tx, it.moved) if it.moved else None)


def _acct(tx: Tx, uri: str) -> str:
    known = actors.known(tx, uri)
    return known.acct if known else uri


@auth.needs("resident")
@auth.sure
async def claim(request: Request) -> Response:
    """Say that an account elsewhere is one's own, before it is moved here; or that it is not."""
    who, state = auth.require(request, "resident"), request.app.state
    form = await forms.parse(request, Claim)
    if form.value is None:
        return await _page(request, form, 422)
    limits.check(request, LOOK, f"account {who.actor}")
    try:
        if form.value.deed == "disclaim":
            await state.store.write(moving.disclaim, who.actor, form.value.account)
        else:
            await claim_account(state.wire, who.actor, form.value.account)
    except HubError as refusal:
        return await _page(request, form.refuse(_at(refusal, "account")), 422)
    return see_other(request, done.path("/account/move", "saved"))


@auth.needs("resident")
@auth.sure
async def go(request: Request) -> Response:
    """Live elsewhere from now on."""
    who, state = auth.require(request, "resident"), request.app.state
    form = await forms.parse(request, Go)
    if form.value is None:
        return await _page(request, form, 422)
    limits.check(request, LOOK, f"account {who.actor}")
    try:
        await move_account(state.wire, who.actor, form.value.there)
    except HubError as refusal:
        return await _page(request, form.refuse(_at(refusal, "there")), 422)
    return see_other(request, done.path("/account/move", "moved"))


@auth.needs("resident")
@auth.sure
async def come_back(request: Request) -> Response:
    who = auth.require(request, "resident")
    await request.app.state.store.write(moving.come_back, who.actor)
    return see_other(request, done.path("/account/move", "moved-back"))


def _at(refusal: HubError, field: str) -> HubError:
    """Beside our own field: whoever could not be found was typed there."""
    refusal.field = field if refusal.field or isinstance(refusal, NotFound) else None
    return refusal


routes = [
    Route("/account/move", show, methods=["GET"]),
    Route("/account/move/claim", claim, methods=["POST"]),
    Route("/account/move", go, methods=["POST"]),
    Route("/account/move/back", come_back, methods=["POST"]),
]
