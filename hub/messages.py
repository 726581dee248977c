"""Words between two, seen by nobody else: who asked is told how it goes, who helps how to find the door.

What the hub or a project is told, its organisers read together; a person's messages are their own.
"""

import msgspec

from hub import actors, people, settings, things
from hub.actors import By
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import Text, clean_text

LONGEST = 5000  # characters
PAGE = 50
ENOUGH = 5  # times in a day that somebody is answered by itself about one thing
A_DAY = 50  # letters from one person elsewhere, or to one; each may be long, and none is forgotten by itself


class Message(msgspec.Struct, frozen=True):
    """One message. `words` is the Markdown as it was written here, empty for others'; `at`, `read` in ms UTC."""

    id: int
    uri: str
    local: bool
    sender: By
    receiver: By
    about: int | None
    reply_to: str | None
    words: Text
    html: Text
    at: int
    read: int | None


def tell(
    tx: Tx, sender: int, receiver: int, words: Text, *, about: int | None = None, reply_to: str | None = None
) -> int:
    """One of ours (hub, project or person) writes to one actor, here or elsewhere. Returns the message's id.

    The caller has checked that they may. `about` is the thing that it concerns, `reply_to` the address of what
    it answers. Raises `Invalid` without words, `Conflict` for somebody who is gone.
    """
    words = clean_text(words, longest=LONGEST, field="words")
    if not words:
        raise Invalid(N_("Write something first."), field="words")
    if actors.get(tx, receiver).removed is not None:
        raise Conflict(N_("They are no longer there."))
    id = new_id()
    tx.run(
        """INSERT INTO message (id, uri, local, sender, receiver, about, reply_to, words, html, at)
           VALUES (:id, :uri, 1, :sender, :receiver, :about, :reply_to, :words, :html, :now)""",
        id=id, uri=f"{settings.base(tx)}/message/{id}", sender=sender, receiver=receiver, about=about,
        reply_to=reply_to, words=pack(words), html=pack(things.rendered(words)), now=now(),
    )  # fmt: skip
    record(tx, Kind.MESSAGE_SENT, subject=id, actor=sender)
    return id


def receive(tx: Tx, sender: int, receiver: int, seen: things.Seen, *, about: int | None = None) -> int | None:
    """Somebody elsewhere wrote to one of ours. Returns the message's id, `None` when it is here, was deleted, or is
    one too many."""
    if things.taken_back(tx, seen.uri, actors.get(tx, sender).domain) or _today(tx, sender) >= A_DAY:
        return None
    id = new_id()
    added = tx.run(
        """INSERT INTO message (id, uri, local, sender, receiver, about, reply_to, html, at)
           VALUES (:id, :uri, 0, :sender, :receiver, :about, :reply_to, :html, :now) ON CONFLICT (uri) DO NOTHING""",
        id=id, uri=seen.uri, sender=sender, receiver=receiver, about=about, reply_to=seen.reply_to,
        html=pack(seen.html), now=now(),
    )  # fmt: skip
    if not added:
        return None
    record(tx, Kind.MESSAGE_RECEIVED, subject=id, actor=sender)
    return id


def forget(tx: Tx, uri: str, sender: int) -> bool:
    """Its author took it back. False when it is not here, or is somebody else's."""
    return bool(tx.run("DELETE FROM message WHERE uri = :uri AND sender = :sender", uri=uri, sender=sender))


def get(tx: Tx, id: int) -> Message:
    """Any message, for who carries it out; whether somebody may read it is for `to`. Raises `NotFound`."""
    row = tx.one(f"{_SELECT} WHERE m.id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such message."))
    return _message(row)


def to(tx: Tx, who: int, *, before: int | None = None) -> list[Message]:
    """What `who` may read, newest first: their own messages, and the hub's and projects' for organisers."""
    account = people.require(tx, who, "resident")
    everybodys = people.may(account, "organiser")
    # Without an OR between tables, a resident's few letters are found by an index.
    hubs = " OR r.local = 1 AND r.kind <> 'person' OR s.local = 1 AND s.kind <> 'person'" if everybodys else ""
    rows = tx.all(
        f"""{_SELECT} WHERE m.id < :before AND (m.receiver = :who OR m.sender = :who{hubs})
            ORDER BY m.id DESC LIMIT {PAGE}""",
        who=who, before=before or 2**63 - 1,
    )  # fmt: skip
    return [_message(row) for row in rows]


def unread(tx: Tx, who: int) -> int:
    """How many of those that came to `who` nobody has read."""
    account = people.require(tx, who, "resident")
    row = tx.one(
        """SELECT count(*) AS n FROM message m JOIN actor r ON r.id = m.receiver
           WHERE m.read IS NULL AND (m.receiver = :who OR (:all = 1 AND r.local = 1 AND r.kind <> 'person'))""",
        who=who, all=int(people.may(account, "organiser")),
    )  # fmt: skip
    assert row is not None
    return int(row["n"])


def mark_read(tx: Tx, who: int) -> None:
    """`who` has seen what came to them."""
    account = people.require(tx, who, "resident")
    tx.run(
        """UPDATE message SET read = :now WHERE read IS NULL AND (receiver = :who OR (:all = 1 AND receiver IN
             (SELECT id FROM actor WHERE local = 1 AND kind <> 'person')))""",
        who=who, all=int(people.may(account, "organiser")), now=now(),
    )  # fmt: skip


def answer(tx: Tx, who: int, id: int, words: Text) -> int:
    """Answer a message: in one's own name, or, for organisers, in that of the hub or project that was written to.

    Raises `NotFound` for what `who` may not read. Returns the answer's id.
    """
    it = get(tx, id)
    ours, other = (it.receiver, it.sender) if _speaks_for(tx, who, it.receiver) else (it.sender, it.receiver)
    if not _speaks_for(tx, who, ours):
        raise NotFound(N_("There is no such message."))
    return tell(tx, ours.id, other.id, words, about=it.about, reply_to=it.uri)


def enough(tx: Tx, receiver: int, about: int) -> bool:
    """Whether they have been told so much about one thing today that nothing more is said by itself.

    Who says yes and no all day long would otherwise fill the page of letters, and their own.
    """
    row = tx.one(
        """SELECT count(*) AS n, count(*) FILTER (WHERE about = :about) AS about FROM
             (SELECT about, at FROM message WHERE receiver = :receiver ORDER BY id DESC LIMIT :most) x
           WHERE at > :since""",
        about=about, receiver=receiver, since=now() - DAY, most=A_DAY,
    )  # fmt: skip
    return row is not None and (row["about"] >= ENOUGH or row["n"] >= A_DAY)


def _today(tx: Tx, sender: int) -> int:
    """How many letters of theirs have come within a day; no more are counted than matter."""
    row = tx.one(
        """SELECT count(*) AS n FROM (SELECT at FROM message WHERE sender = :sender ORDER BY id DESC LIMIT :most) x
           WHERE at > :since""",
        sender=sender, since=now() - DAY, most=A_DAY,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def _speaks_for(tx: Tx, who: int, actor: By) -> bool:
    account = people.require(tx, who, "resident")
    return who == actor.id or (actor.local and actor.kind != "person" and people.may(account, "organiser"))


_SELECT = """
SELECT m.*, s.uri AS s_uri, s.url AS s_url, s.name AS s_name, s.handle AS s_handle, s.domain AS s_domain,
  s.local AS s_local, s.kind AS s_kind, r.uri AS r_uri, r.url AS r_url, r.name AS r_name, r.handle AS r_handle,
  r.domain AS r_domain, r.local AS r_local, r.kind AS r_kind
FROM message m JOIN actor s ON s.id = m.sender JOIN actor r ON r.id = m.receiver
"""


def _message(row: Row) -> Message:
    return Message(
        id=row["id"], uri=row["uri"], local=bool(row["local"]), sender=_by(row, "s", row["sender"]),
        receiver=_by(row, "r", row["receiver"]), about=row["about"], reply_to=row["reply_to"],
        words=unpack(row["words"], Text), html=unpack(row["html"], Text), at=row["at"], read=row["read"],
    )  # fmt: skip


def _by(row: Row, end: str, id: int) -> By:
    return By(
        id=id, uri=row[f"{end}_uri"], url=row[f"{end}_url"], name=unpack(row[f"{end}_name"], Text),
        handle=row[f"{end}_handle"], domain=row[f"{end}_domain"], local=bool(row[f"{end}_local"]),
        kind=row[f"{end}_kind"],
    )  # fmt: skip
