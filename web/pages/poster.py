"""A poster of one event: A4, in every language of the hub at the same size, with tabs to tear off."""

from datetime import timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import events
from hub.errors import N_
from hub.events import Event
from hub.settings import Hub
from hub.text import Text, pick
from web import i18n
from web.cache import shared
from web.shell import offered
from web.templates import render
from web.words import Words

TABS = 8
WALES = "W"  # what the codes of Welsh areas begin with


class Part(msgspec.Struct, frozen=True):
    """The poster in one language. `day` and `time` are the two lines of when; `facts` are (icon, words)."""

    lang: str
    title: str
    day: str
    time: str
    place: str
    notice: str
    facts: list[tuple[str, str]]
    do: str
    hub: str
    about: str


class PosterPage(msgspec.Struct, frozen=True):
    """A poster. `address` is what the QR code says, `tab` the day in figures, `tabs` how many there are."""

    event: Event
    parts: list[Part]
    address: str
    acct: str
    name: str
    tab: str
    tabs: int


@shared
async def poster(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    event: Event = await request.app.state.store.read(events.get, request.path_params["id"])
    folders = request.app.state.press.folders
    spoken = [Words(i18n.catalogue(tag, folders), event.zone) for tag in ordered(hub, event)]
    local = spoken[0].local(event.starts)
    page = PosterPage(
        event=event, parts=[_part(words, event, hub) for words in spoken], address=f"{hub.base}/events/{event.id}",
        acct=hub.acct, name=pick(hub.name, spoken[0].catalogue.language), tab=f"{local.day}.{local.month}", tabs=TABS,
    )  # fmt: skip
    return render(request, "poster.html", page)


def ordered(hub: Hub, event: Event) -> list[str]:
    """The languages that its title is in, the hub's first one leading; in Wales Welsh leads."""
    tags = [tag for tag in offered(hub) if tag in event.title] or offered(hub)[:1]
    return sorted(tags, key=lambda tag: tag != "cy") if hub.area.code.startswith(WALES) else tags


def _part(words: Words, it: Event, hub: Hub) -> Part:
    say, lang = words.catalogue.gettext, words.catalogue.language
    day, time = _when(words, it)
    reach = next((one.reach for one in hub.contacts if one.reach.strip()), "")
    come = say(N_("I’m going: scan, or ask %(reach)s")) % {"reach": reach} if reach else say(N_("I’m going: scan this"))
    off = {"cancelled": say(N_("Cancelled")), "postponed": say(N_("Postponed"))}.get(it.status, "")
    return Part(
        lang=lang, title=pick(it.title, lang), day=day, time=time, place=it.venue.line or it.online, notice=off,
        facts=_facts(words, it), do="" if off or it.over else come, hub=pick(hub.name, lang),
        about=say(N_("the hub of this neighbourhood")),
    )  # fmt: skip


def _when(words: Words, it: Event) -> tuple[str, str]:
    """Day and time on a line each, when it is all on one day."""
    first, last = words.local(it.starts), words.local(it.ends)
    if first.date() == last.date() or last - first < timedelta(hours=12):
        return words.day(it.starts), words.span(it.starts, it.ends)
    return words.when(it.starts, it.ends), ""


def _facts(words: Words, it: Event) -> list[tuple[str, str]]:
    say, access = words.catalogue.gettext, it.access
    said: list[tuple[object, str, str]] = [
        (access.step_free, "ramp", N_("Step-free")), (access.toilet, "wc", N_("Accessible toilet")),
        (access.hearing_loop, "ear", N_("Hearing loop")), (access.sign_language, "hand", N_("Sign language")),
        (access.children, "child", N_("Children welcome")),
    ]  # fmt: skip
    return [(icon, say(message)) for yes, icon, message in said if yes] + [cost(words, it)]


def cost(words: Words, it: Event) -> tuple[str, str]:
    own: Text = it.cost_words
    said = pick(own, words.catalogue.language)
    if it.cost:
        return "money", f"{words.money(it.cost, whole=True)}" + (f", {said}" if said else "")
    return "free", said or words.catalogue.gettext(N_("Free"))


routes = [Route("/events/{id:int}/poster", poster)]
