"""For whom a thing is, read from how it is addressed, and written so that every server reads it alike."""

from collections.abc import Iterable

from federation.as2 import loose
from federation.as2.content import followers, stamp
from federation.as2.contexts import PUBLIC, Json
from hub import kept
from hub.kept import Thing


def addressed(actor: str, audience: str, named: Iterable[str]) -> Json:
    """`to` and `cc` of what `actor` says to an audience; `named` are those whom it names or is for."""
    those = list(named)
    match audience:
        case kept.PUBLIC:
            return {"to": [PUBLIC], "cc": [followers(actor), *those]}
        case kept.UNLISTED:
            return {"to": [followers(actor)], "cc": [PUBLIC, *those]}
        case kept.FOLLOWERS:
            return {"to": [followers(actor)], "cc": those}
    return {"to": those, "cc": []}


def audience(doc: Json, author: str, listed: str | None = None) -> str:
    """Everybody (named first, or only besides), followers (whose list is `listed`), or a few.

    `bto` and `bcc` are nobody's business but their sender's.
    """
    to, cc = ({loose.id_of(one) for one in loose.several(doc.get(name))} for name in ("to", "cc"))
    if to & loose.PUBLIC:
        return kept.PUBLIC
    if cc & loose.PUBLIC:
        return kept.UNLISTED
    return kept.FOLLOWERS if (listed or followers(author)) in to | cc else kept.DIRECT


def stamped(it: Thing) -> str:
    """What an `Update` says of when: its last edit, or, of one that only counts more, when it was said."""
    return stamp(it.edited or it.published)


def named(doc: Json) -> list[str]:
    """The addresses of those whom it is for, or who are named in it."""
    to = [one for place in ("to", "cc") for one in loose.ids_of(doc.get(place)) if one not in loose.PUBLIC]
    tags = [tag for tag in loose.several(doc.get("tag"))[: loose.MOST_IDS] if loose.type_of(tag) == "Mention"]
    hrefs = [href for tag in tags if isinstance(href := tag.get("href"), str)]
    return [one for one in dict.fromkeys([*hrefs, *to]) if 0 < len(one) <= loose.LONGEST_ADDRESS]
