"""How a thing is kept: who said what to whom, as a row of the database and back."""

from typing import Any

import msgspec

from hub import actors
from hub.packing import unpack
from hub.places import Area
from hub.reading import Extra
from hub.store import Row
from hub.text import Text

PUBLIC, UNLISTED, FOLLOWERS, DIRECT = AUDIENCES = ("public", "unlisted", "followers", "direct")
OPEN = (PUBLIC, UNLISTED)  # what anybody may read
PRIVATE = 3  # `thing.hidden` for what is not for everybody: nothing that asks for what shows will find it
NOTHING_MORE = Extra()
COLUMNS = f"t.*, {actors.BY}"
FROM = "thing t JOIN actor a ON a.id = t.author"


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture of ours (`media`) or of another server (`url`, never fetched by the page), and what it shows."""

    media: int | None = None
    url: str = ""
    mime: str = "image/jpeg"
    width: int | None = None
    height: int | None = None
    alt: Text = msgspec.field(default_factory=dict)


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """The common part. `words` is what was typed here (empty for others'), `html` is clean. Times in ms UTC.

    `audience` says for whom it is. `personal`: somebody's own words, which the neighbourhood's pages leave out.
    """

    id: int
    uri: str
    url: str
    kind: str
    by: actors.By
    local: bool
    title: Text
    words: Text
    html: Text
    pictures: list[Picture]
    tags: list[str]
    project: int | None
    root: int | None
    reply_to: str | None
    area: Area | None
    published: int
    updated: int
    hidden: bool
    audience: str = PUBLIC
    personal: bool = False
    app: int | None = None
    edited: int | None = None
    extra: Extra = NOTHING_MORE


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A thing as its own server shows it, cleaned and bounded. `published`, `updated` in ms UTC; `mentions` are the
    addresses of those whom it names or is for."""

    uri: str
    url: str
    title: Text = msgspec.field(default_factory=dict)
    html: Text = msgspec.field(default_factory=dict)
    pictures: list[Picture] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    area: Area | None = None
    reply_to: str | None = None
    published: int
    updated: int
    audience: str = PUBLIC
    mentions: list[str] = msgspec.field(default_factory=list)
    extra: Extra = NOTHING_MORE


def fields(row: Row) -> dict[str, Any]:
    """The common fields of a row that was selected with `COLUMNS`."""
    return {
        "id": row["id"], "uri": row["uri"], "url": row["url"], "kind": row["kind"], "by": actors.by(row, row["author"]),
        "local": bool(row["local"]), "title": unpack(row["title"], Text), "words": unpack(row["words"], Text),
        "html": unpack(row["html"], Text), "pictures": unpack(row["pictures"], list[Picture]),
        "tags": unpack(row["tags"], list[str]), "project": row["project"], "root": row["root"],
        "reply_to": row["reply_to"],
        "area": area_of(row),
        "published": row["published"], "updated": row["updated"], "hidden": bool(row["hidden"]),
        "audience": row["audience"], "personal": bool(row["personal"]), "app": row["app"],
        "edited": row["edited"],
        "extra": unpack(row["extra"], Extra) if row["extra"] else NOTHING_MORE,
    }  # fmt: skip


def area_of(row: Row) -> Area | None:
    return Area(row["area_name"] or "", row["area_code"] or "") if row["area_name"] or row["area_code"] else None


def common(row: Row) -> Thing:
    return Thing(**fields(row))
