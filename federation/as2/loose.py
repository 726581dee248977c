"""Values as other servers write them: an id or the whole object, one or a list, a number as text, or nonsense.

Every function takes anything at all and gives back something bounded that can be kept, or nothing. None raises.
"""

import html as entities
import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from federation import addresses
from federation.as2.contexts import NS, Json
from hub import clock
from hub.packing import pack
from hub.text import Text, clean_words, markdown, plain, sanitise

PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
AS2 = "https://www.w3.org/ns/activitystreams#"
ACTOR_TYPES = frozenset({"Person", "Group", "Organization", "Application", "Service"})

LONGEST_ADDRESS = 2000  # characters
MOST_IDS = 100
LANGUAGES = 4  # of one text that are kept
LAST = clock.LAST - clock.DAY  # ms: what ends a little later can still be shown
UNKNOWN = "und"  # how BCP 47 says that nobody has said which language it is

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def nh(doc: object, key: str) -> Any:
    """A value in our own vocabulary, under its short name or its full one."""
    if not isinstance(doc, dict):
        return None
    return doc.get(f"nh:{key}", doc.get(NS + key))


def type_of(doc: object) -> str:
    """The type; of several the first one that is not of another vocabulary."""
    if not isinstance(doc, dict):
        return ""
    kinds = doc.get("type")
    if isinstance(kinds, str) and ":" not in kinds:  # as nearly everybody says it
        return kinds[:80]
    kinds = several(kinds)
    named = [kind[:80].removeprefix("as:").removeprefix(AS2) for kind in kinds if isinstance(kind, str)]
    return next((kind for kind in named if ":" not in kind), next(iter(named), ""))


def several(value: object) -> list[Any]:
    """One, many or none, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def id_of(value: object) -> str:
    """The id of what may be an id, an object, or a list of which the first one counts. "" for none."""
    if isinstance(value, str):
        return value if 0 < len(value) <= LONGEST_ADDRESS else ""
    return next(iter(ids_of(value)), "")


def ids_of(value: object) -> list[str]:
    found = []
    for one in several(value)[:MOST_IDS]:
        id = one.get("id") if isinstance(one, dict) else one
        if isinstance(id, str) and 0 < len(id) <= LONGEST_ADDRESS:
            found.append(id)
    return found


def passed_on(activity: Json) -> tuple[str, str]:
    """What an `Announce` is about: the type of the activity inside it, "" for a thing by itself, and the thing's id.

    Groups wrap up everything that happens in them; of what is only a like or a lock the id is "".
    """
    what = next(iter(several(activity.get("object"))), None)
    if not isinstance(what, dict) or "object" not in what:
        return "", id_of(what)
    kind = type_of(what)
    return kind, id_of(what["object"]) if kind in ("Create", "Update", "Delete") else ""


def is_public(doc: Json) -> bool:
    """Whether everybody may see it. What is not addressed to all is for those it is addressed to."""
    named = (*several(doc.get("to")), *several(doc.get("cc")))  # all of them: some name it last, after hundreds
    return any(id_of(one) in PUBLIC for one in named)


def origin(url: object) -> str:
    """Scheme, host and port of an address; "" when it is none."""
    return _origin(url) if isinstance(url, str) else ""


@lru_cache(maxsize=4096)
def _origin(url: str) -> str:
    try:
        found = addresses.site(url)
    except addresses.BadAddress:
        return ""
    return f"{found.scheme}://{found.authority}"


def same_origin(one: object, other: object) -> bool:
    found = origin(one)
    return bool(found) and found == origin(other)


def address(value: object) -> str:
    """A web address out of a string, a Link, an object or a list of those; pages are preferred. "" for none."""
    found = ""
    for one in several(value)[:MOST_IDS]:
        kind = media_type(one)
        link = (one.get("href") or one.get("url")) if isinstance(one, dict) else one
        if isinstance(link, str) and len(link) <= LONGEST_ADDRESS and origin(link):
            if kind == "text/html":
                return link
            found = found or link
    return found


def media_type(link: object) -> str:
    """What a file is said to be; some write `mimeType`."""
    said = (link.get("mediaType") or link.get("mimeType")) if isinstance(link, dict) else ""
    return said.partition(";")[0].strip().lower()[:100] if isinstance(said, str) else ""


def words(value: object, longest: int) -> str:
    """Plain words on one line or more, at most `longest` characters."""
    if not isinstance(value, str):
        return ""
    value = value[: longest * 4]
    bare = plain(value) if "<" in value else value
    return clean_words(bare[:longest], longest=longest * 4, field="")[:longest]


def moment(value: object, zone: tzinfo = UTC) -> int | None:
    """A time of ISO 8601, in milliseconds UTC; what says no zone is in `zone`."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        when = datetime.fromisoformat(value)
        ms = round((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return ms if 0 <= ms <= LAST else None


def hours_ahead(value: object) -> int | None:
    """How many whole hours a time is written ahead of UTC; `None` for none at all, and for what is no time."""
    try:
        ahead = datetime.fromisoformat(value).utcoffset() if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        return None
    hours, rest = divmod(ahead.total_seconds(), 3600) if ahead else (0, 0)
    return int(hours) if hours and not rest and -12 <= hours <= 14 else None


def count(value: object, most: int = 1_000_000) -> int | None:
    """A whole number from 0 to `most`; more is `most`."""
    number = decimal(value)
    return None if number is None or number < 0 else min(int(number), most)


def decimal(value: object) -> float | None:
    """A number, also one in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value[:40] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e30 else None


def language(doc: Json) -> str:
    """The language that a document's bare words are in."""
    maps = [doc.get(name) for name in ("contentMap", "nameMap", "summaryMap")]
    keys: Iterable[object] = (next(iter(found), None) for found in maps if isinstance(found, dict))
    named = doc.get("language")  # Lemmy's way: with an identifier and a name
    named = named.get("identifier") if isinstance(named, dict) else named
    for said in (doc.get("inLanguage"), *keys, named, *several(nh(doc, "languages"))[:1]):
        tag = _tag(said)
        if tag:
            return tag
    return UNKNOWN


def text(doc: Json, name: str, *, longest: int, most: int) -> Text:
    """`name` or `nameMap` (with whichever name) as words by language; all together at most `most` when kept."""
    return fitting({tag: words(said, longest) for tag, said in _by_language(doc, name)}, most)


def html(doc: Json, name: str, *, longest: int, most: int) -> Text:
    """The same for HTML, which comes back safe to show."""
    mime = media_type(doc)
    safe = {tag: safe_html(said, longest, mime) for tag, said in _by_language(doc, name)}
    # What was never translated is sent under each language's name by some.
    once = {said: tag for tag, said in reversed(safe.items())}
    return fitting({tag: said for tag, said in safe.items() if once[said] == tag}, most)


def nh_text(doc: object, key: str, *, longest: int, most: int, spoken: str = "") -> Text:
    """Words of our own vocabulary: `nh:title` (in the language `spoken`, or by language), or `nh:titleMap`."""
    if not isinstance(doc, dict):
        return {}
    said, by_language = nh(doc, key), nh(doc, f"{key}Map")
    if said is None and by_language is None:
        return {}
    by_language = said if isinstance(said, dict) else by_language
    known = {"x": said, "xMap": by_language, "inLanguage": spoken or language(doc)}
    return text(known, "x", longest=longest, most=most)


def fitting(text: Text, most: int) -> Text:
    """As many languages as there is room for, the first ones first; empty ones go."""
    kept: Text = {}
    for tag, said in text.items():
        if said and len(kept) < LANGUAGES and len(pack(kept | {tag: said})) <= most:
            kept[tag] = said
    return kept


def _by_language(doc: Json, name: str) -> list[tuple[str, str]]:
    said, by_language = doc.get(name), doc.get(f"{name}Map")
    found = by_language.items() if isinstance(by_language, dict) else ()
    tagged = [(_tag(tag), one) for tag, one in found if isinstance(one, str) and one.strip()]
    tagged = [(tag, one) for tag, one in tagged[:MOST_IDS] if tag]
    if not tagged and isinstance(said, str):
        tagged = [(language(doc), said)]
    return tagged


def _tag(said: object) -> str:
    if not isinstance(said, str):
        return ""
    first, dash, rest = said[:40].replace("_", "-").partition("-")
    tag = f"{first.lower()}{dash}{rest}"
    return tag if _LANGUAGE.fullmatch(tag) else ""


def safe_html(said: str, longest: int, mime: str = "") -> str:
    """Words of the media type `mime` as HTML that is safe to show; "" when nothing can be read."""
    said = said[:longest]
    if mime in ("text/markdown", "text/x-markdown"):
        clean = markdown(said)
    elif mime.startswith("text/") and mime != "text/html":
        clean = sanitise("<p>" + entities.escape(said).replace("\n", "<br>") + "</p>")
    else:
        clean = sanitise(said if "<" in said else "<br>".join(said.strip().splitlines()))
    return clean if plain(clean) else ""
