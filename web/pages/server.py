"""The steward's page about one other server: how it is, what waits for it, and what can be done about it."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import jobs, peers, people
from hub.store import Tx
from web import auth, desk, done
from web.templates import render, see_other

_Verb = Callable[[Tx, str], int]


class ServerPage(msgspec.Struct, frozen=True):
    """One other server, as far as deliveries go."""

    it: desk.One


@auth.needs("steward")
async def show(request: Request) -> Response:
    it = await request.app.state.store.read(desk.one, request.path_params["host"])
    return render(request, "server.html", ServerPage(it), headers={"Cache-Control": "no-store"})


@auth.needs("steward")
async def try_now(request: Request) -> Response:
    """Try what waits at once."""
    return await _do(request, peers.try_now)


@auth.needs("steward")
async def send_again(request: Request) -> Response:
    """Send all that was given up for this server again."""
    return await _do(request, jobs.send_all_again)


async def _do(request: Request, verb: _Verb) -> Response:
    who, host = auth.require(request, "steward"), request.path_params["host"]
    many = await request.app.state.store.write(_allowed, who.actor, verb, host)
    return see_other(request, done.path(f"/steward/deliveries/{host}", "again" if many else "not-again"))


def _allowed(tx: Tx, who: int, verb: _Verb, host: str) -> int:
    people.require(tx, who, "steward")
    return verb(tx, host)


routes = [
    Route("/steward/deliveries/{host}", show, methods=["GET"]),
    Route("/steward/deliveries/{host}/now", try_now, methods=["POST"]),
    Route("/steward/deliveries/{host}/again", send_again, methods=["POST"]),
]
