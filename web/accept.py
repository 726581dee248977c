"""What form of a page is asked for: people get HTML, programs of the fediverse the thing itself."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import RedirectResponse

ACTIVITY = "application/activity+json"
_PROGRAMS = (ACTIVITY, "application/ld+json")
_PEOPLE = ("text/html", "application/xhtml+xml")
_FEEDS = {"application/atom+xml": "atom", "application/feed+json": "json", "text/calendar": "ics"}


def wants_activity(request: Request) -> bool:
    """Whether a program asks. Who takes HTML too is a browser."""
    return programs(request.headers.get("accept", ""))


def programs(accept: str) -> bool:
    """The same of an Accept header."""
    accepted = accept.lower()
    return any(kind in accepted for kind in _PROGRAMS) and "text/html" not in accepted


@lru_cache(maxsize=256)
def feed(accept: str) -> str:
    """`atom`, `json` or `ics` when a feed reader or a calendar asks; "" for people, and for servers."""
    best, most = "", 0.0
    for part in accept.lower().split(","):
        kind, *parameters = [word.strip() for word in part.split(";")]
        quality = next((_number(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        if quality > most or (quality == most and kind in _PEOPLE):
            best, most = kind, quality
    return _FEEDS.get(best, "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def to_activity(uri: str) -> RedirectResponse:
    """The thing behind the page, at its own address."""
    return RedirectResponse(uri, 302, headers={"Vary": "Accept"})
