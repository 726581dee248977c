"""Looking things over: the last replies from anywhere, to be hidden or shown; and all asks with their answers."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, held, helping, posts, things
from hub.errors import NotFound
from hub.held import Before
from hub.store import Tx
from hub.things import PATHS, Thing
from web import auth, done
from web.templates import render, see_other


class Reply(msgspec.Struct, frozen=True):
    """A reply, and what it was said under (None when that is gone). `before`: what it said, if it was changed."""

    reply: Thing
    under: Thing | None
    path: str
    before: list[Before]


class RepliesPage(msgspec.Struct, frozen=True):
    """The last replies, hidden ones too, newest first."""

    replies: list[Reply]


class AsksPage(msgspec.Struct, frozen=True):
    """What is open, the most urgent first, each with how many answers no coordinator has looked at; and what worked.
    `helped`: how many times somebody has helped since the hub opened, `hours` for how long all together."""

    open: list[tuple[asks.Ask, int]]
    closed: list[asks.Ask]
    helped: int
    hours: float


@auth.needs("moderator")
async def replies(request: Request) -> Response:
    who = auth.require(request, "moderator")
    page = await request.app.state.store.read(_replies, who.actor)
    return render(request, "replies.html", page, headers=_PRIVATE)


def _replies(tx: Tx, who: int) -> RepliesPage:
    return RepliesPage([_reply(tx, it) for it in posts.latest_replies(tx, who)])


def _reply(tx: Tx, it: Thing) -> Reply:
    try:
        under = things.get(tx, it.root) if it.root else None
    except NotFound:  # it was taken down, and the reply stays
        under = None
    return Reply(it, under, f"/{PATHS.get(under.kind, 'posts')}/{under.id}" if under else "", held.before(tx, it.id))


@auth.needs("moderator")
async def hide(request: Request) -> Response:
    who = auth.require(request, "moderator")
    await request.app.state.store.write(posts.hide, who.actor, request.path_params["id"])
    return _back(request, "hidden")


@auth.needs("moderator")
async def show(request: Request) -> Response:
    who = auth.require(request, "moderator")
    await request.app.state.store.write(posts.show, who.actor, request.path_params["id"])
    return _back(request, "shown")


def _back(request: Request, said: str) -> Response:
    """To the page that the button was on, if it was one of ours."""
    to = auth.back(request.query_params.get("back", ""), "/steward/replies")
    return see_other(request, done.path(to, said))


@auth.needs("organiser")
async def all_asks(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_asks, who.actor)
    return render(request, "steward_asks.html", page, headers=_PRIVATE)


def _asks(tx: Tx, who: int) -> AsksPage:
    many = {ask.id: n for ask, n in helping.waiting(tx, who)}
    waiting = [(ask, many.get(ask.id, 0)) for ask in asks.open_(tx)]
    return AsksPage(waiting, asks.closed(tx), *helping.so_far(tx))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/steward/replies", replies),
    Route("/steward/asks", all_asks),
    Route("/posts/{id:int}/hide", hide, methods=["POST"]),
    Route("/posts/{id:int}/show", show, methods=["POST"]),
]
