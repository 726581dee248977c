"""The aggregator's front: what goes on at all the hubs it follows, each line with the hub that it comes from."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import clock, national, things
from hub.errors import HubError
from hub.settings import Hub
from hub.store import Tx
from web import days, forms, when
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.forms import Form
from web.shell import Alternate
from web.showing import Origin, origin
from web.templates import render

LISTS = {"/events": "event", "/asks": "ask", "/projects": "project"}  # the ways on that a hub has too
FIELDS = ("area", "kind", "q", "from", "to", "page")


class Line(msgspec.Struct, frozen=True):
    """One thing, where it comes from, and where it is read here."""

    entry: national.Entry
    origin: Origin
    path: str
    over: bool


class NationalPage(msgspec.Struct, frozen=True):
    """What was looked for and found. `counts` has hubs, events, asks, offers, projects. `kind` is set where the page
    shows one kind only; `path` is the page's own; `searched` says whether anything was asked for."""

    form: Form[Any]
    kind: str
    path: str
    searched: bool
    counts: dict[str, int]
    lines: list[Line]
    newer: str
    older: str
    areas: list[str]
    hubs: list[national.HubLine]


class HubsPage(msgspec.Struct, frozen=True):
    """Every hub that is followed here, or asked to be."""

    hubs: list[national.HubLine]


@shared
async def front(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    uri = f"{hub.base}/actor/hub"
    if wants_activity(request):
        return to_activity(uri)
    path = request.url.path
    typed = {name: request.query_params.get(name, "")[:200].strip() for name in FIELDS}
    typed["kind"] = typed["kind"] or LISTS.get(path, "")
    form: Form[Any] = forms.blank(**typed)
    query = read(form, typed, hub.zone)
    page = await request.app.state.store.read(gather, hub, path, form, query, typed)
    status = 422 if form.errors else 200
    return render(request, "national.html", page, status, alternates=[Alternate(uri, ACTIVITY)])


def read(form: Form[Any], typed: dict[str, str], zone: str) -> national.Query:
    """What was asked for. Days that are none are said so beside their field, and left out."""
    today = days.today(zone)
    bounds: dict[str, int | None] = {"from": None, "to": None}
    for name in bounds:
        if typed[name]:
            try:
                day = when.day(typed[name], today)
                bounds[name] = days.begins(day + timedelta(days=name == "to"), zone)
            except HubError as wrong:
                form.errors[name] = wrong
            except OverflowError:
                bounds[name] = None
    number = typed["page"]
    return national.Query(
        area=typed["area"], kind=typed["kind"] if typed["kind"] in national.KINDS else "", words=typed["q"],
        after=bounds["from"], before=bounds["to"],
        page=int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0,
    )  # fmt: skip


def gather(tx: Tx, hub: Hub, path: str, form: Form[Any], query: national.Query, typed: dict[str, str]) -> NationalPage:
    found, more = national.entries(tx, query)
    hubs = national.hubs(tx, hub.actor)
    counts = national.counts(tx) | {"hubs": sum(it.state == "accepted" for it in hubs)}
    given = {name: typed[name] for name in FIELDS if typed[name] and name != "page"}
    if path in LISTS and given.get("kind") == LISTS[path]:
        given.pop("kind")  # the path says so already

    def page(number: int) -> str:
        asked = given | ({"page": str(number)} if number else {})
        return path + (f"?{urlencode(asked)}" if asked else "")

    return NationalPage(
        form=form, kind=LISTS.get(path, ""), path=path, searched=bool(given), counts=counts,
        lines=[_line(it, hub) for it in found], newer=page(query.page - 1) if query.page else "",
        older=page(query.page + 1) if more else "", areas=national.areas(tx), hubs=hubs,
    )  # fmt: skip


def _line(it: national.Entry, hub: Hub) -> Line:
    thing = it.thing
    where = origin(thing) or Origin(hub.name, hub.domain, thing.url)
    named = Origin(it.hub_name or where.name, where.domain, where.url)
    path = f"/{things.PATHS.get(thing.kind, 'posts')}/{thing.id}"
    return Line(it, named, path, over=it.ends is not None and it.ends < clock.now())


@shared
async def hubs(request: Request) -> Response:
    page = await request.app.state.store.read(_hubs, request.app.state.hub)
    return render(request, "hubs.html", page)


def _hubs(tx: Tx, hub: Hub) -> HubsPage:
    return HubsPage(national.hubs(tx, hub.actor))


# Before those of a hub: web.app asks for them when this is the role.
aggregator = [Route("/", front), *(Route(path, front) for path in (*LISTS, "/search")), Route("/hubs", hubs)]
