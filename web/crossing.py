"""Which addresses apps on other people's pages may call: those that no cookie opens.

Whoever calls them says who they are by a token in the request or not at all, so that a page elsewhere gets nothing from
a browser that it could not get by itself.
"""

from starlette.responses import Response

PREFIXES = ("/api/", "/.well-known/", "/nodeinfo/")
PATHS = frozenset({"/oauth/token", "/oauth/revoke", "/oauth/userinfo"})
MACHINES = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo")  # who calls these reads JSON and nothing else
POPUP = "/oauth/authorize"  # opened in a window of its own by an app, which waits for what comes of it
METHODS = "GET, POST, PUT, PATCH, DELETE"
EXPOSED = (
    "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, ETag"
)
HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
)


def crosses(path: str) -> bool:
    return path.startswith(PREFIXES) or path.rstrip("/") in PATHS


def preflight() -> Response:
    """May a page elsewhere send that? `*` would not stand for `Authorization`, so each header has its name."""
    headers = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key",
        "Access-Control-Max-Age": "7200",
    }
    return Response(status_code=204, headers=headers)
