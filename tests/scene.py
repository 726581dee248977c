"""Scenes that many tests begin with: a hub that is open, its people, and somebody from elsewhere."""

from hub import actors, asks, events, people, projects, settings
from hub.clock import DAY, HOUR, now
from hub.settings import Contact
from hub.store import Tx

BASE = "https://glan.example"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def hub_draft(**changes: object) -> settings.Draft:
    fields: dict[str, object] = {
        "name": {"en": "Riverside", "cy": "Glan-yr-afon"}, "area_name": "Riverside ward", "area_code": "W05000985",
        "lat": 51.4816, "lon": -3.1791, "welcome": {"en": "Neighbours by the river."},
        "rules": {"en": "Be kind.\n\nNo adverts.", "cy": "Byddwch yn garedig."},
        "contacts": [Contact("Bethan", "Steward", "01632 960118")],
    }  # fmt: skip
    return settings.Draft(**(fields | changes))  # type: ignore[arg-type]


def open_hub(tx: Tx, base: str = BASE, **changes: object) -> int:
    """A hub that is open. Returns its steward's actor id; the login is `bethan`."""
    settings.open_hub(tx, hub_draft(**changes), base)
    return people.create(tx, "bethan", "bethan@glan.example", HASH, "steward").actor


def person(tx: Tx, login: str, role: str = "resident") -> int:
    return people.create(tx, login, f"{login}@glan.example", HASH, role).actor


def stranger(tx: Tx, name: str = "sunil", domain: str = "mastodon.example", kind: str = "person") -> int:
    """Somebody on another server, as we remember them."""
    uri = f"https://{domain}/users/{name}"
    return actors.remember(
        tx,
        actors.Seen(
            uri=uri, kind=kind, type="Group" if kind in ("hub", "project") else "Person", handle=name, domain=domain,
            name={"en": name.title()}, url=f"https://{domain}/@{name}", inbox=f"{uri}/inbox",
            shared_inbox=f"https://{domain}/inbox", followers=f"{uri}/followers",
        ),
    )  # fmt: skip


def party(**changes: object) -> events.Draft:
    fields: dict[str, object] = {
        "title": {"en": "Street party", "cy": "Parti stryd"}, "text": {"en": "Bring a **chair**."},
        "starts": now() + DAY, "ends": now() + DAY + 3 * HOUR, "venue": "Mill Bridge",
        "street": "Mill Road", "places": 2,
    }  # fmt: skip
    return events.Draft(**(fields | changes))  # type: ignore[arg-type]


def lift(**changes: object) -> asks.Draft:
    fields: dict[str, object] = {
        "title": {"en": "A lift to the eye clinic", "cy": "Lifft i'r clinig llygaid"},
        "category": "transport",
        "people": 1,
    }
    return asks.Draft(**(fields | changes))  # type: ignore[arg-type]


def orchard(**changes: object) -> projects.Draft:
    fields: dict[str, object] = {
        "title": {"en": "Old Mill Orchard", "cy": "Perllan yr Hen Felin"},
        "summary": {"en": "Forty fruit trees."},
        "text": {"en": "We plant on Saturdays."},
        "wanted": {"en": "Two people to water."},
    }
    return projects.Draft(**(fields | changes))  # type: ignore[arg-type]
