"""The moderators' page about servers that the hub keeps at a distance."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import blocks
from hub.blocks import Rule
from hub.errors import HubError
from web import auth, done, forms
from web.forms import Form
from web.templates import render, see_other


class Ruling(msgspec.Struct, frozen=True):
    """The form: which server, how far, and why (moderators read it)."""

    domain: Annotated[str, Meta(max_length=300)]
    level: str = "limited"
    reason: str = ""


class Lifted(msgspec.Struct, frozen=True):
    domain: Annotated[str, Meta(max_length=300)]


class KeptOutPage(msgspec.Struct, frozen=True):
    form: Form[Any]
    rules: list[Rule]


@auth.needs("moderator")
async def rules(request: Request) -> Response:
    return await _rules(request, forms.blank(domain=request.query_params.get("domain", "")[:300], level="limited"))


async def _rules(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "moderator")
    found = await request.app.state.store.read(blocks.rules, who.actor)
    return render(request, "kept_out.html", KeptOutPage(form, found), status, headers=_PRIVATE)


@auth.needs("moderator")
async def rule(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Ruling)
    if form.value is None:
        return await _rules(request, form, 422)
    it = form.value
    try:
        await request.app.state.store.write(blocks.rule, who.actor, it.domain, it.level, it.reason)
    except HubError as refusal:
        return await _rules(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/kept-out", "kept-out"))


@auth.needs("moderator")
async def lift(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Lifted)
    if form.value is not None:
        await request.app.state.store.write(blocks.lift, who.actor, form.value.domain)
    return see_other(request, done.path("/steward/kept-out", "open-again"))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/steward/kept-out", rules, methods=["GET"]),
    Route("/steward/kept-out", rule, methods=["POST"]),
    Route("/steward/kept-out/lift", lift, methods=["POST"]),
]
