"""What several pages show alike: pictures, what people answered, and where something comes from."""

from html import escape

import msgspec
from starlette.requests import Request

from hub import actors, media, posts
from hub.actors import By
from hub.people import Account
from hub.reading import Extra, Fact
from hub.settings import Hub
from hub.store import Tx
from hub.text import Text, excerpt
from hub.things import Picture, Thing

SAID = 20  # replies on a page
LONG, BEGINNING = 1000, 500  # characters of one: what is longer is begun here, and read on its own page


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
    """What somebody said under a thing. `place` is where they said it; `answers` whom, if not the thing itself.
    `begun`: there is more of it, on its own page. `waits`: only its author sees it yet."""

    id: int
    name: Text
    handle: str
    place: Text
    at: int
    html: Text
    href: str
    answers: Text
    photos: list[Photo]
    extra: Extra
    begun: bool = False
    waits: bool = False


class Talk(msgspec.Struct, frozen=True):
    """What was said under a thing, oldest first. `page` counts from the latest, 0; `earlier`: there is more."""

    replies: list[Reply]
    page: int
    earlier: bool


class Who(msgspec.Struct, frozen=True):
    """What somebody elsewhere says of themselves. `icon` is the address of their picture, never loaded by our pages."""

    acct: str
    summary: Text
    facts: list[Fact]
    icon: str


class Origin(msgspec.Struct, frozen=True):
    """The hub or server that something comes from, and its page there. `who`: its author, where the page tells."""

    name: Text
    domain: str
    url: str
    who: Who | None = None


class Words(msgspec.Struct, frozen=True):
    """The form of a reply."""

    text: str


def photos(tx: Tx, pictures: list[Picture]) -> list[Photo]:
    return [_photo(tx, it) for it in pictures]


def asked(request: Request) -> int:
    """Which page of what was said is wanted (`?said=`)."""
    typed = request.query_params.get("said", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0


def replies(tx: Tx, thing: Thing, hub: Hub, page: int = 0, who: Account | None = None) -> Talk:
    """A page of what was said under `thing`, without what is hidden; what waits is seen by who wrote it.

    A hub that calls an event off says so in a reply, too, for those who follow the poll; its page says it on top.
    """
    notices_by = thing.by.id if thing.kind == "event" else 0
    me = who.actor if who else 0
    said = posts.replies(tx, thing.id, limit=SAID + 1, skip=page * SAID, without=notices_by, me=me)
    names = {it.uri: it.by.name or {"": it.by.handle} for it in said}
    return Talk([_reply(tx, it, hub, names) for it in said[-SAID:]], page, len(said) > SAID)


def _reply(tx: Tx, it: Thing, hub: Hub, names: dict[str, Text]) -> Reply:
    begun = any(len(html) > LONG for html in it.html.values())
    begins = {tag: f"<p>{escape(excerpt(html, BEGINNING))}</p>" for tag, html in it.html.items()} if begun else it.html
    return Reply(
        id=it.id, name=it.by.name, handle=it.by.handle, place=place(it.by, hub), at=it.published, html=begins,
        href="" if it.local else web_address(it.url) or web_address(it.uri),
        answers=names.get(it.reply_to or "", {}), photos=photos(tx, it.pictures), extra=it.extra,
        begun=begun, waits=it.hidden,
    )  # fmt: skip


def place(by: By, hub: Hub) -> Text:
    """Where somebody speaks from: this hub by its name, others by their domain."""
    return hub.name if by.local else {"": by.domain}


def origin(thing: Thing) -> Origin | None:
    """Where something of others was published; None for our own."""
    if thing.local:
        return None
    return Origin(thing.by.name, thing.by.domain, web_address(thing.url) or web_address(thing.uri))


def source(tx: Tx, thing: Thing) -> Origin | None:
    """The same, with its author."""
    found = origin(thing)
    it = actors.get(tx, thing.by.id) if found else None
    who = Who(it.acct, it.summary, it.facts, web_address(it.icon)) if it else None
    return msgspec.structs.replace(found, who=who) if found else None


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
