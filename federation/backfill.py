"""What a hub had published before we followed it: its outbox and its projects, read a page at a time.

Each page is a job of its own, so that none takes longer than a lease, and a server that goes away half-way is asked
again for the page that is missing.
"""

import msgspec
import structlog

from federation import resolve
from federation.as2 import loose, seen
from federation.as2.contexts import Json
from federation.http import Unreachable
from federation.keep import keep, kind_of
from federation.outcome import DONE, Outcome
from federation.resolve import Budget, Gathered
from federation.wire import Wire
from hub import actors, jobs
from hub.actors import Actor
from hub.errors import HubError
from hub.jobs import Job
from hub.store import Tx

log = structlog.get_logger()

A_PAGE = 200  # items of one page that are looked at
PROJECT_PAGES = 2
TRIES = 5


class Leaf(msgspec.Struct, frozen=True):
    """One page of a collection."""

    items: list[object]
    next: str


async def backfill(wire: Wire, job: Job) -> Outcome:
    """Read one page: `actor` whose, `page` which (none: find out where they are), `left` how many may follow."""
    args = job.args
    actor = await wire.store.read(actors.get, int(args["actor"]))
    budget = Budget(wire.limits)
    try:
        if "page" not in args:
            return await _begin(wire, actor, int(args.get("left", wire.limits.pages)), budget)
        leaf = await leaf_of(wire, actor.uri, str(args["page"]), budget)
        if args.get("projects"):
            await _projects(wire, actor, leaf, budget)
        else:
            await _things(wire, actor, leaf, budget)
    except Unreachable as error:
        return Outcome(error=str(error), hopeless=job.attempts >= TRIES)
    except HubError as error:
        log.info("nothing to read back", actor=actor.uri, why=str(error)[:300])
        return DONE
    return _go_on(args, leaf)


async def _begin(wire: Wire, actor: Actor, left: int, budget: Budget) -> Outcome:
    """Look where everything stands, and line up the first pages."""
    doc = await resolve.document(wire, actor.uri, budget)
    first = {"actor": actor.id, "left": left, "items": wire.limits.items}
    pages = []
    outbox, projects = loose.id_of(doc.get("outbox")), loose.id_of(loose.nh(loose.nh(doc, "collections"), "projects"))
    if loose.same_origin(projects, actor.uri):  # first, since updates belong to them
        pages.append(first | {"page": projects, "projects": True})
    if loose.same_origin(outbox, actor.uri):
        pages.append(first | {"page": outbox})

    def line_up(tx: Tx) -> None:
        for page in pages:
            jobs.enqueue(tx, "backfill", page, line=f"backfill {actor.id}")

    return Outcome(settle=line_up)


async def leaf_of(wire: Wire, origin: str, url: str, budget: Budget) -> Leaf:
    """The page at `url`; of a collection its first one, which may stand inside. All on the server of `origin`."""
    doc = await resolve.document(wire, url, budget)
    first = doc.get("first")
    if isinstance(first, dict):
        doc = first
    elif isinstance(first, str) and not _items(doc) and loose.same_origin(first, origin):
        doc = await resolve.document(wire, first, budget)
    next_ = loose.id_of(doc.get("next"))
    return Leaf(_items(doc)[:A_PAGE], next_ if loose.same_origin(next_, origin) and next_ != url else "")


def _items(doc: Json) -> list[object]:
    return loose.several(doc.get("orderedItems")) or loose.several(doc.get("items"))


def _go_on(args: Json, leaf: Leaf) -> Outcome:
    left, items = int(args["left"]) - 1, int(args["items"]) - len(leaf.items)
    if not leaf.next or not leaf.items or left <= 0 or items <= 0:
        return DONE
    further = args | {"page": leaf.next, "left": left, "items": items}
    return Outcome(settle=lambda tx: jobs.enqueue(tx, "backfill", further, line=f"backfill {args['actor']}"))


async def _things(wire: Wire, actor: Actor, leaf: Leaf, budget: Budget) -> None:
    """What stands in an outbox: things that the actor published, and what they shared of their own server's."""
    found = Gathered()
    for item in reversed(leaf.items):
        doc = await _thing(wire, actor, item, found, budget)
        if doc is not None and kind_of(doc) is not None:
            await _kept(wire, actor, doc, found)


async def _thing(wire: Wire, actor: Actor, item: object, found: Gathered, budget: Budget) -> Json | None:
    activity = item if isinstance(item, dict) else {}
    what = activity.get("object") if loose.type_of(activity) in ("Create", "Announce") else item
    if not loose.same_origin(loose.id_of(what), actor.uri):
        return None
    if isinstance(what, dict) and loose.type_of(activity) != "Announce":
        return seen.addressed(what, activity)  # the page stands on the very server that the thing would be fetched from
    try:
        return await resolve.thing(wire, loose.id_of(what), found, budget)
    except Unreachable:
        raise
    except HubError as error:
        _log_skipped(loose.id_of(what), error)
        return None


async def _kept(wire: Wire, actor: Actor, doc: Json, found: Gathered) -> None:
    uri = seen.author(doc)
    author = actor.id if uri in (actor.uri, "") else found.actors.get(uri)
    if author is not None:
        try:
            await wire.store.write(_keep, author, doc, actor)
        except HubError as error:  # one thing that cannot be read does not keep the others away
            _log_skipped(loose.id_of(doc), error)


def _keep(tx: Tx, author: int, doc: Json, by: Actor) -> str:
    return keep(tx, actors.get(tx, author), doc, by=by)


async def _projects(wire: Wire, hub: Actor, leaf: Leaf, budget: Budget) -> None:
    """Meet each project of a hub, and line up what it has said of itself."""
    for uri in loose.ids_of(leaf.items):
        if not loose.same_origin(uri, hub.uri):
            continue
        try:
            id = await resolve.actor(wire, uri, fresh=True, budget=budget)
        except Unreachable:
            raise
        except HubError as error:
            _log_skipped(uri, error)
        else:
            await wire.store.write(_line_up, id)


def _line_up(tx: Tx, actor: int) -> None:
    if actors.get(tx, actor).kind == "project":
        jobs.enqueue(tx, "backfill", {"actor": actor, "left": PROJECT_PAGES}, line=f"backfill {actor}")


def _log_skipped(what: str, error: HubError) -> None:
    log.info("skipped", what=what, why=str(error)[:300])
