"""What residents like and share: the author is told of both, and those who follow them of what they share."""

from federation.as2 import activities, whom
from federation.as2.contexts import Json
from federation.dispatch import EVERYBODY, WORDS, Sender
from federation.outgoing.slices import Shapes, shapes
from hub import actors, reacting, slices, things
from hub.actors import Actor
from hub.changes import Change
from hub.clock import now
from hub.kept import OPEN, PUBLIC
from hub.reacting import LIKE
from hub.things import Thing


def reacted(s: Sender, change: Change) -> None:
    who, it = actors.get(s.tx, change.actor), things.get(s.tx, change.subject)
    how = str(change.detail["how"])
    row = s.tx.one(
        "SELECT uri FROM reaction WHERE thing = :id AND actor = :who AND kind = :how", id=it.id, who=who.id, how=how
    )
    if not who.local or row is None or row["uri"]:
        return
    uri = _like(s, who, it) if how == LIKE else _share(s, who, it)
    if uri:
        reacting.known_as(s.tx, who.id, it.id, how, uri)


def unreacted(s: Sender, change: Change) -> None:
    """Taken back by the address that it had; of what nobody was told there is nothing to take back."""
    who, it, uri = actors.get(s.tx, change.actor), things.get(s.tx, change.subject), str(change.detail["uri"])
    if not who.local or not uri:
        return
    if change.detail["how"] == LIKE:
        like = {"id": uri, "type": "Like", "actor": who.uri, "object": it.uri}
        author = actors.get(s.tx, it.by.id)
        s.tell(who.id, lambda id: activities.undo(id, who.uri, author.uri, like), author, about=it.uri)
        return
    for what, reading in _shapes(s, it):
        _unshare(s, who, it, what, reading)


def _like(s: Sender, who: Actor, it: Thing) -> str:
    if it.local:
        return ""
    author = actors.get(s.tx, it.by.id)
    id = s.tell(who.id, lambda uri: activities.answer("Like", uri, who.uri, author.uri, it.uri), author, about=it.uri)
    return f"{s.hub.base}/activity/{id}"


def _share(s: Sender, who: Actor, it: Thing) -> str:
    """In the shape that each server reads; what is for followers alone only its author can share, with the same."""
    said: list[str] = []
    for number, (what, reading) in enumerate(_shapes(s, it)):

        def made(uri: str, what: str = what) -> Json:
            said.append(uri)
            shared = activities.announce(uri, who.uri, what, now(), it.by.uri)
            return shared if it.audience in OPEN else shared | whom.addressed(who.uri, it.audience, [])

        s.say(
            who.id, made, _readers(s, who, it, reading), about=what, listed=number == 0 and it.audience == PUBLIC,
            public=it.audience in OPEN,
        )  # fmt: skip
    return said[0] if said else ""


def _unshare(s: Sender, who: Actor, it: Thing, what: str, reading: frozenset[str]) -> None:
    row = s.tx.one(
        """SELECT id, uri FROM activity WHERE actor = :who AND type = 'Announce' AND object = :what
           ORDER BY id DESC LIMIT 1""",
        who=who.id, what=what,
    )  # fmt: skip
    if row is None:
        return
    s.tx.run("UPDATE activity SET listed = 0 WHERE id = :id", id=row["id"])
    share = {"id": row["uri"], "type": "Announce", "actor": who.uri, "object": what}
    to = {} if it.audience in OPEN else whom.addressed(who.uri, it.audience, [])
    s.say(
        who.id, lambda id: activities.undo_share(id, who.uri, share) | to, _readers(s, who, it, reading), about=what,
        public=it.audience in OPEN,
    )  # fmt: skip


def _shapes(s: Sender, it: Thing) -> Shapes:
    facts = slices.facts(s.tx, it.id) if it.local and it.kind == "event" else None
    return shapes(facts) if facts is not None else [(it.uri, EVERYBODY if it.kind == "event" else WORDS)]


def _readers(s: Sender, who: Actor, it: Thing, reading: frozenset[str]) -> dict[str, None]:
    """Who follows them, and the author, who sees that it was passed on."""
    to, author = s.followers(who.id, reading=reading), actors.get(s.tx, it.by.id)
    return to if author.local else to | {author.shared_inbox or author.inbox: None}
