"""How somebody elsewhere finds us: WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo.

`https://host/` leads to the server's own actor (FEP-d556), and NodeInfo says so as well (FEP-2677).
"""

from html import escape

from federation.as2.actors import SOFTWARE
from federation.as2.contexts import ACTIVITYSTREAMS, Json
from hub import VERSION, actors, joining, projects
from hub.actors import Actor
from hub.clock import DAY, now
from hub.errors import N_, NotFound
from hub.settings import Hub
from hub.store import Tx
from hub.text import pick

JRD = "application/jrd+json"
XRD = "application/xrd+xml"
SELF = "application/activity+json"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
VERSIONS = ("2.0", "2.1")
LONGEST = 2000  # characters of a resource
NOBODY = N_("There is nobody by that name here.")


def webfinger(tx: Tx, hub: Hub, resource: str) -> Json:
    """Who is behind `acct:hub@e17.example` or an address of ours. Raises `NotFound`."""
    it = behind(tx, hub, resource[:LONGEST])
    if not it.local or it.removed is not None:
        raise NotFound(NOBODY)
    return {
        "subject": f"acct:{it.acct[1:]}",
        "aliases": list(dict.fromkeys([it.url, it.uri])),
        "links": [
            {"rel": "self", "type": SELF, "href": it.uri},
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": it.url},
        ],
    }


def behind(tx: Tx, hub: Hub, resource: str) -> Actor:
    if not resource.startswith(("https://", "http://")):
        name, _, host = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
        if host.lower() != hub.domain.lower():
            raise NotFound(NOBODY)
        return actors.named(tx, name, hub.domain)
    path = resource.removeprefix(hub.base) if resource.startswith((hub.base + "/", hub.base + "?")) else None
    if resource == hub.base or path == "/":
        return actors.get(tx, hub.instance)
    if path is not None and path.startswith("/@"):
        return actors.named(tx, path[2:], hub.domain)
    if path is not None and path.startswith("/projects/") and path[10:].isdecimal() and len(path) < 30:
        return actors.get(tx, projects.get(tx, int(path[10:])).actor)
    return actors.at(tx, resource)


def host_meta(base: str) -> str:
    """Where WebFinger is, in XML, for those that still ask."""
    template = escape(f"{base}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="{JRD}" template="{template}"/></XRD>\n'
    )


def host_meta_json(base: str) -> Json:
    template = f"{base}/.well-known/webfinger?resource={{uri}}"
    return {"links": [{"rel": "lrdd", "type": JRD, "template": template}]}


def nodeinfo_links(base: str) -> Json:
    links = [{"rel": f"{SCHEMA}{version}", "href": f"{base}/nodeinfo/{version}"} for version in VERSIONS]
    return {"links": [*links, {"rel": f"{ACTIVITYSTREAMS}#Application", "href": f"{base}/actor"}]}


def nodeinfo(tx: Tx, hub: Hub, version: str) -> Json:
    """What runs here and how much is said, in numbers that name nobody."""
    return {
        "version": version,
        "software": {"name": SOFTWARE, "version": VERSION},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": joining.terms(tx).mode in ("open", "approval"),
        "usage": _usage(tx),
        "metadata": {
            "nodeName": pick(hub.name, hub.languages[0]),
            "area": hub.area.name,
            "areaCode": hub.area.code,
            "languages": hub.languages,
            # Whose API apps find here: those built on megalodon (Whalebird, Fedistar) go by it where they know no name.
            "upstream": {"name": "Mastodon"},
        },
    }


def _usage(tx: Tx) -> Json:
    people = tx.one(
        """SELECT count(*) AS total, count(*) FILTER (WHERE seen > :month) AS month,
             count(*) FILTER (WHERE seen > :half) AS half
           FROM (SELECT a.actor, max(s.seen) AS seen FROM account a LEFT JOIN session s ON s.account = a.actor
                 WHERE a.closed IS NULL GROUP BY a.actor) AS lately""",
        month=now() - 30 * DAY, half=now() - 180 * DAY,
    )  # fmt: skip
    said = tx.one(
        """SELECT count(*) FILTER (WHERE kind IN ('event', 'ask', 'offer', 'note', 'update')) AS posts,
             count(*) FILTER (WHERE kind = 'reply') AS comments
           FROM thing WHERE kind IN ('event', 'ask', 'offer', 'note', 'update', 'reply') AND local = 1
             AND removed IS NULL AND hidden = 0"""
    )
    assert people is not None
    assert said is not None
    return {
        "users": {"total": people["total"], "activeMonth": people["month"], "activeHalfyear": people["half"]},
        "localPosts": said["posts"],
        "localComments": said["comments"],
    }
