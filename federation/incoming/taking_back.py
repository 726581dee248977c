"""What was done is undone, what was said is deleted, whoever was here is gone."""

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.incoming import follows, pledges, reacting
from federation.incoming.ours import event_of, remember_gone
from federation.resolve import Gathered
from hub import actors, attendance, messages, relations, things
from hub import reacting as hub_reacting
from hub.actors import Actor
from hub.changes import Kind, record
from hub.errors import N_, NotAllowed, NotFound
from hub.store import Tx

REMOVED = {
    "event": Kind.EVENT_REMOVED, "ask": Kind.ASK_REMOVED, "offer": Kind.ASK_REMOVED, "project": Kind.PROJECT_REMOVED,
}  # fmt: skip


def undo(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """Only what the sender did themselves; before it has come, it is remembered as taken back."""
    what = activity.get("object")
    if isinstance(what, dict) and loose.id_of(what.get("actor")) not in ("", sender.uri):
        raise NotAllowed(N_("Only who did a thing can take it back."))
    undone = _undone(tx, sender, loose.id_of(what), what if isinstance(what, dict) else {})
    if not undone and loose.same_origin(loose.id_of(what), sender.uri):
        remember_gone(tx, loose.id_of(what), sender)
    return "taken back" if undone else "no news"


def _undone(tx: Tx, sender: Actor, id: str, what: Json) -> bool:
    match loose.type_of(what):
        case "Follow":
            followed = actors.known(tx, loose.id_of(what.get("object")))
            return followed is not None and followed.local and actors.unfollow(tx, sender.id, followed.id)
        case "Like" | "EmojiReact" | "Announce" as kind:
            return reacting.take_back(tx, sender, loose.id_of(what.get("object")), _reaction(kind))
        case "Block":
            blocked = actors.known(tx, loose.id_of(what.get("object")))
            return blocked is not None and blocked.local and relations.lift_block(tx, sender.id, blocked.id)
        case "Join" | "Accept" | "TentativeAccept" | "Reject" if (
            event := event_of(tx, what.get("object"))
        ) is not None:
            return attendance.withdraw(tx, event, sender.id)
        case "Offer":
            return pledges.undone(tx, sender, id)
        case "Accept":
            return _let_go(tx, sender, what.get("object"))
    event = attendance.asked_by(tx, sender.id, id)
    if event is not None:
        return attendance.withdraw(tx, event, sender.id)
    row = tx.one("SELECT followed FROM follow WHERE follower = :who AND uri = :uri", who=sender.id, uri=id)
    if row is not None:
        return actors.unfollow(tx, sender.id, row["followed"])
    row = tx.one("SELECT blocked FROM block WHERE blocker = :who AND uri = :uri", who=sender.id, uri=id)
    if row is not None:
        return relations.lift_block(tx, sender.id, row["blocked"])
    row = tx.one("SELECT thing, kind FROM reaction WHERE actor = :who AND uri = :uri", who=sender.id, uri=id)
    if row is not None:
        return hub_reacting.undo(tx, sender.id, row["thing"], row["kind"])
    return pledges.undone(tx, sender, id)


def _let_go(tx: Tx, sender: Actor, asked: object) -> bool:
    """They had let one of ours follow them, and no longer do."""
    try:
        ours = follows.our_follow(tx, sender, asked)
    except NotFound:
        return False
    return actors.follows(tx, ours, sender.id) == "accepted" and actors.follow_answered(
        tx, ours, sender.id, accepted=False
    )


def delete(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    uri = loose.id_of(activity.get("object"))
    if uri == sender.uri:
        if uri not in found.gone:
            return "ignored: they are still there"
        actors.remove(tx, sender.id)
        _take_down_project(tx, sender)
        return "removed"
    if not loose.same_origin(uri, sender.uri):
        raise NotAllowed(N_("Only its author can delete this."))
    if messages.forget(tx, uri, sender.id):
        return "removed"
    if things.at(tx, uri) is None:
        things.remove(tx, uri, sender.id)
        return "no news"
    return taken_down(tx, uri, sender.id)


def taken_down(tx: Tx, uri: str, author: int | None = None) -> str:
    """It goes; by its author's word, or because its own server has it no more."""
    before = things.at(tx, uri)
    if before is None or before.local:
        return "no news"
    kind = things.remove(tx, uri, before.by.id if author is None else author)
    record(tx, REMOVED.get(kind or "", Kind.POST_REMOVED), subject=before.id, actor=before.by.id)
    return "removed"


def _take_down_project(tx: Tx, sender: Actor) -> None:
    """A project stands at its actor's address, as its hub's word."""
    project = things.at(tx, sender.uri)
    if project is not None and project.kind == "project":
        things.take_down(tx, project.id)
        record(tx, Kind.PROJECT_REMOVED, subject=project.id, actor=sender.id)


def _reaction(kind: str) -> str:
    return "share" if kind == "Announce" else "like"
