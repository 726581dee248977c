"""The steward's page of parts that can be followed: how many follow each, and the streets and areas they have drawn."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, patches, slices
from hub.errors import HubError
from hub.settings import Hub
from hub.slices import Slice
from hub.store import Tx
from hub.text import Text
from web import auth, done, forms
from web.forms import Form
from web.pages.slices import Part, part
from web.templates import render, see_other

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
AREAS = 100  # of other hubs, to choose from


class PatchesPage(msgspec.Struct, frozen=True):
    """Every slice that is or may be followed, with its followers; the form for one more. `areas` are those that other
    hubs name: an area can be followed when there are any."""

    form: Form[Any]
    parts: list[Part]
    areas: list[str]


class PatchPage(msgspec.Struct, frozen=True):
    """One patch or area, to be changed or ended."""

    form: Form[Any]
    part: Part


class Drawn(msgspec.Struct, frozen=True):
    """The form of a patch (`lines`) or an area (`area`)."""

    name: Text = msgspec.field(default_factory=dict)
    kind: Annotated[str, Meta(max_length=10)] = "patch"
    lines: Annotated[str, Meta(max_length=8000)] = ""
    area: Annotated[str, Meta(max_length=200)] = ""

    @property
    def draft(self) -> patches.Draft:
        return patches.Draft(self.name, self.kind, self.lines, self.area)


@auth.needs("steward")
async def listed(request: Request) -> Response:
    return await _listed(request, forms.blank(kind="patch"))


async def _listed(request: Request, form: Form[Any], status: int = 200) -> Response:
    parts, areas = await request.app.state.store.read(_all, request.app.state.hub)
    return render(request, "steward_slices.html", PatchesPage(form, parts, areas), status, headers=_PRIVATE)


def _all(tx: Tx, hub: Hub) -> tuple[list[Part], list[str]]:
    there = {it.handle: it for it in [*slices.fixed(tx), *slices.kept(tx, "patch", "area", "series")]}
    there |= {it.handle: it for it in slices.awake(tx)}
    parts = [part(it, hub, actors.counts(tx, it.actor)[0] if it.actor else 0) for it in there.values()]
    rows = tx.all(
        "SELECT DISTINCT area_name FROM thing WHERE local = 0 AND area_name IS NOT NULL ORDER BY area_name LIMIT :most",
        most=AREAS,
    )
    return sorted(parts, key=lambda one: -one.many), [row["area_name"] for row in rows]


@auth.needs("steward")
async def draw(request: Request) -> Response:
    who = auth.require(request, "steward")
    form = await forms.parse(request, Drawn)
    if form.value is None:
        return await _listed(request, form, 422)
    try:
        await request.app.state.store.write(slices.draw, who.actor, form.value.draft)
    except HubError as refusal:
        return await _listed(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/slices", "drawn"))


@auth.needs("steward")
async def one(request: Request) -> Response:
    it = await request.app.state.store.read(_drawn, request.path_params["id"])
    lines, area = (it.rule, "") if it.kind == "patch" else ("", it.rule)
    form = forms.filled(Drawn(name=it.name, kind=it.kind, lines=lines, area=area), request.app.state.hub.zone)
    return await _one(request, it, form)


async def _one(request: Request, it: Slice, form: Form[Any], status: int = 200) -> Response:
    page = PatchPage(form, part(it, request.app.state.hub))
    return render(request, "steward_slice.html", page, status, headers=_PRIVATE)


def _drawn(tx: Tx, id: int) -> Slice:
    """One that a steward drew. Raises `NotFound`."""
    return next((it for it in slices.kept(tx, "patch", "area") if it.id == id), None) or slices.get(tx, 0)


@auth.needs("steward")
async def redraw(request: Request) -> Response:
    who, state = auth.require(request, "steward"), request.app.state
    it = await state.store.read(_drawn, request.path_params["id"])
    form = await forms.parse(request, Drawn)
    if form.value is None:
        return await _one(request, it, form, 422)
    try:
        await state.store.write(slices.redraw, who.actor, it.id, form.value.draft)
    except HubError as refusal:
        return await _one(request, it, form.refuse(refusal), 422)
    return see_other(request, done.path("/steward/slices", "saved"))


@auth.needs("steward")
async def end(request: Request) -> Response:
    who = auth.require(request, "steward")
    await request.app.state.store.write(slices.end, who.actor, request.path_params["id"])
    return see_other(request, done.path("/steward/slices", "slice-ended"))


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/steward/slices", listed, methods=["GET"]),
    Route("/steward/slices", draw, methods=["POST"]),
    Route("/steward/slices/{id:int}", one, methods=["GET"]),
    Route("/steward/slices/{id:int}", redraw, methods=["POST"]),
    Route("/steward/slices/{id:int}/end", end, methods=["POST"]),
]
