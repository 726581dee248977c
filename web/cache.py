"""Pages that everybody sees alike are made once, and given out again until something changes or a minute has passed.

Only for those who have not signed in. A page says when things happened in words ("yesterday"), hence the minute.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import msgspec
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from federation import Reply, Shelved
from web import auth
from web.accept import feed, programs, wants_activity
from web.i18n import choose
from web.shell import offered

MOST = 96  # pages kept: some 4 MB
LONGEST = 80  # characters of a query that is worth keeping
OWN = "private, no-cache"
SHARED = "no-cache"  # may be kept, and must be asked for again: a form's answer has to show at once

Handler = Callable[[Request], Awaitable[Response]]
Key = tuple[str, str, str]


class Kept(msgspec.Struct, frozen=True):
    """A page as it was sent: the body, its headers, and its ETag."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    etag: str


class Cache(Shelved[Kept]):
    """The pages that were asked for last. One for each application: `app.state.kept`."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__(most)


def on_the_shelf(scope: Scope) -> Reply | None:
    """A page that was made a moment ago, for who comes with nothing that could make it another one, or a 304."""
    if len(scope["query_string"]) > LONGEST:
        return None
    state: State = scope["app"].state
    language, accept = b"", b""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            language = value
        elif name == b"accept":
            accept = value
        elif name in _PERSONAL:
            return None
    cache: Cache = state.kept
    page = cache.get(_key(scope, language.decode("latin-1")), state.store.changed.count)
    said = accept.decode("latin-1")
    return None if page is None or programs(said) or feed(said) else (200, page.headers, page.body)


def shared(handler: Handler) -> Handler:
    """Marks a page that is the same for all who have not signed in."""

    @functools.wraps(handler)
    async def given(request: Request) -> Response:
        if auth.account(request) is not None:
            response = await handler(request)
            response.headers.setdefault("Cache-Control", OWN)
            return response
        other = wants_activity(request) or feed(request.headers.get("accept", ""))
        if other or "done" in request.query_params or len(request.url.query) > LONGEST:
            return await handler(request)
        cache: Cache = request.app.state.kept
        key, version = (
            _key(request.scope, request.headers.get("accept-language", "")),
            request.app.state.store.changed.count,
        )
        found = cache.get(key, version)
        if found is None:
            response = await handler(request)
            if response.status_code != 200:
                return response
            found = _kept(response)
            cache.put(key, version, found)
        return _answer(request, found)

    return given


def _key(scope: Scope, header: str) -> Key:
    """What tells one page from another: its address and its language."""
    state: State = scope["app"].state
    query = scope["query_string"].decode("latin-1")
    asked = parse_qs(query).get("lang", [None])[-1] if "lang" in query else None
    lang = choose(offered(state.hub), asked, None, header)
    return scope["path"], query, lang


def _kept(response: Response) -> Kept:
    response.headers["ETag"] = etag = etag_of(bytes(response.body))
    response.headers.setdefault("Cache-Control", SHARED)
    return Kept(bytes(response.body), tuple(response.raw_headers), etag)


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def has_it(request: Request, etag: str) -> bool:
    """Whether who asks has it already."""
    asked = next((value for name, value in request.scope["headers"] if name == b"if-none-match"), b"")
    return bool(asked) and any(
        tag.strip().removeprefix("W/") in (etag, "*") for tag in asked.decode("latin-1").split(",")
    )


def _answer(request: Request, page: Kept) -> Response:
    """The page, or 304 for who has it already."""
    same = has_it(request, page.etag)
    response = Response(status_code=304 if same else 200)
    response.body = b"" if same else page.body
    response.raw_headers = [pair for pair in page.headers if not same or pair[0] not in _OF_A_BODY]
    return response


_PERSONAL = (b"cookie", b"if-none-match", b"authorization")
_OF_A_BODY = (b"content-length", b"content-type")
