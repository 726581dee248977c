"""Projects: all of them, and one with its story, what has happened, and what comes next."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, asks, events, posts, projects, relations
from hub.actors import Actor
from hub.people import Account, may
from hub.projects import Project
from hub.relations import Relation
from hub.settings import Hub
from hub.store import Tx
from hub.things import Thing
from web import auth, forms
from web.accept import ACTIVITY, to_activity, wants_activity
from web.cache import shared
from web.forms import Form
from web.pages.talk import reply_form
from web.shell import Alternate
from web.showing import Origin, Photo, Talk, asked, origin, photos, replies
from web.templates import render

PAGE = 24  # projects with their pictures: 40 kB
UPDATES, EVENTS, ASKS = 15, 5, 6


class ProjectsPage(msgspec.Struct, frozen=True):
    """A page of all projects, those under way first; `finished` apart. `newer` and `older` are the pages beside it."""

    projects: list[Project]
    finished: list[Project]
    newer: str
    older: str


class Update(msgspec.Struct, frozen=True):
    """One thing that has happened."""

    thing: Thing
    photos: list[Photo]


class ProjectPage(msgspec.Struct, frozen=True):
    """One project. `actor` is who is followed, by `followers` people and hubs. `organiser`: whether the visitor may
    change it. `origin` is there for a project of another hub. `stands`: how a neighbour stands to it, None for a guest.
    """

    project: Project
    actor: Actor
    stands: Relation | None
    followers: int
    photos: list[Photo]
    updates: list[Update]
    events: list[events.Event]
    asks: list[asks.Ask]
    replies: Talk
    origin: Origin | None
    organiser: bool
    words: Form[Any]


@shared
async def listed(request: Request) -> Response:
    typed = request.query_params.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    return render(request, "projects.html", await request.app.state.store.read(gather, number))


def gather(tx: Tx, number: int) -> ProjectsPage:
    found = projects.moving(tx, limit=(number + 1) * PAGE + 1)[number * PAGE :]
    return ProjectsPage(
        projects=[it for it in found[:PAGE] if it.stage != "done"],
        finished=[it for it in found[:PAGE] if it.stage == "done"],
        newer=f"/projects?page={number - 1}" if number else "",
        older=f"/projects?page={number + 1}" if len(found) > PAGE else "",
    )


@shared
async def show(request: Request) -> Response:
    if wants_activity(request):
        project: Project = await request.app.state.store.read(projects.get, request.path_params["id"])
        return to_activity(project.uri)
    return await _page(request)


async def _page(request: Request, words: Form[Any] | None = None, status: int = 200) -> Response:
    state, id = request.app.state, request.path_params["id"]
    page: ProjectPage = await state.store.read(gather_one, id, state.hub, auth.account(request), asked(request))
    page = msgspec.structs.replace(page, words=words or forms.blank())
    alternates = [Alternate(page.project.uri, ACTIVITY)]
    if page.origin is None:
        alternates.append(Alternate(f"/projects/{id}/feed.atom", "application/atom+xml"))
        alternates.append(Alternate(f"/projects/{id}/events.ics", "text/calendar"))
    return render(request, "project.html", page, status, alternates=alternates)


def gather_one(tx: Tx, id: int, hub: Hub, who: Account | None, talk: int = 0) -> ProjectPage:
    project = projects.get(tx, id)
    said = posts.said(tx, project=id, limit=UPDATES) if project.local else []
    return ProjectPage(
        project=project, actor=actors.get(tx, project.actor), followers=actors.counts(tx, project.actor)[0],
        stands=relations.between(tx, who.actor, project.actor) if who else None,
        photos=photos(tx, project.pictures), updates=[Update(it, photos(tx, it.pictures)) for it in said],
        events=events.coming(tx, project=id, limit=EVENTS), asks=asks.open_(tx, project=id, limit=ASKS),
        replies=replies(tx, project, hub, talk, who), origin=origin(project), words=forms.blank(),
        organiser=project.local and may(who, "organiser"),
    )  # fmt: skip


routes = [
    Route("/projects", listed),
    Route("/projects/{id:int}", show),
    reply_form("projects", _page),
]
