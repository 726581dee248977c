"""Whom somebody of ours writes with alone: letters of one thread among the same few, the newest first.

A reader of the log: each letter is put where it belongs for each of ours who may read it, once.
"""

import msgspec

from hub import viewing
from hub.changes import Change, Kind, record
from hub.clock import now
from hub.errors import NotFound
from hub.ids import new_id
from hub.store import Row, Tx

_SAID = (Kind.POST_PUBLISHED, Kind.MESSAGE_SENT, Kind.MESSAGE_RECEIVED)
_GONE = (Kind.POST_REMOVED, Kind.MESSAGE_REMOVED)


class Conversation(msgspec.Struct, frozen=True):
    """One of them, as `account` has it. `parties` are the others; `last` is the newest letter, by which lists go."""

    id: int
    account: int
    parties: list[int]
    last: int
    unread: bool


def spread(tx: Tx, change: Change) -> None:
    """What a change makes of conversations. Run again, it does nothing more."""
    if change.kind in _SAID:
        _said(tx, change.subject)
    elif change.kind in _GONE:
        _gone(tx, change.subject)


def page(
    tx: Tx, me: int, *, before: int | None = None, after: int | None = None, since: int | None = None, limit: int = 20
) -> list[Conversation]:
    """Newest first, by the newest letter of each; `after` asks for the oldest ones behind that letter."""
    up = after is not None
    rows = tx.all(
        f"""SELECT * FROM conversation WHERE account = :me AND last < :before AND last > :after
            ORDER BY last {"ASC" if up else "DESC"} LIMIT :limit""",
        me=me, before=before or 2**63 - 1, after=max(after or 0, since or 0), limit=limit,
    )  # fmt: skip
    return [_conversation(row) for row in (rows[::-1] if up else rows)]


def get(tx: Tx, me: int, id: int) -> Conversation:
    """Raises the same `NotFound` for what is another's and what is not there."""
    row = tx.one("SELECT * FROM conversation WHERE account = :me AND id = :id", me=me, id=id)
    if row is None:
        raise NotFound(viewing.NOTHING)
    return _conversation(row)


def read(tx: Tx, me: int, id: int) -> Conversation:
    """They have read it, and every letter in it that was for them."""
    get(tx, me, id)
    tx.run("UPDATE conversation SET unread = 0 WHERE id = :id", id=id)
    tx.run(
        """UPDATE mention SET read = :now WHERE actor = :me AND private = 1 AND read IS NULL
             AND thing IN (SELECT thing FROM conversation_thing WHERE conversation = :id)""",
        me=me, id=id, now=now(),
    )  # fmt: skip
    return get(tx, me, id)


def keep_unread(tx: Tx, me: int, id: int) -> Conversation:
    """They want to come back to it."""
    get(tx, me, id)
    tx.run("UPDATE conversation SET unread = 1 WHERE id = :id", id=id)
    return get(tx, me, id)


def remove(tx: Tx, me: int, id: int) -> None:
    """They do not want it in the list any more. What was said stays; with the next letter it begins anew."""
    get(tx, me, id)
    _forget(tx, id)


def _said(tx: Tx, id: int) -> None:
    it = tx.one(
        """SELECT t.id, t.author, coalesce(t.about, o.about, t.root, t.id) AS root FROM thing t
           LEFT JOIN thing o ON o.id = t.root
           WHERE t.id = :id AND t.audience = 'direct' AND t.removed IS NULL""",
        id=id,
    )
    if it is None:
        return
    named = [row["actor"] for row in tx.all("SELECT actor FROM mention WHERE thing = :id", id=id)]
    everybody = sorted({it["author"], *named})
    for account in _accounts(tx, it):
        parties = ",".join(str(one) for one in everybody if one != account)
        if parties:
            _put(tx, account, it, parties)


def _accounts(tx: Tx, it: Row) -> list[int]:
    """Those of ours who may read it, but for whoever has blocked its author."""
    rows = tx.all(
        """SELECT c.actor FROM account c WHERE c.closed IS NULL AND (c.actor = :author
             OR c.actor IN (SELECT actor FROM mention WHERE thing = :id))
             AND NOT EXISTS (SELECT 1 FROM block y WHERE y.blocker = c.actor AND y.blocked = :author)""",
        id=it["id"], author=it["author"],
    )  # fmt: skip
    return [row["actor"] for row in rows]


def _put(tx: Tx, account: int, it: Row, parties: str) -> None:
    tx.run(
        """INSERT INTO conversation (id, account, root, parties, last, unread)
           VALUES (:id, :account, :root, :parties, 0, 0) ON CONFLICT (account, root, parties) DO NOTHING""",
        id=new_id(), account=account, root=it["root"], parties=parties,
    )  # fmt: skip
    row = tx.one(
        "SELECT id FROM conversation WHERE account = :account AND root = :root AND parties = :parties",
        account=account, root=it["root"], parties=parties,
    )  # fmt: skip
    assert row is not None
    added = tx.run(
        "INSERT INTO conversation_thing (conversation, thing) VALUES (:id, :thing) ON CONFLICT DO NOTHING",
        id=row["id"], thing=it["id"],
    )  # fmt: skip
    if added:
        tx.run(
            """UPDATE conversation SET unread = CASE WHEN last < :thing THEN :unread ELSE unread END,
                 last = CASE WHEN last < :thing THEN :thing ELSE last END WHERE id = :id""",
            id=row["id"], thing=it["id"], unread=int(it["author"] != account),
        )  # fmt: skip
        record(tx, Kind.CONVERSED, subject=row["id"], actor=account)


def _gone(tx: Tx, thing: int) -> None:
    rows = tx.all("SELECT conversation FROM conversation_thing WHERE thing = :thing", thing=thing)
    tx.run("DELETE FROM conversation_thing WHERE thing = :thing", thing=thing)
    for row in rows:
        id = row["conversation"]
        last = tx.one("SELECT max(thing) AS id FROM conversation_thing WHERE conversation = :id", id=id)
        if last is None or last["id"] is None:
            _forget(tx, id)
        else:
            tx.run("UPDATE conversation SET last = :last WHERE id = :id", last=last["id"], id=id)


def _forget(tx: Tx, id: int) -> None:
    tx.run("DELETE FROM conversation_thing WHERE conversation = :id", id=id)
    tx.run("DELETE FROM conversation WHERE id = :id", id=id)


def _conversation(row: Row) -> Conversation:
    parties = [int(one) for one in row["parties"].split(",")]
    return Conversation(row["id"], row["account"], parties, row["last"], bool(row["unread"]))
