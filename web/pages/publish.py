"""Publishing: a page to choose from, a form for each sort of thing, and the same form to change it later."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, asks, events, media, posts, projects, series, settings, things
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.people import Account
from hub.store import Tx
from hub.text import Text
from hub.things import Picture, Thing
from web import auth, done, drafts, forms, twice
from web.forms import Form
from web.pages import uploads
from web.templates import render, see_other

Unit = Callable[[Tx, int, Any, int | None], Thing]


class Sort(msgspec.Struct, frozen=True):
    """A sort of thing that is published here. `publish` makes one, or changes the one whose id it is given."""

    name: str
    template: str
    form: type[msgspec.Struct]
    publish: Unit
    kinds: tuple[str, ...]
    path: str
    pictures: bool = True


class PublishPage(msgspec.Struct, frozen=True):
    """A form. `action` is where it goes, `thing` what is changed (None for a new one).

    `under` are the projects to choose from, `pictures` those put aside already, each with its place in the form,
    `series` the names of those that events can belong to.
    """

    form: Form[Any]
    sort: str
    action: str
    thing: Thing | None
    under: list[tuple[str, Text]]
    pictures: list[tuple[int, media.Media]]
    series: list[Text]
    categories: tuple[str, ...] = asks.CATEGORIES
    stages: tuple[str, ...] = projects.STAGES


def _event(tx: Tx, who: int, form: drafts.Event, id: int | None) -> Thing:
    draft = drafts.event(form, _pictures(tx, who, form.pictures, id))
    return events.publish(tx, who, draft) if id is None else events.change(tx, who, id, draft)


def _ask(kind: str) -> Unit:
    def publish(tx: Tx, who: int, form: drafts.Ask, id: int | None) -> Thing:
        area = settings.get(tx).area
        draft = drafts.ask(form, area.code if form.area_name.strip() == area.name else "")
        return asks.publish(tx, who, kind, draft) if id is None else asks.change(tx, who, id, draft)

    return publish


def _project(tx: Tx, who: int, form: drafts.Project, id: int | None) -> Thing:
    area = settings.get(tx).area
    code = area.code if form.area_name.strip() == area.name else ""
    draft = drafts.project(form, _pictures(tx, who, form.pictures, id), code)
    return projects.start(tx, who, draft) if id is None else projects.change(tx, who, id, draft)


def _note(tx: Tx, who: int, form: drafts.Note, id: int | None) -> Thing:
    draft = drafts.note(form, _pictures(tx, who, form.pictures, id))
    return posts.publish(tx, who, draft) if id is None else posts.change(tx, who, id, draft)


def _pictures(tx: Tx, who: int, kept: list[uploads.Kept], id: int | None) -> list[Picture]:
    return uploads.pictures(tx, who, kept, things.get(tx, id).pictures if id is not None else [])


SORTS = {
    sort.name: sort
    for sort in (
        Sort("event", "publish_event.html", drafts.Event, _event, ("event",), "/events"),
        Sort("ask", "publish_ask.html", drafts.Ask, _ask("ask"), ("ask", "offer"), "/asks", pictures=False),
        Sort("offer", "publish_ask.html", drafts.Ask, _ask("offer"), ("ask", "offer"), "/asks", pictures=False),
        Sort("project", "publish_project.html", drafts.Project, _project, ("project",), "/projects"),
        Sort("note", "publish_note.html", drafts.Note, _note, posts.SAYS, "/posts"),
    )
}


# What is chosen before anybody has chosen.
FIRST = dict.fromkeys(drafts.FACTS, "") | {"category": "other", "days": "14", "stage": "active"}


class Sent(msgspec.Struct, frozen=True):
    """What became of it: the thing, and how many on how many servers will hear of it."""

    thing: Thing
    followers: int
    servers: int


@auth.needs("organiser")
async def choose(request: Request) -> Response:
    return render(request, "publish.html", None, headers=_PRIVATE)


@auth.needs("organiser")
async def begin(request: Request) -> Response:
    sort, hub = _sort(request), request.app.state.hub
    first = {"area_name": hub.area.name, "project": request.query_params.get("project", "")[:18]}
    return await _page(request, sort, forms.blank(**FIRST, **first))


@auth.needs("organiser")
async def publish(request: Request) -> Response:
    return await _sent(request, _sort(request), None)


def change(name: str) -> Callable[[Request], Any]:
    """The form of something that is there, filled in."""

    @auth.needs("organiser")
    async def page(request: Request) -> Response:
        sort, id = SORTS[name], request.path_params["id"]
        if request.method == "POST":
            return await _sent(request, sort, await request.app.state.store.read(_ours, sort, id))
        form, thing = await request.app.state.store.read(_filled, sort, id)
        return await _page(request, sort, form, thing)

    return page


async def _sent(request: Request, sort: Sort, thing: Thing | None) -> Response:
    """Read the form, put its picture aside, publish. Whatever is wrong is said beside its field."""
    who, state = auth.require(request, "organiser"), request.app.state
    typed, files = await forms.read(request, forms.MEDIA, forms.FILES)
    key = twice.key(request, who, typed, files)
    before = await state.store.read(_before, key) if thing is None else None
    if before is not None:
        return _published(request, before)
    typed, refused = await uploads.take(request, who, drafts.tidy(typed), files)
    zone = thing.zone if isinstance(thing, events.Event) else state.hub.zone
    form: Form[Any] = forms.convert(typed, sort.form, zone)
    if refused:
        form.refuse(refused)
    if form.typed("go") == "more" and not refused:
        return await _page(request, sort, Form(typed), thing)
    if form.value is None:
        return await _page(request, sort, form, thing, 422)
    try:
        if thing is not None:
            changed = await state.store.write(sort.publish, who.actor, form.value, thing.id)
            return see_other(request, done.path(changed.url.removeprefix(state.hub.base), "changed"))
        sent = await state.store.write(_publish, sort, who, form.value, key)
    except (Invalid, Conflict) as refusal:
        return await _page(request, sort, form.refuse(refusal), thing, 422)
    return _published(request, sent)


def _published(request: Request, sent: Sent) -> Response:
    to = sent.thing.url.removeprefix(request.app.state.hub.base)
    return see_other(request, done.path(to, "published", sent.followers, sent.servers))


def _publish(tx: Tx, sort: Sort, who: Account, form: Any, key: str) -> Sent:
    before = _before(tx, key)
    if before is not None:
        return before
    thing = sort.publish(tx, who.actor, form, None)
    twice.remember(tx, key, thing.id)
    return Sent(thing, *actors.reach(tx, thing.by.id))


def _before(tx: Tx, key: str) -> Sent | None:
    """What came of the same form a moment ago."""
    thing = twice.before(tx, key)
    return Sent(thing, *actors.reach(tx, thing.by.id)) if thing else None


def _ours(tx: Tx, sort: Sort, id: int) -> Thing:
    """Raises `NotFound`, and `Conflict` for what another hub published."""
    thing = things.ours(tx, id, sort.kinds)
    return events.get(tx, id) if thing.kind == "event" else thing


def _filled(tx: Tx, sort: Sort, id: int) -> tuple[Form[Any], Thing]:
    thing, zone = _ours(tx, sort, id), settings.get(tx).zone
    if isinstance(thing, events.Event):
        named = series.of(tx, id)
        return drafts.of_event(thing, named[1] if named else None), thing
    if thing.kind in ("ask", "offer"):
        return drafts.of_ask(asks.get(tx, id), zone), thing
    if thing.kind == "project":
        return drafts.of_project(projects.get(tx, id), zone), thing
    return drafts.of_note(thing, zone), thing


async def _page(
    request: Request, sort: Sort, form: Form[Any], thing: Thing | None = None, status: int = 200
) -> Response:
    under, held, known = await request.app.state.store.read(_beside, form)
    action = f"{sort.path}/{thing.id}/change" if thing else f"/publish/{sort.name}"
    name = thing.kind if thing and thing.kind in SORTS else sort.name
    page = PublishPage(form, name, action, thing, under, held, known)
    return render(request, sort.template, page, status, headers=_PRIVATE)


def _beside(tx: Tx, form: Form[Any]) -> tuple[list[tuple[str, Text]], list[tuple[int, media.Media]], list[Text]]:
    """What the form shows besides what was typed: projects to choose from, pictures put aside, series there are."""
    under = [(str(it.id), it.title) for it in projects.moving(tx) if it.stage != "done"]
    return under, list(uploads.put_aside(tx, form)), series.known(tx, limit=12)


def _sort(request: Request) -> Sort:
    found = SORTS.get(request.path_params["sort"])
    if found is None:
        raise NotFound(N_("There is nothing at this address."))
    return found


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/publish", choose, methods=["GET"]),
    Route("/publish/{sort}", begin, methods=["GET"]),
    Route("/publish/{sort}", publish, methods=["POST"]),
    Route("/events/{id:int}/change", change("event"), methods=["GET", "POST"]),
    Route("/asks/{id:int}/change", change("ask"), methods=["GET", "POST"]),
    Route("/projects/{id:int}/change", change("project"), methods=["GET", "POST"]),
    Route("/posts/{id:int}/change", change("note"), methods=["GET", "POST"]),
]
