"""What the publishing forms ask, in the words of people, and how it becomes a draft of the domain and back.

Numbers of things and pictures are text here: they are longer than what a form takes for a number.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hub import asks, events, posts, projects
from hub.clock import DAY, now
from hub.text import Text, plain
from hub.things import Picture, Thing
from web import forms
from web.forms import Form
from web.pages.uploads import Kept

Line = Annotated[str, Meta(max_length=2000)]
Id = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
Typed = dict[str, list[str]]
SAID: dict[str, bool | None] = {"yes": True, "no": False}
FACTS = ("step_free", "toilet", "hearing_loop", "sign_language", "children")  # of `events.Draft`
EVENING = "20:00"  # when a day that help is needed by ends


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The event form. Facts are "yes", "no" or "" for nobody has said."""

    title: Text = msgspec.field(default_factory=dict)
    text: Text = msgspec.field(default_factory=dict)
    starts: int
    ends: int
    venue: Line = ""
    street: Line = ""
    locality: Line = ""
    postcode: Line = ""
    lat: float | None = None
    lon: float | None = None
    online: Line = ""
    step_free: Line = ""
    toilet: Line = ""
    hearing_loop: Line = ""
    sign_language: Line = ""
    children: Line = ""
    parking: int | None = None
    access_notes: Text = msgspec.field(default_factory=dict)
    places: int | None = None
    cost: int = 0
    cost_words: Text = msgspec.field(default_factory=dict)
    project: Id | None = None
    tags: Line = ""
    series: Text = msgspec.field(default_factory=dict)
    tentative: bool = False
    pictures: list[Kept] = msgspec.field(default_factory=list)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The form of an ask or an offer. `due` is the evening of a day."""

    title: Text = msgspec.field(default_factory=dict)
    text: Text = msgspec.field(default_factory=dict)
    category: Line = "other"
    due: int | None = None
    people: int | None = None
    hours: float | None = None
    area_name: Line = ""
    vetted: bool = False
    days: int = 14
    project: Id | None = None
    tags: Line = ""


class Project(msgspec.Struct, frozen=True, kw_only=True):
    title: Text = msgspec.field(default_factory=dict)
    handle: Line = ""
    summary: Text = msgspec.field(default_factory=dict)
    text: Text = msgspec.field(default_factory=dict)
    stage: Line = "active"
    wanted: Text = msgspec.field(default_factory=dict)
    area_name: Line = ""
    pictures: list[Kept] = msgspec.field(default_factory=list)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note by the hub; with `project`, an update of it."""

    title: Text = msgspec.field(default_factory=dict)
    text: Text = msgspec.field(default_factory=dict)
    project: Id | None = None
    tags: Line = ""
    pictures: list[Kept] = msgspec.field(default_factory=list)


def tidy(typed: Typed) -> Typed:
    """Fill in what goes without saying: an event ends on the day that it starts, a day ends in the evening."""
    filled = dict(typed)
    if _said(typed, "starts.date") and _said(typed, "ends.time") and not _said(typed, "ends.date"):
        filled["ends.date"] = typed["starts.date"]
    if "due.date" in typed:
        filled["due.time"] = [EVENING] if _said(typed, "due.date") else [""]
    return filled


def event(form: Event, pictures: list[Picture]) -> events.Draft:
    plain = _plain(form, "project", "tags", "pictures", *FACTS)
    facts: dict[str, Any] = {name: SAID.get(getattr(form, name)) for name in FACTS}
    return events.Draft(**plain, **facts, project=_id(form.project), tags=tags(form.tags), pictures=pictures)


def ask(form: Ask, area_code: str) -> asks.Draft:
    plain = _plain(form, "project", "tags")
    return asks.Draft(**plain, project=_id(form.project), tags=tags(form.tags), area_code=area_code)


def project(form: Project, pictures: list[Picture], area_code: str) -> projects.Draft:
    return projects.Draft(**_plain(form, "pictures"), pictures=pictures, area_code=area_code)


def note(form: Note, pictures: list[Picture]) -> posts.Draft:
    plain = _plain(form, "project", "tags", "pictures")
    return posts.Draft(**plain, project=_id(form.project), tags=tags(form.tags), pictures=pictures)


# Forms to change things with


def of_event(it: events.Event, series: Text | None = None) -> Form[Any]:
    venue, access = it.venue, msgspec.structs.asdict(it.access)
    facts: dict[str, Any] = {name: {True: "yes", False: "no"}.get(access[name], "") for name in FACTS}
    form = Event(
        title=it.title, text=it.words, starts=it.starts, ends=it.ends, venue=venue.name, street=venue.street,
        locality=venue.locality, postcode=venue.postcode, lat=venue.lat, lon=venue.lon, online=it.online,
        parking=it.access.parking, access_notes=it.access.notes, places=it.places, cost=it.cost,
        cost_words=it.cost_words, project=_text(it.project), tags=", ".join(it.tags),
        series=series or {}, tentative=it.status == "tentative", pictures=_kept(it.pictures), **facts,
    )  # fmt: skip
    return forms.filled(form, it.zone, moments=("starts", "ends"), amounts=("cost",))


def of_ask(it: asks.Ask, zone: str) -> Form[Any]:
    days = min(max(-(-(it.expires - now()) // DAY), 1), 90)
    form = Ask(
        title=it.title, text=it.words, category=it.category, due=it.due, people=it.people, hours=it.hours,
        area_name=it.area.name if it.area else "", vetted=it.vetted, days=days if it.open else 14,
        project=_text(it.project), tags=", ".join(it.tags),
    )  # fmt: skip
    return forms.filled(form, zone, moments=("due",))


def of_project(it: projects.Project, zone: str) -> Form[Any]:
    form = Project(
        title=it.title, handle=it.handle, text=it.words,
        summary={tag: plain(html) for tag, html in it.summary.items()}, stage=it.stage, wanted=it.wanted,
        area_name=it.area.name if it.area else "", pictures=_kept(it.pictures),
    )  # fmt: skip
    return forms.filled(form, zone)


def of_note(it: Thing, zone: str) -> Form[Any]:
    form = Note(
        title=it.title, text=it.words, project=_text(it.project), tags=", ".join(it.tags), pictures=_kept(it.pictures)
    )
    return forms.filled(form, zone)


def tags(typed: str) -> list[str]:
    """Words to find it by, as people type them: commas, spaces, with or without #."""
    words = [word.strip("#").lower()[:100] for word in typed.replace(",", " ").split()]
    return list(dict.fromkeys(word for word in words if word))[:20]


def _plain(form: msgspec.Struct, *without: str) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(form).items() if name not in without}


def _kept(pictures: list[Picture]) -> list[Kept]:
    return [Kept(media=str(one.media), alt=one.alt) for one in pictures if one.media is not None]


def _id(typed: str | None) -> int | None:
    return int(typed) if typed else None


def _text(id: int | None) -> str | None:
    return None if id is None else str(id)


def _said(typed: Mapping[str, list[str]], name: str) -> bool:
    return bool(typed.get(name, [""])[0].strip())
