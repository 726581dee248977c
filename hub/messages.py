"""Words between a few, seen by nobody else: who asked is told how it goes, who helps how to find the door.

A letter is a thing for those alone whom it names; most are for one. What the hub or a project is told, its organisers
read together; a person's letters are their own.
"""

import msgspec

from hub import actors, mentions, people, search, things
from hub.actors import By
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.kept import DIRECT
from hub.packing import unpack
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
    root = _root(tx, reply_to)
    id = things.create(
        tx, "reply" if root else "note", author=sender, title={}, words=words, html=things.rendered(words), root=root,
        reply_to=reply_to, audience=DIRECT, personal=True, about=about, folder="message",
    )  # fmt: skip
    mentions.note(tx, id, [receiver])
    search.forget(tx, id)  # nobody looks for a door code in the hub's index of words
    record(tx, Kind.MESSAGE_SENT, subject=id, actor=sender)
    return id


def receive(tx: Tx, sender: int, receiver: int, seen: things.Seen, *, about: int | None = None) -> int | None:
    """Somebody elsewhere wrote to one of ours. Returns the message's id, `None` when it is here, was deleted, or is
    one too many. When it is here and says something else now, it is changed."""
    new = tx.one("SELECT 1 AS x FROM thing WHERE uri = :uri", uri=seen.uri) is None
    if things.taken_back(tx, seen.uri, actors.get(tx, sender).domain) or (new and _today(tx, sender) >= A_DAY):
        return None
    root = _root(tx, seen.reply_to)
    # When it came counts, and not when it says that it was written: nobody writes fifty a day of other days.
    letter, kind = msgspec.structs.replace(seen, audience=DIRECT, published=now()), "reply" if root else "note"
    if not new:
        _change(tx, sender, letter)
        return None
    id = things.mirror(tx, kind, sender, letter, root=root, personal=True, about=about)
    if id is not None:
        mentions.note(tx, id, [receiver])
        search.forget(tx, id)
        record(tx, Kind.MESSAGE_RECEIVED, subject=id, actor=sender)
    return id


def forget(tx: Tx, uri: str, sender: int) -> bool:
    """Its author took it back. False when it is not here, or is somebody else's."""
    row = tx.one(
        "SELECT id FROM thing WHERE uri = :uri AND author = :sender AND audience = 'direct' AND removed IS NULL",
        uri=uri, sender=sender,
    )  # fmt: skip
    if row is not None:
        _take_down(tx, row["id"], sender)
    return row is not None


def forget_about(tx: Tx, thing: int) -> list[str]:
    """What it was about is over. All that was written of it is gone; returns the addresses."""
    rows = tx.all("SELECT id, uri, author FROM thing WHERE about = :thing AND removed IS NULL", thing=thing)
    for row in rows:
        _take_down(tx, row["id"], row["author"])
    return [row["uri"] for row in rows]


def answered(tx: Tx, uri: str, receiver: int) -> int | None:
    """What a letter of ours was about, if it was written to them."""
    row = tx.one(
        """SELECT t.about FROM thing t JOIN mention m ON m.thing = t.id AND m.actor = :them
           WHERE t.uri = :uri AND t.local = 1 AND t.audience = 'direct' AND t.about IS NOT NULL""",
        uri=uri, them=receiver,
    )  # fmt: skip
    return int(row["about"]) if row else None


def get(tx: Tx, id: int) -> Message:
    """Any message, for who carries it out; whether somebody may read it is for `to`. Raises `NotFound`."""
    found = _messages(tx, [id])
    if not found:
        raise NotFound(N_("There is no such message."))
    return found[0]


def to(tx: Tx, who: int, *, before: int | None = None) -> list[Message]:
    """What `who` may read, newest first: their own messages, and the hub's and projects' for organisers."""
    account = people.require(tx, who, "resident")
    everybodys = people.may(account, "organiser")
    sql = _OF_ALL if everybodys else _OF_ONE  # a resident's few letters are found by an index
    rows = tx.all(sql, who=who, before=before or 2**63 - 1)
    return _messages(tx, [row["id"] for row in rows], who, everybodys=everybodys)


def unread(tx: Tx, who: int) -> int:
    """How many of those that came to `who` nobody has read."""
    row = tx.one(
        f"""SELECT count(*) AS n FROM mention m JOIN thing t ON t.id = m.thing
            WHERE m.private = 1 AND m.read IS NULL AND t.removed IS NULL AND m.actor IN ({_READS})""",
        who=who, all=_all(tx, who),
    )  # fmt: skip
    assert row is not None
    return int(row["n"])


def mark_read(tx: Tx, who: int) -> None:
    """`who` has seen what came to them."""
    tx.run(
        f"UPDATE mention SET read = :now WHERE private = 1 AND read IS NULL AND actor IN ({_READS})",
        who=who, all=_all(tx, who), now=now(),
    )  # fmt: skip
    tx.run("UPDATE conversation SET unread = 0 WHERE account = :who AND unread = 1", who=who)


def answer(tx: Tx, who: int, id: int, words: Text) -> int:
    """Answer a message: in one's own name, or, for organisers, in that of the hub or project that was written to.

    Raises `NotFound` for what `who` may not read. Returns the answer's id.
    """
    account = people.require(tx, who, "resident")
    found = _messages(tx, [id], who, everybodys=people.may(account, "organiser"))
    if not found:
        raise NotFound(N_("There is no such message."))
    (it,) = found
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
             (SELECT t.about, t.published FROM mention m JOIN thing t ON t.id = m.thing
              WHERE m.actor = :receiver AND m.private = 1 ORDER BY m.thing DESC LIMIT :most) x
           WHERE published > :since""",
        about=about, receiver=receiver, since=now() - DAY, most=A_DAY,
    )  # fmt: skip
    return row is not None and (row["about"] >= ENOUGH or row["n"] >= A_DAY)


def _today(tx: Tx, sender: int) -> int:
    """How many letters of theirs have come within a day; no more are counted than matter."""
    row = tx.one(
        """SELECT count(*) AS n FROM
             (SELECT published FROM thing WHERE author = :sender AND audience = 'direct' ORDER BY id DESC LIMIT :most) x
           WHERE published > :since""",
        sender=sender, since=now() - DAY, most=A_DAY,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def _change(tx: Tx, sender: int, letter: things.Seen) -> None:
    """Its author says it otherwise; whoever else says so is not heard."""
    kept = tx.one("SELECT kind, author, audience FROM thing WHERE uri = :uri", uri=letter.uri)
    if kept is None or kept["author"] != sender or kept["audience"] != DIRECT:
        return
    id = things.mirror(tx, kept["kind"], sender, letter)
    if id is not None:
        search.forget(tx, id)
        record(tx, Kind.POST_CHANGED, subject=id, actor=sender)


def _take_down(tx: Tx, id: int, by: int) -> None:
    """Nothing is left of it but that it was: neither its words, nor to whom they were."""
    things.take_down(tx, id)
    tx.run("UPDATE thing SET words = '{}', html = '{}', about = NULL WHERE id = :id", id=id)
    tx.run("DELETE FROM mention WHERE thing = :id", id=id)
    record(tx, Kind.MESSAGE_REMOVED, subject=id, actor=by)


def _root(tx: Tx, answered: str | None) -> int | None:
    """What the conversation began with, if what is answered is here."""
    row = tx.one("SELECT id, root FROM thing WHERE uri = :uri AND removed IS NULL", uri=answered or "")
    return (row["root"] or row["id"]) if row else None


def _all(tx: Tx, who: int) -> int:
    """1 for who reads what the hub and projects are told."""
    return int(people.may(people.require(tx, who, "resident"), "organiser"))


def _speaks_for(tx: Tx, who: int, actor: By) -> bool:
    account = people.require(tx, who, "resident")
    return who == actor.id or (actor.local and actor.kind != "person" and people.may(account, "organiser"))


_OWN = """SELECT hub.actor FROM hub
  UNION ALL SELECT p.actor FROM project p JOIN actor o ON o.id = p.actor AND o.local = 1"""
_READS = f"SELECT :who UNION ALL SELECT x.actor FROM ({_OWN}) x WHERE :all = 1"
_OF_ONE = f"""
SELECT id FROM (SELECT m.thing AS id FROM mention m JOIN thing t ON t.id = m.thing
  WHERE m.actor = :who AND m.private = 1 AND m.thing < :before AND t.removed IS NULL
  ORDER BY m.thing DESC LIMIT {PAGE}) x
UNION SELECT id FROM (SELECT t.id FROM thing t
  WHERE t.author = :who AND t.audience = 'direct' AND t.id < :before AND t.removed IS NULL
  ORDER BY t.id DESC LIMIT {PAGE}) y
ORDER BY id DESC LIMIT {PAGE}
"""
_OF_ALL = f"""
SELECT t.id FROM thing t WHERE t.audience = 'direct' AND t.id < :before AND t.removed IS NULL
  AND (t.author = :who OR t.author IN ({_OWN}) OR EXISTS
    (SELECT 1 FROM mention m WHERE m.thing = t.id AND (m.actor = :who OR m.actor IN ({_OWN}))))
ORDER BY t.id DESC LIMIT {PAGE}
"""
_SELECT = """
SELECT t.id, t.uri, t.local, t.author AS sender, m.actor AS receiver, coalesce(t.about, o.about) AS about, t.reply_to,
  t.words, t.html, t.published AS at, m.read, s.uri AS s_uri, s.url AS s_url, s.name AS s_name, s.handle AS s_handle,
  s.domain AS s_domain, s.local AS s_local, s.kind AS s_kind, r.uri AS r_uri, r.url AS r_url, r.name AS r_name,
  r.handle AS r_handle, r.domain AS r_domain, r.local AS r_local, r.kind AS r_kind
FROM thing t JOIN mention m ON m.thing = t.id JOIN actor s ON s.id = t.author JOIN actor r ON r.id = m.actor
  LEFT JOIN thing o ON o.id = t.root
"""


def _messages(tx: Tx, ids: list[int], who: int = 0, *, everybodys: bool = False) -> list[Message]:
    """In the order given. Of one that is for several, whoever it concerns of those for whom `who` reads comes first."""
    if not ids:
        return []
    named = {f"i{n}": id for n, id in enumerate(ids)}
    rows = tx.all(
        f"""{_SELECT} WHERE t.id IN ({", ".join(f":{name}" for name in named)}) AND t.audience = 'direct'
              AND t.removed IS NULL ORDER BY m.actor""",
        **named,
    )  # fmt: skip
    found: dict[int, Row] = {}
    for row in sorted(rows, key=lambda row: _nearness(row, who, everybodys)):
        found.setdefault(row["id"], row)
    return [_message(found[id]) for id in ids if id in found]


def _nearness(row: Row, who: int, everybodys: bool) -> int:
    if row["receiver"] == who:
        return 0
    return 1 if everybodys and row["r_local"] and row["r_kind"] != "person" else 2


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
