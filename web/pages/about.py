"""About us: who answers for the hub, its rules and its patch, what happens to what people tell it."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import actors
from hub.actors import Actor
from hub.settings import Hub
from hub.store import Tx
from hub.text import Text
from hub.things import rendered
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.shell import Alternate, with_lang
from web.templates import render

SECTIONS = ("rules", "privacy", "accessibility")  # each has a short address of its own


class AboutPage(msgspec.Struct, frozen=True):
    """The hub and who is behind it. `welcome` and `rules` are clean HTML; `hubs` are those that we follow."""

    hub: Hub
    welcome: Text
    rules: Text
    followers: int
    hubs: list[Actor]


@shared
async def about(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    if wants_activity(request):
        return to_activity(f"{hub.base}/actor")
    page = await request.app.state.store.read(gather, hub)
    return render(request, "about.html", page, alternates=[Alternate(f"{hub.base}/actor", ACTIVITY)])


def gather(tx: Tx, hub: Hub) -> AboutPage:
    following = [actor for actor, state, _ in actors.following(tx, hub.actor) if state == "accepted"]
    return AboutPage(
        hub=hub, welcome=rendered(hub.welcome), rules=rendered(hub.rules), followers=actors.counts(tx, hub.actor)[0],
        hubs=[it for it in following if it.kind == "hub"][:30],
    )  # fmt: skip


async def section(request: Request) -> Response:
    """Rules, privacy and accessibility are parts of the page."""
    name = request.url.path.strip("/")
    return RedirectResponse(with_lang(f"/about#{name}", request.query_params.get("lang")), 303)


routes = [Route("/about", about), *(Route(f"/{name}", section) for name in SECTIONS)]
