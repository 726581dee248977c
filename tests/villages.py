"""Hubs of another make, in this process: the two actors, the ways to them, and a list of whom they know."""

from typing import Any
from urllib.parse import quote

from elsewhere import Elsewhere

from federation.as2.contexts import VERSION

Json = dict[str, Any]
IMPLEMENTS = {"type": "Application", "implements": [{"type": "Link", "href": VERSION}]}
AREA = {"nh:area": [{"nh:code": "W05000985", "nh:scheme": "gss", "nh:name": "Georgetown ward"}]}


class Village(Elsewhere):
    """A hub at `host` that knows those of `entries`. `more` stands in its own document."""

    def __init__(self, host: str, entries: list[Json] | None = None, **more: Any) -> None:
        super().__init__(host, "neighbourhub")
        self.book = f"{self.base}/actor/hubs"
        own = {"nh:kind": "Hub", "generator": IMPLEMENTS, "discoverable": True, "nh:hubs": self.book} | AREA
        self.hub = self.actor("hub", "Group", **own | more)
        seat = {"nh:kind": "Instance", "nh:hub": self.hub, "nh:hubs": self.book}
        self.instance = self.actor("instance", "Application", **seat)
        self.finger(f"{self.base}/", self.instance)
        self.tells(entries or [])

    def finger(self, resource: str, href: str) -> None:
        """Have WebFinger lead from a resource to an actor."""
        links = [{"rel": "self", "type": "application/activity+json", "href": href}]
        path = f"/.well-known/webfinger?resource={quote(resource, safe='')}"
        self.serve(path, {"subject": resource, "links": links}, "application/jrd+json")

    def tells(self, entries: list[Json], **more: Any) -> None:
        """Whom it knows, from now on; `more` stands in the list."""
        items = {} if "first" in more else {"orderedItems": entries}
        doc = {"id": self.book, "type": "OrderedCollection", "attributedTo": self.instance, "totalItems": len(entries)}
        self.serve("/actor/hubs", doc | items | more)


def entry(host: str, relation: str = "follows", href: str = "") -> Json:
    """A line of somebody's list, with much in it that is not true."""
    return {
        "type": "Link", "href": href or f"https://{host}/users/hub", "rel": ["nh:HubEntry"], "name": "A lie",
        "nh:relation": relation, "nh:geo": [0.0, 0.0], "nh:lastVerified": "2026-05-01",
    }  # fmt: skip
