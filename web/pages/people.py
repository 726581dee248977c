"""People: the page of somebody, here or elsewhere, and what they say. Parts of the hub have handles like people's."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import actors, media, people, relations, slices, things, timelines
from hub.actors import Actor
from hub.errors import N_, NotFound
from hub.relations import Relation
from hub.settings import Hub
from hub.store import Tx
from web import auth
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.pages.residents import LAST
from web.pages.slices import answer
from web.shell import Alternate
from web.showing import Photo, photos, web_address
from web.templates import render
from web.timeline import Card, cards, entries, older

MOST_PEOPLE = 40


class PersonPage(msgspec.Struct, frozen=True):
    """Somebody, as far as they want to be seen. `face` is their picture, `header` the wide one; `away` their own page.

    `stands` is how the reader stands to them (None for a guest and on one's own page, which is `mine`); `pinned` comes
    first; `older` leads on. `counts` are followers and followed, None when they hide them.
    """

    actor: Actor
    face: Photo | None
    header: Photo | None
    away: str
    stands: Relation | None
    mine: bool
    counts: tuple[int, int] | None
    pinned: list[Card]
    cards: list[Card]
    older: str
    talk: bool


class WhoPage(msgspec.Struct, frozen=True):
    """Who follows somebody (`which` is followers), or whom they follow (following)."""

    actor: Actor
    which: str
    people: list[Actor]


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
    page = await _gathered(request, who)
    return render(request, "person.html", page, alternates=[Alternate(who.uri, ACTIVITY)], headers=headers)


@auth.needs("resident")
async def elsewhere(request: Request) -> Response:
    """Somebody on another server, or the hub and its projects, as a resident here reads them."""
    who: Actor = await request.app.state.store.read(_known, request.path_params["id"])
    if who.local and who.kind == "person":
        return RedirectResponse(who.url, 303)
    return render(request, "person.html", await _gathered(request, who), headers={"Cache-Control": "no-store"})


@auth.needs("resident")
async def followers(request: Request) -> Response:
    return await _who(request, "followers")


@auth.needs("resident")
async def following(request: Request) -> Response:
    return await _who(request, "following")


async def _who(request: Request, which: str) -> Response:
    me = auth.require(request, "resident").actor
    page: WhoPage = await request.app.state.store.read(_people, request.path_params["id"], which, me)
    return render(request, "people.html", page, headers={"Cache-Control": "no-store"})


def _people(tx: Tx, id: int, which: str, me: int) -> WhoPage:
    who = _known(tx, id)
    # Who follows the hub or a project is for its moderators to know.
    if (who.hides or who.kind != "person") and id != me:
        raise NotFound(N_("They keep to themselves whom they follow and who follows them."))
    if which == "followers":
        found = actors.followers(tx, id, limit=MOST_PEOPLE)
    else:
        found = [one for one, state, _ in actors.following(tx, id, limit=MOST_PEOPLE) if state == "accepted"]
    return WhoPage(who, which, found)


async def _gathered(request: Request, who: Actor) -> PersonPage:
    state, reader = request.app.state, auth.account(request)
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else LAST
    talk = "talk" in request.query_params
    page: PersonPage = await state.store.read(gather, state.hub, who, reader.actor if reader else 0, before, talk)
    older = f"{request.url.path}?{'talk=1&' if talk else ''}before={page.older}" if page.older else ""
    return msgspec.structs.replace(page, older=older)


def gather(tx: Tx, hub: Hub, who: Actor, me: int, before: int, talk: bool) -> PersonPage:
    found = cards(tx, hub, me, entries(timelines.of(tx, me, who.id, older(before), replies=talk)))
    return PersonPage(
        actor=who, face=picture(tx, who.picture), header=picture(tx, who.header),
        away=_away(who), talk=talk, mine=who.id == me,
        stands=relations.between(tx, me, who.id) if me and me != who.id else None,
        counts=None if who.hides and who.id != me else actors.counts(tx, who.id),
        pinned=_pinned(tx, hub, who.id, me) if before == LAST and not talk else [], cards=found.cards,
        older=str(found.older) if found.older else "",
    )  # fmt: skip


def _away(who: Actor) -> str:
    """Their own page: elsewhere, or of the hub and its projects here."""
    return web_address(who.url) if not who.local or who.kind != "person" else ""


def picture(tx: Tx, id: int | None) -> Photo | None:
    """A picture of one of ours; those of others are not loaded by our pages."""
    if id is None:
        return None
    try:
        kept = media.get(tx, id)
    except NotFound:
        return None
    return photos(tx, [things.Picture(media=kept.id, alt=kept.alt)])[0]


def _pinned(tx: Tx, hub: Hub, who: int, me: int) -> list[Card]:
    return cards(tx, hub, me, entries(timelines.pinned(tx, who))).cards


def named(tx: Tx, login: str, hub: Hub) -> Actor:
    """The person who signs in by this name. Raises `NotFound`, also when the account is closed."""
    found = actors.named(tx, login, hub.domain)
    if not found.local or found.kind != "person" or people.get(tx, found.id).closed is not None:
        raise NotFound(N_("There is nobody by that name here."))
    return found


def _known(tx: Tx, id: int) -> Actor:
    found = actors.get(tx, id)
    if found.removed is not None or found.kind == "instance":
        raise NotFound(N_("There is nobody by that name here."))
    return found


routes = [
    Route("/@{login}", show),
    Route("/people/{id:int}", elsewhere),
    Route("/people/{id:int}/followers", followers),
    Route("/people/{id:int}/following", following),
]
