"""Who gets what: those who follow its author, those who take part in the thread, those who voted."""

import msgspec

from federation.dispatch import MOBILIZON, TIMELINE, WORDS, Sender
from hub import actors, things
from hub.kept import PUBLIC
from hub.store import Tx

REPLIES_TO_EVENTS = WORDS | {MOBILIZON}


class Said(msgspec.Struct, frozen=True):
    """Something of ours, still there or not, as far as its readers follow from it."""

    id: int
    uri: str
    kind: str
    author: int
    by: str
    root: int | None
    reply_to: str | None
    removed: int | None
    by_kind: str = "hub"
    audience: str = PUBLIC


def said(tx: Tx, id: int | None) -> Said | None:
    """`None` for what was never here, and for what others said."""
    row = tx.one(
        """SELECT t.id, t.uri, t.kind, t.author, a.uri AS by_uri, a.kind AS by_kind, t.root, t.reply_to, t.removed,
             t.audience
           FROM thing t JOIN actor a ON a.id = t.author WHERE t.id = :id AND t.local = 1""",
        id=id or 0,
    )
    if row is None:
        return None
    return Said(
        id=row["id"], uri=row["uri"], kind=row["kind"], author=row["author"], by=row["by_uri"], root=row["root"],
        reply_to=row["reply_to"], removed=row["removed"], by_kind=row["by_kind"], audience=row["audience"],
    )  # fmt: skip


def of_hub(s: Sender, reading: frozenset[str]) -> dict[str, None]:
    """Those who follow the hub, or the server itself as Mobilizon and aggregators do."""
    return s.followers(s.hub.actor, s.hub.instance, reading=reading)


def of_post(s: Sender, post: Said) -> dict[str, None]:
    """A note of the hub goes to its followers, a project's update to the project's, a reply to the thread."""
    if post.kind == "reply":
        return of_thread(s, post)
    if post.kind == "note":
        return of_hub(s, WORDS)
    return s.followers(post.author, reading=WORDS)


def reached(s: Sender, post: Said) -> dict[str, None]:
    """All who may have seen a post: a project's update was shared by the hub too."""
    return of_post(s, post) | (of_hub(s, WORDS) if post.kind == "update" else {})


def voters(s: Sender, event: int) -> dict[str, None]:
    """The timelines of those who answered, from wherever they saw it."""
    rows = s.tx.all(
        """SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) AS inbox FROM attendance g JOIN actor a ON a.id = g.actor
           WHERE g.event = :event AND a.local = 0 AND a.removed IS NULL""",
        event=event,
    )
    return s.readers((row["inbox"] for row in rows), TIMELINE)


def of_thread(s: Sender, post: Said) -> dict[str, None]:
    """Of an answer: its author's followers, those of what it stands under, and whom it answers."""
    parent = things.at(s.tx, post.reply_to) if post.reply_to else None
    if parent is None:
        return s.followers(post.author, reading=WORDS)
    if parent.kind == "companion":  # calendars have never seen it
        return s.followers(post.author, parent.by.id, s.hub.instance, reading=TIMELINE)
    root = said(s.tx, post.root)
    owners = [parent.by.id] if parent.local else []
    owners += [root.author] if root is not None else []
    owners += [s.hub.instance] if s.hub.actor in owners else []
    reading = REPLIES_TO_EVENTS if parent.kind == "event" else WORDS
    to = s.followers(post.author, reading=WORDS) | s.followers(*owners, reading=reading)
    return to if parent.local else to | {_inbox(s.tx, parent.by.id): None}


def _inbox(tx: Tx, actor: int) -> str:
    it = actors.get(tx, actor)
    return it.shared_inbox or it.inbox
