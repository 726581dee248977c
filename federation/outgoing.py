"""Tells other servers what happens here: reads the log, and turns each change of ours into activities and deliveries.

All of it is units: a change is read, said and queued in one transaction, so that nothing is lost or said twice.
"""

from collections.abc import Callable, Iterable
from typing import Any

from federation import documents
from federation.as2 import activities, content, words
from federation.as2 import events as as2_events
from federation.as2.contexts import Json
from federation.audience import Said, of_hub, of_post, reached, said, voters
from federation.dispatch import CALENDAR, EVERYBODY, HUB, MOBILIZON, POLLS, TIMELINE, WORDS, Sender, send
from hub import actors, events, jobs, projects, things
from hub.actors import Actor
from hub.changes import Change, Kind, move, read_on, record
from hub.clock import DAY, MINUTE, now
from hub.errors import N_, NotFound
from hub.events import Event
from hub.store import Tx
from hub.text import Text
from hub.things import Thing

READER = "outgoing"
TALLY_EVERY = 5 * MINUTE
KEPT = 90 * DAY  # what has been sent: longer than any job waits, and may be sent again by hand
ONLY_HUBS = frozenset({HUB})


def announce(tx: Tx) -> int:
    """Say what has happened since the last time. Returns how many changes that was; 0 when there was nothing."""
    changes = read_on(tx, READER)
    if not changes:
        return 0
    sender, told = Sender(tx), set[tuple[str, int]]()
    for change in changes:
        handle = _HANDLERS.get(change.kind)
        once = ("actor", _actor_of(tx, change)) if change.kind in _OF_ACTORS else ("change", change.id)
        if handle is not None and once not in told and not change.detail.get("quiet"):
            told.add(once)
            _if_there(handle, sender, change)
    move(tx, READER, changes[-1])
    return len(changes)


def tally(tx: Tx, kind: str, id: int) -> None:
    """Let timelines and other hubs see how many have answered an `event` or an `ask` by now."""
    sender = Sender(tx)
    try:
        thing = things.get(tx, id)
    except NotFound:
        return
    if not thing.local:
        return
    if kind == "event":
        event = events.get(tx, id)
        companion = as2_events.companion(event, sender.hub)
        _update(sender, sender.hub.actor, companion, of_hub(sender, TIMELINE) | voters(sender, event.id))
        _update(sender, sender.hub.actor, documents.thing(tx, sender.hub, thing), of_hub(sender, ONLY_HUBS))
    else:
        _update(sender, sender.hub.actor, documents.thing(tx, sender.hub, thing), of_hub(sender, POLLS))


def answer(tx: Tx, kind: str, actor_id: int, to_actor: Actor, about: dict[str, Any] | str) -> int:
    """Send `Accept`, `Reject`, `Like` or such from one of ours, for what `to_actor` did. Returns the activity's id.

    `about` is their activity, or the address of what they said.
    """
    ours, asked = actors.get(tx, actor_id).uri, about if isinstance(about, str) else about.get("id")
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

    A Follow is kept: taking it back names it.
    """
    return tx.run(
        """DELETE FROM activity WHERE actor IN (SELECT actor FROM actor_key) AND listed = 0 AND at < :old
             AND type <> 'Follow'""",
        old=now() - KEPT,
    )


# --- what each change means ------------------------------------------------------------------------


def _event_published(s: Sender, change: Change) -> None:
    event = _event(s, change)
    _create(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR), listed=True)
    for ours in (s.hub.actor, s.hub.instance):
        _share(s, ours, event.uri, event.by.uri, s.followers(ours, reading=frozenset({MOBILIZON})))
    _create(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE))


def _event_changed(s: Sender, change: Change) -> None:
    event = _event(s, change)
    _update(s, event.by.id, documents.thing(s.tx, s.hub, event), of_hub(s, CALENDAR))
    _update(s, event.by.id, as2_events.companion(event, s.hub), of_hub(s, TIMELINE))


def _event_off(s: Sender, change: Change) -> None:
    """Cancelled or postponed: also a short reply, since an edit rings no bell."""
    _event_changed(s, change)
    event = _event(s, change)
    if event.status in as2_events.OFF:
        _say_ourselves(
            s, "reply", as2_events.notice(event), root=event.id, reply_to=as2_events.companion_uri(event, s.hub)
        )


def _event_removed(s: Sender, change: Change) -> None:
    row = s.tx.one("SELECT companion FROM event WHERE id = :id", id=change.subject)
    _delete(s, said(s.tx, change.subject), of_hub(s, CALENDAR))
    _delete(s, said(s.tx, row["companion"] if row else None), of_hub(s, TIMELINE))


def _ask_published(s: Sender, change: Change) -> None:
    ask = _ours(s, change)
    _create(s, ask.by.id, documents.thing(s.tx, s.hub, ask), of_hub(s, POLLS), listed=True)


def _ask_changed(s: Sender, change: Change) -> None:
    ask = _ours(s, change)
    _update(s, ask.by.id, documents.thing(s.tx, s.hub, ask), of_hub(s, POLLS))


def _ask_removed(s: Sender, change: Change) -> None:
    _delete(s, said(s.tx, change.subject), of_hub(s, POLLS))


def _post_published(s: Sender, change: Change) -> None:
    post, it = _post(s, change)
    to = of_post(s, post)
    _create(s, post.author, it, to, listed=True)
    if post.kind == "update":
        others = [inbox for inbox in of_hub(s, WORDS) if inbox not in to]
        _share(s, s.hub.actor, post.uri, post.by, others, listed=True)


def _post_changed(s: Sender, change: Change) -> None:
    post, it = _post(s, change)
    _update(s, post.author, it, reached(s, post))


def _post_removed(s: Sender, change: Change) -> None:
    post = said(s.tx, change.subject)
    if post is not None:
        _delete(s, post, reached(s, post))


def _project_started(s: Sender, change: Change) -> None:
    project = projects.get(s.tx, change.subject)
    if project.local:
        acct = f"[@{project.handle}@{s.hub.domain}]({project.url})"
        names = {one: content.literal(title) for one, title in project.title.items()}
        told = {one: words.say("new project", one, title=name, acct=acct) for one, name in names.items()}
        _say_ourselves(s, "note", told, project=project.id)


def _actor_changed(s: Sender, change: Change) -> None:
    actor = actors.get(s.tx, _actor_of(s.tx, change))
    if not actor.local:
        return
    it = documents.actor(s.tx, s.hub, actor)
    hubs = {} if actor.kind == "person" else of_hub(s, ONLY_HUBS)  # those who follow the hub show its projects too
    to = s.followers(actor.id, reading=EVERYBODY) | hubs
    s.say(actor.id, lambda uri: activities.update_actor(uri, it), to, about=it["id"])


def _follow_asked(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    if other.local or not ours.local or actors.follows(s.tx, ours.id, other.id) is None:
        return
    id = s.tell(ours.id, lambda uri: activities.follow(uri, ours.uri, other.uri), other, about=other.uri)
    actors.follow_known_as(s.tx, ours.id, other.id, f"{s.hub.base}/activity/{id}")


def _follow_ended(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    asked = s.tx.one(
        """SELECT uri FROM activity WHERE actor = :ours AND listed = 0 AND type = 'Follow' AND object = :other
           ORDER BY id DESC LIMIT 1""",
        ours=ours.id, other=other.uri,
    )  # fmt: skip
    if asked is not None:
        follow = activities.follow(asked["uri"], ours.uri, other.uri)
        s.tell(ours.id, lambda uri: activities.undo(uri, ours.uri, other.uri, follow), other, about=other.uri)


def _answered(s: Sender, change: Change) -> None:
    """The new numbers go out in a while, together with those that come until then."""
    thing = _ours(s, change)
    kind = "event" if thing.kind == "event" else "ask"
    line = f"tally|{thing.id}"
    waits = s.tx.one(
        "SELECT 1 AS x FROM job WHERE line = :line AND dead = 0 AND leased_until < :now LIMIT 1", line=line, now=now()
    )
    if waits is None:
        jobs.enqueue(s.tx, "tally", {kind: thing.id}, due=now() + TALLY_EVERY, line=line)


_Handler = Callable[[Sender, Change], None]
_HANDLERS: dict[str, _Handler] = {
    Kind.HUB_CHANGED: _actor_changed,
    Kind.ACTOR_CHANGED: _actor_changed,
    Kind.PROJECT_STARTED: _project_started,
    Kind.PROJECT_CHANGED: _actor_changed,
    Kind.EVENT_PUBLISHED: _event_published,
    Kind.EVENT_CHANGED: _event_changed,
    Kind.EVENT_CANCELLED: _event_off,
    Kind.EVENT_POSTPONED: _event_off,
    Kind.EVENT_REMOVED: _event_removed,
    Kind.EVENT_ANSWERED: _answered,
    Kind.ASK_PUBLISHED: _ask_published,
    Kind.ASK_CHANGED: _ask_changed,
    Kind.ASK_CLOSED: _ask_changed,
    Kind.ASK_REMOVED: _ask_removed,
    Kind.ASK_ANSWERED: _answered,
    Kind.POST_PUBLISHED: _post_published,
    Kind.POST_CHANGED: _post_changed,
    Kind.POST_REMOVED: _post_removed,
    Kind.FOLLOW_ASKED: _follow_asked,
    Kind.FOLLOW_ENDED: _follow_ended,
}
_OF_ACTORS = (Kind.HUB_CHANGED, Kind.ACTOR_CHANGED, Kind.PROJECT_CHANGED)


def _if_there(handle: _Handler, sender: Sender, change: Change) -> None:
    """What has been taken down since needs no telling; that it was comes later in the log."""
    try:
        handle(sender, change)
    except NotFound:
        return


def _ours(s: Sender, change: Change) -> Thing:
    thing = things.get(s.tx, change.subject)
    if not thing.local:
        raise NotFound(N_("What was published elsewhere is told from there."))
    return thing


def _post(s: Sender, change: Change) -> tuple[Said, Json]:
    thing = _ours(s, change)
    post = said(s.tx, thing.id)
    assert post is not None
    return post, documents.thing(s.tx, s.hub, thing)


def _event(s: Sender, change: Change) -> Event:
    event = events.get(s.tx, change.subject)
    if not event.local:
        raise NotFound(N_("What was published elsewhere is told from there."))
    return event


def _actor_of(tx: Tx, change: Change) -> int:
    """Whose picture changed: a project's change names the project."""
    if change.kind != Kind.PROJECT_CHANGED:
        return change.subject
    row = tx.one("SELECT actor FROM project WHERE id = :id", id=change.subject)
    return int(row["actor"]) if row else 0


def _create(s: Sender, actor: int, it: Json, to: Iterable[str], *, listed: bool = False) -> None:
    s.say(actor, lambda uri: activities.create(uri, it, now()), to, about=it["id"], listed=listed)


def _update(s: Sender, actor: int, it: Json, to: Iterable[str]) -> None:
    edited = {"updated": it["published"]} | it  # new numbers are no edit, yet an Update without it is dropped
    s.say(actor, lambda uri: activities.update(uri, edited), to, about=it["id"])


def _share(s: Sender, actor: int, uri: str, author: str, to: Iterable[str], *, listed: bool = False) -> None:
    ours = actors.get(s.tx, actor).uri
    s.say(actor, lambda id: activities.announce(id, ours, uri, now(), author), to, about=uri, listed=listed)


def _delete(s: Sender, it: Said | None, to: Iterable[str]) -> None:
    if it is not None and it.removed is not None:
        kind, at = documents.former(it.kind), it.removed
        s.say(it.author, lambda uri: activities.delete(uri, it.by, it.uri, kind, at), to, about=it.uri)


def _say_ourselves(s: Sender, kind: str, text: Text, **where: Any) -> None:
    """The hub adds a few words of its own; the log takes them from here like anybody's."""
    id = things.create(s.tx, kind, author=s.hub.actor, title={}, words=text, **where)
    record(s.tx, Kind.POST_PUBLISHED, subject=id, actor=s.hub.actor)
