"""What a resident reads: whom they follow, what goes on here and next door, a topic, what they keep and like."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import homes, timelines
from hub.people import Account
from hub.settings import Hub
from hub.store import Tx
from web import auth, forms
from web.cache import shared
from web.forms import Form
from web.templates import render
from web.timeline import MOST, Card, Cards, Entry, cards, entries, older

LAST = 2**63 - 1
AROUND = ("here", "near")


class ReadingPage(msgspec.Struct, frozen=True):
    """A list of cards. `which` is home, here, near, tag, kept or liked; `tag` the word; `form` is where one writes."""

    which: str
    cards: list[Card]
    older: str
    newest: int
    form: Form[Any]
    tag: str = ""


@auth.needs("resident")
async def home(request: Request) -> Response:
    """What those say and share whom one follows."""
    return await _list(request, "home", _home)


@auth.needs("resident")
async def here(request: Request) -> Response:
    """What everybody here says in public."""
    return await _list(request, "here", _around(local=True))


@auth.needs("resident")
async def near(request: Request) -> Response:
    """What comes in from other hubs and servers."""
    return await _list(request, "near", _around(local=False))


@auth.needs("resident")
async def bookmarks(request: Request) -> Response:
    return await _list(request, "kept", lambda tx, me, before: entries(timelines.kept(tx, me, older(before))))


@auth.needs("resident")
async def favourites(request: Request) -> Response:
    return await _list(request, "liked", lambda tx, me, before: entries(timelines.liked(tx, me, older(before))))


@shared
async def topic(request: Request) -> Response:
    """What is said about something, for everybody."""
    word = request.path_params["tag"][:100]

    def find(tx: Tx, me: int, before: int) -> list[Entry]:
        return entries(timelines.tagged(tx, me, older(before), word))

    return await _list(request, "tag", find, tag=word)


@auth.needs("resident")
async def news(request: Request) -> Response:
    """How much has come in since the page was made: what the page's script asks every now and then."""
    who = auth.require(request, "resident")
    since = _number(request, "since") or 0
    many = await request.app.state.store.read(_since, who.actor, since)
    return JSONResponse({"new": many}, headers=_PRIVATE)


Find = Callable[[Tx, int, int], list[Entry]]


async def _list(request: Request, which: str, find: Find, tag: str = "") -> Response:
    state, who = request.app.state, auth.account(request)
    before = _number(request, "before") or LAST
    found: Cards = await state.store.read(_gather, state.hub, who.actor if who else 0, find, before)
    older = f"{request.url.path}?before={found.older}" if found.older else ""
    page = ReadingPage(which, found.cards, older, found.newest, forms.blank(), tag)
    headers = {"X-Robots-Tag": "noindex"} if which == "tag" else _PRIVATE
    return render(request, "reading.html", page, headers=headers)


def _gather(tx: Tx, hub: Hub, me: int, find: Find, before: int) -> Cards:
    return cards(tx, hub, me, find(tx, me, before))


def _home(tx: Tx, me: int, before: int) -> list[Entry]:
    rows = homes.page(tx, me, before=before, limit=MOST + 1)
    return [Entry(row["id"], row["thing"], row["shared_by"]) for row in rows]


def _around(*, local: bool) -> Find:
    return lambda tx, me, before: entries(timelines.public(tx, me, older(before), local=local))


def _since(tx: Tx, me: int, since: int) -> int:
    return len(homes.page(tx, me, since=since, limit=40)) if since else 0


def _number(request: Request, name: str) -> int | None:
    typed = request.query_params.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def me(who: Account | None) -> int:
    return who.actor if who else 0


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/home", home),
    Route("/home/news", news),
    Route("/around/here", here),
    Route("/around/near", near),
    Route("/bookmarks", bookmarks),
    Route("/favourites", favourites),
    Route("/tags/{tag}", topic),
]
