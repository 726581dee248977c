"""Where other servers read: everything of ours at its own id, its lists, and the ways to find it.

People who come to such an address are sent to the page. A document is written once and given out again until
something changes, with an ETag, so that asking again costs next to nothing.
"""

from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from federation import collections, discovery, documents
from federation.as2 import activities
from federation.as2.contexts import Json, document
from federation.collections import View
from federation.negotiate import prefers_feed, prefers_page
from federation.proving import proved
from federation.shelved import Reply, Shelved
from federation.waking import wake, wake_named
from hub import actors, handles, settings, things
from hub.errors import N_, TAKEN_DOWN, Gone, NotFound
from hub.packing import unpack
from hub.settings import Hub
from hub.store import Store, Tx

ACTIVITY = "application/activity+json"
FRESH = "public, max-age=60"
# Of what was not for everybody nobody learns that it was ever there.
TAKEN_BACK = "local = 1 AND removed IS NOT NULL AND audience IN ('public', 'unlisted')"
NOTHING = N_("There is nothing at this address.")
MOST_KEPT = 512  # documents
LONGEST_PATH = 300
OWN_LISTS = frozenset({"outbox", "followers", "following", "featured", "hubs"})  # of the server itself, at /actor/…
LARGEST = 2**63 - 1


class Found(msgspec.Struct, frozen=True):
    """A document as it is sent, and the page (`url`) that shows the same to people."""

    status: int
    body: bytes
    etag: str
    url: str
    head: tuple[tuple[bytes, bytes], ...]
    feeds: bool = False  # whether the page is also a feed and a calendar


_kept: WeakKeyDictionary[Store, Shelved[Found]] = WeakKeyDictionary()


def on_the_shelf(scope: Scope) -> Reply | None:
    """A document that was asked for lately is given out again without further ado."""
    if scope["query_string"]:
        return None
    store: Store = scope["app"].state.store
    kept = _kept.get(store)
    found = kept.get(f"{scope['path']}?", store.changed.count) if kept is not None else None
    if found is None:
        return None
    accept = b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value
        elif name == b"if-none-match":
            return None
    return None if _elsewhere(found, accept.decode("latin-1")) else (found.status, found.head, found.body)


def _elsewhere(found: Found, accept: str) -> bool:
    """Whether what is asked for is not this document but what its page gives."""
    return prefers_page(accept) or (found.feeds and prefers_feed(accept))


async def thing(request: Request) -> Response:
    """Actors, things, activities: short reads by an index, on the event loop itself."""
    return await _serve(request, View(), hot=True)


async def listing(request: Request) -> Response:
    return await _serve(request, _view(request), hot=False)


async def _serve(request: Request, view: View, *, hot: bool) -> Response:
    store: Store = request.app.state.store
    path: str = request.scope["path"].rstrip("/")
    page = prefers_page(request.headers.get("accept", ""))
    kept, version = _kept.setdefault(store, Shelved(MOST_KEPT)), store.changed.count
    key = f"{path}?{view.query}" + ("page" if view.page else "")
    found = kept.get(key, version)
    if found is None:
        try:
            found = await _look(store, path, view, hot=hot)
        except NotFound:
            if page:
                raise
            return _nothing(request)
        kept.put(key, version, found)
    if page and found.status != 200:
        raise Gone(TAKEN_DOWN)
    if _elsewhere(found, request.headers.get("accept", "")):
        return RedirectResponse(found.url, 303, headers={"Vary": "Accept", "Cache-Control": FRESH})
    return _answer(request, found)


async def _look(store: Store, path: str, view: View, *, hot: bool) -> Found:
    """What stands there; a part of ours that nobody has looked for yet begins to be there now."""
    try:
        return await (store.read_hot if hot else store.read)(_find, path, view)
    except NotFound:
        kind, handle = path[1:].split("/", 2)[:2] if path.count("/") > 1 else (path, "")
        if kind != "actor" or handle != handle.lower() or not await wake(store, handle[: handles.LONGEST + 1]):
            raise
        return await store.read(_find, path, view)


def _answer(request: Request, found: Found) -> Response:
    headers = _headers(found.etag)
    if found.status == 200 and _has(request, found.etag):
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    return _sized(request, found.status, found.body, headers)


def _headers(etag: str) -> dict[str, str]:
    return {"Content-Type": ACTIVITY, "Cache-Control": FRESH, "Vary": "Accept", "ETag": etag}


def _has(request: Request, etag: str) -> bool:
    asked = request.headers.get("if-none-match", "")
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in asked.split(",")) if asked else False


def _sized(request: Request, status: int, body: bytes, headers: dict[str, str]) -> Response:
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers | {"Content-Length": str(len(body))})
    return Response(body, status, headers)


def _nothing(request: Request, headers: dict[str, str] | None = None) -> Response:
    said = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": NOTHING}
    body = msgspec.json.encode(said)
    return _sized(request, 404, body, {"Content-Type": "application/problem+json", "Vary": "Accept"} | (headers or {}))


# --- what stands at an address ---------------------------------------------------------------------


def _find(tx: Tx, path: str, view: View) -> Found:
    """Raises `NotFound` for what is not ours, not public, hidden, or not there."""
    hub = settings.get(tx)
    kind, *rest = path[1:].split("/")
    if len(path) > LONGEST_PATH or len(rest) > 2:
        raise NotFound(NOTHING)
    if kind == "actor":
        return _actor(tx, hub, rest, view)
    if not rest or not _is_id(rest[0]):
        raise NotFound(NOTHING)
    if kind == "activity":
        return _activity(tx, hub, f"{hub.base}{path}")
    return _thing(tx, hub, f"{hub.base}/{kind}/{rest[0]}", rest[1:], view)


def _actor(tx: Tx, hub: Hub, rest: list[str], view: View) -> Found:
    if rest and rest[0] in OWN_LISTS:
        rest = ["", *rest]
    it = actors.known(tx, "/".join([f"{hub.base}/actor", *filter(None, rest[:1])]))
    taken_back = _stone_of(tx, it) if it is not None and it.local and it.removed is not None else None
    if taken_back is not None:
        return taken_back
    if it is None or not it.local or it.removed is not None:
        raise NotFound(NOTHING)
    if rest[1:]:
        return _found(collections.of_actor(tx, hub, it, rest[1], view), it.url)
    return _found(_proved(tx, documents.actor(tx, hub, it), it.id), it.url, feeds=it.kind == "other")


def _thing(tx: Tx, hub: Hub, uri: str, lists: list[str], view: View) -> Found:
    it = things.at(tx, uri)
    if it is None:
        taken_back = _tombstone(tx, uri)
        if taken_back is None:
            raise NotFound(NOTHING)
        return taken_back
    if not it.local or it.hidden or it.kind == "project":
        raise NotFound(NOTHING)
    if lists:
        return _found(collections.of_thing(tx, hub, it, lists[0], view), it.url)
    return _found(_proved(tx, documents.thing(tx, hub, it), it.by.id), it.url)


def _activity(tx: Tx, hub: Hub, uri: str) -> Found:
    row = tx.one("SELECT body FROM activity WHERE uri = :uri AND public = 1", uri=uri)
    if row is None:
        raise NotFound(NOTHING)
    it = documents.activity(tx, hub, unpack(row["body"], dict[str, Any]))
    carried = it["object"]
    shown = carried.get("url") if isinstance(carried, dict) else carried
    return _found(it, shown or hub.base + "/")


def _tombstone(tx: Tx, uri: str) -> Found | None:
    row = tx.one(f"SELECT kind, removed FROM thing WHERE uri = :uri AND {TAKEN_BACK}", uri=uri)
    if row is None:
        return None
    return _found(activities.tombstone(uri, documents.former(row["kind"]), row["removed"]), "", 410)


def _stone_of(tx: Tx, it: actors.Actor) -> Found | None:
    """Of a project, and of somebody who had an account."""
    if it.kind == "person" and it.removed is not None:
        return _found(activities.tombstone(it.uri, "Person", it.removed), "", 410)
    return _tombstone(tx, it.uri)


def _proved(tx: Tx, it: Json, actor: int) -> Json:
    """What other hubs can read carries the proof of whoever says it, so that it can be handed on."""
    if "nh:kind" not in it:
        return it
    whose, created = it.get("attributedTo") or it["id"], it.get("updated") or it["published"]
    return proved(tx, document(it), actor, whose, created)


def _found(it: Json, url: str, status: int = 200, *, feeds: bool = False) -> Found:
    body = msgspec.json.encode(document(it))
    etag = f'"{sha256(body).hexdigest()[:20]}"'
    headers = _headers(etag) | {"Content-Length": str(len(body))}
    head = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Found(status, body, etag, url, head, feeds)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 19


def _view(request: Request) -> View:
    asked = request.query_params
    before, after = (_mark(asked.get(name)) for name in ("before", "after"))
    return View(page="page" in asked, before=before, after=None if before is not None else after)


def _mark(text: str | None) -> int | None:
    return min(int(text), LARGEST) if text and _is_id(text) else None


# --- how to find us --------------------------------------------------------------------------------


async def webfinger(request: Request) -> Response:
    resource = request.query_params.get("resource", "")
    if not resource:
        return _plain(request, {"error": "Say whom you look for: ?resource=acct:name@host"}, status=400)
    try:
        found = await _behind(request.app.state.store, resource)
    except NotFound:
        return _nothing(request, {"Access-Control-Allow-Origin": "*"})
    return _plain(request, found, kind=discovery.JRD)


async def _behind(store: Store, resource: str) -> Json:
    try:
        return await store.read_hot(_in_hub, discovery.webfinger, resource)
    except NotFound:
        if not await wake_named(store, resource[: discovery.LONGEST]):
            raise
        return await store.read(_in_hub, discovery.webfinger, resource)


async def host_meta(request: Request) -> Response:
    base = await request.app.state.store.read_hot(settings.base)
    headers = {"Content-Type": discovery.XRD, "Access-Control-Allow-Origin": "*"}
    return _sized(request, 200, discovery.host_meta(base).encode(), headers)


async def host_meta_json(request: Request) -> Response:
    return _plain(request, discovery.host_meta_json(await request.app.state.store.read_hot(settings.base)))


async def nodeinfo_links(request: Request) -> Response:
    return _plain(request, discovery.nodeinfo_links(await request.app.state.store.read_hot(settings.base)))


async def nodeinfo(request: Request) -> Response:
    version = request.path_params["version"]
    if version not in discovery.VERSIONS:
        return _nothing(request)
    found = await request.app.state.store.read(_in_hub, discovery.nodeinfo, version)
    return _plain(request, found, kind=f'application/json; profile="{discovery.SCHEMA}{version}#"')


def _in_hub(tx: Tx, look: Any, asked: str) -> Json:
    found: Json = look(tx, settings.get(tx), asked)
    return found


def _plain(request: Request, it: Json, *, status: int = 200, kind: str = "application/json") -> Response:
    headers = {"Content-Type": kind, "Access-Control-Allow-Origin": "*", "Cache-Control": FRESH}
    return _sized(request, status, msgspec.json.encode(it), headers)


routes: list[BaseRoute] = [
    Route("/actor", thing),
    *(Route(f"/actor/{name}", listing) for name in sorted(OWN_LISTS)),
    Route("/actor/{name}", thing),
    Route("/actor/{name}/{list}", listing),
    *(Route(f"/{kind}/{{id}}", thing) for kind in ("event", "ask", "offer", "post", "activity")),
    *(Route(f"/{kind}/{{id}}/{{list}}", listing) for kind in ("event", "ask", "offer", "post")),
    Route("/.well-known/webfinger", webfinger),
    Route("/.well-known/host-meta", host_meta),
    Route("/.well-known/host-meta.json", host_meta_json),
    Route("/.well-known/nodeinfo", nodeinfo_links),
    Route("/nodeinfo/{version}", nodeinfo),
]
