"""Letting somebody back in who has lost everything: two stewards decide, and give out a half each; what the person
does with both halves, or says no with."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import people, rescue
from hub.errors import N_, HubError, Invalid
from hub.people import Account
from hub.rescue import Rescue
from hub.store import Tx
from web import auth, done, forms, limits, mail
from web.forms import Form
from web.pages.forgotten import LinkPage, NewPassword, check_typed
from web.templates import render, see_other

Word = Annotated[str, Meta(max_length=300)]
_PRIVATE = {"Cache-Control": "no-store"}
WRONG = N_("That code is not right. Have it read out to you again: after five wrong ones it is over.")


class Why(msgspec.Struct, frozen=True):
    why: Annotated[str, Meta(max_length=rescue.LONGEST)]


class Halves(NewPassword, frozen=True):
    code: Word = ""


class RescuePage(msgspec.Struct, frozen=True):
    """Let `account` back in. `stands`: how far it is. `possible`: there are two stewards who could. `mails`: whether
    the hub sends letters. `code`, `link`: the half that whoever asks is to give away; each is shown only this once."""

    form: Form[Any]
    account: Account
    stands: Rescue | None
    me: int
    possible: bool
    mails: bool
    code: str = ""
    link: str = ""


class RescuedPage(msgspec.Struct, frozen=True):
    """Choose a new password with both halves. `key` is the link's secret, `login` whose it is."""

    form: Form[Any]
    key: str
    login: str


@auth.needs("steward")
async def show(request: Request) -> Response:
    return await _page(request, forms.blank())


async def _page(request: Request, form: Form[Any], status: int = 200, *, code: str = "", key: str = "") -> Response:
    who, state, id = auth.require(request, "steward"), request.app.state, request.path_params["id"]
    account, stands, possible = await state.store.read(_stands, id)
    link = f"{state.base}/rescue?key={key}" if key else ""
    page = RescuePage(form, account, stands, who.actor, possible, mail.on(state.config), code, link)
    return render(request, "rescue.html", page, status, headers=_PRIVATE)


def _stands(tx: Tx, id: int) -> tuple[Account, Rescue | None, bool]:
    return people.get(tx, id), rescue.under_way(tx).get(id), rescue.possible(tx, id)


@auth.needs("steward")
@auth.sure
async def ask(request: Request) -> Response:
    who, form = auth.require(request, "steward"), await forms.parse(request, Why)
    if form.value is None:
        return await _page(request, form, 422)
    try:
        unit = (rescue.ask, who.actor, request.path_params["id"], form.value.why)
        code = await request.app.state.store.write(*unit)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return await _page(request, form.refuse(refusal), 422)
    return await _page(request, forms.blank(), code=code)


@auth.needs("steward")
@auth.sure
async def approve(request: Request) -> Response:
    who = auth.require(request, "steward")
    key = await request.app.state.store.write(rescue.approve, who.actor, request.path_params["id"])
    return await _page(request, forms.blank(), key=key)


@auth.needs("steward")
@auth.sure
async def refuse(request: Request) -> Response:
    who = auth.require(request, "steward")
    await request.app.state.store.write(rescue.refuse, who.actor, request.path_params["id"])
    return see_other(request, done.path("/steward/people", "rescue-refused"))


# Whoever it is about


async def choose(request: Request) -> Response:
    return await _choose(request, forms.blank())


async def _choose(request: Request, form: Form[Any], status: int = 200) -> Response:
    account = await request.app.state.store.read(rescue.rescued, _key(request))
    page = RescuedPage(form, _key(request), account.login)
    return render(request, "rescued.html", page, status, headers=_PRIVATE)


async def use(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    form, state = await forms.parse(request, Halves), request.app.state
    account = await state.store.read(rescue.rescued, _key(request))
    if form.value is None:
        return await _choose(request, form, 422)
    try:
        check_typed(form.value, account.login, account.email, *state.hub.name.values())
    except Invalid as wrong:
        return await _choose(request, form.refuse(wrong), 422)
    hashed = await state.passwords.hashed(form.value.password)
    if not await state.store.write(rescue.use, _key(request), form.value.code, hashed):
        return await _choose(request, form.refuse(Invalid(WRONG, field="code")), 422)
    return see_other(request, done.path("/signin", "rescued"))


async def look_at_refusal(request: Request) -> Response:
    account = await request.app.state.store.read(rescue.refusing, _key(request))
    page = LinkPage("refuse", "/rescue/refuse", _key(request), account.login, "")
    return render(request, "letter_link.html", page, headers=_PRIVATE)


async def refuse_own(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    await request.app.state.store.write(rescue.refuse_own, _key(request))
    return see_other(request, done.path("/signin", "rescue-refused"))


def _key(request: Request) -> str:
    return request.query_params.get("key", "")[:200]


routes = [
    Route("/steward/people/{id:int}/rescue", show, methods=["GET"]),
    Route("/steward/people/{id:int}/rescue", ask, methods=["POST"]),
    Route("/steward/people/{id:int}/rescue/approve", approve, methods=["POST"]),
    Route("/steward/people/{id:int}/rescue/refuse", refuse, methods=["POST"]),
    Route("/rescue", choose, methods=["GET"]),
    Route("/rescue", use, methods=["POST"]),
    Route("/rescue/refuse", look_at_refusal, methods=["GET"]),
    Route("/rescue/refuse", refuse_own, methods=["POST"]),
]
