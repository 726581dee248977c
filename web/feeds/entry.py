"""What a feed is made of, whichever way it is written down."""

from datetime import UTC, datetime

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One thing. `html` is clean; `picture` an address or empty; times are ms UTC."""

    id: str
    url: str
    title: str
    html: str
    published: int
    updated: int
    author: str
    tags: list[str]
    picture: str


class Feed(msgspec.Struct, frozen=True):
    """The last things, newest first. `self` is the feed's own address, `home` the page for people."""

    id: str
    title: str
    home: str
    self: str
    lang: str
    summary: str
    author: str
    icon: str
    updated: int
    entries: list[Entry]


def stamp(moment: int) -> str:
    """RFC 3339, whole seconds, UTC."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
