"""What form of a page is asked for: people get HTML, programs of the fediverse the thing itself."""

from starlette.requests import Request
from starlette.responses import RedirectResponse

ACTIVITY = "application/activity+json"
_PROGRAMS = (ACTIVITY, "application/ld+json")


def wants_activity(request: Request) -> bool:
    """Whether a program asks. Who takes HTML too is a browser."""
    return programs(request.headers.get("accept", ""))


def programs(accept: str) -> bool:
    """The same of an Accept header."""
    accepted = accept.lower()
    return any(kind in accepted for kind in _PROGRAMS) and "text/html" not in accepted


def to_activity(uri: str) -> RedirectResponse:
    """The thing behind the page, at its own address."""
    return RedirectResponse(uri, 302, headers={"Vary": "Accept"})
