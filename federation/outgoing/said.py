"""The few acts of which all else is made: publish, change, share, take back, and say something ourselves."""

from collections.abc import Iterable
from typing import Any

from federation import documents
from federation.as2 import activities
from federation.as2.contexts import Json
from federation.audience import Said
from federation.dispatch import HUB, Sender
from federation.outgoing import threads
from hub import actors, things
from hub.changes import Change, Kind, record
from hub.clock import now
from hub.errors import N_, NotFound
from hub.text import Text
from hub.things import Thing

ONLY_HUBS = frozenset({HUB})


def create(s: Sender, actor: int, it: Json, to: Iterable[str], *, listed: bool = False) -> None:
    s.say(actor, lambda uri: activities.create(uri, it, now()), to, about=it["id"], listed=listed)
    if actor == s.hub.actor:
        threads.pass_on(s, "Create", it)


def update(s: Sender, actor: int, it: Json, to: Iterable[str], *, numbers: bool = False) -> None:
    """It has changed; `numbers` when it only counts more, which is no news where nobody is shown them."""
    edited = {"updated": it["published"]} | it  # new numbers are no edit, yet an Update without it is dropped
    s.say(actor, lambda uri: activities.update(uri, edited), to, about=it["id"])
    if actor == s.hub.actor and not numbers:
        threads.pass_on(s, "Update", edited)


def share(s: Sender, actor: int, uri: str, author: str, to: Iterable[str], *, listed: bool = False) -> None:
    ours = actors.get(s.tx, actor).uri
    s.say(actor, lambda id: activities.announce(id, ours, uri, now(), author), to, about=uri, listed=listed)


def unshare(s: Sender, actor: int, uri: str, to: Iterable[str]) -> None:
    """Take back that one of ours shared `uri`: in its outbox, and with all who may have seen it."""
    row = s.tx.one(
        """SELECT id, uri FROM activity WHERE actor = :actor AND type = 'Announce' AND object = :uri
           ORDER BY id DESC LIMIT 1""",
        actor=actor, uri=uri,
    )  # fmt: skip
    if row is None:
        return
    s.tx.run("UPDATE activity SET listed = 0 WHERE id = :id", id=row["id"])
    ours = actors.get(s.tx, actor).uri
    share = {"id": row["uri"], "type": "Announce", "actor": ours, "object": uri}
    s.say(actor, lambda id: activities.undo_share(id, ours, share), to, about=uri)


def delete(s: Sender, it: Said | None, to: Iterable[str]) -> None:
    if it is not None and it.removed is not None:
        kind, at = documents.former(it.kind), it.removed
        s.say(it.author, lambda uri: activities.delete(uri, it.by, it.uri, kind, at), to, about=it.uri)
        if it.author == s.hub.actor and it.reply_to is None and it.kind != "companion":
            threads.take_back(s, it.uri)


def say_ourselves(s: Sender, kind: str, text: Text, **where: Any) -> None:
    """The hub adds a few words of its own; the log takes them from here like anybody's."""
    id = things.create(s.tx, kind, author=s.hub.actor, title={}, words=text, **where)
    record(s.tx, Kind.POST_PUBLISHED, subject=id, actor=s.hub.actor)


def ours(s: Sender, change: Change) -> Thing:
    if not things.is_local(s.tx, change.subject):  # most of what the log tells is others': no more of it is read
        raise NotFound(N_("What was published elsewhere is told from there."))
    return things.get(s.tx, change.subject)
