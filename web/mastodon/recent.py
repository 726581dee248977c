"""What was found out a moment ago: good until anything at all is written, and for a few seconds in any case.

An app asks for the same page again and again, and for who it acts for with every call. Of what other processes write
on PostgreSQL we hear at once when the verb says so (`Tx.wake`): all that goes into the log, whatever ends a token or
changes what somebody may do, and what they keep or do not want to see. Of the rest we know a few seconds later.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from hub.clock import now
from hub.store import Store
from web.cache import OWN, etag_of, has_it
from web.mastodon.params import framed

V = TypeVar("V")
MOMENT = 5_000  # ms
TOKENS, TIMELINES = 2_000, 48  # kept; a page of a timeline has some 70 KB
Standing = tuple[int, int]  # how much this process has written, and how much it has heard of


def standing(store: Store) -> Standing:
    """To be taken before something is read: what is read afterwards is at least as new."""
    return store.writes, store.changed.count


class Recent(Generic[V]):
    """By key. Of more than `most` the oldest go first; `lasts` in ms."""

    def __init__(self, most: int, lasts: int) -> None:
        self._most, self._lasts = most, lasts
        self._found: dict[Hashable, tuple[Standing, int, V]] = {}

    def get(self, key: Hashable, as_of: Standing) -> V | None:
        found = self._found.get(key)
        if found is None or found[0] != as_of or not 0 <= now() - found[1] < self._lasts:
            return None
        return found[2]

    def put(self, key: Hashable, as_of: Standing, value: V) -> None:
        self._found.pop(key, None)
        self._found[key] = as_of, now(), value
        if len(self._found) > self._most:
            del self._found[next(iter(self._found))]


class Ready(Response):
    """An answer whose headers are written already."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.raw_headers, self.background = status, body, headers, None


_PERSONAL = [(b"cache-control", OWN.encode()), (b"vary", b"Authorization")]


async def given(request: Request, who: int, made: Callable[[], Awaitable[Response]]) -> Response:
    """The page that `who` asks for; the same again while nothing has been written since it was `made`.

    304 for an app that has it already: a timeline that is looked at again mostly is as it was, and has some 70 KB.
    """
    state = request.app.state
    recent: Recent[Response] = state.timelines
    as_of, key = standing(state.store), (who, request.scope["path"], request.scope["query_string"])
    plain = not framed(request.scope)  # nothing more was asked in a body
    found = recent.get(key, as_of) if plain else None
    if found is None:
        found = await made()
        if "ETag" not in found.headers:
            found.headers["ETag"] = etag_of(bytes(found.body))
        found.raw_headers += _PERSONAL
        if plain:
            recent.put(key, as_of, found)
    if has_it(request, found.headers["ETag"]):
        return Ready(b"", 304, [pair for pair in found.raw_headers if pair[0] != b"content-length"])
    return Ready(bytes(found.body), 200, [*found.raw_headers])
