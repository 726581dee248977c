"""What a call of the hub's own API is: what it takes, what it gives, who may. Read, answered and documented by that."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.errors import N_, Invalid
from web.mastodon import api
from web.mastodon.api import Caller, answer
from web.mastodon.params import Params

PREFIX = "/api/neighbourhub/v1"
NOT_UNDERSTOOD = N_("%(name)s cannot be understood: see the document of this call.")
T = TypeVar("T")
Handler = Callable[[Request, Caller, Params], Awaitable[Response]]


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is asked for."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `query` and `body` are structs; `gives` is what comes back; `paged`: with a `Link` to the next part.

    `open`: also without a token. `refuses` is what may be wrong beside what may be wrong with every call.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    gives: Any
    tag: str
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    scope: str = "read:statuses"
    open: bool = True
    paged: bool = False
    refuses: tuple[int, ...] = ()

    def route(self) -> Route:
        return api.route(self.method, PREFIX + self.path, self.handler, self.scope, open=self.open)


def taken(params: Params, shape: type[T]) -> T:
    """What came, as `shape` has it. Raises `Invalid`, naming what does not fit."""
    fields = {one.encode_name: one.name for one in msgspec.structs.fields(shape)}  # type: ignore[arg-type]
    given = {name: params.exact(name) for name in fields if name in params}
    try:
        found = msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as exc:
        name = next((name for name in fields if f"`$.{name}`" in str(exc) or f"`{name}`" in str(exc)), "?")
        raise Invalid(NOT_UNDERSTOOD, field=name, name=name) from exc
    for name in given:
        if getattr(found, fields[name]) is None:  # "null" is a word like any other
            raise Invalid(NOT_UNDERSTOOD, field=name, name=name)
    return found


def part(request: Request, found: list[Any], after: object | None) -> Response:
    """A part of a list; `after` is what the next one begins behind, `None` at the end."""
    if after is None:
        return answer(found)
    url = request.url.include_query_params(after=after)
    here = request.app.state.base + url.path.rstrip("/")
    return answer(found, headers={"Link": f'<{here}?{url.query}>; rel="next"'})
