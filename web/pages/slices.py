"""Parts that can be followed by themselves: the list of them, and one as a page, as feeds and as a calendar.

One address gives all forms of it, by what is asked for (`Accept`); each has an address of its own, too.
"""

from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, asks, events, relations, slices, things
from hub.asks import Ask
from hub.clock import now
from hub.errors import N_, NotFound
from hub.events import Event
from hub.people import Account
from hub.relations import Relation
from hub.settings import Hub
from hub.slices import Slice
from hub.store import Tx
from hub.text import Text, pick
from hub.things import Thing
from web import auth, feeds
from web.accept import ACTIVITY, feed, to_activity, wants_activity
from web.cache import SHARED, shared
from web.feeds import atom, ical, jsonfeed
from web.feeds.entry import Feed
from web.shell import Alternate
from web.templates import render
from web.words import Words

COMING, ASKED, NEWS, OVER = 24, 12, 12, 8  # things on a page
OF_EVENTS = ("events", "topic", "series", "patch", "area")  # that have a calendar


class Part(msgspec.Struct, frozen=True):
    """A slice in a list. `many` counts what is in it (topics only) or who follows it; `path` is its page."""

    slice: Slice
    acct: str
    path: str
    many: int = 0


class SlicePage(msgspec.Struct, frozen=True):
    """One slice, and what is in it: events to come and over, open asks and offers, news. `webcal` is the address that
    a calendar subscribes to, empty for a slice without events; `streets` what a patch is drawn by. `stands`: how a
    neighbour stands to the hub, whose news all of it is; None for a guest, and for what others publish."""

    part: Part
    name: Text
    followers: int
    coming: list[Event]
    over: list[Event]
    asks: list[Ask]
    news: list[Thing]
    webcal: str
    streets: list[str]
    stands: Relation | None


class SlicesPage(msgspec.Struct, frozen=True):
    """All that can be followed by itself."""

    fixed: list[Part]
    series: list[Part]
    patches: list[Part]
    areas: list[Part]
    topics: list[Part]


@shared
async def listed(request: Request) -> Response:
    state = request.app.state
    return render(request, "slices.html", await state.store.read(_listed, state.hub))


def _listed(tx: Tx, hub: Hub) -> SlicesPage:
    def those(*kinds: str) -> list[Part]:
        return [part(it, hub) for it in slices.kept(tx, *kinds)]

    topics = [part(it, hub, many) for it, many in slices.topics(tx)]
    return SlicesPage(
        [part(it, hub) for it in slices.fixed(tx)], those("series"), those("patch"), those("area"), topics
    )


def part(it: Slice, hub: Hub, many: int = 0) -> Part:
    return Part(it, f"@{it.handle}@{hub.domain}", f"/@{it.handle}", many)


async def answer(request: Request, it: Slice) -> Response:
    """The slice in the form that is asked for."""
    hub: Hub = request.app.state.hub
    if wants_activity(request):
        return to_activity(f"{hub.base}/actor/{it.handle}")
    form = feed(request.headers.get("accept", ""))
    if form in FORMS:
        return _if_new(request, await FORMS[form](request, it))
    page = await request.app.state.store.read(gather, it, hub, auth.account(request))
    return render(request, "slice.html", page, alternates=alternates(it, hub))


def alternates(it: Slice, hub: Hub) -> list[Alternate]:
    """Its other forms."""
    found = [Alternate(f"{hub.base}/actor/{it.handle}", ACTIVITY)]
    found += [Alternate(f"/@{it.handle}.atom", atom.MIME), Alternate(f"/@{it.handle}.json", jsonfeed.MIME)]
    return found + ([Alternate(f"/@{it.handle}.ics", ical.MIME)] if it.kind in OF_EVENTS else [])


def gather(tx: Tx, it: Slice, hub: Hub, who: Account | None = None) -> SlicePage:
    inside = slices.latest(tx, it, limit=400)
    found = [events.get(tx, one.id) for one in inside if one.kind == "event"]
    coming = sorted((one for one in found if not one.over), key=lambda one: (one.starts, one.id))
    over = sorted((one for one in found if one.over), key=lambda one: (-one.starts, one.id))
    wanted = [asks.get(tx, one.id) for one in inside if one.kind in ("ask", "offer")]
    news = [things.get(tx, one.id) for one in inside if one.kind in ("note", "update")][:NEWS]
    return SlicePage(
        part=part(it, hub), name=it.name, followers=actors.counts(tx, it.actor)[0] if it.actor else 0,
        coming=coming[:COMING], over=over[:OVER], asks=[one for one in wanted if one.open][:ASKED], news=news,
        webcal=f"webcal://{hub.domain}/@{it.handle}.ics" if it.kind in OF_EVENTS else "",
        streets=it.rule.splitlines() if it.kind == "patch" else [],
        stands=relations.between(tx, who.actor, hub.actor) if who and it.kind != "area" else None,
    )  # fmt: skip


# --- to be read along ------------------------------------------------------------------------------


@shared
async def as_atom(request: Request) -> Response:
    return await _atom(request, await _asked(request))


@shared
async def as_json(request: Request) -> Response:
    return await _json(request, await _asked(request))


@shared
async def as_calendar(request: Request) -> Response:
    return await _calendar(request, await _asked(request))


async def _asked(request: Request) -> Slice:
    found: Slice | None = await request.app.state.store.read(slices.find, request.path_params["handle"])
    if found is None:
        raise NotFound(N_("There is nobody by that name here."))
    return found


async def _atom(request: Request, it: Slice) -> Response:
    return feeds.answer(request, atom.write(await _news(request, it, "atom")), atom.MIME)


async def _json(request: Request, it: Slice) -> Response:
    return feeds.answer(request, jsonfeed.write(await _news(request, it, "json")), jsonfeed.MIME)


async def _calendar(request: Request, it: Slice) -> Response:
    state, words = request.app.state, feeds.spoken(request)
    found = await state.store.read(_events, it)
    name = pick(slices.title(it, state.hub), words.catalogue.language)
    return feeds.answer(request, ical.calendar(name, found, words, state.hub), ical.MIME)


FORMS = {"atom": _atom, "json": _json, "ics": _calendar}


async def _news(request: Request, it: Slice, form: str) -> Feed:
    state = request.app.state
    found: Feed = await state.store.read(_feed, state.hub, feeds.spoken(request), it, form)
    return found


def _feed(tx: Tx, hub: Hub, words: Words, it: Slice, form: str) -> Feed:
    """The last things that fell in it."""
    lang = words.catalogue.language
    found = [things.get(tx, one.id) for one in slices.latest(tx, it, limit=feeds.NEWEST)]
    home = f"{hub.base}/@{it.handle}"
    return Feed(
        id=home, title=pick(slices.title(it, hub), lang), home=home, self=f"{home}.{form}", lang=lang, summary="",
        author=pick(hub.name, lang), icon=f"{hub.base}/drawn/icon/hub.png",
        updated=max((one.updated for one in found), default=hub.opened),
        entries=[feeds.entry(tx, one, hub, words) for one in found],
    )  # fmt: skip


def _events(tx: Tx, it: Slice) -> list[Event]:
    inside = slices.latest(tx, it, ends_after=now() - feeds.PAST, limit=feeds.CALENDAR)
    found = [events.get(tx, one.id) for one in inside if one.kind == "event"]
    return sorted(found, key=lambda one: (one.starts, one.id))


def _if_new(request: Request, response: Response) -> Response:
    """304 for who has it already: the page's address is shared with the page, so it is told apart by what it says."""
    etag = f'"{sha256(bytes(response.body)).hexdigest()[:20]}"'
    response.headers["ETag"] = etag
    response.headers.setdefault("Cache-Control", SHARED)
    asked = request.headers.get("if-none-match", "")
    if not any(tag.strip().removeprefix("W/") in (etag, "*") for tag in asked.split(",")):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)


routes = [
    Route("/slices", listed),
    Route("/@{handle}.atom", as_atom),
    Route("/@{handle}.json", as_json),
    Route("/@{handle}.ics", as_calendar),
]
