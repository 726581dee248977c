"""Where other hubs are, as hubs tell each other (`nh:HubEntry`): a pointer, and what the two are to each other.

Of what somebody else says of a hub only its address and the relation are read; the rest it is asked itself.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from federation.as2 import collections, content, loose
from federation.as2.contexts import PUBLIC, Json
from federation.keys import host_of
from hub.directory import Entry
from hub.introductions import Told
from hub.settings import Hub
from hub.text import pick

ENTRY = "nh:HubEntry"
RELATIONS = frozenset({"mutual", "follows", "heard"})
DECIMALS = 2  # of a position: a kilometre is near enough to know who is near


def entry(it: Entry, hub: Hub) -> Json:
    """A hub that we know, in its own words."""
    code = {"nh:code": it.area.code, "nh:scheme": "gss"} if it.area.code else {}
    area = code | ({"nh:name": it.area.name} if it.area.name else {})
    return {
        "type": "Link",
        "href": it.uri,
        "rel": [ENTRY],
        "name": pick(it.name, hub.languages[0]),
        **({"nh:instance": it.instance} if it.instance else {}),
        **({"nh:area": [area]} if area else {}),
        **({"nh:geo": [round(part, DECIMALS) for part in it.position]} if it.position else {}),
        "nh:relation": it.relation,
        "nh:firstSeen": _day(it.first_seen),
        "nh:lastVerified": _day(it.verified),
    }


def listed(uri: str, hub: Hub, known: list[Entry], page: int) -> Json:
    """Whom we know. A long list is read in pages of `page`."""
    owner, updated = f"{hub.base}/actor", content.stamp(max([hub.opened, *(one.verified for one in known)]))
    if len(known) > page:
        return collections.collection(uri, len(known), owner) | {"updated": updated}
    return collections.whole(uri, [entry(one, hub) for one in known], owner) | {"updated": updated}


def change(kind: str, id: str, actor: str, it: Json, uri: str) -> Json:
    """`Add` an entry to our list, or `Remove` it: for those with whom we follow each other."""
    return {"id": id, "type": kind, "actor": actor, "to": [PUBLIC], "object": it, "target": uri}


def pointer(uri: str) -> Json:
    return {"type": "Link", "href": uri, "rel": [ENTRY]}


def told(items: Iterable[object], base: str) -> list[Told]:
    """The hubs that a list names, as far as anybody may be sent there: https, no port, a name and no number.

    `base` is our own address: a hub that is itself tried out on plain http may hear of others there.
    """
    found = []
    for item in items:
        href = item.get("href") if isinstance(item, dict) else None
        if not isinstance(href, str) or not loose.origin(href) or not _public(href, base):
            continue
        relation = loose.nh(item, "relation")
        known = relation if isinstance(relation, str) and relation in RELATIONS else "heard"
        found.append(Told(host_of(href), known))
    return found


def _public(href: str, base: str) -> bool:
    host = host_of(href)
    if base.startswith("http:"):
        return True
    return loose.origin(href).startswith("https:") and ":" not in host and not host.replace(".", "").isdecimal()


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
