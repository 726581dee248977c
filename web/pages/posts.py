"""Words: a note by the hub, an update of a project, or what somebody answered, each on a page of its own."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import viewing
from hub.errors import NotFound
from hub.people import Account, may
from hub.settings import Hub
from hub.store import Tx
from hub.text import Text
from hub.things import Thing
from web import auth, forms
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.forms import Form
from web.pages.talk import reply_form
from web.shell import Alternate, with_lang
from web.showing import Origin, Photo, Talk, asked, photos, place, replies, source
from web.templates import render
from web.timeline import FOLDERS, Card, Entry, cards, one
from web.timeline import path as path


class PostPage(msgspec.Struct, frozen=True):
    """Something that was said. `place` is where; `root` what it is about, when it answers something, or its project.
    `origin` is there for what others said. `open`: whether it can be answered here."""

    post: Thing
    place: Text
    photos: list[Photo]
    root: Thing | None
    replies: Talk
    origin: Origin | None
    organiser: bool
    open: bool
    words: Form[Any]
    card: Card | None


class StatusPage(msgspec.Struct, frozen=True):
    """What somebody says in their own name, with what it answers (`above`) and what answers it (`below`)."""

    card: Card
    above: list[Card]
    below: list[Card]


@shared
async def show(request: Request) -> Response:
    reader = auth.account(request)
    post: Thing = await request.app.state.store.read(_visible, request.path_params["id"], reader)
    if wants_activity(request):
        return to_activity(post.uri)
    if post.kind in FOLDERS:  # companions of events are read where the event is
        wanted = request.query_params.get("lang")
        return RedirectResponse(with_lang(path(post), wanted), 303)
    if post.personal:
        return await _status(request, post, reader)
    return await _page(request)


async def _status(request: Request, post: Thing, reader: Account | None) -> Response:
    me = reader.actor if reader else 0
    page: StatusPage = await request.app.state.store.read(_conversation, request.app.state.hub, post, me)
    headers = {"X-Robots-Tag": "noindex"} | ({} if page.card.open else {"Cache-Control": "no-store"})
    return render(request, "status.html", page, headers=headers, alternates=[Alternate(post.uri, ACTIVITY)])


def _conversation(tx: Tx, hub: Hub, post: Thing, me: int) -> StatusPage:
    """What came before it in a line, and all that follows from it."""
    said = {it.uri: it for it in viewing.thread(tx, me, post)}
    above: list[Thing] = []
    while (parent := said.get((above[0] if above else post).reply_to or "")) is not None and parent not in above:
        above.insert(0, parent)
    below, uris = [], {post.uri}
    for it in said.values():
        if it.reply_to in uris:
            uris.add(it.uri)
            below.append(it)
    return StatusPage(one(tx, hub, me, post), _cards(tx, hub, me, above), _cards(tx, hub, me, below))


def _cards(tx: Tx, hub: Hub, me: int, found: list[Thing]) -> list[Card]:
    return cards(tx, hub, me, [Entry(it.id, it.id) for it in found], most=len(found)).cards


def _visible(tx: Tx, id: int, reader: Account | None) -> Thing:
    return viewing.get(tx, reader.actor if reader else 0, id)


async def _page(request: Request, words: Form[Any] | None = None, status: int = 200) -> Response:
    state, id = request.app.state, request.path_params["id"]
    page: PostPage = await state.store.read(gather, id, state.hub, auth.account(request), asked(request))
    page = msgspec.structs.replace(page, words=words or forms.blank())
    return render(request, "post.html", page, status, alternates=[Alternate(page.post.uri, ACTIVITY)])


def gather(tx: Tx, id: int, hub: Hub, who: Account | None, talk: int = 0) -> PostPage:
    post = _visible(tx, id, who)
    return PostPage(
        post=post, place=place(post.by, hub), photos=photos(tx, post.pictures), root=_root(tx, post),
        replies=replies(tx, post, hub, talk, who), origin=source(tx, post),
        organiser=post.local and may(who, "organiser"),
        open=post.kind != "reply", words=forms.blank(), card=one(tx, hub, who.actor, post) if who else None,
    )  # fmt: skip


def _root(tx: Tx, post: Thing) -> Thing | None:
    above = post.root or post.project
    try:
        return viewing.get(tx, 0, above) if above else None
    except NotFound:  # what it was about has been taken down
        return None


routes = [
    Route("/posts/{id:int}", show),
    reply_form("posts", _page),
]
