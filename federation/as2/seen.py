"""What other servers publish, read into the words of the neighbourhood: cleaned, bounded, never trusted.

Pure: a document goes in, a `Seen` comes out. Whether the sender may say so is for `incoming.py` and `keep.py`.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation import keys
from federation.as2 import attached, loose, whom
from federation.as2.attached import ATTACHMENTS
from federation.as2.contexts import Json
from federation.as2.loose import id_of, nh, several, type_of
from federation.as2.words import SAYS
from hub import actors, asks, events, projects, things
from hub.clock import DAY, HOUR, now
from hub.errors import N_, HubError
from hub.places import Access, Area, Venue, point
from hub.text import Text

TITLE, HTML, BIO, LINE, REASON = 200, 50_000, 20_000, 200, 400  # characters of one language
EARLIEST = 946_684_800_000  # ms: the year 2000; nothing that federates was published before
CLOCKS_DIFFER = DAY
MOST_ALSO = 9  # accounts; each may be two thousand characters
MOST_MONEY = 100_000_000  # pence

_HANDLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_KINDS = {"Hub": "hub", "Project": "project", "Instance": "instance", "Resident": "person"}
# What a hub puts before a title for servers that show nothing else; our pages say it in their own way.
_MARKED = ("cancelled", "postponed", "matched", "closed", "ask", "offer")
_SIGNS = [sign for what in _MARKED for sign in SAYS[what].values()]
_SIGN = re.compile(rf"^(?:{'|'.join(map(re.escape, _SIGNS))})\s*:\s*", re.IGNORECASE)


class Unreadable(HubError):
    """A document that lacks what we would have to keep of it."""

    slug = "unreadable"


# --- who -------------------------------------------------------------------------------------------


def actor(doc: Json) -> actors.Seen:
    """An actor's own document. Raises `Unreadable` when nobody could be reached by it."""
    uri, inbox = id_of(doc), loose.address(doc.get("inbox"))
    if type_of(doc) not in loose.ACTOR_TYPES or not loose.origin(uri) or loose.origin(inbox) != loose.origin(uri):
        raise Unreadable(N_("This does not describe anybody who could take part."))
    handle = doc.get("preferredUsername")
    if not isinstance(handle, str) or not _HANDLE.fullmatch(handle):
        raise Unreadable(N_("Whoever this is has no name that can be written down."))
    endpoints = doc.get("endpoints")
    shared = loose.address(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else ""
    classic, multikey = _keys(doc)
    lat, lon = _position(doc.get("location"))
    return actors.Seen(
        uri=uri, kind=_actor_kind(doc), type=type_of(doc), handle=handle.lower(), domain=keys.host_of(uri),
        name=loose.text(doc, "name", longest=TITLE, most=3500) or {loose.UNKNOWN: handle},
        summary=_biography(doc), icon=attached.icon(doc), facts=attached.facts(doc),
        url=loose.address(doc.get("url")) or uri, inbox=inbox,
        shared_inbox=shared if loose.same_origin(shared, uri) else None,
        followers=_same(doc.get("followers"), uri), public_key=classic, multikey=multikey,
        hub=_same(nh(doc, "hub"), uri), area=_area(doc), lat=lat, lon=lon, discoverable=doc.get("discoverable") is True,
        locked=doc.get("manuallyApprovesFollowers") is True, bot=type_of(doc) in ("Service", "Application"),
        indexable=doc.get("indexable") is True, banner=attached.banner(doc), also=_also(doc),
    )  # fmt: skip


def project(doc: Json) -> tuple[things.Seen, str, Text]:
    """The project that an actor is: as a thing, how far it is, and whom it looks for."""
    seen = things.Seen(
        uri=id_of(doc), url=loose.address(doc.get("url")) or id_of(doc),
        title=loose.text(doc, "name", longest=TITLE, most=3500),
        html=_html(doc),
        pictures=attached.pictures(doc, ("image", "icon")), tags=attached.tags(doc), area=_area(doc),
        **_times(doc, None),
    )  # fmt: skip
    stage = nh(doc, "status")
    return seen, stage if stage in projects.STAGES else "active", _words(doc, "wanted", most=3500)


def _biography(doc: Json) -> Text:
    said = loose.html(doc, "summary", longest=BIO, most=50_000)
    return said or loose.html(doc, "content", longest=BIO, most=50_000)  # the sidebar of a Lemmy


def _also(doc: Json) -> list[str]:
    """Other accounts that somebody says are theirs."""
    return loose.ids_of(doc.get("alsoKnownAs"))[:MOST_ALSO]


def _actor_kind(doc: Json) -> str:
    kind = _KINDS.get(str(nh(doc, "kind")))
    if kind is not None:
        return kind
    return {"Person": "person", "Application": "instance"}.get(type_of(doc), "other")


def _keys(doc: Json) -> tuple[str, str | None]:
    classic, multikey = "", None
    for key in keys.of_actor(doc):
        if isinstance(key.key, RSAPublicKey):
            text = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            classic = classic or text
        else:
            multikey = multikey or keys.multikey(key.key)
    return classic, multikey


# --- what is common --------------------------------------------------------------------------------


def thing(doc: Json, *, touched: int | None = None, followers: str | None = None) -> things.Seen:
    """What all kinds of things have. `touched`: when it was changed, for servers that do not write `updated`;
    `followers` is the list of those who follow its author.

    Raises `Unreadable` for what has no address.
    """
    uri = id_of(doc)
    if not loose.origin(uri):
        raise Unreadable(N_("This has no address, so nobody could answer or change it."))
    tags = attached.tags(doc)
    return things.Seen(
        uri=uri, url=_page(doc), title=_title(doc), html=_html(doc),
        pictures=attached.pictures(doc, ("image", "attachment")), tags=tags, area=_area(doc),
        reply_to=id_of(doc.get("inReplyTo")) or None, extra=attached.more(doc, tags),
        audience=whom.audience(doc, author(doc), followers), mentions=whom.named(doc), **_times(doc, touched),
    )  # fmt: skip


def _times(doc: Json, touched: int | None) -> Any:
    at = now()
    published = loose.moment(doc.get("published"))
    published = at if published is None else max(EARLIEST, min(published, at))
    updated = loose.moment(doc.get("updated")) or touched or published
    # Which of two changes is the later one only their author's clock can say, even when it is hours off.
    return {"published": published, "updated": max(published, updated if updated <= at + CLOCKS_DIFFER else at)}


def _title(doc: Json) -> Text:
    title = loose.nh_text(doc, "title", longest=TITLE, most=3500)
    title = title or loose.text(doc, "name", longest=TITLE, most=3500)
    return {tag: _SIGN.sub("", said) or said for tag, said in title.items()}


def _html(doc: Json) -> Text:
    own = nh(doc, "story")
    story = loose.html({"content": own, "contentMap": own}, "content", longest=HTML, most=200_000) if own else {}
    said = story or loose.html(doc, "content", longest=HTML, most=200_000) or _source(doc)
    if not said and type_of(doc) not in attached.WARNS:
        said = loose.html(doc, "summary", longest=HTML, most=200_000)
    quoted = loose.safe_html(doc["quote"], HTML) if type_of(doc) == "Quotation" and "quote" in doc else ""
    return {tag: f"<blockquote>{quoted}</blockquote>{html}" for tag, html in said.items()} if quoted else said


def _source(doc: Json) -> Text:
    """What was typed, of those who do not send what became of it."""
    source = doc.get("source")
    source = source if isinstance(source, dict) else {"content": source, "mediaType": "text/plain"}
    return loose.html(source | {"inLanguage": loose.language(doc)}, "content", longest=HTML, most=200_000)


def _page(doc: Json) -> str:
    """Where people read it. A `Page` may name what it is about instead: that is a link."""
    url = loose.address(doc.get("url"))
    return id_of(doc) if not url or (type_of(doc) == "Page" and not loose.same_origin(url, id_of(doc))) else url


def author(doc: Json) -> str:
    """Who said it: of an account and its channel, the account."""
    named = [one for one in loose.several(doc.get("attributedTo")) if type_of(one) == "Person"]
    return id_of(named) or id_of(doc.get("attributedTo")) or id_of(doc.get("actor"))


def addressed(doc: Json, activity: Json) -> Json:
    """A thing with what its activity says of it: to whom it is, and when it was said."""
    names = ["published", "inLanguage"] if doc.get("to") or doc.get("cc") else ["published", "inLanguage", "to", "cc"]
    said = {name: activity[name] for name in names if name in activity}
    return said | {name: value for name, value in doc.items() if value is not None or name not in said}


def _area(doc: Json) -> Area | None:
    for one in several(nh(doc, "area")):
        name, code = loose.words(nh(one, "name"), LINE), loose.words(nh(one, "code"), 20)
        if name or code:
            return Area(name, code)
    return None


# --- events ----------------------------------------------------------------------------------------


def event(doc: Json, home: str = "UTC") -> events.Details:
    """When, where and how; `home` is the zone of times that do not say theirs.

    Raises `Unreadable` for what does not say when.
    """
    zone = _zone(doc, home)
    starts = loose.moment(doc.get("startTime"), ZoneInfo(zone))
    if starts is None:
        raise Unreadable(N_("An event has to say when it begins."))
    ends = loose.moment(doc.get("endTime"), ZoneInfo(zone))
    venue, online = _where(doc)
    return events.Details(
        starts=starts, ends=ends if ends is not None and ends > starts else starts + 2 * HOUR, zone=zone,
        venue=venue, access=_access(doc), online=online,
        places=loose.count(doc.get("maximumAttendeeCapacity"), 100_000) or None,
        cost=loose.count(nh(nh(doc, "cost"), "amountMinor"), MOST_MONEY) or 0,
        cost_words=_words(doc, "words", within="cost", most=1900),
        status=_status(doc), reason=_words(doc, "reason", within="cancellation", most=3800, longest=REASON),
    )  # fmt: skip


def going(doc: Json) -> int | None:
    """How many are going, by the word of the server that holds the event."""
    said = loose.count(nh(nh(doc, "rsvp"), "yes"))
    return loose.count(doc.get("participantCount")) if said is None else said


def _status(doc: Json) -> str:
    said = doc.get("eventStatus")
    named = re.split(r"[/#:]", said)[-1] if isinstance(said, str) else ""
    found = {
        "EventCancelled": "cancelled", "EventPostponed": "postponed", "EventRescheduled": "rescheduled",
        "EventTentative": "tentative", "EventMovedOnline": "moved_online",
    }.get(named)  # fmt: skip
    if found:
        return found
    said = doc.get("status", doc.get("ical:status"))
    said = said.upper() if isinstance(said, str) else ""
    return {"CANCELLED": "cancelled", "CANCELED": "cancelled", "TENTATIVE": "tentative"}.get(said, "scheduled")


def _zone(doc: Json, home: str) -> str:
    """The zone that it names; without a name the one that its hours are written in, or `home`."""
    name = doc.get("timezone")
    try:
        if isinstance(name, str) and 0 < len(name) <= 60:
            ZoneInfo(name)
            return name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        name = None
    said = doc.get("startTime")
    hours, starts = loose.hours_ahead(said), loose.moment(said)
    if hours is None or starts is None:
        return home
    at_home = datetime.fromtimestamp(starts / 1000, ZoneInfo(home)).utcoffset()
    return home if at_home == timedelta(hours=hours) else f"Etc/GMT{-hours:+d}"  # whose sign is turned round


def _where(doc: Json) -> tuple[Venue, str]:
    online = loose.address(doc.get("onlineLink"))
    venue = Venue()
    for place in several(doc.get("location"))[:ATTACHMENTS]:
        if type_of(place) == "VirtualLocation":
            online = online or loose.address(place.get("url"))
        elif venue == Venue():
            venue = _venue(place)
    return venue, online


def _venue(place: object) -> Venue:
    if isinstance(place, str):
        return Venue(name="" if loose.origin(place) else loose.words(place, LINE))
    if not isinstance(place, dict):
        return Venue()
    at = place.get("address")
    at = at if isinstance(at, dict) else {"streetAddress": at}
    lat, lon = _position(place)
    return Venue(
        name=loose.words(place.get("name"), LINE), street=loose.words(at.get("streetAddress"), LINE),
        locality=loose.words(at.get("addressLocality"), LINE), region=loose.words(at.get("addressRegion"), LINE),
        postcode=loose.words(at.get("postalCode"), 40), country=loose.words(at.get("addressCountry"), 60),
        lat=lat, lon=lon,
    )  # fmt: skip


def _position(place: object) -> tuple[float | None, float | None]:
    place = next((one for one in several(place) if isinstance(one, dict)), {})
    inner = place.get("geo")
    geo = inner if isinstance(inner, dict) else place
    try:
        return point(loose.decimal(geo.get("latitude")), loose.decimal(geo.get("longitude")))
    except HubError:
        return None, None


def _access(doc: Json) -> Access:
    said = nh(doc, "accessibility")

    def fact(key: str) -> bool | None:
        value = nh(said, key)
        return value if isinstance(value, bool) else None

    return Access(
        step_free=fact("stepFree"), toilet=fact("accessibleToilet"), hearing_loop=fact("hearingLoop"),
        sign_language=fact("bslOnRequest"), children=fact("childrenWelcome"),
        parking=loose.count(nh(said, "blueBadgeParking"), 10_000), 
        notes=_words(doc, "notes", within="accessibility", most=3500, longest=800),
    )  # fmt: skip


# --- asks and offers -------------------------------------------------------------------------------


def ask(doc: Json) -> asks.Details:
    """What is needed or offered, by when, and whether it is still open."""
    needed, category, status = nh(doc, "needed"), nh(doc, "category"), nh(doc, "status")
    published: int = _times(doc, None)["published"]
    hours = loose.decimal(nh(needed, "hours"))
    if status not in ("open", "matched", "done", "withdrawn", "expired"):
        status = "done" if doc.get("closed") else "open"
    return asks.Details(
        category=category if category in asks.CATEGORIES else "other", due=loose.moment(nh(needed, "by")),
        people=loose.count(nh(needed, "people"), 1000) or None,
        hours=min(hours, 1000.0) if hours is not None and hours > 0 else None,
        vetted=nh(doc, "safeguarding") == "vetted-only", status=status,
        expires=min(loose.moment(doc.get("endTime")) or published + asks.LIFE, now() + 366 * DAY),
    )  # fmt: skip


def offered(doc: Json) -> int | None:
    """How many people have answered, by the word of the hub that asked."""
    return loose.count(nh(nh(doc, "counts"), "offered"))


# --- words that answer -----------------------------------------------------------------------------


def vote(doc: Json) -> str | None:
    """The option that a vote names; `None` for what is no vote."""
    name = doc.get("name")
    if type_of(doc) != "Note" or not isinstance(name, str) or doc.get("content") or not doc.get("inReplyTo"):
        return None
    return name.strip()[:300]


def first_words(doc: Json) -> list[str]:
    """How a reply begins, in small letters, without those it is addressed to and without punctuation."""
    said = next(iter(loose.text(doc, "content", longest=2000, most=40_000).values()), "")
    bare = [word.strip(".,;:!?…\"'()").replace("’", "'") for word in said.lower().split() if not word.startswith("@")]
    return [word for word in bare if word][:8]


def begins(first: list[str], phrases: Iterable[str]) -> bool:
    """Whether a reply begins with one of some phrases."""
    return any(first[: len(phrase.split())] == phrase.split() for phrase in phrases)


def _words(doc: Json, key: str, *, most: int, longest: int = LINE, within: str = "") -> Text:
    """Words of our own vocabulary, of the document or of a part of it, in the document's language."""
    part = nh(doc, within) if within else doc
    return loose.nh_text(part, key, longest=longest, most=most, spoken=loose.language(doc))


def _same(value: object, uri: str) -> str | None:
    found = loose.address(value)
    return found if loose.same_origin(found, uri) else None
