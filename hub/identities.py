"""How everybody who can act is written down: by themselves, as their server shows them, and beside what they said."""

from typing import Any

import msgspec

from hub.errors import N_, NotFound
from hub.packing import unpack
from hub.places import Area
from hub.reading import Fact
from hub.store import Row
from hub.text import Text


class Actor(msgspec.Struct, frozen=True):
    """One who acts. `domain` is a host name, also for our own; times are milliseconds UTC.

    `locked`: they look at who wants to follow them. `hides`: whom they follow, and who follows them. `icon`, `banner`
    are addresses of others' pictures, `picture`, `header` ours. `also` are other accounts of theirs, `moved` where
    they are now.
    """

    id: int
    uri: str
    local: bool
    kind: str
    type: str
    handle: str
    domain: str
    name: Text
    summary: Text
    url: str
    inbox: str
    shared_inbox: str | None
    followers: str | None
    public_key: str
    multikey: str | None
    hub: str | None
    area: Area | None
    lat: float | None
    lon: float | None
    discoverable: bool
    picture: int | None
    created: int
    updated: int
    fetched: int
    removed: int | None
    icon: str = ""
    facts: list[Fact] = msgspec.field(default_factory=list)
    locked: bool = False
    bot: bool = False
    indexable: bool = False
    hides: bool = False
    banner: str = ""
    header: int | None = None
    also: list[str] = msgspec.field(default_factory=list)
    moved: int | None = None

    @property
    def acct(self) -> str:
        """The handle to be searched for: `@hub@e17.example`."""
        return f"@{self.handle}@{self.domain}"


class Seen(msgspec.Struct, frozen=True):
    """An actor as its own server shows it, cleaned."""

    uri: str
    kind: str
    type: str
    handle: str
    domain: str
    name: Text
    url: str
    inbox: str
    summary: Text = msgspec.field(default_factory=dict)
    shared_inbox: str | None = None
    followers: str | None = None
    public_key: str = ""
    multikey: str | None = None
    hub: str | None = None
    area: Area | None = None
    lat: float | None = None
    lon: float | None = None
    discoverable: bool = True
    icon: str = ""
    facts: list[Fact] = msgspec.field(default_factory=list)
    locked: bool = False
    bot: bool = False
    indexable: bool = False
    banner: str = ""
    also: list[str] = msgspec.field(default_factory=list)


class Signer(msgspec.Struct, frozen=True):
    """What has to be known of an actor to check its signature."""

    uri: str
    public_key: str
    multikey: str | None
    fetched: int
    removed: int | None


class By(msgspec.Struct, frozen=True):
    """Who said something, as far as a page shows it."""

    id: int
    uri: str
    url: str
    name: Text
    handle: str
    domain: str
    local: bool
    kind: str


BY = "a.uri AS by_uri, a.url AS by_url, a.name AS by_name, a.handle AS by_handle, a.domain AS by_domain, a.local AS by_local, a.kind AS by_kind"  # noqa: E501


def by(row: Row, id: int) -> By:
    return By(
        id=id, uri=row["by_uri"], url=row["by_url"], name=unpack(row["by_name"], Text), handle=row["by_handle"],
        domain=row["by_domain"], local=bool(row["by_local"]), kind=row["by_kind"],
    )  # fmt: skip


def of_row(row: Row | None) -> Actor:
    if row is None:
        raise NotFound(N_("There is nobody by that name here."))
    fields: dict[str, Any] = dict(row)
    area = Area(fields["area_name"] or "", fields["area_code"] or "")
    return Actor(
        **{key: fields[key] for key in _PLAIN},
        local=bool(fields["local"]), discoverable=bool(fields["discoverable"]),
        name=unpack(fields["name"], Text), summary=unpack(fields["summary"], Text),
        area=area if area != Area() else None, facts=unpack(fields["facts"], list[Fact]),
        locked=bool(fields["locked"]), bot=bool(fields["bot"]), indexable=bool(fields["indexable"]),
        hides=bool(fields["hides"]), also=unpack(fields["also"], list[str]),
    )  # fmt: skip


_PLAIN = [
    "id", "uri", "kind", "type", "handle", "domain", "url", "inbox", "shared_inbox", "followers", "public_key",
    "multikey", "hub", "lat", "lon", "picture", "created", "updated", "fetched", "removed",
    "icon", "banner", "header", "moved",
]  # fmt: skip


def called(row: Row) -> tuple[str, str]:
    """What somebody on an organiser's list is called, and their handle: "" for a guest, who goes by a name alone."""
    if row["guest"] or not row["handle"]:
        return row["guest"] or "", ""
    name = next((words for words in unpack(row["name"], Text).values() if words.strip()), row["handle"])
    return name, f"@{row['handle']}@{row['domain']}"
