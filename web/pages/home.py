"""The front page: what is on, who needs help, how to join in."""

from datetime import date, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, asks, events, heard, posts, projects
from hub.settings import Hub
from hub.store import Tx
from hub.things import Thing
from web import days, grids
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.shell import Alternate
from web.showing import Origin, origin
from web.templates import render

EVENTS, ASKS, OFFERS, PROJECTS, NEWS, NEARBY = 6, 4, 2, 4, 3, 4  # how many of each
WEEK = 7


class Nearby(msgspec.Struct, frozen=True):
    """Something that is on at a hub that we follow."""

    event: events.Event
    origin: Origin


class HomePage(msgspec.Struct, frozen=True):
    """The front page. `on` counts what is on in the seven days from today, `needed` open asks, `followers` people
    and hubs that follow. `asks` has offers at its end. `heard` is what people elsewhere said to us and
    a moderator shares."""

    hub: Hub
    on: int
    needed: int
    followers: int
    week: list[grids.WeekDay]
    events: list[events.Event]
    asks: list[asks.Ask]
    projects: list[projects.Project]
    news: list[Thing]
    heard: list[Thing]
    nearby: list[Nearby]


@shared
async def home(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    uri = f"{hub.base}/actor/hub"
    if wants_activity(request):
        return to_activity(uri)
    page = await request.app.state.store.read(gather, hub, days.today(hub.zone))
    alternates = [Alternate(uri, ACTIVITY), Alternate("/feed.json", "application/feed+json")]
    return render(request, "home.html", page, alternates=alternates)


def gather(tx: Tx, hub: Hub, today: date) -> HomePage:
    week = events.coming(tx, before=days.begins(today + timedelta(days=WEEK), hub.zone), limit=200)
    counts = days.counts(week, hub.zone, today)
    needed, offered = asks.open_(tx, "ask", limit=200), asks.open_(tx, "offer", limit=OFFERS)
    return HomePage(
        hub=hub, on=sum(counts.values()), needed=len(needed), followers=actors.counts(tx, hub.actor)[0],
        week=grids.week(today, counts, today, lambda day: f"/events#d-{day.isoformat()}"),
        events=events.coming(tx, limit=EVENTS), asks=needed[:ASKS] + offered,
        projects=[it for it in projects.moving(tx) if it.stage != "done"][:PROJECTS],
        news=posts.said(tx, limit=NEWS), heard=heard.shared(tx, limit=NEWS), nearby=_nearby(tx),
    )  # fmt: skip


def _nearby(tx: Tx) -> list[Nearby]:
    found = []
    for event in events.next_door(tx, limit=NEARBY):
        where = origin(event)
        if where is not None:
            found.append(Nearby(event, where))
    return found


routes = [Route("/", home)]
