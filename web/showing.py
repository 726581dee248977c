"""What several pages show alike: pictures, what people answered, and where something comes from."""

import msgspec

from hub import media, posts
from hub.actors import By
from hub.settings import Hub
from hub.store import Tx
from hub.text import Text
from hub.things import Picture, Thing


class Photo(msgspec.Struct, frozen=True):
    """A picture of ours in two sizes; or, without `small`, one elsewhere that a reader may go and look at.

    `width` and `height` are those of the full one, in pixels.
    """

    full: str
    alt: Text
    small: str = ""
    small_width: int = 0
    width: int = 0
    height: int = 0


class Reply(msgspec.Struct, frozen=True):
    """What somebody said under a thing. `place` is where they said it; `answers` whom, if not the thing itself."""

    id: int
    name: Text
    handle: str
    place: Text
    at: int
    html: Text
    href: str
    answers: Text
    photos: list[Photo]


class Origin(msgspec.Struct, frozen=True):
    """The hub or server that something comes from, and its page there."""

    name: Text
    domain: str
    url: str


class Words(msgspec.Struct, frozen=True):
    """The form of a reply."""

    text: str


def photos(tx: Tx, pictures: list[Picture]) -> list[Photo]:
    return [_photo(tx, it) for it in pictures]


def replies(tx: Tx, thing: Thing, hub: Hub) -> list[Reply]:
    """What was said under `thing`, oldest first, without what is hidden."""
    said = posts.replies(tx, thing.id)
    names = {it.uri: it.by.name or {"": it.by.handle} for it in said}
    return [
        Reply(
            id=it.id, name=it.by.name, handle=it.by.handle, place=place(it.by, hub), at=it.published, html=it.html,
            href="" if it.local else web_address(it.url) or web_address(it.uri),
            answers=names.get(it.reply_to or "", {}), photos=photos(tx, it.pictures),
        )
        for it in said
    ]  # fmt: skip


def place(by: By, hub: Hub) -> Text:
    """Where somebody speaks from: this hub by its name, others by their domain."""
    return hub.name if by.local else {"": by.domain}


def origin(thing: Thing) -> Origin | None:
    """Where something of others was published; None for our own."""
    if thing.local:
        return None
    return Origin(thing.by.name, thing.by.domain, web_address(thing.url) or web_address(thing.uri))


def web_address(url: str) -> str:
    """`url` if a page may link to it, else nothing."""
    return url if url.startswith(("https://", "http://")) else ""


def _photo(tx: Tx, it: Picture) -> Photo:
    if it.media is None:
        return Photo(web_address(it.url), it.alt)
    kept = media.get(tx, it.media)
    return Photo(
        full=f"/media/{kept.key}-full.jpg", alt=it.alt or kept.alt, small=f"/media/{kept.key}-small.jpg",
        small_width=kept.small_width, width=kept.width, height=kept.height,
    )  # fmt: skip
