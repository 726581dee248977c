"""The moderators' page of what newcomers say: let it through, refuse it, or refuse all of one person's at once."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import held, profiles
from hub.actors import By
from hub.held import Held
from hub.profiles import Unread
from hub.store import Tx
from hub.things import Picture, Thing
from web import auth, done, forms
from web.showing import Photo, photos
from web.templates import render, see_other
from web.timeline import path


class Words(msgspec.Struct, frozen=True):
    reason: Annotated[str, Meta(max_length=held.LONGEST_REASON)] = ""


class Seen(Words, frozen=True):
    """What was on the page when the button was pressed: when it had last been changed."""

    at: Annotated[int, Meta(ge=0)] = 0


class These(msgspec.Struct, frozen=True):
    """Whose, and what of theirs was on the page when the button was pressed: nothing is refused unseen."""

    author: Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
    ids: Annotated[str, Meta(max_length=2000)] = ""


class Waits(msgspec.Struct, frozen=True):
    """One post that waits. `under`: what it answers, and where that is read."""

    held: Held
    photos: list[Photo]
    under: Thing | None
    path: str


class Writer(msgspec.Struct, frozen=True):
    """Somebody of whom more than one waits; `ids` is all of it."""

    by: By
    ids: str
    many: int


class Profile(msgspec.Struct, frozen=True):
    """What a newcomer says of themselves."""

    it: Unread
    photos: list[Photo]


class HeldPage(msgspec.Struct, frozen=True):
    """What waits, the longest first, and who wrote more than one of it; and what newcomers say of themselves."""

    waiting: list[Waits]
    writers: list[Writer]
    profiles: list[Profile]


@auth.needs("moderator")
async def show(request: Request) -> Response:
    who = auth.require(request, "moderator")
    page = await request.app.state.store.read(_page, who.actor)
    return render(request, "held.html", page, headers={"Cache-Control": "no-store"})


def _page(tx: Tx, who: int) -> HeldPage:
    waiting = [_waits(tx, it) for it in held.listed(tx, who)]
    by = {it.held.thing.by.id: it.held.thing.by for it in waiting}
    theirs = {id: [str(it.held.thing.id) for it in waiting if it.held.thing.by.id == id] for id in by}
    writers = [Writer(by[id], " ".join(ids), len(ids)) for id, ids in theirs.items() if len(ids) > 1]
    return HeldPage(waiting, writers, [_profile(tx, it) for it in profiles.unread(tx, who)])


def _profile(tx: Tx, it: Unread) -> Profile:
    new = [one for one in (it.said.picture, it.said.header) if one not in (None, it.shown.picture, it.shown.header)]
    return Profile(it, photos(tx, [Picture(media=one) for one in new]))


def _waits(tx: Tx, it: Held) -> Waits:
    under = it.under if it.under is not None and not it.under.hidden else None
    return Waits(it, photos(tx, it.thing.pictures), under, path(under) if under else "")


@auth.needs("moderator")
async def let_through(request: Request) -> Response:
    who, form = auth.require(request, "moderator"), await forms.parse(request, Seen)
    at = form.value.at if form.value else 0
    await request.app.state.store.write(held.let_through, who.actor, request.path_params["id"], at)
    return see_other(request, done.path("/steward/held", "let-through"))


@auth.needs("moderator")
async def refuse(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, Words)
    reason = form.value.reason if form.value else form.typed("reason")[: held.LONGEST_REASON]
    await request.app.state.store.write(held.refuse, who.actor, request.path_params["id"], reason)
    return see_other(request, done.path("/steward/held", "held-back"))


@auth.needs("moderator")
async def refuse_all(request: Request) -> Response:
    who = auth.require(request, "moderator")
    form = await forms.parse(request, These)
    if form.value is None:
        return see_other(request, "/steward/held")
    ids = [int(id) for id in form.value.ids.split() if id.isascii() and id.isdecimal() and len(id) < 19]
    await request.app.state.store.write(held.refuse_all, who.actor, int(form.value.author), ids)
    return see_other(request, done.path("/steward/held", "all-held-back"))


@auth.needs("moderator")
async def let_profile_through(request: Request) -> Response:
    return await _decide(request, profiles.let_through, "profile-let-through")


@auth.needs("moderator")
async def refuse_profile(request: Request) -> Response:
    return await _decide(request, profiles.refuse, "held-back")


async def _decide(request: Request, verb: Callable[..., None], said: str) -> Response:
    who, form = auth.require(request, "moderator"), await forms.parse(request, Seen)
    seen = form.value or Seen()
    more = {"reason": seen.reason} if seen.reason else {}
    await request.app.state.store.write(verb, who.actor, request.path_params["id"], seen.at, **more)
    return see_other(request, done.path("/steward/held", said))


routes = [
    Route("/steward/held", show, methods=["GET"]),
    Route("/steward/held/profile/{id:int}/publish", let_profile_through, methods=["POST"]),
    Route("/steward/held/profile/{id:int}/refuse", refuse_profile, methods=["POST"]),
    Route("/steward/held/refuse", refuse_all, methods=["POST"]),
    Route("/steward/held/{id:int}/publish", let_through, methods=["POST"]),
    Route("/steward/held/{id:int}/refuse", refuse, methods=["POST"]),
]
