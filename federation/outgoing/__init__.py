"""Tells other servers what happens here: reads the log, and turns each change of ours into activities and deliveries.

All of it is units: a change is read, said and queued in one transaction, so that nothing is lost or said twice.
"""

from collections.abc import Callable
from typing import Any

from federation.as2 import activities
from federation.dispatch import Sender, send
from federation.outgoing import (
    actors,
    asks,
    events,
    going,
    heard,
    hubs,
    messages,
    pledges,
    posts,
    projects,
    reacting,
    relations,
    residents,
    slices,
    voting,
)
from federation.outgoing.said import ours
from hub import actors as hub_actors
from hub import things
from hub.actors import Actor
from hub.changes import Change, Kind, move, read_on
from hub.clock import DAY, MINUTE, now
from hub.errors import NotFound
from hub.store import Tx

READER = "outgoing"
TALLY_EVERY = 5 * MINUTE
KEPT = 90 * DAY  # what has been sent: longer than any job waits, and may be sent again by hand


def announce(tx: Tx) -> int:
    """Say what has happened since the last time. Returns how many changes that was; 0 when there was nothing."""
    changes = read_on(tx, READER)
    if not changes:
        return 0
    sender, told = Sender(tx), set[tuple[str, int]]()
    for change in changes:
        handle, concerns = _HANDLERS.get(change.kind), slices.concerns(change) and not change.detail.get("quiet")
        if concerns:
            slices.prepare(sender, change.subject)
        whole = change.kind in _OF_ACTORS and "pins" not in change.detail
        once = ("actor", actors.actor_of(tx, change)) if whole else ("change", change.id)
        if handle is not None and once not in told and not change.detail.get("quiet"):
            told.add(once)
            _if_there(handle, sender, change)
        if concerns:
            slices.sort(sender, change)
    move(tx, READER, changes[-1])
    return len(changes)


def tally(tx: Tx, kind: str, id: int) -> None:
    """Let timelines and other hubs see how many have answered an `event`, an `ask` or a `poll` by now."""
    sender = Sender(tx)
    try:
        thing = things.get(tx, id)
    except NotFound:
        return
    if not thing.local:
        return
    if kind == "poll":
        residents.tally(sender, thing)
        return
    slices.prepare(sender, id)
    (events if kind == "event" else asks).tally(sender, thing)


def close(tx: Tx, event: int, starts: int) -> None:
    """The poll of an event has closed: its last count is told, unless it was put off meanwhile."""
    row = tx.one("SELECT starts FROM event WHERE id = :id", id=event)
    if row is not None and row["starts"] == starts:
        tally(tx, "event", event)


def answer(tx: Tx, kind: str, actor_id: int, to_actor: Actor, about: dict[str, Any] | str) -> int:
    """Send `Accept`, `Reject`, `Like` or such from one of ours, for what `to_actor` did. Returns the activity's id.

    `about` is their activity, or the address of what they said.
    """
    ours, asked = hub_actors.get(tx, actor_id).uri, about if isinstance(about, str) else about.get("id")
    return Sender(tx).tell(
        actor_id, lambda uri: activities.answer(kind, uri, ours, to_actor.uri, about), to_actor,
        about=asked if isinstance(asked, str) and asked else to_actor.uri,
    )  # fmt: skip


def deliver_to(tx: Tx, activity_id: int, inbox: str) -> None:
    """Send something that is kept already to one more inbox."""
    row = tx.one("SELECT object FROM activity WHERE id = :id", id=activity_id)
    if row is not None:
        send(tx, activity_id, row["object"], [inbox])


def sweep(tx: Tx) -> int:
    """Forget what was sent long ago and stands in no outbox. Returns how much that was.

    A Follow or a Block is kept: taking it back names it.
    """
    return tx.run(
        """DELETE FROM activity WHERE actor IN (SELECT actor FROM actor_key) AND listed = 0 AND at < :old
             AND type NOT IN ('Follow', 'Block')""",
        old=now() - KEPT,
    )


def _answered(s: Sender, change: Change) -> None:
    """The new numbers go out in a while, together with those that come until then."""
    thing = ours(s, change)
    voting.tally_later(s, thing.id, "event" if thing.kind == "event" else "ask", TALLY_EVERY)


def _voted(s: Sender, change: Change) -> None:
    """In a poll of ours the numbers change; in another's, its author is told."""
    if things.get(s.tx, change.subject).local:
        voting.tally_later(s, change.subject, "poll", TALLY_EVERY)
    else:
        voting.voted(s, change)


def _helped(s: Sender, change: Change) -> None:
    """Whoever offered from another hub hears of it at once, everybody else gets new numbers."""
    pledges.decided(s, change)
    _answered(s, change)


_Handler = Callable[[Sender, Change], None]
_HANDLERS: dict[str, _Handler] = {
    Kind.HUB_CHANGED: actors.changed,
    Kind.ACTOR_CHANGED: actors.changed,
    Kind.PROJECT_STARTED: posts.project_started,
    Kind.PROJECT_CHANGED: actors.changed,
    Kind.PROJECT_REMOVED: projects.removed,
    Kind.EVENT_PUBLISHED: events.published,
    Kind.EVENT_CHANGED: events.changed,
    Kind.EVENT_CANCELLED: events.changed,
    Kind.EVENT_POSTPONED: events.changed,
    Kind.EVENT_LET_IN: going.let_in,
    Kind.EVENT_TAKEN_OFF: going.taken_off,
    Kind.EVENT_REMOVED: events.removed,
    Kind.EVENT_ANSWERED: _answered,
    Kind.ASK_PUBLISHED: asks.published,
    Kind.ASK_CHANGED: asks.changed,
    Kind.ASK_CLOSED: asks.changed,
    Kind.ASK_REMOVED: asks.removed,
    Kind.ASK_ANSWERED: _answered,
    Kind.ASK_HELPED: _helped,
    Kind.PLEDGE_MADE: pledges.made,
    Kind.PLEDGE_WITHDRAWN: pledges.withdrawn,
    Kind.POST_PUBLISHED: posts.published,
    Kind.POST_CHANGED: posts.changed,
    Kind.POST_REMOVED: posts.removed,
    Kind.MESSAGE_SENT: messages.sent,
    Kind.HEARD_SHARED: heard.shared,
    Kind.HEARD_TAKEN_BACK: heard.taken_back,
    Kind.REACTED: reacting.reacted,
    Kind.UNREACTED: reacting.unreacted,
    Kind.VOTED: _voted,
    Kind.VISIT_ANSWERED: voting.visiting,
    Kind.FOLLOW_DECIDED: relations.decided,
    Kind.BLOCKED: relations.blocked,
    Kind.UNBLOCKED: relations.unblocked,
    Kind.ACTOR_MOVED: relations.moved,
    Kind.ACTOR_REMOVED: relations.gone,
    Kind.REPORT_FORWARDED: relations.reported,
    Kind.FOLLOW_ASKED: actors.follow_asked,
    Kind.FOLLOW_ENDED: actors.follow_ended,
    Kind.SLICE_BEGUN: slices.begun,
    Kind.SLICE_ENDED: slices.ended,
    Kind.HUB_FOUND: hubs.found,
    Kind.HUB_LOST: hubs.lost,
}
_OF_ACTORS = (Kind.HUB_CHANGED, Kind.ACTOR_CHANGED, Kind.PROJECT_CHANGED)


def _if_there(handle: _Handler, sender: Sender, change: Change) -> None:
    """What has been taken down since needs no telling; that it was comes later in the log."""
    try:
        handle(sender, change)
    except NotFound:
        return
