"""Words: a note by the hub, an update of a project, or what somebody answered, each on a page of its own."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import things
from hub.errors import N_, NotFound
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

FOLDERS = {"event": "events", "companion": "events", "ask": "asks", "offer": "asks", "project": "projects"}


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


@shared
async def show(request: Request) -> Response:
    post: Thing = await request.app.state.store.read(_visible, request.path_params["id"])
    if wants_activity(request):
        return to_activity(post.uri)
    if post.kind in FOLDERS:  # companions of events are read where the event is
        wanted = request.query_params.get("lang")
        return RedirectResponse(with_lang(path(post), wanted), 303)
    return await _page(request)


def path(thing: Thing) -> str:
    """Where a thing is read here."""
    if thing.kind == "companion":
        return f"/events/{thing.root}"
    return f"/{FOLDERS.get(thing.kind, 'posts')}/{thing.id}"


def _visible(tx: Tx, id: int) -> Thing:
    found = things.get(tx, id)
    if found.hidden:
        raise NotFound(N_("There is nothing at this address. It may have been taken down."))
    return found


async def _page(request: Request, words: Form[Any] | None = None, status: int = 200) -> Response:
    state, id = request.app.state, request.path_params["id"]
    page: PostPage = await state.store.read(gather, id, state.hub, auth.account(request), asked(request))
    page = msgspec.structs.replace(page, words=words or forms.blank())
    return render(request, "post.html", page, status, alternates=[Alternate(page.post.uri, ACTIVITY)])


def gather(tx: Tx, id: int, hub: Hub, who: Account | None, talk: int = 0) -> PostPage:
    post = _visible(tx, id)
    return PostPage(
        post=post, place=place(post.by, hub), photos=photos(tx, post.pictures), root=_root(tx, post),
        replies=replies(tx, post, hub, talk), origin=source(tx, post), organiser=post.local and may(who, "organiser"),
        open=post.kind != "reply", words=forms.blank(),
    )  # fmt: skip


def _root(tx: Tx, post: Thing) -> Thing | None:
    above = post.root or post.project
    try:
        found = things.get(tx, above or 0)
    except NotFound:  # it is about nothing, or what it was about has been taken down
        return None
    return None if found.hidden else found


routes = [
    Route("/posts/{id:int}", show),
    reply_form("posts", _page),
]
