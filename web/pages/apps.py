"""The apps that somebody has let in, and how to let them in no more."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import apps
from hub.apps import Grant
from hub.clock import DAY, now
from web import auth, done, forms
from web.mastodon.words import Means, meant
from web.templates import render, see_other

NEAR = 60 * DAY  # before an app ends that nobody uses, from when on the page says so


class Let(msgspec.Struct, frozen=True):
    """An app that is let in, and what that means. `idle`: nobody has used it for so long that its end is near."""

    app: Grant
    means: Means
    idle: bool


class AppsPage(msgspec.Struct, frozen=True):
    """Everything that acts for whoever looks at the page."""

    apps: list[Let]


@auth.needs("resident")
async def mine(request: Request) -> Response:
    who = auth.require(request, "resident")
    found = await request.app.state.store.read(apps.granted, who.actor)
    page = AppsPage([Let(it, meant(it.scopes), now() > it.ends - NEAR) for it in found])
    return render(request, "apps.html", page, headers={"Cache-Control": "no-store"})


@auth.needs("resident")
async def out(request: Request) -> Response:
    who, store = auth.require(request, "resident"), request.app.state.store
    typed, _ = await forms.read(request, forms.WORDS)
    one = typed.get("app", [""])[0]
    if one.isascii() and one.isdecimal() and len(one) < 19:
        await store.write(apps.end, who.actor, int(one))
    elif "all" in typed:
        await store.write(apps.end_all, who.actor)
    return see_other(request, done.path("/account/apps", "app-out"))


routes = [
    Route("/account/apps", mine, methods=["GET"]),
    Route("/account/apps", out, methods=["POST"]),
]
