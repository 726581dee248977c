"""Whether a request wants the document that programs read, or the page that people do."""

from functools import lru_cache

DOCUMENTS = frozenset({"application/activity+json", "application/ld+json", "application/json"})
PAGES = frozenset({"text/html", "application/xhtml+xml"})
FEEDS = frozenset({"application/atom+xml", "application/feed+json", "text/calendar"})


@lru_cache(maxsize=256)
def prefers_page(accept: str) -> bool:
    """True when a page is liked better. A program that names nothing, or takes anything, gets the document."""
    return _best(accept, PAGES) > _best(accept, DOCUMENTS)


@lru_cache(maxsize=256)
def prefers_feed(accept: str) -> bool:
    """True when it wants to read along, or to fill a calendar: the page of a slice gives that, too."""
    return _best(accept, FEEDS) > max(_best(accept, DOCUMENTS), _best(accept, PAGES))


def _best(accept: str, kinds: frozenset[str]) -> float:
    return max((_quality(part) for part in accept.split(",") if _kind(part) in kinds), default=0.0)


def _kind(part: str) -> str:
    return part.partition(";")[0].strip().lower()


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            return _number(value)
    return 1.0


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0
