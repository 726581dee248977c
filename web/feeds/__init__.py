"""What the hub says, for programs that read along: Atom, JSON Feed and calendars, of the hub and of each project.

Words are in the language that the address asks for (`?lang=cy`), else the reader's, else the hub's first.
"""

from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import events, projects, things
from hub.clock import DAY, now
from hub.events import Event
from hub.projects import Project
from hub.settings import Hub
from hub.store import Tx
from hub.text import excerpt, pick
from hub.things import Thing
from web import i18n, showing
from web.cache import shared
from web.feeds import atom, ical, jsonfeed, sitemap
from web.feeds.entry import Entry, Feed
from web.pages.posts import path
from web.shell import language
from web.words import Words

NEWEST = 40
KINDS = ("event", "ask", "offer", "project", "note", "update")
PAST = 60 * DAY  # how long an event stays in the calendar after it is over
CALENDAR = 500  # events


@shared
async def news_atom(request: Request) -> Response:
    return answer(request, atom.write(await _news(request)), atom.MIME)


@shared
async def news_json(request: Request) -> Response:
    return answer(request, jsonfeed.write(await _news(request)), jsonfeed.MIME)


@shared
async def calendar(request: Request) -> Response:
    state, words = request.app.state, spoken(request)
    project = request.path_params.get("id")
    named, found = await state.store.read(_events, project)
    lang = words.catalogue.language
    name = pick(named.title, lang) if named else pick(state.hub.name, lang)
    return answer(request, ical.calendar(name, found, words, state.hub), ical.MIME)


@shared
async def one_event(request: Request) -> Response:
    """A single event, to be put into one's own calendar."""
    state, id = request.app.state, request.path_params["id"]
    event: Event = await state.store.read(events.get, id)
    body = ical.calendar("", [event], spoken(request), state.hub)
    response = answer(request, body, ical.MIME)
    response.headers["Content-Disposition"] = f'attachment; filename="event-{id}.ics"'
    return response


@shared
async def site(request: Request) -> Response:
    """The pages that a search engine may look at."""
    state = request.app.state
    found = await state.store.read(things.latest, KINDS, limit=sitemap.MOST)
    return answer(request, sitemap.write(state.hub, [(path(it), it.updated) for it in found]), sitemap.MIME)


async def _news(request: Request) -> Feed:
    state, words = request.app.state, spoken(request)
    feed: Feed = await state.store.read(gather, state.hub, words, request.path_params.get("id"), request.url.path)
    return feed


def gather(tx: Tx, hub: Hub, words: Words, project: int | None, path: str) -> Feed:
    """The last things that were published, by the hub or about one project."""
    lang = words.catalogue.language
    named = projects.get(tx, project) if project else None
    found = things.latest(tx, KINDS, project=project, limit=NEWEST)
    return Feed(
        id=named.uri if named else f"{hub.base}/", title=pick(named.title if named else hub.name, lang),
        home=f"{hub.base}/projects/{project}" if named else f"{hub.base}/", self=hub.base + path, lang=lang,
        summary=excerpt(pick(named.summary if named else hub.welcome, lang), 300), author=pick(hub.name, lang),
        icon=f"{hub.base}/drawn/icon/hub.png", updated=max((it.updated for it in found), default=hub.opened),
        entries=[entry(tx, it, hub, words) for it in found],
    )  # fmt: skip


def entry(tx: Tx, it: Thing, hub: Hub, words: Words) -> Entry:
    lang, html = words.catalogue.language, pick(it.html, words.catalogue.language)
    title = pick(it.title, lang) or excerpt(html, 80)
    lead = ""
    if it.kind == "event":
        event = events.get(tx, it.id)
        title, lead = ical.named(event, words), _lead(event, words)
    pictures = [f"{hub.base}{one.full}" for one in showing.photos(tx, it.pictures) if one.small]
    return Entry(
        id=it.uri, url=hub.base + path(it), title=title, html=lead + html, published=it.published, updated=it.updated,
        author=pick(it.by.name, lang) or it.by.handle, tags=it.tags, picture=next(iter(pictures), ""),
    )  # fmt: skip


def _lead(event: Event, words: Words) -> str:
    """When and where, before the words."""
    when = words.when(event.starts, event.ends, event.zone)
    return f"<p><b>{escape(when)}</b><br>{escape(event.venue.line or event.online)}</p>"


def _events(tx: Tx, project: int | None) -> tuple[Project | None, list[Event]]:
    named = projects.get(tx, project) if project else None
    return named, events.coming(tx, now() - PAST, project=project, limit=CALENDAR)


def spoken(request: Request) -> Words:
    """The words of whoever asks."""
    state = request.app.state
    lang, _ = language(request, state.hub, None)
    return Words(i18n.catalogue(lang, state.press.folders), state.hub.zone)


def answer(request: Request, body: bytes, mime: str) -> Response:
    lang, _ = language(request, request.app.state.hub, None)
    headers = {"Content-Language": lang, "Vary": "Accept, Accept-Language, Cookie", "Access-Control-Allow-Origin": "*"}
    return Response(body, media_type=mime, headers=headers)


routes = [
    Route("/feed.atom", news_atom),
    Route("/feed.json", news_json),
    Route("/events.ics", calendar),
    Route("/sitemap.xml", site),
    Route("/events/{id:int}.ics", one_event),
    Route("/projects/{id:int}/feed.atom", news_atom),
    Route("/projects/{id:int}/feed.json", news_json),
    Route("/projects/{id:int}/events.ics", calendar),
]
