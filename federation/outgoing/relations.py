"""How residents stand to people elsewhere: whom they let follow, whom they block, where they move, what they report."""

from federation import documents
from federation.as2 import activities
from federation.as2.content import followers
from federation.as2.contexts import PUBLIC
from federation.dispatch import EVERYBODY, Sender
from hub import actors, relations
from hub.actors import Actor
from hub.changes import Change
from hub.packing import unpack


def decided(s: Sender, change: Change) -> None:
    """Who asked to follow one of ours is told yes or no; also who did follow, and is to no longer."""
    ours, other = actors.get(s.tx, change.subject), actors.get(s.tx, change.actor)
    if other.local or other.removed is not None:
        return
    asked = {"id": str(change.detail["uri"]), "type": "Follow", "actor": other.uri, "object": ours.uri}
    kind = "Accept" if change.detail["accepted"] else "Reject"
    s.tell(
        ours.id, lambda uri: activities.answer(kind, uri, ours.uri, other.uri, asked), other,
        about=asked["id"] or other.uri,
    )  # fmt: skip


def blocked(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    if not _elsewhere(ours, other):
        return
    about = f"{other.uri}#block"  # in one line with its Undo
    id = s.tell(
        ours.id,
        lambda uri: {"id": uri, "type": "Block", "actor": ours.uri, "to": [other.uri], "object": other.uri}, other,
        about=about,
    )  # fmt: skip
    relations.block_known_as(s.tx, ours.id, other.id, f"{s.hub.base}/activity/{id}")


def unblocked(s: Sender, change: Change) -> None:
    ours, other = actors.get(s.tx, change.actor), actors.get(s.tx, change.subject)
    about = f"{other.uri}#block"
    row = s.tx.one(
        """SELECT uri FROM activity WHERE actor = :ours AND listed = 0 AND type = 'Block' AND object = :about
           ORDER BY id DESC LIMIT 1""",
        ours=ours.id, about=about,
    )  # fmt: skip
    if row is not None and _elsewhere(ours, other):
        block = {"id": row["uri"], "type": "Block", "actor": ours.uri, "object": other.uri}
        s.tell(ours.id, lambda uri: activities.undo(uri, ours.uri, other.uri, block), other, about=about)


def moved(s: Sender, change: Change) -> None:
    """One of ours lives elsewhere now: those who follow them are told where."""
    ours, there = actors.get(s.tx, change.subject), actors.get(s.tx, int(change.detail["to"]))
    it, to = documents.actor(s.tx, s.hub, ours), s.followers(ours.id, reading=EVERYBODY)
    s.say(ours.id, lambda uri: activities.update_actor(uri, it), to, about=ours.uri)
    s.say(ours.id, lambda uri: activities.move(uri, ours.uri, there.uri), to, about=f"{ours.uri}#move")


def gone(s: Sender, change: Change) -> None:
    """Somebody's account is no more: every server that may know them is told to forget them."""
    it = actors.get(s.tx, change.subject)
    if not it.local or it.removed is None:
        return
    rows = s.tx.all(
        """SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) AS inbox FROM actor a
           WHERE a.local = 0 AND a.removed IS NULL AND a.id IN
             (SELECT follower FROM follow WHERE followed = :who UNION SELECT followed FROM follow WHERE follower = :who
              UNION SELECT m.actor FROM mention m JOIN thing t ON t.id = m.thing WHERE t.author = :who
              UNION SELECT t.author FROM mention m JOIN thing t ON t.id = m.thing WHERE m.actor = :who
              UNION SELECT t.author FROM reaction r JOIN thing t ON t.id = r.thing WHERE r.actor = :who
              UNION SELECT r.actor FROM reaction r JOIN thing t ON t.id = r.thing WHERE t.author = :who
              UNION SELECT r.author FROM thing t JOIN thing r ON r.reply_to = t.uri WHERE t.author = :who)""",
        who=it.id,
    )
    end = {"type": "Delete", "actor": it.uri, "to": [PUBLIC], "cc": [followers(it.uri)], "object": it.uri}
    s.say(it.id, lambda uri: {"id": uri} | end, [row["inbox"] for row in rows], about=it.uri)


def reported(s: Sender, change: Change) -> None:
    """A report of ours that their server is to know, too."""
    row = s.tx.one("SELECT about, words FROM report WHERE id = :id", id=change.subject)
    about = unpack(row["about"], list[str]) if row else []
    target = actors.known(s.tx, about[0]) if about else None
    if row is not None and target is not None and not target.local:
        flag(s, target, about[1:], row["words"])


def flag(s: Sender, target: Actor, things: list[str], words: str) -> None:
    """Report somebody to their own server, in the name of ours: nobody there learns whose report it is."""
    ours = actors.get(s.tx, s.hub.instance).uri
    s.tell(s.hub.instance, lambda uri: activities.flag(uri, ours, target.uri, things, words), target, about=target.uri)


def _elsewhere(ours: Actor, other: Actor) -> bool:
    return ours.local and ours.kind == "person" and not other.local
