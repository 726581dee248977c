"""What the hub's own API gives, as its document describes it. Words are kept in all their languages: `{"en": "…"}`."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hub import asks, events, kept, places, projects, settings
from hub.directory import Entry
from hub.identities import By
from hub.store import Tx
from hub.text import Text
from web.mastodon import tellings
from web.mastodon.shapes import stamp
from web.mastodon.view import View

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$", description="The same as of the status in the client API.")]
Time = Annotated[str, Meta(description="UTC, to the millisecond.", extra_json_schema={"format": "date-time"})]
Said = Literal["yes", "maybe", "no"]
Kind = Literal["ask", "offer"]
Category = Literal[asks.CATEGORIES]  # type: ignore[valid-type]
Stage = Literal[projects.STAGES]  # type: ignore[valid-type]


class Error(msgspec.Struct, frozen=True):
    """A refusal, in a sentence that can be shown."""

    error: str


class Who(msgspec.Struct, frozen=True):
    """Who published it. `acct` as in the client API: with a domain for who lives elsewhere."""

    id: Id
    acct: str
    name: Text
    url: str
    kind: str


class Picture(msgspec.Struct, frozen=True):
    url: str
    preview_url: str
    alt: Text
    width: int | None
    height: int | None


class Area(msgspec.Struct, frozen=True):
    """A part of the country. `code` is an ONS code, empty where nobody knows it."""

    name: str
    code: str


class Place(msgspec.Struct, frozen=True):
    name: str
    street: str
    locality: str
    region: str
    postcode: str
    country: str
    lat: float | None
    lon: float | None


class Common(msgspec.Struct, frozen=True, kw_only=True):
    id: Id
    uri: str
    url: str
    title: Text
    html: Text
    by: Who
    local: bool
    area: Area | None
    project: Id | None
    tags: list[str]
    pictures: list[Picture]
    published: Time
    updated: Time


class Rsvp(msgspec.Struct, frozen=True, kw_only=True):
    """Your answer to an event. `waiting`: there was no room, and `ahead` people get a place before you."""

    said: Said | None
    party: int
    waiting: bool
    ahead: int


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How easy it is to get in. `null` where nobody has said."""

    step_free: bool | None
    toilet: bool | None
    hearing_loop: bool | None
    sign_language: bool | None
    children: bool | None
    parking: int | None
    notes: Text


class Event(Common, frozen=True, kw_only=True):
    """An event. `cost` is in pence; `distance_km` is there when a place was asked for, `rsvp` with a person's token."""

    starts: Time
    ends: Time
    zone: str
    status: str
    reason: Text
    place: Place | None
    access: Ways
    online: str | None
    places: int | None
    going: int
    maybe: int
    waiting: int
    full: bool
    over: bool
    cost: int
    cost_words: Text
    distance_km: float | None
    rsvp: Rsvp | None


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Your answer to an ask or an offer. `said` is help, refer or share to an ask, take or info to an offer.

    `state` is offered, accepted, done, thanked, declined or withdrawn; `told` what a coordinator wrote to you.
    """

    said: str | None
    state: str | None
    words: str
    told: Text


class Ask(Common, frozen=True, kw_only=True):
    """An ask or an offer. `offered` counts who would help, `accepted` those who were taken up."""

    kind: Kind
    category: str
    open: bool
    status: str
    due: Time | None
    people: int | None
    hours: float | None
    vetted: bool
    expires: Time
    offered: int
    accepted: int
    completed: int
    help: Help | None


class Project(Common, frozen=True, kw_only=True):
    """A project. `account` is whom one follows: its id in the client API. `summary` is HTML."""

    account: Id
    acct: str
    summary: Text
    stage: str
    wanted: Text


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """This hub. `radius_km` is how far it looks after."""

    domain: str
    account: Id
    acct: str
    url: str
    name: Text
    area: Area
    lat: float | None
    lon: float | None
    radius_km: float
    languages: list[str]
    zone: str
    welcome: Text
    rules: Text
    opened: Time


class NearHub(msgspec.Struct, frozen=True, kw_only=True):
    """Another hub. `relation` is what it is to this one: mutual, follows or heard."""

    id: Id
    domain: str
    acct: str
    url: str
    name: Text
    area: Area
    lat: float | None
    lon: float | None
    distance_km: float | None
    relation: str
    follows_us: bool


# From the hub's structs


def acct(handle: str, domain: str, *, local: bool) -> str:
    return handle if local else f"{handle}@{domain}"


def who(it: By) -> Who:
    return Who(str(it.id), acct(it.handle, it.domain, local=it.local), it.name, it.url or it.uri, it.kind)


def area(it: places.Area | None) -> Area | None:
    return Area(it.name, it.code) if it else None


def event(tx: Tx, v: View, it: events.Event, km: float | None = None, rsvp: Rsvp | None = None) -> Event:
    return Event(
        **_common(tx, v, it), starts=stamp(it.starts), ends=stamp(it.ends), zone=it.zone, status=it.status,
        reason=it.reason, place=_place(it.venue), access=_ways(it.access), online=it.online or None, places=it.places,
        going=it.going, maybe=it.maybe, waiting=it.waiting, full=it.full, over=it.over, cost=it.cost,
        cost_words=it.cost_words, distance_km=_rounded(km), rsvp=rsvp,
    )  # fmt: skip


def ask(tx: Tx, v: View, it: asks.Ask, help_: Help | None = None) -> Ask:
    return Ask(
        **_common(tx, v, it), kind="ask" if it.kind == "ask" else "offer", category=it.category, open=it.open,
        status=it.status, due=None if it.due is None else stamp(it.due), people=it.people, hours=it.hours,
        vetted=it.vetted, expires=stamp(it.expires), offered=it.offered, accepted=it.accepted, completed=it.completed,
        help=help_,
    )  # fmt: skip


def project(tx: Tx, v: View, it: projects.Project) -> Project:
    return Project(
        **_common(tx, v, it), account=str(it.actor), acct=acct(it.handle, it.by.domain, local=it.local),
        summary=it.summary, stage=it.stage, wanted=it.wanted,
    )  # fmt: skip


def hub(it: settings.Hub) -> Hub:
    return Hub(
        domain=it.domain, account=str(it.actor), acct=it.handle, url=it.base, name=it.name,
        area=Area(it.area.name, it.area.code), lat=it.lat, lon=it.lon, radius_km=it.radius, languages=it.languages,
        zone=it.zone, welcome=it.welcome, rules=it.rules, opened=stamp(it.opened),
    )  # fmt: skip


def near(it: Entry, km: float | None) -> NearHub:
    return NearHub(
        id=str(it.id), domain=it.domain, acct=it.acct.removeprefix("@"), url=it.url, name=it.name,
        area=Area(it.area.name, it.area.code), lat=it.lat, lon=it.lon, distance_km=_rounded(km), relation=it.relation,
        follows_us=it.follows_us,
    )  # fmt: skip


def _rounded(km: float | None) -> float | None:
    return None if km is None else round(km, 2)


def _common(tx: Tx, v: View, it: kept.Thing) -> dict[str, Any]:
    return {
        "id": str(it.id), "uri": it.uri, "url": it.url or it.uri, "title": it.title, "html": it.html, "by": who(it.by),
        "local": it.local, "area": area(it.area), "project": None if it.project is None else str(it.project),
        "tags": it.tags, "pictures": [_picture(tx, v, one) for one in it.pictures], "published": stamp(it.published),
        "updated": stamp(it.updated),
    }  # fmt: skip


def _picture(tx: Tx, v: View, it: kept.Picture) -> Picture:
    shown = tellings.attachment(tx, v, it, 0)
    return Picture(shown.url, shown.preview_url or shown.url, it.alt, it.width, it.height)


def _place(it: places.Venue) -> Place | None:
    if not it.line and it.lat is None:
        return None
    return Place(it.name, it.street, it.locality, it.region, it.postcode, it.country, it.lat, it.lon)


def _ways(it: places.Access) -> Ways:
    return Ways(
        step_free=it.step_free, toilet=it.toilet, hearing_loop=it.hearing_loop, sign_language=it.sign_language,
        children=it.children, parking=it.parking, notes=it.notes,
    )  # fmt: skip
