"""Things of ours without a database, in any state, as the serializers are given them."""

from typing import Any

from federation.as2 import actors as as2_actors
from federation.as2 import asks as as2_asks
from federation.as2 import events as as2_events
from federation.as2 import personal
from federation.as2 import posts as as2_posts
from federation.as2.contexts import Json
from federation.as2.posts import Around
from hub.actors import Actor, By
from hub.asks import Ask
from hub.events import STATUSES, Event
from hub.kept import AUDIENCES
from hub.places import Access, Area, Venue
from hub.projects import Project
from hub.reading import Extra, Option, Poll
from hub.settings import Contact, Hub
from hub.things import Picture, Thing, rendered

BASE = "https://e17.example"
AT = 1_778_403_600_000  # 10 May 2026, 09:00 UTC
STARTS = 1_780_736_400_000  # 6 June 2026, 09:00 UTC: 10:00 in London
HOUR = 3_600_000
WARD = Area("Wood Street ward", "E05013893")
LANGUAGES = (["en"], ["en", "cy"], ["cy", "en"])
TITLE = {"en": "Big Dig: plant the community orchard", "cy": "Y Palu Mawr: plannu'r berllan"}
WORDS = {"en": "Help plant 40 fruit trees.\n\n- tools\n- tea", "cy": "Dewch i blannu 40 o goed ffrwythau."}
PICTURE = Picture(media=7, width=1200, height=630, alt={"en": "A sapling", "cy": "Coeden ifanc"})


def hub(languages: list[str] | None = None) -> Hub:
    return Hub(
        base=BASE, actor=1, instance=2, handle="hub", name={"en": "Wood Street Neighbourhub", "cy": "Hwb Wood Street"},
        area=WARD, lat=51.0, lon=-0.002, radius=1.2, languages=languages or ["en", "cy"], zone="Europe/London", hue=165,
        welcome={"en": "Neighbours & friends.", "cy": "Cymdogion."}, rules={"en": "Be kind."},
        contacts=[Contact("Bethan", "Steward", "01632 960118")], opened=AT,
    )  # fmt: skip


def by(name: str = "hub", kind: str = "hub", base: str = BASE, handle: str = "") -> By:
    return By(
        id=1, uri=f"{base}/actor/{name}", url=f"{base}/", name={"en": name}, handle=handle or name,
        domain=base.partition("://")[2], local=base == BASE, kind=kind,
    )  # fmt: skip


def _thing(kind: str, folder: str, **changes: Any) -> dict[str, Any]:
    it: dict[str, Any] = {
        "id": 11, "uri": f"{BASE}/{kind}/11", "url": f"{BASE}/{folder}/11", "kind": kind, "by": by(), "local": True,
        "title": TITLE, "words": WORDS, "html": rendered(changes.get("words", WORDS)), "pictures": [], "project": None,
        "tags": ["WoodStreetE17", "#Volunteering"], "root": None, "reply_to": None, "area": WARD, "published": AT,
        "updated": AT, "hidden": False,
    }  # fmt: skip
    return it | changes


def event(**changes: Any) -> Event:
    it: dict[str, Any] = {
        "starts": STARTS, "ends": STARTS + 3 * HOUR, "zone": "Europe/London",
        "venue": Venue("St John's Hall", "12 Wood Street", "London", "Greater London", "E17 3HX", "GB", 51.0, -0.0203),
        "access": Access(True, True, False, True, True, 2, {"en": "Ramp at side door.", "cy": "Ramp wrth y drws."}),
        "online": "", "places": 40, "cost": 0, "cost_words": {}, "status": "scheduled", "reason": {}, "companion": 12,
        "going": 28, "maybe": 5, "declined": 3,
    }  # fmt: skip
    return Event(**(_thing("event", "events", pictures=[PICTURE]) | it | changes))


def ask(kind: str = "ask", **changes: Any) -> Ask:
    it: dict[str, Any] = {
        "category": "transport", "due": STARTS, "people": 2, "hours": 3.0, "vetted": True, "status": "open",
        "expires": STARTS, "closed": None, "offered": 1, "accepted": 0, "completed": 0,
    }  # fmt: skip
    return Ask(**(_thing(kind, "asks") | it | changes))


def note(kind: str = "note", **changes: Any) -> Thing:
    return Thing(**(_thing("post", "posts", pictures=[PICTURE]) | {"kind": kind} | changes))


def actor(kind: str = "hub", **changes: Any) -> Actor:
    name, type, handle = {
        "hub": ("hub", "Group", "hub"), "project": ("p_orchard", "Group", "p_orchard"),
        "person": ("u-alice", "Person", "alice"), "instance": ("", "Application", "e17.example"),
    }[kind]  # fmt: skip
    uri = f"{BASE}/actor/{name}".rstrip("/")
    it: dict[str, Any] = {
        "id": 1, "uri": uri, "local": True, "kind": kind, "type": type, "handle": handle, "domain": "e17.example",
        "name": {"en": handle, "cy": handle}, "summary": {"en": "<p>Forty trees.</p>"}, "url": f"{BASE}/",
        "inbox": f"{uri}/inbox", "shared_inbox": f"{BASE}/inbox", "followers": f"{uri}/followers",
        "public_key": "-----BEGIN PUBLIC KEY-----\n", "multikey": "z6Mk", "hub": f"{BASE}/actor/hub", "area": WARD,
        "lat": None, "lon": None, "discoverable": kind in ("hub", "project"), "picture": None, "created": AT,
        "updated": AT, "fetched": 0, "removed": None,
    }  # fmt: skip
    return Actor(**(it | changes))


def project(**changes: Any) -> Project:
    it: dict[str, Any] = {
        "actor": 3, "handle": "p_orchard", "summary": {"en": "<p>Forty trees.</p>"}, "stage": "active",
        "wanted": {"en": "Two people to water."},
    }  # fmt: skip
    return Project(**(_thing("project", "projects", uri=f"{BASE}/actor/p_orchard") | it | changes))


ORCHARD = f"{BASE}/actor/p_orchard"
UPDATE = Around(project=ORCHARD, project_acct="@p_orchard@e17.example")
REPLY = Around(
    answers="https://n16.example/users/bo", answers_acct="@bo@n16.example", context=f"{BASE}/event/11/context"
)


def update(**changes: Any) -> Thing:
    return note("update", by=by("p_orchard", "project"), project=13, **changes)


def reply(**changes: Any) -> Thing:
    answered = {"title": {}, "tags": [], "pictures": [], "root": 11, "reply_to": "https://n16.example/notes/1"}
    return note("reply", by=by("u-alice", "person", handle="alice"), **(answered | changes))


def everything(here: Hub) -> dict[str, Json]:
    """Every thing of ours in every state that its document says, by a name."""
    off = {"reason": {"en": "Storm <warning>", "cy": "Rhybudd storm"}, "updated": AT + HOUR}
    events = {
        "plain": event(), "edited": event(updated=AT + 1000), "full": event(going=40), "no limit": event(places=None),
        "no picture": event(pictures=[]), "in English only": event(title={"en": "Party"}, words={}, html={}),
        "title in two, text in one": event(html={"en": "<p>Bring a chair.</p>"}), "paid": event(cost=550),
        "pay what you can": event(cost_words={"en": "Pay what you can"}),
        "online": event(venue=Venue(), online="https://meet.example/x", access=Access(), pictures=[]),
        "hybrid": event(online="https://meet.example/x"), "overnight": event(ends=STARTS + 20 * HOUR),
        "nowhere known": event(venue=Venue(name="Behind the chapel"), access=Access()),
        "abroad": event(zone="America/New_York"), "nothing but a title": event(html={}, tags=[], pictures=[]),
    }  # fmt: skip
    events |= {status: event(status=status, **off) for status in STATUSES}
    events |= {"waiting list": event(going=40, waiting=7), "moved online, to an address alone": event(
        status="moved_online", venue=Venue(), online="https://meet.example/x", access=Access(), **off)}  # fmt: skip
    asked = {f"{kind} {status}": ask(kind, status=status, updated=AT + HOUR) for kind in ("ask", "offer")
             for status in ("open", "matched", "done", "withdrawn", "expired")}  # fmt: skip
    asked |= {"bare ask": ask(due=None, people=None, hours=None, area=None, vetted=False, html={}, tags=[]),
              "half an hour": ask(hours=0.5), "bare offer": ask("offer", hours=None, people=None)}  # fmt: skip
    tally = {"help": 2, "share": 1, "take": 3}
    found = {f"event {name}": as2_events.event(it, here, ORCHARD) for name, it in events.items()}
    found |= {f"poll {name}": as2_events.companion(it, here) for name, it in events.items()}
    found |= {name: as2_asks.ask(it, here, tally, ORCHARD) for name, it in asked.items()}
    return found | {
        "note": as2_posts.note(note(), here),
        "note edited": as2_posts.note(note(updated=AT + 1000), here),
        "note without title": as2_posts.note(note(title={}, tags=[], pictures=[]), here),
        "new project": as2_posts.note(note(project=13), here, UPDATE),
        "update": as2_posts.note(update(), here, UPDATE),
        "reply": as2_posts.note(reply(), here, REPLY),
        "reply to oneself": as2_posts.note(reply(), here, Around(answers=f"{BASE}/actor/u-alice", answers_acct="@a@b")),
        "reply to what is gone": as2_posts.note(reply(), here),
        **spoken(here),
    }


def spoken(here: Hub) -> dict[str, Json]:
    """What residents say in their own name, to whomever, with all that may hang on it."""
    ann: dict[str, Any] = {"by": by("u-alice", "person", handle="alice"), "title": {}, "pictures": [], "tags": ["Dig"]}
    named = personal.Around(named=[personal.Named("https://n16.example/users/bo", "@bo@n16.example")])
    found = {f"said {audience}": personal.said(note(audience=audience, **ann), here, named) for audience in AUDIENCES}
    warned = Extra(warning={"en": "Mud"}, sensitive=True)
    for many in (False, True):
        poll = Poll([Option("Yes"), Option("No")], many=many, ends=AT + HOUR)
        asked = note(extra=Extra(poll=poll), **ann)
        found[f"asked {many}"] = personal.said(asked, here, personal.Around(counts=[2, 1], voters=3))
    return found | {
        "said with a picture": personal.said(note(**ann | {"pictures": [PICTURE], "html": {}, "words": {}}), here),
        "said with a warning": personal.said(note(extra=warned, **ann), here),
        "said otherwise": personal.said(note(edited=AT + HOUR, **ann), here),
        "said in answer": personal.said(reply(), here, named),
    }


def everybody(here: Hub) -> dict[str, Json]:
    return {
        "hub": as2_actors.hub(actor("hub"), here),
        "project": as2_actors.project(actor("project"), project(), here),
        "resident": as2_actors.resident(actor("person", summary={}), here),
        "instance": as2_actors.instance(actor("instance"), here, "1.0.0"),
    }
