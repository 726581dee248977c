"""What residents say in their own name: to those who follow them and those whom they name, and nobody else.

Not to those who follow the hub; of a public answer under something of the hub's also to whoever has that. What is not
for everybody goes to whom it is for, carries no proof, and stands in no outbox.
"""

from collections.abc import Callable

from federation import documents
from federation.as2 import activities, whom
from federation.as2.contexts import Json
from federation.audience import Said, of_thread, said
from federation.dispatch import TIMELINE, WORDS, Sender
from hub import jobs, mentions, neighbouring, things
from hub.clock import now
from hub.errors import NotFound
from hub.kept import DIRECT, OPEN
from hub.store import Tx
from hub.things import Thing

Make = Callable[[str], Json]


def is_one(it: Thing | Said | None) -> bool:
    """Whether somebody said it in their own name."""
    return it is not None and (it.by_kind if isinstance(it, Said) else it.by.kind) == "person"


def published(s: Sender, it: Thing) -> None:
    doc = documents.thing(s.tx, s.hub, it)
    _say(s, it, lambda uri: activities.create(uri, doc, now()), _readers(s, it.id), listed=it.audience in OPEN)
    at_close(s, it)


def changed(s: Sender, it: Thing) -> None:
    doc = {"updated": whom.stamped(it)} | documents.thing(s.tx, s.hub, it)
    _say(s, it, lambda uri: activities.update(uri, doc), _readers(s, it.id) | _spread(s, it.id))
    at_close(s, it)


def removed(s: Sender, it: Said) -> None:
    assert it.removed is not None
    named = [row["uri"] for row in mentions.of(s.tx, it.id)]
    kind, at, to = documents.former(it.kind), it.removed, whom.addressed(it.by, it.audience, named)
    s.say(
        it.author, lambda uri: activities.delete(uri, it.by, it.uri, kind, at, to),
        _readers(s, it.id) | _spread(s, it.id), about=it.uri, public=it.audience in OPEN,
    )  # fmt: skip


def tally(s: Sender, it: Thing) -> None:
    """The new numbers of a poll; no edit, yet an Update without a time is dropped."""
    doc = {"updated": whom.stamped(it)} | documents.thing(s.tx, s.hub, it)
    rows = s.tx.all(
        """SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) AS inbox FROM ballot b JOIN actor a ON a.id = b.actor
           WHERE b.thing = :id AND a.local = 0 AND a.removed IS NULL""",
        id=it.id,
    )
    voters = s.readers((row["inbox"] for row in rows), TIMELINE)
    _say(s, it, lambda uri: activities.update(uri, doc), _readers(s, it.id) | voters)


def at_close(s: Sender, it: Thing) -> None:
    """When a poll closes, its last count is told, and those who voted hear that it is over."""
    poll = it.extra.poll
    if poll is not None and poll.ends is not None and poll.ends > now():
        line = f"over|{it.id}|{poll.ends}"
        if s.tx.one("SELECT 1 AS x FROM job WHERE line = :line AND dead = 0", line=line) is None:
            jobs.enqueue(s.tx, "over", {"thing": it.id, "ends": poll.ends}, due=poll.ends, line=line)


def over(tx: Tx, thing: int, ends: int) -> None:
    """A poll has closed, unless it was changed meanwhile."""
    try:
        it = things.get(tx, thing)
    except NotFound:
        return
    if it.extra.poll is not None and it.extra.poll.ends == ends:
        if it.local:
            tally(Sender(tx), it)
        neighbouring.poll_over(tx, thing)


def _say(s: Sender, it: Thing, make: Make, to: dict[str, None], *, listed: bool = False) -> None:
    s.say(it.by.id, make, to, about=it.uri, listed=listed, public=it.audience in OPEN)


def _readers(s: Sender, id: int) -> dict[str, None]:
    """The inboxes of whom it is for."""
    it = said(s.tx, id)
    assert it is not None
    if it.audience == DIRECT:
        return _named(s, id, alone=True)
    to = s.followers(it.author, reading=WORDS) | _named(s, id)
    return to | of_thread(s, it) if it.audience in OPEN and it.kind == "reply" else to


def _named(s: Sender, id: int, *, alone: bool = False) -> dict[str, None]:
    rows = s.tx.all(
        """SELECT a.inbox, a.shared_inbox FROM mention m JOIN actor a ON a.id = m.actor
           WHERE m.thing = :id AND a.local = 0 AND a.removed IS NULL ORDER BY a.id""",
        id=id,
    )
    return {row["inbox"] if alone else row["shared_inbox"] or row["inbox"]: None for row in rows}


def _spread(s: Sender, id: int) -> dict[str, None]:
    """Where it may have got to besides: with those who shared or answered it."""
    rows = s.tx.all(
        """SELECT DISTINCT coalesce(a.shared_inbox, a.inbox) AS inbox FROM actor a
           WHERE a.local = 0 AND a.removed IS NULL AND a.id IN
             (SELECT actor FROM reaction WHERE thing = :id AND kind = 'share'
              UNION SELECT r.author FROM thing t JOIN thing r ON r.reply_to = t.uri WHERE t.id = :id)""",
        id=id,
    )
    it = said(s.tx, id)
    return {row["inbox"]: None for row in rows} if it is not None and it.audience in OPEN else {}
