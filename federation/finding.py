"""Somebody, or something, that a resident looks for by a handle or an address: found here, or fetched and kept.

What is ours and what is known well enough costs no network; the rest is asked of its own server, within a budget, and
believed only there.
"""

import re
from urllib.parse import quote

import structlog

from federation import discovery, resolve
from federation.as2 import loose, seen, whom
from federation.as2.contexts import Json
from federation.discovery import JRD
from federation.http import Unreachable
from federation.keep import keep as keep_thing
from federation.keep import kind_of
from federation.keys import host_of
from federation.resolve import FRESH, Budget, Gathered
from federation.waking import wake_named
from federation.wire import Wire
from hub import actors, events, settings
from hub.clock import now
from hub.errors import N_, HubError, NotFound
from hub.store import Tx

log = structlog.get_logger()

FETCHES = 12  # for one search
NOBODY = N_("We could not find anybody by that name. Is it spelt right? It looks like @name@server.")
NOTHING = N_("We could not find anything there that can be shown here.")
SILENT = N_("%(host)s does not answer. Try again in a while.")

_HANDLE = re.compile(r"(?:acct:)?@?([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?)(?:@([^@\s/?#]{1,260}))?")
_OURS = re.compile(r"/(?:events?|asks?|offer|posts?|projects|@[^/]+)/(\d{1,19})")


async def find_account(wire: Wire, typed: str, *, fresh: bool = False) -> int:
    """Our id for the account behind `@ann@e17.example`, `ann`, or the address of its page.

    Who is known is not asked again for a week, unless `fresh`. Raises `NotFound` in words.
    """
    typed = typed.strip()[:2000]
    try:
        if "://" in typed:
            return await _by_address(wire, typed, fresh=fresh)
        return await _by_handle(wire, typed, fresh=fresh)
    except Unreachable as error:
        raise NotFound(SILENT, host=_host(typed)) from error
    except NotFound:
        raise
    except HubError as error:
        log.info("nobody found", typed=typed[:200], why=str(error)[:300])
        raise NotFound(NOBODY) from error


async def find_thing(wire: Wire, url: str) -> int:
    """Our id for the post, event, ask or project at `url` (its page or its own address), kept if it was not here.

    Whether somebody may see it is for whoever shows it. Raises `NotFound` in words.
    """
    url = url.strip()[:2000]
    known = await wire.store.read(_known, url)
    if known is not None:
        return known
    if wire.is_ours(url) or not loose.origin(url):
        raise NotFound(NOTHING)
    try:
        return await _fetched(wire, url)
    except Unreachable as error:
        raise NotFound(SILENT, host=host_of(url)) from error
    except NotFound:
        raise
    except HubError as error:
        log.info("nothing found", url=url, why=str(error)[:300])
        raise NotFound(NOTHING) from error


# --- accounts --------------------------------------------------------------------------------------


async def _by_handle(wire: Wire, typed: str, *, fresh: bool) -> int:
    found = _HANDLE.fullmatch(typed)
    if found is None:
        raise NotFound(NOBODY)
    name, host = found[1].lower(), (found[2] or "").lower()
    base = loose.origin(f"{wire.base.partition('://')[0]}://{host}") if host else wire.base
    if wire.is_ours(base):
        return await _own(wire, f"acct:{name}@{wire.host}")
    if not base:
        raise NotFound(NOBODY)
    known = await wire.store.read(_named, name, host)
    if known is not None and not fresh:
        return known
    budget = Budget(wire.limits, FETCHES)
    jrd = await resolve.json_at(wire, _asks(base, f"acct:{name}@{host}"), accept=JRD, budget=budget)
    return await _learnt(wire, _self(jrd), budget, fresh=fresh)


async def _by_address(wire: Wire, url: str, *, fresh: bool) -> int:
    if wire.is_ours(url):
        return await _own(wire, url)
    known = await wire.store.read(_at, url)
    if known is not None and not fresh:
        return known
    budget = Budget(wire.limits, FETCHES)
    doc = await resolve.document(wire, url, budget)
    return await _learnt(wire, loose.id_of(doc), budget, fresh=fresh, doc=doc)


async def _learnt(wire: Wire, uri: str, budget: Budget, *, fresh: bool, doc: Json | None = None) -> int:
    """A name may be kept on another server than the account (WebFinger says where); the account speaks for itself."""
    if wire.is_ours(uri):
        return await _own(wire, uri)
    if doc is None:
        return await resolve.actor(wire, uri, fresh=fresh, budget=budget)
    return await resolve.learn(wire, doc, uri)


async def _own(wire: Wire, resource: str) -> int:
    try:
        return await wire.store.read(_ours, resource)
    except NotFound:
        if not await wake_named(wire.store, resource):
            raise
        return await wire.store.read(_ours, resource)


def _ours(tx: Tx, resource: str) -> int:
    it = discovery.behind(tx, settings.get(tx), resource)
    if not it.local or it.removed is not None or it.kind == "instance":
        raise NotFound(NOBODY)
    return it.id


def _named(tx: Tx, name: str, host: str) -> int | None:
    """Somebody elsewhere whom we know well enough."""
    row = tx.one(
        """SELECT id FROM actor WHERE handle = :name AND domain = :host AND removed IS NULL AND local = 0
             AND fetched > :fresh""",
        name=name, host=host, fresh=now() - FRESH,
    )  # fmt: skip
    return row["id"] if row else None


def _at(tx: Tx, uri: str) -> int | None:
    it = actors.known(tx, uri)
    return it.id if it is not None and it.removed is None and now() - it.fetched < FRESH else None


def _asks(base: str, resource: str) -> str:
    return f"{base}/.well-known/webfinger?resource={quote(resource, safe='')}"


def _self(jrd: Json) -> str:
    """Where the account's own document is, by the word of the server that keeps its name."""
    for link in loose.several(jrd.get("links"))[:100]:
        if isinstance(link, dict) and link.get("rel") == "self" and "json" in str(link.get("type")):
            href = link.get("href")
            if isinstance(href, str) and loose.origin(href):
                return href
    raise NotFound(NOBODY)


def _host(typed: str) -> str:
    return host_of(typed) if "://" in typed else typed.rpartition("@")[2][:260]


# --- things ----------------------------------------------------------------------------------------


def _known(tx: Tx, url: str) -> int | None:
    """Something that is here: by its own address, or, of ours, by that of its page."""
    uri = url.partition("#")[0]
    row = tx.one("SELECT id, kind FROM thing WHERE uri = :uri AND removed IS NULL", uri=uri)
    base = settings.base(tx)
    page = _OURS.fullmatch(uri.removeprefix(base)) if row is None and uri.startswith(f"{base}/") else None
    if page is not None and int(page[1]) < 2**63:
        row = tx.one("SELECT id, kind FROM thing WHERE id = :id AND removed IS NULL", id=int(page[1]))
    if row is None:
        return None
    return events.by_companion(tx, row["id"]).id if row["kind"] == "companion" else int(row["id"])


async def _fetched(wire: Wire, url: str) -> int:
    budget, found = Budget(wire.limits, FETCHES + wire.limits.depth), Gathered()
    doc = await resolve.thing(wire, url, found, budget)
    about = loose.id_of(loose.nh(doc, "about"))
    if loose.nh(doc, "kind") == "EventCompanion" and loose.same_origin(about, loose.id_of(doc)):
        doc = await resolve.thing(wire, about, found, budget)  # the poll stands for it
    if kind_of(doc) is None:
        raise NotFound(NOTHING)
    await resolve.above(wire, loose.id_of(doc.get("inReplyTo")), found, budget)
    return await wire.store.write(_keep, doc, found)


def _keep(tx: Tx, doc: Json, found: Gathered) -> int:
    for uri in reversed(found.above):
        _keep_one(tx, found.objects[uri], found)
    _keep_one(tx, doc, found)
    known = _known(tx, loose.id_of(doc))
    if known is None:
        raise NotFound(NOTHING)
    return known


def _keep_one(tx: Tx, doc: Json, found: Gathered) -> None:
    author = found.actors.get(seen.author(doc))
    if author is None or not (loose.is_public(doc) or whom.named(doc)):
        return
    try:
        keep_thing(tx, actors.get(tx, author), doc, wanted=True)
    except HubError as error:  # one that cannot be kept does not keep the others away
        log.info("not kept", what=loose.id_of(doc), why=str(error)[:300])
