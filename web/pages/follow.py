"""Follow from your own server: we find out where that is done there, and show the way."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import federation
from hub import actors
from hub.actors import Actor
from hub.clock import MINUTE
from hub.errors import N_, HubError, NotFound
from hub.settings import Hub
from hub.store import Tx
from hub.text import Text
from web import forms, limits
from web.forms import Form
from web.templates import render

FOLLOW = limits.Limit("follow", 20, 10 * MINUTE)  # each makes us ask another server
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class FollowPage(msgspec.Struct, frozen=True):
    """The form to follow `name`, whose handle is `acct`. `url` is where it is done on the visitor's own server, empty
    until they said which."""

    form: Form[Any]
    name: Text
    acct: str
    url: str = ""


class Wish(msgspec.Struct, frozen=True):
    """Who wants to follow (`@ann@mastodon.example`) and whom."""

    account: str
    acct: str = ""


async def ask(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    acct = request.query_params.get("acct", "")
    who = await _whom(request, acct[:300] or hub.acct, hub)
    return render(request, "follow.html", FollowPage(forms.blank(), who.name, who.acct), headers=HEADERS)


async def show_way(request: Request) -> Response:
    """A redirect would do, if our pages might send their forms to others. They may not: so the page itself goes on."""
    limits.check(request, FOLLOW)
    state = request.app.state
    form = await forms.parse(request, Wish)
    typed = form.typed("acct")[:300]
    who = await _whom(request, typed or state.hub.acct, state.hub)
    if form.value is None:
        return render(request, "follow.html", FollowPage(form, who.name, who.acct), 422, headers=HEADERS)
    try:
        url = await federation.subscribe_url(state.wire, form.value.account, who.uri)
    except HubError as refusal:
        page = FollowPage(form.refuse(refusal), who.name, who.acct)
        return render(request, "follow.html", page, 422, headers=HEADERS)
    page = FollowPage(form, who.name, who.acct, url)
    return render(request, "follow.html", page, headers=HEADERS | {"Refresh": f"0; url={url}"})


async def _whom(request: Request, acct: str, hub: Hub) -> Actor:
    """A part of the hub that nobody has followed yet can be followed from now on."""
    await federation.wake(request.app.state.store, acct.removeprefix("@").partition("@")[0].lower())
    who: Actor = await request.app.state.store.read(ours, acct, hub)
    return who


def ours(tx: Tx, acct: str, hub: Hub) -> Actor:
    """One of ours who can be followed. Raises `NotFound`."""
    handle, _, domain = acct.removeprefix("@").partition("@")
    found = actors.named(tx, handle, domain or hub.domain)
    if not found.local or found.kind == "instance":
        raise NotFound(N_("There is nobody by that name here."))
    return found


routes = [
    Route("/follow", ask),
    Route("/follow", show_way, methods=["POST"]),
]
