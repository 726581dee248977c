"""People: the small page of somebody who has an account here. Parts of the hub have handles like people's."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, people, slices
from hub.actors import Actor
from hub.errors import N_, NotFound
from hub.settings import Hub
from hub.store import Tx
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.pages.slices import answer
from web.shell import Alternate
from web.templates import render


class PersonPage(msgspec.Struct, frozen=True):
    """A neighbour, as far as they want to be seen: what they go by, and their handle."""

    actor: Actor


@shared
async def show(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    part = await request.app.state.store.read(slices.find, request.path_params["login"])
    if part is not None:
        return await answer(request, part)
    who: Actor = await request.app.state.store.read(named, request.path_params["login"], hub)
    if wants_activity(request):
        return to_activity(who.uri)
    headers = None if who.discoverable else {"X-Robots-Tag": "noindex"}
    return render(request, "person.html", PersonPage(who), alternates=[Alternate(who.uri, ACTIVITY)], headers=headers)


def named(tx: Tx, login: str, hub: Hub) -> Actor:
    """The person who signs in by this name. Raises `NotFound`, also when the account is closed."""
    found = actors.named(tx, login, hub.domain)
    if not found.local or found.kind != "person" or people.get(tx, found.id).closed is not None:
        raise NotFound(N_("There is nobody by that name here."))
    return found


routes = [Route("/@{login}", show)]
