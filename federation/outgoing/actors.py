"""What becomes of our actors, and of whom they follow."""

from functools import partial

from federation import documents
from federation.as2 import activities
from federation.as2.contexts import Json
from federation.audience import of_hub
from federation.dispatch import EVERYBODY, WORDS, Sender
from federation.outgoing.said import ONLY_HUBS
from hub import actors, slices
from hub.actors import Actor
from hub.changes import Change, Kind
from hub.kept import OPEN
from hub.store import Tx


def changed(s: Sender, change: Change) -> None:
    actor = actors.get(s.tx, actor_of(s.tx, change))
    if not actor.local:
        return
    if "pins" in change.detail:
        _pinned(s, actor, change)
        return
    if actor.id == s.hub.actor:
        slices.renamed(s.tx)
    it = documents.actor(s.tx, s.hub, actor)
    # Those who follow the hub show its projects too.
    hubs = {} if actor.kind in ("person", "other") else of_hub(s, ONLY_HUBS)
    to = s.followers(actor.id, reading=EVERYBODY) | hubs
    s.say(actor.id, lambda uri: activities.update_actor(uri, it), to, about=it["id"])


def _pinned(s: Sender, actor: Actor, change: Change) -> None:
    """They show one post more or less before all others; what is not for everybody is shown to nobody here."""
    for kind, name in (("Add", "pinned"), ("Remove", "unpinned")):
        it = s.tx.one("SELECT uri, audience FROM thing WHERE id = :id", id=int(change.detail.get(name) or 0))
        if it is not None and it["audience"] in OPEN:
            uri = it["uri"]
            to = s.followers(actor.id, reading=WORDS)
            s.say(actor.id, partial(_pin, kind, actor.uri, uri), to, about=uri)


def _pin(kind: str, actor: str, uri: str, id: str) -> Json:
    return activities.pinned(kind, id, actor, uri)


def follow_asked(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    if other.local or not ours.local or actors.follows(s.tx, ours.id, other.id) is None:
        return
    id = s.tell(ours.id, lambda uri: activities.follow(uri, ours.uri, other.uri), other, about=other.uri)
    actors.follow_known_as(s.tx, ours.id, other.id, f"{s.hub.base}/activity/{id}")


def follow_ended(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    asked = s.tx.one(
        """SELECT uri FROM activity WHERE actor = :ours AND listed = 0 AND type = 'Follow' AND object = :other
           ORDER BY id DESC LIMIT 1""",
        ours=ours.id, other=other.uri,
    )  # fmt: skip
    if asked is not None:
        follow = activities.follow(asked["uri"], ours.uri, other.uri)
        s.tell(ours.id, lambda uri: activities.undo(uri, ours.uri, other.uri, follow), other, about=other.uri)


def actor_of(tx: Tx, change: Change) -> int:
    """Whose picture changed: a project's change names the project."""
    if change.kind != Kind.PROJECT_CHANGED:
        return change.subject
    row = tx.one("SELECT actor FROM project WHERE id = :id", id=change.subject)
    return int(row["actor"]) if row else 0
