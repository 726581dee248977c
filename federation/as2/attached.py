"""What hangs on a thing of others: pictures, films, pages, tags, a poll, a warning. Bounded, never fetched."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.as2.loose import id_of, media_type, nh, several, type_of
from hub.packing import pack
from hub.reading import Extra, Fact, Link, Option, Poll
from hub.text import Text
from hub.things import Picture

LINE = 200  # characters of one language
TAGS, ATTACHMENTS, OPTIONS, FACTS = 100, 16, 20, 8
RECORDED = frozenset({"Video", "Audio"})
WARNS = frozenset({"Note", "Question"})  # what else has a `summary` has a short form of itself there

_TAG = re.compile(r"[^\W_](?:[\w.+ -]{0,58}[\w+])?")
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
_ENDINGS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif",
    "avif": "image/avif", "mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime", "mp3": "audio/mpeg",
    "ogg": "audio/ogg", "opus": "audio/ogg", "flac": "audio/flac", "m4a": "audio/mp4",
}  # fmt: skip
_NAMED = frozenset({"PropertyValue", "IdentityProof", "Place", "Emoji", "Mention", "Hashtag", "Note"})  # no files
_ABOUT = frozenset({"Book", "Edition", "Author", "Work", "Link"})  # tags that are what a post is about
_QUOTES = ("quoteUrl", "quoteUri", "quoteURL", "_misskey_quote", "quote")
_SAID = re.compile(r"quote-inline|\b[RQ][ET]:\s")  # who quotes for those who know no quotes links to it in the words


def tags(doc: Json) -> list[str]:
    """Its hashtags, as they are written, each once."""
    found: dict[str, str] = {}
    for tag in several(doc.get("tag") or doc.get("tags"))[:TAGS]:
        name = _tag(tag)
        if _TAG.fullmatch(name):
            found.setdefault(name.casefold(), name)
    return as_many_as_fit(list(found.values()), 7000)


def _tag(tag: object) -> str:
    if isinstance(tag, dict):
        words = {"Hashtag": tag.get("name"), "CommunityPostTag": tag.get("preferredUsername")}
        tag = words.get(type_of(tag))
    elif isinstance(tag, str) and not tag.startswith("#"):
        tag = None
    return loose.words(tag.removeprefix("#"), 100) if isinstance(tag, str) and len(tag) < 500 else ""


# --- pictures and links ----------------------------------------------------------------------------


def pictures(doc: Json, places: tuple[str, ...]) -> list[Picture]:
    """The pictures in these places, each once. A film is shown by the biggest of its stills."""
    entries = [entry for place in places for entry in several(doc.get(place))[:ATTACHMENTS]]
    found: dict[str, Picture] = {}
    for picture in filter(None, map(_picture, entries)):
        kept = found.get(picture.url)
        if kept is None or (picture.alt and not kept.alt):
            found[picture.url] = picture
    if not found and type_of(doc) in RECORDED:
        stills = [still for still in map(_picture, several(doc.get("icon"))[:ATTACHMENTS]) if still is not None]
        found = {still.url: still for still in sorted(stills, key=lambda still: -(still.width or 0))[:1]}
    return as_many_as_fit([*found.values()][:ATTACHMENTS], 36_000)


def icon(doc: Json) -> str:
    """The address of an actor's own picture, the biggest one."""
    found = [one for one in map(_picture, several(doc.get("icon"))[:ATTACHMENTS]) if one is not None]
    return max(found, key=lambda one: one.width or 0).url if found else ""


def banner(doc: Json) -> str:
    """The address of the wide picture above an actor's page."""
    found = [one for one in map(_picture, several(doc.get("image"))[:ATTACHMENTS]) if one is not None]
    return found[0].url if found else ""


def _picture(entry: object) -> Picture | None:
    if isinstance(entry, str):
        entry = {"type": "Image", "url": entry}
    if not isinstance(entry, dict):
        return None
    url, mime = _file(entry)
    if not url or (mime not in _PICTURES and (mime or type_of(entry) != "Image")):
        return None
    return Picture(
        url=url, mime=mime or "image/jpeg", width=loose.count(entry.get("width"), 100_000),
        height=loose.count(entry.get("height"), 100_000), alt=_alt(entry),
    )  # fmt: skip


def _alt(entry: Json) -> Text:
    name = loose.text(entry, "name", longest=1500, most=6000)
    return name or loose.text(entry, "summary", longest=1500, most=6000)


def _file(entry: Json) -> tuple[str, str]:
    """Address and media type of what is attached; of several links to it the first one."""
    said = several(entry.get("url") or entry.get("href"))[: loose.MOST_IDS]
    link = next((one for one in said if loose.address(one)), None)
    # Some take the address as they wrote it into their page.
    url = loose.address(link).replace("&#038;", "&").replace("&amp;", "&")
    return url, media_type(entry) or media_type(link) or _ENDINGS.get(_ending(url), "")


def _ending(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition(".")[2].lower()
    except ValueError:
        return ""


def links(doc: Json) -> list[Link]:
    """What is attached and no picture; the film or recording that it is; what it is about or quotes."""
    found: dict[str, Link] = {}
    own = loose.address(doc.get("url")) or id_of(doc)
    if type_of(doc) in RECORDED and loose.origin(own):
        found[own] = Link(own, mime=f"{type_of(doc).lower()}/*")
    for link in _linked(doc):
        found.setdefault(link.url, link)
    return as_many_as_fit([*found.values()][:ATTACHMENTS], 12_000)


def _linked(doc: Json) -> Iterator[Link]:
    for entry in several(doc.get("attachment"))[:ATTACHMENTS]:
        if isinstance(entry, dict) and type_of(entry) not in _NAMED and _picture(entry) is None:
            yield from _link(entry)
    for tag in several(doc.get("tag"))[:TAGS]:
        if isinstance(tag, dict) and type_of(tag) in _ABOUT:
            yield from _link(tag)
    if type_of(doc) == "Page" and loose.origin(doc.get("url")) and not loose.same_origin(doc["url"], id_of(doc)):
        yield Link(doc["url"])
    quoted = next((url for url in map(loose.address, map(doc.get, _QUOTES)) if url), "")
    if quoted and quoted != id_of(doc) and not _SAID.search(str(doc.get("content"))):
        yield Link(quoted)


def _link(entry: Json) -> Iterator[Link]:
    url, mime = _file(entry)
    if url:
        yield Link(url, loose.text(entry, "name", longest=LINE, most=1500), mime)


# --- a poll, a warning -----------------------------------------------------------------------------


def more(doc: Json, tags: list[str]) -> Extra:
    """All that a thing of others has beyond ours; `tags` are its hashtags."""
    tagged = any(tag.casefold() == "nsfw" for tag in tags)
    sensitive = doc.get("sensitive", doc.get("as:sensitive")) is True or tagged
    return Extra(warning=_warning(doc), sensitive=sensitive, links=links(doc), poll=poll(doc))


def _warning(doc: Json) -> Text:
    said = loose.text(doc, "summary", longest=LINE, most=3500) if type_of(doc) in WARNS else {}
    name = loose.words(doc.get("name"), LINE)
    return {tag: words for tag, words in said.items() if words != name}


def poll(doc: Json) -> Poll | None:
    """The poll that a `Question` is, unless it is one of our own kinds, which are shown as what they are."""
    if type_of(doc) != "Question" or nh(doc, "kind") is not None:
        return None
    options = list(filter(None, map(_option, several(doc.get("oneOf") or doc.get("anyOf"))[:OPTIONS])))
    voters = doc.get("votersCount", doc.get("toot:votersCount"))
    named = doc.get("voters")  # Pleroma's way: everybody who voted
    closed, ends = doc.get("closed"), loose.moment(doc.get("endTime"))
    if voters is None and isinstance(named, list):
        voters = len(named)
    it = Poll(
        options, many=not doc.get("oneOf"), closed=closed is True, ends=loose.moment(closed) or ends,
        voters=loose.count(voters),
    )  # fmt: skip
    return it if options else None


def _option(entry: object) -> Option | None:
    name = loose.words(entry.get("name"), LINE) if isinstance(entry, dict) else ""
    replies = entry.get("replies") if isinstance(entry, dict) else None
    return Option(name, loose.count(replies.get("totalItems")) if isinstance(replies, dict) else None) if name else None


# --- what an actor says of itself ------------------------------------------------------------------


def facts(doc: Json) -> list[Fact]:
    """Pairs of words on an actor's page."""
    found = []
    for entry in several(doc.get("attachment"))[:ATTACHMENTS]:
        value = entry.get("value") if isinstance(entry, dict) and type_of(entry) == "PropertyValue" else None
        name = loose.words(entry.get("name"), 100) if isinstance(value, str) else ""
        safe = loose.safe_html(value, 2000) if isinstance(value, str) else ""
        if name and safe:
            found.append(Fact(name, safe))
    return as_many_as_fit(found[:FACTS], 18_000)


def as_many_as_fit(entries: list[Any], most: int) -> list[Any]:
    """The first ones, while all of them together have room where they are kept."""
    return list(_while_room(entries, most, lambda entry: len(pack(entry)) + 1))


def _while_room(entries: list[Any], room: int, size: Callable[[Any], int]) -> Iterator[Any]:
    for entry in entries:
        room -= size(entry)
        if room < 0:
            return
        yield entry
