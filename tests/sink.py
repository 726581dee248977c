"""A small app with one page that has every piece of the base theme on it."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pressed import kept
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.places import Area
from hub.settings import Contact, Hub
from web import errors, grids, templates
from web.forms import Form, blank, parse

KITCHEN = Path(__file__).parent / "themes" / "kitchen"
TODAY = date(2026, 6, 3)


def at(day: int, hour: int, minute: int = 0, month: int = 6, year: int = 2026) -> int:
    return round(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/London")).timestamp() * 1000)


NOON = at(3, 12)


class Update(msgspec.Struct):
    at: int
    by: str
    title: str
    href: str
    words: str


class Draft(msgspec.Struct):
    title: dict[str, str]
    starts: int
    venue: str = ""
    text: dict[str, str] = {}
    ends: int | None = None
    places: int | None = None
    cost: int = 0
    answer: str = "yes"
    access: list[str] = []
    category: str = "garden"
    safeguarding: bool = False


class Sink(msgspec.Struct):
    form: Form[Any]
    title: dict[str, str]
    starts: int
    ends: int
    later: int
    said: int
    week: list[grids.WeekDay]
    month: list[list[grids.MonthDay]]
    first: date
    updates: list[Update]


def sink(form: Form[Any]) -> Sink:
    counts = {date(2026, 6, 1): 1, TODAY: 1, date(2026, 6, 6): 2}
    things = {TODAY: [("Tea and a chat", "/events/1")], date(2026, 6, 6): [("Clear-up", "/events/3"), ("Café", "/e/4")]}
    updates = [
        Update(at(30, 12, month=5), "Bethan", "Eleven trees are in", "/posts/1", "Six apples, three plums, two pears."),
        Update(at(2, 12, month=2), "", "The yard is ours for ten years", "", "Rent: one basket of apples a year."),
    ]
    return Sink(
        form, {"en": "Riverbank clear-up", "cy": "Glanhau glan yr afon"}, at(3, 14), at(3, 16), at(6, 10), at(2, 18),
        grids.week(date(2026, 6, 1), counts, TODAY, lambda it: f"/events?day={it}"),
        grids.month(TODAY, things, TODAY, lambda it: f"/events?day={it}"), TODAY, updates,
    )  # fmt: skip


async def show(request: Request) -> Response:
    return templates.render(request, "kitchen.html", sink(blank()))


async def send(request: Request) -> Response:
    form = await parse(request, Draft)
    return templates.render(request, "kitchen.html", sink(form), 200 if form.value else 422)


async def nothing(request: Request) -> Response:
    return Response("", 204)


PATHS = (
    "/",
    "/events",
    "/asks",
    "/projects",
    "/about",
    "/search",
    "/signin",
    "/feed.atom",
    "/events.ics",
    "/follow",
    "/steward",
)


def riverside(**changes: object) -> Hub:
    facts: dict[str, Any] = {
        "base": "https://hwb.aberwennol.example", "actor": 1, "instance": 2, "handle": "glanyrafon",
        "name": {"en": "Riverside", "cy": "Glan-yr-afon"}, "area": Area(name="Riverside", code="W05000001"),
        "lat": None, "lon": None, "radius": 1.5, "languages": ["en", "cy"], "zone": "Europe/London", "hue": 165,
        "welcome": {}, "rules": {}, "contacts": [Contact("Bethan", "coordinator", "01632 960 118")], "opened": 0,
    }  # fmt: skip
    return Hub(**facts | changes)


def app(hub: Hub | None = None, *names: str | Path, routes: tuple[Route, ...] = ()) -> Starlette:
    own = [Route(path, nothing) for path in PATHS]
    made = Starlette(
        routes=[Route("/kitchen", show), Route("/kitchen", send, methods=["POST"]), *routes, *own],
        exception_handlers=errors.HANDLERS,
    )
    made.state.hub = hub or riverside()
    templates.install(made, *(names or (KITCHEN,)), data=kept())
    return made
