"""Hubs near us, for everybody; who knows us and whom we know, for stewards."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import directory, introductions, settings
from hub.directory import Entry
from hub.errors import HubError
from hub.settings import Hub
from hub.store import Tx
from web import auth, done, forms
from web.cache import shared
from web.forms import Form
from web.neighbours import Map, Neighbour, draw, look_around
from web.templates import render, see_other

SHOWN = 60  # hubs on the residents' page: who looks further away knows where
WAITING = 100  # of each sort on the stewards'
_PRIVATE = {"Cache-Control": "no-store"}


class NearPage(msgspec.Struct, frozen=True):
    """The hubs that residents see: `near` are those on the map, with its numbers; `more` how many there are besides.

    `placed`: whether this hub says where it is. `map` is None when there is nothing to draw.
    """

    placed: bool
    map: Map | None
    near: list[Neighbour]
    further: list[Neighbour]
    nowhere: list[Neighbour]
    more: int


class Decision(msgspec.Struct, frozen=True):
    """What a steward says of a hub: `show` or `refuse`."""

    host: Annotated[str, Meta(max_length=260)]
    act: Annotated[str, Meta(max_length=20)]


class Rule(msgspec.Struct, frozen=True):
    """How near a hub is followed by itself, 0 or nothing for never."""

    km: float | None = None


class KnownPage(msgspec.Struct, frozen=True):
    """The directory, as a steward sees it. `naming` list us; `waiting` answered and wait for a yes; `unasked` have not
    answered yet; `refused` are shut out. `counts` says how many there are of each, `queue` how many may wait."""

    form: Form[Any]
    naming: list[Entry]
    followers: list[Entry]
    waiting: list[Entry]
    shown: list[Entry]
    unasked: list[Entry]
    refused: list[Entry]
    counts: dict[str, int]
    queue: int = introductions.QUEUE
    most: int = directory.BY_RULE


@shared
async def near(request: Request) -> Response:
    page = await request.app.state.store.read(_near, request.app.state.hub)
    return render(request, "near.html", page)


def _near(tx: Tx, hub: Hub) -> NearPage:
    here, known = directory.position(hub), directory.shown(tx)
    around = look_around(here, known[:SHOWN])
    return NearPage(
        placed=here is not None, map=draw(here, around), near=[one for one in around if one.number],
        further=[one for one in around if not one.number and (here is None or one.km is not None)],
        nowhere=[one for one in around if here is not None and one.km is None], more=len(known) - len(around),
    )  # fmt: skip


@auth.needs("steward")
async def known(request: Request) -> Response:
    km = await request.app.state.store.read(directory.near)
    return await _known(request, forms.blank(km=f"{km:g}" if km else ""))


async def _known(request: Request, form: Form[Any], status: int = 200) -> Response:
    page = await request.app.state.store.read(_page, form)
    return render(request, "known.html", page, status, headers=_PRIVATE)


def _page(tx: Tx, form: Form[Any]) -> KnownPage:
    entries = directory.entries(tx)
    parts: dict[str, Callable[[Entry], object]] = {
        "naming": lambda it: it.lists_us,
        "followers": lambda it: it.follows_us and not it.lists_us,
        "shown": lambda it: it.state == "visible",
        "unasked": lambda it: it.state == "candidate",
        "refused": lambda it: it.state == "refused",
    }
    found = {name: [it for it in entries if belongs(it)] for name, belongs in parts.items()}
    found["waiting"] = introductions.waiting(tx)
    counts = {name: len(some) for name, some in found.items()}
    return KnownPage(
        form=form, naming=found["naming"][:WAITING], followers=found["followers"][:WAITING],
        waiting=found["waiting"][:WAITING], shown=found["shown"][:WAITING], unasked=found["unasked"][:WAITING],
        refused=found["refused"][:WAITING], counts=counts,
    )  # fmt: skip


@auth.needs("steward")
async def decide(request: Request) -> Response:
    """Show a hub, or refuse it. What was decided about a hub that is gone meanwhile is told in words."""
    who = auth.require(request, "steward")
    form = await forms.parse(request, Decision)
    verb = _VERBS.get(form.value.act) if form.value else None
    if form.value is None or verb is None:
        return see_other(request, "/steward/hubs")
    await request.app.state.store.write(verb, form.value.host, who.actor)
    return see_other(request, done.path("/steward/hubs", f"hub-{form.value.act}"))


@auth.needs("steward")
async def rule(request: Request) -> Response:
    who, store = auth.require(request, "steward"), request.app.state.store
    form = await forms.parse(request, Rule)
    if form.value is None:
        return await _known(request, form, 422)
    try:
        await store.write(_set_rule, form.value.km or 0.0, who.actor)
    except HubError as refusal:
        refusal.field = "km"
        return await _known(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/hubs", "hub-rule"))


def _set_rule(tx: Tx, km: float, who: int) -> None:
    settings.get(tx)
    directory.set_near(tx, km, who)
    directory.follow_adjacent(tx)


_VERBS = {"show": directory.approve, "refuse": directory.refuse}

routes = [
    Route("/near", near),
    Route("/steward/hubs", known, methods=["GET"]),
    Route("/steward/hubs", decide, methods=["POST"]),
    Route("/steward/hubs/rule", rule, methods=["POST"]),
]
