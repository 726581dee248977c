"""Fetching what an activity points at: who is behind it, and the things themselves from their own servers.

All of it happens before a transaction begins, within a budget, and believes a document only where it was fetched:
at its own id, as an activity, from its own origin (trust.md §8.2).
"""

import asyncio
from typing import Any

import msgspec
import structlog

from federation import keys, knock
from federation.as2 import loose, seen, whom
from federation.as2.capabilities import RFC9421, implements
from federation.as2.contexts import Json
from federation.http import Response, Unreachable
from federation.keep import keep_project
from federation.strict_json import BadJson, parse_json
from federation.wire import Limits, Wire
from hub import actors, blocks, peers, things
from hub.actors import Actor
from hub.clock import DAY, now
from hub.errors import N_, HubError
from hub.store import Tx

log = structlog.get_logger()

FRESH = 7 * DAY  # how long what we know of an actor is good enough to show
ACTIVITY_JSON = "application/activity+json"
LD_JSON = "application/ld+json"
PROFILE = "https://www.w3.org/ns/activitystreams"


class Unfit(HubError):
    """A document that is not what it was fetched as. The words are for the log."""

    slug = "unfit"


class Gone(Unfit):
    """Its own server says that it is there no more."""

    slug = "gone"


class Budget:
    """What one activity may make us fetch, in number and time."""

    def __init__(self, limits: Limits, fetches: int | None = None) -> None:
        self._left = limits.fetches if fetches is None else fetches
        self.spent = 0
        self._ends = asyncio.get_running_loop().time() + limits.seconds

    def spend(self) -> float:
        """Count one more fetch. Returns the seconds that are left; raises `Unfit` when there is nothing."""
        left = self._ends - asyncio.get_running_loop().time()
        self._left, self.spent = self._left - 1, self.spent + 1
        if self._left < 0 or left <= 0:
            raise Unfit(N_("It points at more than we are willing to fetch."))
        return left


class Gathered(msgspec.Struct):
    """What was fetched for one activity: documents by id, and whose actors are known now by our ids for them."""

    objects: dict[str, Json] = msgspec.field(default_factory=dict)
    actors: dict[str, int] = msgspec.field(default_factory=dict)
    above: list[str] = msgspec.field(default_factory=list)  # ids of what a reply answers, the nearest first
    gone: set[str] = msgspec.field(default_factory=set)


# --- documents -------------------------------------------------------------------------------------


async def document(wire: Wire, url: str, budget: Budget | None = None, *, there: bool = False) -> Json:
    """The activity, object or actor at `url`, from its own server; with `there`, that one or none.

    Raises `Gone`, `Unfit` for anything that does not stand at its own id, and `Unreachable` when it may work later.
    """
    budget = budget or Budget(wire.limits)
    doc, found_at = await _fetched(wire, url, budget)
    id = loose.id_of(doc)
    if id != url.partition("#")[0] and id != url:
        # An address that leads to the thing (a page, a short one): the thing itself says where it stands.
        if url.startswith("https:") and not id.startswith("https:"):
            raise Unfit(N_("The document claims an address without encryption."))
        if there and not loose.same_origin(id, url):
            raise Unfit(N_("The document stands on another server than its id."))
        doc, found_at = await _fetched(wire, id, budget)
        if loose.id_of(doc) != id:
            raise Unfit(N_("The document is not the one that was asked for."))
    if not loose.same_origin(found_at, id):
        raise Unfit(N_("The document stands on another server than its id."))
    return doc


async def json_at(wire: Wire, url: str, *, accept: str, budget: Budget | None = None) -> Json:
    """Plain JSON from a well-known place (WebFinger, NodeInfo). Raises as `document` does."""
    await _check_not_kept_out(wire, url)
    left = (budget or Budget(wire.limits)).spend()
    response = await knock.in_time(wire.client.get(url, accept=accept), left, url)
    return _json(_good(response))


async def _fetched(wire: Wire, url: str, budget: Budget) -> tuple[Json, str]:
    if not loose.origin(url) or wire.is_ours(url):
        raise Unfit(N_("That is no address on another server."))
    await _check_not_kept_out(wire, url)
    response = _good(await knock.get(wire, url, budget.spend))
    await _check_not_kept_out(wire, response.url)
    kind, _, parameters = response.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind != ACTIVITY_JSON and not (kind == LD_JSON and PROFILE in parameters):
        raise Unfit(N_("The answer is not an ActivityPub document."))
    return _json(response), response.url


async def _check_not_kept_out(wire: Wire, url: str) -> None:
    if await wire.store.read_hot(blocks.suspended, keys.host_of(url)):
        raise Unfit(N_("That server is kept out."))


def _good(response: Response) -> Response:
    host = keys.host_of(response.url)
    if response.status in (404, 410):
        raise Gone(N_("%(host)s does not have it any more."), host=host, status=response.status)
    if response.status == 429 or response.status >= 500:
        raise Unreachable(N_("%(host)s answered %(status)s."), kind="refused", host=host, status=response.status)
    if response.status != 200:
        raise Unfit(N_("%(host)s answered %(status)s."), host=host, status=response.status)
    return response


def _json(response: Response) -> Json:
    try:
        return parse_json(response.body)
    except BadJson as error:
        raise Unfit(N_("The answer cannot be read: %(why)s."), why=str(error)[:200]) from None


# --- actors ----------------------------------------------------------------------------------------


async def actor(wire: Wire, uri: str, *, fresh: bool = False, budget: Budget | None = None) -> int:
    """Our id for an actor elsewhere, who is fetched when we do not know them or not well enough.

    `fresh` asks their server in any case. Raises `Gone`, `Unfit`, `Unreachable`, and `seen.Unreadable`.
    """
    known = None if fresh else await wire.store.read_hot(actors.known, uri)
    if known is not None and known.removed is None and (known.local or now() - known.fetched < FRESH):
        return known.id
    try:
        return await learn(wire, await document(wire, uri, budget), uri)
    except Unreachable:
        if not fresh and known is not None and known.removed is None:  # an old picture is better than none
            return known.id
        raise


async def learn(wire: Wire, doc: Json, uri: str) -> int:
    """Keep what an actor's own document says, its keys too. `uri` is where it was fetched."""
    it = seen.actor(doc)
    if it.uri != uri.partition("#")[0]:
        raise Unfit(N_("The document is not the one that was asked for."))
    wire.keys.put(it.uri, keys.of_actor(doc))
    wire.keyless.drop(it.uri)
    return await wire.store.write(_remember, it, doc)


def _remember(tx: Tx, it: actors.Seen, doc: Json) -> int:
    id = actors.remember(tx, it)
    if RFC9421 in implements(doc):
        peers.prefer(tx, it.domain, "rfc9421")
    if it.kind == "project":
        keep_project(tx, actors.get(tx, id), doc)
    return id


# --- what an activity points at --------------------------------------------------------------------


class Plan(msgspec.Struct):
    """What to fetch before `sender`'s activity is acted on."""

    objects: list[str] = msgspec.field(default_factory=list)
    deleted: list[str] = msgspec.field(default_factory=list)  # others say so; their own servers are asked
    actors: list[str] = msgspec.field(default_factory=list)
    above: str = ""
    again: bool = False  # the sender's own document
    gone: bool = False  # the sender says that they are
    successor: str = ""  # who the sender says that they are now


async def gather(wire: Wire, sender: Actor, plan: Plan) -> Gathered:
    """Fetch what has to be known before the activity can be acted on, and nothing else.

    Raises `Unfit` or `Unreachable` when that cannot be had; what is only good to have is left out.
    """
    found = Gathered()
    if plan == Plan():
        return found
    budget = Budget(wire.limits)
    if plan.again or plan.gone:
        await _look_again(wire, sender, found, budget)
    for url in plan.objects:
        await thing(wire, url, found, budget)
    for url in plan.deleted:
        await _ask_whether_gone(wire, url, found, budget)
    if plan.successor:
        await _if_possible(_successor(wire, sender, plan.successor, found, budget))
    for uri in plan.actors:
        await _if_possible(_actor(wire, uri, found, budget))
    if plan.above:
        await above(wire, plan.above, found, budget)
    return found


async def above(wire: Wire, url: str, found: Gathered, budget: Budget) -> None:
    """What a reply answers, as far up as can be had."""
    if url:
        await _if_possible(_thread(wire, url, found, budget))


def plan(tx: Tx, sender: Actor, activity: Json) -> Plan:
    """What an activity makes us fetch: as little as possible."""
    plan, kind, what = Plan(), loose.type_of(activity), activity.get("object")
    id = loose.id_of(what)
    if kind in ("Update", "Delete") and id == sender.uri:
        plan.again, plan.gone = kind == "Update", kind == "Delete"
    elif kind == "Announce" and actors.anybody_follows(tx, sender.id):
        _plan_shared(tx, activity, plan)
    elif kind == "Move" and id == sender.uri and actors.anybody_follows(tx, sender.id):
        plan.successor = loose.id_of(activity.get("target"))
    elif kind in ("Create", "Update"):
        _plan_thing(tx, sender, activity, plan)
    return plan


def _plan_shared(tx: Tx, activity: Json, plan: Plan) -> None:
    """What is shared is fetched when it is new here, or said to be new at its origin."""
    kind, id = loose.passed_on(activity)
    kept = things.at(tx, id) if loose.origin(id) else None
    if not loose.origin(id) or (kept is not None and kept.local):
        return
    if kind == "Delete":
        plan.deleted = [id] if kept is not None else []
    elif kept is None or kind == "Update":
        plan.objects = [id]


def _plan_thing(tx: Tx, sender: Actor, activity: Json, plan: Plan) -> None:
    what = activity.get("object")
    if not wanted(tx, sender, activity):
        return
    if isinstance(what, str):
        plan.objects = [what] if loose.same_origin(what, sender.uri) else []
        return
    project = loose.id_of(loose.nh(what, "project"))
    if loose.same_origin(project, sender.uri) and project != sender.uri and actors.known(tx, project) is None:
        plan.actors = [project]
    group = seen.author(what) if isinstance(what, dict) else ""
    if loose.same_origin(group, sender.uri) and group != sender.uri and actors.known(tx, group) is None:
        plan.actors.append(group)
    answered = loose.id_of(what.get("inReplyTo")) if isinstance(what, dict) else ""
    if answered and things.at(tx, answered) is None:
        plan.above = answered


def wanted(tx: Tx, sender: Actor, activity: Json) -> bool:
    """Whether what they say concerns anybody here: it is followed, or answers or addresses one of ours."""
    what = activity.get("object")
    answered = loose.id_of(what.get("inReplyTo")) if isinstance(what, dict) else ""
    if actors.anybody_follows(tx, sender.id) or (answered and things.at(tx, answered) is not None):
        return True
    group = actors.known(tx, seen.author(what)) if isinstance(what, dict) else None
    if group is not None and loose.same_origin(group.uri, sender.uri) and actors.anybody_follows(tx, group.id):
        return True
    if sender.hub and loose.same_origin(sender.hub, sender.uri):
        hub = actors.known(tx, sender.hub)
        if hub is not None and actors.anybody_follows(tx, hub.id):
            return True
    documents = [what, activity] if isinstance(what, dict) else [activity]
    named = dict.fromkeys(id for doc in documents for id in whom.named(doc))
    return any(found is not None and found.local for found in (actors.known(tx, id) for id in list(named)[:20]))


async def _look_again(wire: Wire, sender: Actor, found: Gathered, budget: Budget) -> None:
    try:
        found.actors[sender.uri] = await actor(wire, sender.uri, fresh=True, budget=budget)
    except Gone:
        found.gone.add(sender.uri)


async def _ask_whether_gone(wire: Wire, url: str, found: Gathered, budget: Budget) -> None:
    try:
        doc = await document(wire, url, budget)
    except Gone:
        doc = {"type": "Tombstone"}
    if loose.type_of(doc) == "Tombstone":
        found.gone.add(url)


async def _successor(wire: Wire, sender: Actor, uri: str, found: Gathered, budget: Budget) -> None:
    """The account that somebody moves to counts only when it says itself that it was theirs before."""
    if wire.is_ours(uri):  # somebody comes to live here
        new = await wire.store.read(actors.at, uri)
        if sender.uri in new.also:
            found.actors[uri] = new.id
        return
    doc = await document(wire, uri, budget)
    if sender.uri in loose.ids_of(doc.get("alsoKnownAs")):
        found.actors[uri] = await learn(wire, doc, loose.id_of(doc))


async def thing(wire: Wire, url: str, found: Gathered, budget: Budget) -> Json:
    """A thing from its own server, with its author."""
    doc = await document(wire, url, budget)
    if loose.type_of(doc) in ("Create", "Update") and isinstance(doc.get("object"), dict):
        doc = doc["object"] if loose.same_origin(loose.id_of(doc["object"]), loose.id_of(doc)) else doc
    id = loose.id_of(doc)
    author = seen.author(doc)
    if not loose.same_origin(author, id):
        raise Unfit(N_("Its author is on another server than it is."))
    await _actor(wire, author, found, budget)
    project = loose.id_of(loose.nh(doc, "project"))
    if loose.same_origin(project, id) and project != author:
        await _if_possible(_actor(wire, project, found, budget))
    found.objects[url] = found.objects[id] = doc
    return doc


async def _actor(wire: Wire, uri: str, found: Gathered, budget: Budget) -> None:
    found.actors[uri] = await actor(wire, uri, budget=budget)


async def _thread(wire: Wire, url: str, found: Gathered, budget: Budget) -> None:
    """What a reply answers, upwards, until something that is here."""
    for _ in range(wire.limits.depth):
        if url in found.above or wire.is_ours(url) or await wire.store.read_hot(things.at, url) is not None:
            return
        doc = await thing(wire, url, found, budget)
        found.above.append(url)
        url = loose.id_of(doc.get("inReplyTo"))
        if not url:
            return


async def _if_possible(fetching: Any) -> None:
    try:
        await fetching
    except HubError as error:
        log.info("not fetched", why=str(error)[:300])
