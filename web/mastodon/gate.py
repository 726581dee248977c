"""Where apps come in: before all pages, so that a call costs no look at them. Whatever happens, the answer is JSON."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import N_, Conflict, HubError, Invalid, NotFound
from hub.store import Busy
from web import auth, crossing, errors, neighbourhub
from web.limits import Spent
from web.mastodon import (
    accounts,
    admin,
    bundled,
    conversations,
    discovery,
    doorbell,
    drafting,
    events,
    filters,
    instance,
    lists,
    marking,
    media,
    notifications,
    oauth,
    polls,
    profile,
    push,
    rates,
    relating,
    search,
    sockets,
    statuses,
    tags,
    timelines,
    told,
)
from web.mastodon.api import Refused, answer
from web.mastodon.params import framed

# Each part of the API, whose `routes` are answered here.
MODULES: tuple[Any, ...] = (
    oauth,
    statuses, drafting, marking, timelines, polls, media,
    instance, profile, accounts, relating, lists, filters, tags, told, search, discovery, admin,
    notifications, bundled, doorbell, conversations, push, events,
    neighbourhub,
)  # fmt: skip
ROUTES: list[Route] = [one for module in MODULES for one in module.routes]
NOT_FOUND = "Not Found"  # no such call, as against no such record
FAILED = N_("Validation failed: %(why)s")
NOT_YET = N_("This hub is not set up yet.")

Endpoint = Callable[[Request], Awaitable[Response]]
Found = tuple[Endpoint, dict[str, str]]


class Node(msgspec.Struct):
    """One step of an address: what may follow, and what answers here by method, with the names of its blanks."""

    below: dict[str, "Node"]
    here: dict[str, tuple[Endpoint, tuple[str, ...]]]


class Table:
    """Addresses to handlers, found step by step however many there are."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = Node({}, {})
        for one in routes:
            node, names = self._root, []
            for step in one.path.strip("/").split("/"):
                if step.startswith("{"):
                    names.append(step[1:-1])
                    step = BLANK
                node = node.below.setdefault(step, Node({}, {}))
            for method in one.methods or ():
                if method in node.here:
                    raise ValueError(f"{method} {one.path} is answered twice")
                node.here[method] = one.endpoint, tuple(names)

    def find(self, method: str, path: str) -> Found | None:
        found = _walk(self._root, path.strip("/").split("/"), 0, [], method)
        return None if found is None else (found[0], dict(zip(found[1], found[2], strict=True)))


BLANK = "{}"


def _walk(
    node: Node, steps: list[str], at: int, filled: list[str], method: str
) -> tuple[Endpoint, tuple[str, ...], list[str]] | None:
    """Literally if it can be; a blank takes any step but an empty one."""
    if at == len(steps):
        found = node.here.get(method)
        return None if found is None else (found[0], found[1], filled)
    step = steps[at]
    below = node.below.get(step) if step != BLANK else None
    found_below = _walk(below, steps, at + 1, filled, method) if below else None
    blank = node.below.get(BLANK)
    if found_below is not None or blank is None or not step:
        return found_below
    return _walk(blank, steps, at + 1, [*filled, step], method)


def short(table: Table, scope: Scope) -> Found | None:
    """The call that a GET is, if its answer comes whole and nothing came with it but its head."""
    path = scope["path"]
    if not path.startswith("/api/") or path.startswith(events.PATH) or framed(scope):
        return None
    return table.find("GET", path)


class Gate:
    """Answers what apps call; lets everything else pass."""

    def __init__(self, app: ASGIApp, table: Table) -> None:
        self.app, self._table = app, table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _socket(scope, receive, send)
            return
        if scope["type"] != "http" or not crossing.crosses(scope["path"]):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await crossing.preflight()(scope, receive, send)
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        found = self._table.find(method, scope["path"])
        if found is None and not scope["path"].startswith(crossing.MACHINES):
            await self.app(scope, receive, send)
            return
        response = await answered(Request(scope, receive), found)
        await response(scope, receive, send)


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Whoever wants to keep a socket open: there is one address for it."""
    request = Request({**scope, "type": "http", "method": "GET"})
    await receive()  # that they want to
    try:
        await sockets.serve(await _entered(request), receive, send)
    except (Refused, HTTPException) as exc:
        response = await refusal(request, exc)
        start = {"status": response.status_code, "headers": response.raw_headers}
        await send({"type": "websocket.http.response.start"} | start)
        await send({"type": "websocket.http.response.body", "body": response.body})


async def _entered(request: Request) -> sockets.Entered:
    await auth.look(request.app.state)
    if request.scope["path"].rstrip("/") != sockets.PATH:
        raise Refused(404, NOT_FOUND)
    if request.app.state.hub is None:
        raise Refused(503, errors.translated(request, NOT_YET))
    return await sockets.enter(request)


async def answered(request: Request, found: Found | None) -> Response:
    state = request.app.state
    try:
        await auth.look(state)
        if state.hub is None:
            response = answer({"error": errors.translated(request, NOT_YET)}, 503)
        elif found is None:
            rates.count(request)
            response = answer({"error": NOT_FOUND}, 404)
        else:
            request.scope["path_params"] = found[1]
            response = await found[0](request)
    except ClientDisconnect:
        raise
    except Exception as exc:
        response = await refusal(request, exc)
    rate: Spent | None = request.scope["state"].get("rate")
    if rate is not None and response.status_code != 429:  # which says of itself what was too much
        response.raw_headers += [(name.lower().encode(), value.encode()) for name, value in rate.headers().items()]
    return response


async def refusal(request: Request, exc: Exception) -> Response:
    """What went wrong, as Mastodon says it: clients look for some of these words."""
    if isinstance(exc, Refused):
        return answer(exc.body, exc.status, exc.headers)
    if isinstance(exc, HTTPException):
        return await errors.http(request, exc)
    if isinstance(exc, NotFound):
        return answer({"error": errors.NO_RECORD}, 404)
    if isinstance(exc, Invalid | Conflict):
        why = errors.translated(request, exc.message)
        why = why % exc.facts if exc.facts else why
        return answer({"error": errors.translated(request, FAILED) % {"why": why}}, 422)
    if isinstance(exc, Busy | HubError):
        return await errors.refuse(request, exc)
    return await errors.crash(request, exc)
