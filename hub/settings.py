"""The hub itself: its name, its patch, its words of welcome, its rules, and who answers for it."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hub import actors, audit, handles, roles
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.packing import pack, unpack
from hub.places import Area, point
from hub.store import Row, Tx
from hub.text import Text, clean_text, markdown, pick

HUES = (20, 45, 70, 95, 125, 150, 165, 205, 235, 265, 300, 345)  # degrees OKLCH: the twelve that pass (look.md)
LANGUAGES = ("en", "cy")
FURTHEST = 100.0  # km
# What the wizard proposes; a steward makes it their own.
STARTER_RULES: Text = {
    "en": "- Be kind. Talk to people here as you would over the garden wall.\n"
    "- Keep other people’s addresses, phone numbers and troubles to yourself.\n"
    "- No adverts, and nothing that is against the law.\n"
    "- Meet in a public place the first time. Never send money to somebody you have not met.\n"
    "- The people responsible may hide what breaks these rules, and will say why.",
    "cy": "- Byddwch yn garedig. Siaradwch â phobl yma fel y byddech dros wal yr ardd.\n"
    "- Cadwch gyfeiriadau, rhifau ffôn a thrafferthion pobl eraill i chi’ch hun.\n"
    "- Dim hysbysebion, a dim byd sydd yn erbyn y gyfraith.\n"
    "- Y tro cyntaf, cwrddwch mewn lle cyhoeddus. Peidiwch byth ag anfon arian at rywun nad ydych wedi cwrdd â nhw.\n"
    "- Caiff y bobl sy’n gyfrifol guddio’r hyn sy’n torri’r rheolau hyn, gan ddweud pam.",
}
DESK = "the-desk"  # no handle has a hyphen, so that nobody else's address is this


class Contact(msgspec.Struct, frozen=True):
    """Somebody who answers for the hub: a name, what for, and how to reach them."""

    name: str
    role: str = ""
    reach: str = ""


class Draft(msgspec.Struct, frozen=True):
    """What the set-up wizard or `neighbourhub init` gathers. `radius` is in km, `lat`, `lon` WGS84 degrees."""

    name: Text
    zone: str = "Europe/London"
    handle: str = "hub"
    area_name: str = ""
    area_code: str = ""
    lat: float | None = None
    lon: float | None = None
    radius: float = 1.5
    languages: list[str] = msgspec.field(default_factory=lambda: ["en", "cy"])
    hue: int = 165
    welcome: Text = msgspec.field(default_factory=dict)
    rules: Text = msgspec.field(default_factory=dict)
    contacts: list[Contact] = msgspec.field(default_factory=list)


class Hub(msgspec.Struct, frozen=True):
    """The hub as it stands. `base` is its address (`https://e17.example`), `actor` the Group that is followed."""

    base: str
    actor: int
    instance: int
    handle: str
    name: Text
    area: Area
    lat: float | None
    lon: float | None
    radius: float
    languages: list[str]
    zone: str
    hue: int
    welcome: Text
    rules: Text
    contacts: list[Contact]
    opened: int

    @property
    def domain(self) -> str:
        return self.base.partition("://")[2]

    @property
    def acct(self) -> str:
        return f"@{self.handle}@{self.domain}"


def open_hub(tx: Tx, draft: Draft, base: str) -> Hub:
    """Open the hub at `base`: its actor, the server's actor, and the first line of the log.

    Raises `Invalid`, naming the field, when something is missing (a name, a contact, rules), `Conflict` when it is
    open already.
    """
    if found(tx) is not None:
        raise Conflict(N_("This hub is open already. Change it on the settings page."))
    draft = checked(draft)
    domain = base.partition("://")[2]
    instance = actors.create(
        tx, base, "", kind="instance", type="Application", handle=domain.replace(":", "."), title={"en": domain},
        url=f"{base}/about", discoverable=False,
    )  # fmt: skip
    hub = actors.create(
        tx, base, "hub", kind="hub", type="Group", handle=draft.handle, title=draft.name, summary=_shown(draft),
        area=Area(draft.area_name, draft.area_code), url=f"{base}/",
    )  # fmt: skip
    tx.run("UPDATE actor SET hub = :hub WHERE id = :id", hub=f"{base}/actor/hub", id=instance)
    tx.run(
        """INSERT INTO hub (id, base, actor, instance, radius, languages, zone, hue, welcome, rules, contacts, opened)
           VALUES (1, :base, :actor, :instance, :radius, :languages, :zone, :hue, :welcome, :rules, :contacts, :now)""",
        base=base, actor=hub, instance=instance, now=now(), **_columns(draft),
    )  # fmt: skip
    tx.run("UPDATE actor SET lat = :lat, lon = :lon WHERE id = :id", lat=draft.lat, lon=draft.lon, id=hub)
    tx.run("DELETE FROM setup")
    record(tx, Kind.HUB_OPENED, subject=hub, actor=hub)
    return get(tx)


def change(tx: Tx, who: int, draft: Draft) -> Hub:
    """Change what the hub says of itself, and tell its followers. Stewards may. The handle stays: others follow it."""
    roles.require(tx, who, "steward")
    hub = get(tx)
    draft = checked(msgspec.structs.replace(draft, handle=hub.handle))
    tx.run(
        """UPDATE hub SET radius = :radius, languages = :languages, zone = :zone, hue = :hue, welcome = :welcome,
             rules = :rules, contacts = :contacts WHERE id = 1""",
        **_columns(draft),
    )
    area = Area(draft.area_name, draft.area_code)
    actors.rename(tx, hub.actor, title=draft.name, summary=_shown(draft), area=area, picture=None)
    tx.run("UPDATE actor SET lat = :lat, lon = :lon WHERE id = :id", lat=draft.lat, lon=draft.lon, id=hub.actor)
    record(tx, Kind.HUB_CHANGED, subject=hub.actor, actor=who)
    audit.note(tx, who, "settings")
    return get(tx)


def _shown(draft: Draft) -> Text:
    """What apps and other pages show of the hub: HTML, as the summary of everybody else is."""
    return {language: markdown(words) for language, words in draft.welcome.items()}


def checked(draft: Draft) -> Draft:
    """The same, cleaned. Raises `Invalid` naming the field for what a hub cannot be opened with."""
    from_ = {
        "name": clean_text(draft.name, longest=100, field="name"),
        "welcome": clean_text(draft.welcome, longest=5000, field="welcome"),
        "rules": clean_text(draft.rules, longest=20_000, field="rules"),
    }
    if not from_["name"]:
        raise Invalid(N_("Give your hub a name."), field="name")
    if not _is_handle(draft.handle):
        raise Invalid(
            N_("A handle has 1 to 30 small letters, digits or underscores, such as glanyrafon."), field="handle"
        )
    _check_place(draft)
    languages = [one for one in draft.languages if one in LANGUAGES]
    if not languages:
        raise Invalid(N_("Choose at least one language."), field="languages")
    if draft.hue not in HUES:
        raise Invalid(N_("Choose one of the twelve colours."), field="hue")
    contacts = [one for one in draft.contacts if one.name.strip()]
    if not contacts or not any(one.reach.strip() for one in contacts):
        raise Invalid(N_("Name at least one person who answers for the hub, and how to reach them."), field="contacts")
    if not from_["rules"]:
        raise Invalid(N_("Write the rules of the hub. A few short lines will do."), field="rules")
    return msgspec.structs.replace(draft, languages=languages, contacts=contacts, **from_)


def get(tx: Tx) -> Hub:
    """The hub. Raises `NotFound` while it has not been set up."""
    hub = found(tx)
    if hub is None:
        raise NotFound(N_("This hub has not been set up yet."))
    return hub


def found(tx: Tx) -> Hub | None:
    row = tx.one(
        """SELECT h.*, a.handle, a.name, a.area_code, a.area_name, a.lat, a.lon
           FROM hub h JOIN actor a ON a.id = h.actor WHERE h.id = 1"""
    )
    return _hub(row) if row else None


def rule_lines(hub: Hub, language: str) -> list[str]:
    """The hub's rules, one by one."""
    said = (one.strip().lstrip("-*• ").strip() for one in pick(hub.rules, language).splitlines())
    return [line for line in said if line]


def base(tx: Tx) -> str:
    row = tx.one("SELECT base FROM hub WHERE id = 1")
    if row is None:
        raise NotFound(N_("This hub has not been set up yet."))
    return str(row["base"])


def desk(tx: Tx) -> str:
    """The address of an actor who speaks for the hub where a group cannot be an author; made when first needed."""
    hub = get(tx)
    uri = f"{hub.base}/actor/{DESK}"
    if actors.known(tx, uri) is None:
        handle = handles.free(tx, "desk")
        actors.create(
            tx, hub.base, DESK, kind="person", type="Service", handle=handle, title=hub.name, url=f"{hub.base}/",
            discoverable=False,
        )  # fmt: skip
    return uri


def answers(tx: Tx) -> dict[str, Any]:
    """What has been typed into the wizard so far."""
    row = tx.one("SELECT answers FROM setup WHERE id = 1")
    return msgspec.json.decode(row["answers"]) if row else {}


def keep_answers(tx: Tx, typed: dict[str, Any]) -> None:
    tx.run(
        "INSERT INTO setup (id, answers) VALUES (1, :typed) ON CONFLICT (id) DO UPDATE SET answers = excluded.answers",
        typed=pack(typed),
    )


def _check_place(draft: Draft) -> None:
    point(draft.lat, draft.lon)
    if not 0 < draft.radius <= FURTHEST:
        raise Invalid(N_("The radius is more than 0 and at most 100 kilometres."), field="radius")
    if draft.area_code and not (len(draft.area_code) == 9 and draft.area_code.isalnum() and draft.area_code.isascii()):
        raise Invalid(N_("An ONS area code has nine letters and digits, such as W05000985."), field="area_code")
    zone(draft.zone)


def zone(name: str) -> str:
    """Check an IANA time zone's name. Raises `Invalid`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(N_("Name a time zone such as Europe/London."), field="zone") from None
    return name


def _is_handle(handle: str) -> bool:
    return (
        1 <= len(handle) <= 30 and handle.isascii() and handle == handle.lower() and handle.replace("_", "a").isalnum()
    )


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "radius": draft.radius, "languages": ",".join(draft.languages), "zone": draft.zone, "hue": draft.hue,
        "welcome": pack(draft.welcome), "rules": pack(draft.rules), "contacts": pack(draft.contacts),
    }  # fmt: skip


def _hub(row: Row) -> Hub:
    return Hub(
        base=row["base"], actor=row["actor"], instance=row["instance"], handle=row["handle"],
        name=unpack(row["name"], Text), area=Area(row["area_name"] or "", row["area_code"] or ""),
        lat=row["lat"], lon=row["lon"], radius=row["radius"], languages=row["languages"].split(","),
        zone=row["zone"], hue=row["hue"], welcome=unpack(row["welcome"], Text), rules=unpack(row["rules"], Text),
        contacts=unpack(row["contacts"], list[Contact]), opened=row["opened"],
    )  # fmt: skip
