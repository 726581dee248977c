"""What each part of the client API is written with: who calls, what came, and how it is answered.

A module of the API has handlers, and `routes = [route("GET", "/api/v1/…", handler, "read:…"), …]`.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import apps, people, scopes
from hub.errors import NotFound
from hub.people import Account, may
from hub.store import Store
from web import errors
from web.forms import Upload as Upload
from web.mastodon import rates
from web.mastodon.params import LARGEST, PLAIN, Params, pairs, read
from web.mastodon.params import Page as Page
from web.mastodon.recent import Ready, Recent, standing

JSON = "application/json; charset=utf-8"
_JSON = (b"content-type", JSON.encode())
INVALID_TOKEN = "The access token is invalid"  # noqa: S105 - what clients look for, word for word
OUTSIDE = "This action is outside the authorized scopes"
NEEDS_USER = "This method requires an authenticated user"
DISABLED = "Your login is currently disabled"
NO_ADMIN = "This action is not allowed"


class Refused(Exception):
    """A refusal in Mastodon's own words: `error`, and whatever else the answer has to say."""

    def __init__(self, status: int, error: str, headers: dict[str, str] | None = None, **more: object) -> None:
        super().__init__(error)
        self.status, self.body, self.headers = status, {"error": error} | more, headers


class Caller(msgspec.Struct, frozen=True):
    """Who calls. `account` is `None` for an app that acts for nobody, and for nobody at all."""

    account: Account | None
    app: int
    token: int
    scopes: frozenset[str]

    @property
    def id(self) -> int:
        """The account's actor, 0 for nobody."""
        return self.account.actor if self.account else 0


NOBODY = Caller(None, 0, 0, frozenset())

Handler = Callable[[Request, Caller, Params], Awaitable[Response]]


class Rule(msgspec.Struct, frozen=True):
    """Who may call: with any of the `scopes` (any token if there are none), `open` without one, `app` for nobody."""

    scopes: tuple[str, ...]
    open: bool
    app: bool
    special: str  # the limit that this call counts against beside the usual ones


def route(
    method: str, path: str, handler: Handler, scope: str = "", *, open: bool = False, app: bool = False
) -> Route:  # fmt: skip
    """A call of the API. `scope`: what the token must have been granted; of several words any.

    `open`: also without a token (one that is given must be good all the same). `app`: an app's own token suffices.
    """
    rule = Rule(tuple(scope.split()), open, app, rates.ONE_BY_ONE.get((method, path), ""))

    async def call(request: Request) -> Response:
        caller = await _admit(request, rule)
        return await handler(request, caller, await read(request))

    call.rule = rule  # type: ignore[attr-defined]
    call.needs = "" if open else "app" if app else "token"  # type: ignore[attr-defined]
    return Route(path, call, methods=[method])


async def caller_of(store: Store, token: str) -> Caller | None:
    """Who calls with this token; `None` when it opens nothing (any more). For whoever cannot send a header."""
    held = await store.read_hot(apps.held, token)
    if held is None or (held.account is not None and _kept_out(held.account)):
        return None
    if held.stale:
        await store.write(apps.used, held.token)
    return Caller(held.account, held.app, held.token, held.scopes)


def bearer(request: Request) -> str:
    """The token in the header, the only place where one counts."""
    said = next((value for name, value in request.scope["headers"] if name == b"authorization"), b"")
    kind, _, token = said.decode("latin-1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def _admit(request: Request, rule: Rule) -> Caller:
    """Whoever calls, if they may. Raises `Refused`, and 429."""
    store: Store = request.app.state.store
    secret = bearer(request)
    held = await _held(request.app.state, secret) if secret else None
    if held is None:
        rates.count(request, special=rule.special)
        if secret or not rule.open:
            raise invalid_token()
        return NOBODY
    account = held.account
    rates.count(request, held.token, account.actor if account else 0, rule.special)
    request.scope["state"]["account"] = account
    if account is None and not (rule.app or rule.open):
        raise Refused(422, NEEDS_USER)
    if account is not None and _kept_out(account):
        raise Refused(403, DISABLED)
    if rule.scopes and not any(scopes.covers(held.scopes, one) for one in rule.scopes):
        raise Refused(403, OUTSIDE)
    if rule.scopes and not any(scopes.open_to(account, one) for one in rule.scopes):
        raise Refused(403, NO_ADMIN)
    if held.stale:
        await store.write(apps.used, held.token)
    return Caller(account, held.app, held.token, held.scopes)


async def _held(state: State, secret: str) -> apps.Held | None:
    """Who stands behind a token. An app calls many times a second; what ends a token is written, and seen at once."""
    store: Store = state.store
    known: Recent[apps.Held] = state.tokens
    as_of, key = standing(store), people.hashed(secret)
    held = known.get(key, as_of)
    if held is None:
        held = await store.read_hot(apps.held, secret)
        if held is not None and not held.stale:
            known.put(key, as_of, held)
    return held


def _kept_out(account: Account) -> bool:
    return not may(account, "resident")


def invalid_token() -> Refused:
    return Refused(401, INVALID_TOKEN, {"WWW-Authenticate": 'Bearer realm="Neighbourhub", error="invalid_token"'})


# Answers


def answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` as JSON. Never without a body: clients take an empty one for a mistake."""
    return Response(msgspec.json.encode({} if value is None else value), status, headers, JSON)


def raw(body: bytes, headers: dict[str, str] | None = None) -> Response:
    """JSON that is ready made."""
    more = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return Ready(body, 200, [*more, (b"content-length", b"%d" % len(body)), _JSON])


def listed(request: Request, items: list[bytes], ids: list[int], page: Page) -> Response:
    """A list of pieces of JSON that are ready made. `ids` are theirs, the newest first: what paging goes by."""
    return raw(b"[%b]" % b",".join(items), links(request, ids, page))


def pieced(request: Request, items: list[tuple[bytes, ...]], ids: list[int], page: Page) -> Response:
    """The same of what is in pieces yet."""
    parts = [b"["]
    for one in items:
        parts += one
        parts.append(b",")
    parts[max(len(parts) - 1, 1) :] = [b"]"]
    return joined(parts, links(request, ids, page))


def joined(parts: list[bytes], headers: dict[str, str]) -> Response:
    """JSON in pieces, most of which are kept.

    Bytes remember their own hash, so that what the page is known by costs less than to look through all of it.
    """
    return raw(b"".join(parts), {"ETag": f'"{hash(tuple(parts)) & _MASK:016x}"'} | headers)


def between(bodies: list[bytes]) -> list[bytes]:
    """The same with commas."""
    return [part for body in bodies for part in (b",", body)][1:]


def links(request: Request, ids: list[int], page: Page) -> dict[str, str]:
    """The `Link` header of a list: onwards first (some read no further), and back."""
    if not ids:
        return {}
    here = f"{request.app.state.base}{request.scope['path'].rstrip('/')}?{_kept(request.scope['query_string'])}"
    back = f'<{here}min_id={ids[0]}>; rel="prev"'
    return {"Link": f'<{here}max_id={ids[-1]}>; rel="next", {back}' if len(ids) >= page.limit else back}


def _kept(query: bytes) -> str:
    """What else was asked, to be asked again with another page."""
    words = query.decode("latin-1")
    if PLAIN.fullmatch(words):
        return "".join([f"{one}&" for one in words.split("&") if one and one.partition("=")[0] not in _PAGING])
    kept = [pair for pair in pairs(words) if pair[0] not in _PAGING]
    return f"{urlencode(kept)}&" if kept else ""


_PAGING = ("max_id", "min_id", "since_id")
_MASK = 2**64 - 1


def path_id(request: Request, name: str = "id") -> int:
    """The id in the address. Raises `NotFound` for what cannot be one of ours."""
    words = str(request.path_params.get(name, ""))
    if not (words.isascii() and words.isdecimal() and len(words) <= 19 and int(words) <= LARGEST):
        raise NotFound(errors.NO_RECORD)
    return int(words)
