"""Whether a request wants the document that programs read, or the page that people do."""

from functools import lru_cache

DOCUMENTS = frozenset({"application/activity+json", "application/ld+json", "application/json"})
PAGES = frozenset({"text/html", "application/xhtml+xml"})


@lru_cache(maxsize=256)
def prefers_page(accept: str) -> bool:
    """True when a page is liked better. A program that names nothing, or takes anything, gets the document."""
    return _best(accept, PAGES) > _best(accept, DOCUMENTS)


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
