"""The lists that other servers may look into: what was said, what is on, what belongs together; never who follows.

Pages are cut by id, so that nothing is shown twice or left out while new things come in.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from federation import documents
from federation.as2 import collections as as2
from federation.as2 import events as as2_events
from federation.as2 import hubs as as2_hubs
from federation.as2.contexts import Json
from hub import actors, asks, directory, events, slices, things
from hub.actors import Actor
from hub.clock import now
from hub.errors import N_, NotFound
from hub.packing import unpack
from hub.settings import Hub
from hub.store import Row, Tx
from hub.things import Thing

PAGE = 20
PINNED_EVENTS, PINNED_ASKS = 3, 2
HUBS = 200  # of other hubs on a page
LAST = 2**63 - 1  # no id is higher
KINDS = {"projects": "project", "events": "event", "asks": "ask", "offers": "offer"}
NOBODY = N_("There is nothing at this address.")

Render = Callable[[Row], str | Json]


class View(msgspec.Struct, frozen=True):
    """Which part of a list is asked for: the list itself, its first page, or what is `before` or `after` an id."""

    page: bool = False
    before: int | None = None
    after: int | None = None

    @property
    def query(self) -> str:
        if self.after is not None:
            return f"&after={self.after}"
        return f"&before={self.before}" if self.before is not None else ""


class _List(msgspec.Struct, frozen=True):
    """One list: which of `LISTS`, and what that asks for."""

    name: str
    given: dict[str, Any]
    newest_first: bool = False


# What each list is made of; `t.id` is what its pages are cut by.
LISTS = {
    # What somebody published, as long as it shows.
    "outbox": """activity t LEFT JOIN thing o ON o.uri = t.object
        WHERE t.actor = :actor AND t.listed = 1 AND (o.id IS NULL OR (o.removed IS NULL AND o.hidden = 0))""",
    # Things of one kind, of one project when it is named.
    "kind": f"""thing t WHERE t.kind = :kind AND t.local = 1 AND {things.STANDING}
        AND (:project = 0 OR t.project = (SELECT p.id FROM project p WHERE p.actor = :project))""",
    # An event is answered under its own id and its poll's.
    "replies": """thing t WHERE t.root = :root AND t.kind = 'reply' AND t.removed IS NULL AND t.hidden = 0
        AND t.reply_to IN (:one, :other)""",
    # All that was said under a thing, itself first (FEP-7888).
    "thread": "thing t WHERE (t.id = :root OR t.root = :root) AND t.removed IS NULL AND t.hidden = 0",
}


def of_actor(tx: Tx, hub: Hub, it: Actor, name: str, view: View) -> Json:
    """A list that belongs to one of ours. Raises `NotFound` for one that there is not."""
    uri = f"{it.uri}/{name}"
    match name:
        case "outbox":
            return _outbox(tx, hub, it, view)
        case "followers" | "following":
            total = actors.counts(tx, it.id)[name == "following"]
            return as2.page(uri, total, []) if view.page else as2.collection(uri, total)
        case "featured":
            shown = _pinned(tx, hub) if it.kind == "hub" else _pinned_by(tx, it)
            return as2.whole(uri, shown, it.uri)
        case "upcoming" if it.kind == "hub":
            return as2.whole(uri, [event.uri for event in events.coming(tx)], it.uri)
        case "upcoming" if it.kind == "other":
            return as2.whole(uri, _upcoming(tx, it), it.uri)
        case "slices" if it.kind == "hub":
            return as2.whole(uri, [f"{hub.base}/actor/{handle}" for handle in slices.handles_of(tx)], it.uri)
        case "hubs" if it.kind == "instance":
            return _hubs(tx, hub, view)
    if name not in KINDS or it.kind not in ("hub", "project") or (it.kind, name) == ("project", "projects"):
        raise NotFound(NOBODY)
    return _of_kind(tx, it, KINDS[name], uri, view)


def of_thing(tx: Tx, hub: Hub, it: Thing, name: str, view: View) -> Json:
    """Replies, the whole thread, or how many are going. Raises `NotFound` for a list that there is not."""
    uri = f"{it.uri}/{name}"
    match name:
        case "replies":
            return _replies(tx, it, uri, view)
        case "context" if it.kind != "companion":
            return _thread(tx, it, uri, view)
        case "attendees" if it.kind == "event":
            return as2.counted(uri, events.get(tx, it.id).going)
        case "organizers" if it.kind == "event":
            return as2_events.event(events.get(tx, it.id), hub)["organizers"]  # type: ignore[no-any-return]
    raise NotFound(NOBODY)


def _upcoming(tx: Tx, it: Actor) -> list[str | Json]:
    """The events of a slice that are not over, soonest first."""
    found = slices.latest(tx, slices.of_actor(tx, it.id), ends_after=now(), limit=PAGE * 3)
    coming = sorted((events.get(tx, one.id) for one in found if one.kind == "event"), key=lambda one: one.starts)
    return [event.uri for event in coming]


def _outbox(tx: Tx, hub: Hub, it: Actor, view: View) -> Json:
    """What they published, newest first, each thing as it stands now."""

    def render(row: Row) -> Json:
        return documents.activity(tx, hub, unpack(row["body"], dict[str, Any]))

    listed = _List("outbox", {"actor": it.id}, newest_first=True)
    return _paged(tx, listed, f"{it.uri}/outbox", view, render, it.uri)


def _of_kind(tx: Tx, it: Actor, kind: str, uri: str, view: View) -> Json:
    given = {"kind": kind, "project": it.id if it.kind == "project" else 0}
    return _paged(tx, _List("kind", given, newest_first=True), uri, view, _uri, it.uri)


def _replies(tx: Tx, it: Thing, uri: str, view: View) -> Json:
    """What answers it. An event and its poll show the same, under whichever it was said."""
    both = [it.uri]
    if it.kind in ("event", "companion"):
        event = events.get(tx, it.id) if it.kind == "event" else events.by_companion(tx, it.id)
        row = tx.one("SELECT uri FROM thing WHERE id = :id", id=event.companion or 0)
        both = [event.uri, row["uri"] if row else event.uri]
    given = {"root": it.root or it.id, "one": both[0], "other": both[-1]}
    return _paged(tx, _List("replies", given), uri, view, _uri, it.by.uri)


def _thread(tx: Tx, it: Thing, uri: str, view: View) -> Json:
    return _paged(tx, _List("thread", {"root": it.id}), uri, view, _uri, it.by.uri)


def _pinned(tx: Tx, hub: Hub) -> list[str | Json]:
    """What somebody who has just found the hub should see: what is on next, and who needs help soonest."""
    soon = [event for event in events.coming(tx, limit=20) if not event.cancelled and event.companion]
    polls = [as2_events.companion_uri(event, hub) for event in soon[:PINNED_EVENTS]]
    return [*polls, *(ask.uri for ask in asks.open_(tx, limit=PINNED_ASKS))]


def _pinned_by(tx: Tx, it: Actor) -> list[str | Json]:
    """What somebody shows first of their own, as far as it is for everybody."""
    rows = tx.all(
        """SELECT t.uri FROM pin p JOIN thing t ON t.id = p.thing
           WHERE p.account = :who AND t.removed IS NULL AND t.hidden = 0 ORDER BY p.at DESC""",
        who=it.id,
    )
    return [row["uri"] for row in rows]


def _hubs(tx: Tx, hub: Hub, view: View) -> Json:
    """Hubs that we have asked ourselves lately: where they are, no more. Who reads it asks them."""
    uri, known = f"{hub.base}/actor/hubs", directory.listed(tx)
    if not view.page:
        return as2_hubs.listed(uri, hub, known, HUBS)
    rest = [one for one in known if one.id > (view.after or 0)]
    more = f"&after={rest[HUBS - 1].id}" if len(rest) > HUBS else ""
    items = [as2_hubs.entry(one, hub) for one in rest[:HUBS]]
    return as2.page(uri, len(known), items, at=view.query if view.after is not None else "", next=more)


def _uri(row: Row) -> str:
    return str(row["uri"])


def _paged(tx: Tx, it: _List, uri: str, view: View, render: Render, owner: str) -> Json:
    row = tx.one(f"SELECT count(*) AS n FROM {LISTS[it.name]}", **it.given)
    total = int(row["n"]) if row else 0
    if not view.page:
        return as2.collection(uri, total, owner)
    rows, more_after, more_before = _cut(tx, it, view)
    return as2.page(
        uri, total, [render(row) for row in rows], at=view.query,
        next=_beyond(rows, -1, it.newest_first) if more_after else "",
        previous=_beyond(rows, 0, not it.newest_first) if more_before else "",
    )  # fmt: skip


def _beyond(rows: list[Row], at: int, before: bool) -> str:
    return f"&{'before' if before else 'after'}={rows[at]['id']}"


def _cut(tx: Tx, it: _List, view: View) -> tuple[list[Row], bool, bool]:
    """The rows of a page in the list's order; whether there are more behind it; whether there are before it."""
    older = view.before is not None or (view.after is None and it.newest_first)
    mark = view.before if view.before is not None else view.after
    beyond = "t.id < :mark" if older else "t.id > :mark"
    order = "DESC" if older else "ASC"
    if mark is None:
        mark = LAST if older else 0
    rows = tx.all(
        f"SELECT t.* FROM {LISTS[it.name]} AND {beyond} ORDER BY t.id {order} LIMIT :limit",
        mark=mark, limit=PAGE + 1, **it.given,
    )  # fmt: skip
    more, rows = len(rows) > PAGE, rows[:PAGE]
    whole = view == View(page=True)
    if older == it.newest_first:  # forwards
        return rows, more, bool(rows) and not whole
    return rows[::-1], bool(rows), more
