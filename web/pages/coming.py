"""For those who organise: who is coming to an event."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import attendance, events, things
from hub.store import Tx
from web import auth
from web.templates import render


class ComingPage(msgspec.Struct, frozen=True):
    """Everybody who answered an event, the newest first."""

    event: events.Event
    people: list[attendance.Attendance]


@auth.needs("organiser")
async def coming(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_coming, who.actor, request.path_params["id"])
    return render(request, "coming.html", page, headers=_PRIVATE)


def _coming(tx: Tx, who: int, id: int) -> ComingPage:
    things.ours(tx, id, ("event",))
    return ComingPage(events.get(tx, id), attendance.attending(tx, who, id))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/events/{id:int}/people", coming),
]
